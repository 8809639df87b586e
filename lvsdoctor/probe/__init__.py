"""What the wire says: asks it and listens to it.

`targets.py` decides where to ask and in whose name, `asking.py` asks and collects the answers. `tcp_syn.py` decides
which real servers are tried for a VIP, `accepting.py` tries them, `acceptance.py` says what came of it. `listening.py`
only listens; `naming.py` tells whose MAC it was. `frames.py` makes and reads frames and is the only file that imports
scapy; `wire.py` is the socket, `filter.py` what it lets in.

No frame carries a VIP as sender, none is gratuitous, and every run is bounded in frames and in time.
"""
