"""What clears a finding: the commands, what they change on a node, in which order, and how it is made to last."""
