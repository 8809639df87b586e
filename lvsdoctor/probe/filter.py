"""Classic BPF: which frames the kernel hands to a packet socket, so that a busy director's traffic stays out of it.

include/uapi/linux/filter.h; Documentation/networking/filter.rst. The frame begins with its Ethernet header.
"""

import ctypes
import socket
import struct

_SO_ATTACH_FILTER = 26  # include/uapi/asm-generic/socket.h
_LOAD_BYTE, _LOAD_HALF, _LOAD_BYTE_AT_X, _LOAD_HALF_AT_X, _X_FROM_HEADER = 0x30, 0x28, 0x50, 0x48, 0xB1
_EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x15, 0x35, 0x45, 0x06
_ALL, _NOTHING = 0x40000, 0
_PROTOCOL, _FRAGMENT, _IP_HEADER, _BEHIND_ETHERNET = 23, 20, 14, 14
_NEXT_HEADER, _BEHIND_IPV6 = 20, 54
TCP, ICMP, ICMPV6 = 6, 1, 58


def tcp_to(port: int) -> bytes:
    """IPv4 TCP segments to a port, and all ICMP."""
    return _program(
        (_LOAD_BYTE, 0, 0, _PROTOCOL),
        (_EQUAL, 6, 0, ICMP),
        (_EQUAL, 0, 6, TCP),
        (_LOAD_HALF, 0, 0, _FRAGMENT),
        (_ANY_BIT, 4, 0, 0x1FFF),  # a later fragment has no ports
        (_X_FROM_HEADER, 0, 0, _IP_HEADER),
        (_LOAD_HALF_AT_X, 0, 0, _BEHIND_ETHERNET + 2),
        (_EQUAL, 0, 1, port),
        (_RETURN, 0, 0, _ALL),
        (_RETURN, 0, 0, _NOTHING),
    )


def tcp6_to(port: int) -> bytes:
    """IPv6 TCP segments to a port, and ICMPv6 errors, both without extension headers."""
    return _program(
        (_LOAD_BYTE, 0, 0, _NEXT_HEADER),
        (_EQUAL, 0, 2, ICMPV6),
        (_LOAD_BYTE, 0, 0, _BEHIND_IPV6),
        (_AT_LEAST, 4, 3, 128),  # RFC 4443, 2.1: from here on they are no errors
        (_EQUAL, 0, 3, TCP),
        (_LOAD_HALF, 0, 0, _BEHIND_IPV6 + 2),
        (_EQUAL, 0, 1, port),
        (_RETURN, 0, 0, _ALL),
        (_RETURN, 0, 0, _NOTHING),
    )


def redirects() -> bytes:
    """IPv4 ICMP redirects."""
    return _program(
        (_LOAD_BYTE, 0, 0, _PROTOCOL),
        (_EQUAL, 0, 6, ICMP),
        (_LOAD_HALF, 0, 0, _FRAGMENT),
        (_ANY_BIT, 4, 0, 0x1FFF),
        (_X_FROM_HEADER, 0, 0, _IP_HEADER),
        (_LOAD_BYTE_AT_X, 0, 0, _BEHIND_ETHERNET),
        (_EQUAL, 0, 1, 5),
        (_RETURN, 0, 0, _ALL),
        (_RETURN, 0, 0, _NOTHING),
    )


def icmpv6(*types: int) -> bytes:
    """ICMPv6 of these types without extension headers."""
    matches = ((_EQUAL, len(types) - place, 0, each) for place, each in enumerate(types))
    return _program(
        (_LOAD_BYTE, 0, 0, _NEXT_HEADER),
        (_EQUAL, 0, len(types) + 1, ICMPV6),
        (_LOAD_BYTE, 0, 0, _BEHIND_IPV6),
        *matches,
        (_RETURN, 0, 0, _NOTHING),
        (_RETURN, 0, 0, _ALL),
    )


def advertisements() -> bytes:
    """Neighbour advertisements, which have no extension headers."""
    return icmpv6(136)


def attach(opened: socket.socket, program: bytes) -> None:
    """Raises OSError if the kernel does not take the program."""
    instructions = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HL", len(program) // 8, ctypes.addressof(instructions))  # struct sock_fprog
    opened.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, head)


def _program(*instructions: tuple[int, int, int, int]) -> bytes:
    return b"".join(struct.pack("HBBI", *each) for each in instructions)
