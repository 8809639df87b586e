"""What files configure against what runs, and what a boot makes of it."""
