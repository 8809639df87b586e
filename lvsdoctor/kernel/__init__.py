"""What the Linux kernel would do, with reasons: pure functions over the model."""
