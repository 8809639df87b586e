"""VRRP: who is master, which instances elect each other, and what their addresses and MACs do."""
