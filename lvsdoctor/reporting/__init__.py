"""What the reports share: lines and columns, words, counting, the diagram, where a quoted line stands."""
