"""IPVS: what ipvsadm prints and saves, and the files of /proc/net that it reads."""
