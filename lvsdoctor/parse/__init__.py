"""Text to rows: one file per dump format."""
