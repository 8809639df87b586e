"""What iproute2 prints: ip addr, link, route, rule and neigh, as text, brief and JSON."""
