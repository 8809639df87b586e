"""`python tracer.py CUT`: stops a child, sets its FP state whole, cut to CUT bytes and cut to 512, and peeks into it.

Prints what ptrace() said to each, as JSON: its result, errno, and the length that it left in the vector. Exit 3 where
nobody may trace. Run with LD_PRELOAD or without: test_xstate.py compares.
"""

import ctypes
import json
import os
import signal
import struct
import sys
from typing import Any

# include/uapi/linux/ptrace.h, elf.h
TRACEME, PEEKDATA, CONT, GETREGSET, SETREGSET, NT_X86_XSTATE = 0, 2, 7, 0x4204, 0x4205, 0x202
XMM0, XSTATE_BV, SSE = 160, 512, 1 << 1
LARGE = 65536
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.restype = ctypes.c_long
LIBC.ptrace.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


class Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class Child:
    """A stopped child, with our own memory's layout."""

    def __init__(self) -> None:
        self.word = ctypes.c_long(-1)
        self.pid = os.fork()
        if self.pid == 0:
            if LIBC.ptrace(TRACEME, 0, None, None) == 0:
                os.kill(os.getpid(), signal.SIGSTOP)
            os._exit(7)
        _, status = os.waitpid(self.pid, 0)
        if not os.WIFSTOPPED(status):
            sys.exit(3)

    def trace(self, request: int, address: int | None = None, data: int | None = None) -> tuple[int, int]:
        ctypes.set_errno(0)
        return LIBC.ptrace(request, self.pid, address, data), ctypes.get_errno()

    def state(self, request: int, area: Any, length: int) -> tuple[int, int, int]:
        vector = Vector(ctypes.addressof(area), length)
        return (*self.trace(request, NT_X86_XSTATE, ctypes.addressof(vector)), vector.length)

    def exit_code(self) -> int:
        self.trace(CONT)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def main(cut: int) -> None:
    child, area, after = Child(), ctypes.create_string_buffer(LARGE), ctypes.create_string_buffer(LARGE)
    result, _, size = child.state(GETREGSET, area, LARGE)
    if result != 0:
        sys.exit(3)
    (present,) = struct.unpack_from("=Q", area, XSTATE_BV)
    said: dict[str, Any] = {"size": size}
    for name, length in (("whole", size), ("short", cut), ("tiny", XSTATE_BV)):
        struct.pack_into("16s", area, XMM0, name[0].encode() * 16)
        struct.pack_into("=Q", area, XSTATE_BV, present | SSE)
        said[name] = child.state(SETREGSET, area, length)
    child.state(GETREGSET, after, LARGE)
    said["xmm0"], (said["present"],) = after.raw[XMM0 : XMM0 + 16].decode(), struct.unpack_from("=Q", after, XSTATE_BV)
    said["peek"] = child.trace(PEEKDATA, ctypes.addressof(child.word))
    said["peek at nothing"] = child.trace(PEEKDATA, 8)
    said["exit"] = child.exit_code()
    print(json.dumps(said))


if __name__ == "__main__":
    main(int(sys.argv[1]))
