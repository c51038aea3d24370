#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""Runs a program some of whose system calls fail, as in a container.

usage: seccomp.py ERROR NUMBER[,NUMBER...] PROGRAM [ARGUMENT...]

ERROR is the error number that they get, NUMBER the system calls: 425 to 427
are those of io_uring on every architecture.
"""

import ctypes
import os
import struct
import sys

LOAD, JUMP_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2


def filter_program(error, numbers):
    """Each comparison jumps to the last instruction if it holds."""
    insns = [(LOAD, 0, 0, 0)]
    for i, number in enumerate(numbers):
        insns.append((JUMP_EQUAL, len(numbers) - i, 0, number))
    insns += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, ERRNO | error)]
    return b"".join(struct.pack("HBBI", *insn) for insn in insns)


def install(program):
    code = ctypes.create_string_buffer(program)
    fprog = ctypes.create_string_buffer(
        struct.pack("HP", len(program) // 8, ctypes.addressof(code))
    )
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        PR_SET_SECCOMP, MODE_FILTER, fprog, 0, 0
    ):
        sys.exit("seccomp: " + os.strerror(ctypes.get_errno()))


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    numbers = [int(number) for number in sys.argv[2].split(",")]
    install(filter_program(int(sys.argv[1]), numbers))
    os.execvp(sys.argv[3], sys.argv[3:])


main()
