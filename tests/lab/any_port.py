"""`python3 -m tests.lab.any_port 192.0.2.10:80 192.0.2.21:8080 route|tunnel`: lists a real server, as ipvsadm -a does.

ipvsadm puts the service's port in place of another one; the kernel takes any. So this asks the kernel itself.
"""

import socket
import struct
import sys

# include/uapi/linux/ip_vs.h: IP_VS_SO_SET_ADDDEST takes an ip_vs_service_user and an ip_vs_dest_user.
_ADD, _METHODS = 64 + 1024 + 64 + 7, {"tunnel": 2, "route": 3}


def list_real_server(service: str, real: str, method: str) -> None:
    """A TCP service that is there already, and a real server of weight 1, both as `address:port`."""
    wanted = struct.pack("=Hxx6sxxI16sIII", socket.IPPROTO_TCP, _wire(service), 0, b"", 0, 0, 0)
    wanted += struct.pack("=6sxxIiII", _wire(real), _METHODS[method], 1, 0, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as ipvs:
        ipvs.setsockopt(socket.IPPROTO_IP, _ADD, wanted)


def _wire(place: str) -> bytes:
    """Address and port in the order of the network."""
    address, _, port = place.partition(":")
    return socket.inet_aton(address) + struct.pack("!H", int(port))


if __name__ == "__main__":
    list_real_server(*sys.argv[1:])
