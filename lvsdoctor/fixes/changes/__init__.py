"""What a fix's commands change on a node: read from the command, applied to the model, told in words, undone."""
