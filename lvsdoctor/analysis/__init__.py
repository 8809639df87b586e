"""What follows from several hosts together: roles, whose MAC it is, segments, the paths of requests and replies."""
