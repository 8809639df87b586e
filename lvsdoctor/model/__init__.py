"""The nouns: frozen rows, each with the line it was seen on. No I/O."""
