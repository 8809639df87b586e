"""Classic BPF: which frames the kernel hands to a packet socket, so that a busy director's traffic stays out of it.

include/uapi/linux/filter.h; Documentation/networking/filter.rst. The frame begins with its Ethernet header.
"""

import ctypes
import socket
import struct

_SO_ATTACH_FILTER = 26  # include/uapi/asm-generic/socket.h
_LOAD_BYTE, _LOAD_HALF, _LOAD_HALF_AT_X, _X_FROM_HEADER = 0x30, 0x28, 0x48, 0xB1
_EQUAL, _ANY_BIT, _RETURN = 0x15, 0x45, 0x06
_ALL, _NOTHING = 0x40000, 0
_PROTOCOL, _FRAGMENT, _IP_HEADER, _BEHIND_ETHERNET = 23, 20, 14, 14
_NEXT_HEADER, _ICMPV6_TYPE = 20, 54
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


def icmp() -> bytes:
    """IPv4 ICMP alone."""
    return _program(
        (_LOAD_BYTE, 0, 0, _PROTOCOL),
        (_EQUAL, 0, 1, ICMP),
        (_RETURN, 0, 0, _ALL),
        (_RETURN, 0, 0, _NOTHING),
    )


def advertisements() -> bytes:
    """Neighbour advertisements (ICMPv6 136), which have no extension headers."""
    return _program(
        (_LOAD_BYTE, 0, 0, _NEXT_HEADER),
        (_EQUAL, 0, 3, ICMPV6),
        (_LOAD_BYTE, 0, 0, _ICMPV6_TYPE),
        (_EQUAL, 0, 1, 136),
        (_RETURN, 0, 0, _ALL),
        (_RETURN, 0, 0, _NOTHING),
    )


def attach(opened: socket.socket, program: bytes) -> None:
    """Raises OSError if the kernel does not take the program."""
    instructions = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HL", len(program) // 8, ctypes.addressof(instructions))  # struct sock_fprog
    opened.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, head)


def _program(*instructions: tuple[int, int, int, int]) -> bytes:
    return b"".join(struct.pack("HBBI", *each) for each in instructions)
