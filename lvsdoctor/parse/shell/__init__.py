"""Shell scripts and typed commands: what they would do to a host's network, in their order. Nothing is executed."""
