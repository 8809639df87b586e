"""Dumps without what tells whose they are: other addresses, names and MACs, and the same findings."""
