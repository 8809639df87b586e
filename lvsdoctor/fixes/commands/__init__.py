"""Fixes that many rules share: changes, spelled as commands, and what makes them last."""
