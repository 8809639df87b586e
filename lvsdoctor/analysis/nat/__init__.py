"""The addresses that NAT changes, on the way to a real server and back."""
