"""What net-tools print: ifconfig, route, netstat and arp, and /proc/net/arp."""
