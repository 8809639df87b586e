"""Packet filters of x_tables: iptables, ip6tables and arptables, saved and listed, and ipset's sets."""
