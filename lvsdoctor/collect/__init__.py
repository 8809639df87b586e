"""Where text and messages come from: the live node, files, directories."""
