"""How a change is made to last over a reboot, in the way of each distribution."""
