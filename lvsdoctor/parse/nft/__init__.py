"""Packet filters of nf_tables: nft's text and its JSON."""
