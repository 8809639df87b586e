"""Archives and compressed files, read in one pass and kept in memory: nothing is unpacked, nothing is written."""
