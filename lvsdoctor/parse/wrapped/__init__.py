"""Texts in documents that are none themselves: of word processors, of mail programs, recordings of terminals."""
