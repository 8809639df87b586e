"""The node lvsdoctor runs on, through netlink and /proc. Reads, and changes nothing."""
