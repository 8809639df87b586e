"""Texts that people paste: parted into dumps, each with the host and the command that prompts and headings tell."""
