"""Rules and nodes to an Examination, and what is accepted, known before, or confirmed by a probe in it."""
