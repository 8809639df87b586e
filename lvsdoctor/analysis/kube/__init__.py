"""kube-proxy in IPVS mode: which addresses it gives to whom, and what the nodes show of it."""
