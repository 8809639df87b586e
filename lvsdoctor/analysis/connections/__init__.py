"""What IPVS's own connection table shows."""
