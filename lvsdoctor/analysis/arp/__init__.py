"""Who answers ARP requests for an address, who suppresses it, and what neighbour tables show."""
