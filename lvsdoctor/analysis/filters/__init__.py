"""What packet filters of directors and real servers do to a service's packets."""
