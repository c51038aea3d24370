#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""Makes the kernel put VLAN tags on all that leaves through an interface, and take as many
off what comes in, by two BPF programs: not every kernel has VLAN interfaces.

    tag.py INTERFACE TYPE:ID...	e.g. 8100:5, or 88a8:7 8100:5; the first is the outermost

Says "ready" and works until its standard input ends. Exit status 77: the kernel cannot.
"""

import ctypes
import os
import platform
import socket
import struct
import sys

SYS_BPF = {'x86_64': 321, 'aarch64': 280}.get(platform.machine())
BPF_PROG_LOAD, BPF_LINK_CREATE = 5, 28
BPF_PROG_TYPE_SCHED_CLS = 3
BPF_TCX_INGRESS, BPF_TCX_EGRESS = 46, 47
VLAN_PUSH, VLAN_POP = 18, 19
# The next program, or the stack.
TCX_NEXT = -1
LIBC = ctypes.CDLL(None, use_errno=True)


def instruction(code, dst=0, src=0, imm=0):
    """One BPF instruction without an offset."""
    return struct.pack('=BBhi', code, src << 4 | dst, 0, imm)


def move(dst, imm):
    """dst = imm"""
    return instruction(0xb7, dst=dst, imm=imm)


def program(calls):
    """Each call has a helper's number and its arguments after the packet."""
    code = instruction(0xbf, dst=6, src=1)
    for helper, *arguments in calls:
        code += instruction(0xbf, dst=1, src=6)
        for register, value in enumerate(arguments, 2):
            code += move(register, value)
        code += instruction(0x85, imm=helper)
    return code + move(0, TCX_NEXT) + instruction(0x95)


def bpf(command, attributes):
    """bpf(2); its new descriptor."""
    buffer = ctypes.create_string_buffer(attributes, 128)
    result = LIBC.syscall(SYS_BPF, command, buffer, 128)
    if result < 0:
        raise OSError(ctypes.get_errno(), 'bpf')
    return result


def attach(interface, direction, calls):
    """The program works as long as the descriptor returned is open."""
    code = ctypes.create_string_buffer(program(calls))
    license_text = ctypes.create_string_buffer(b'BSD')
    loaded = bpf(BPF_PROG_LOAD, struct.pack(
        '=IIQQ', BPF_PROG_TYPE_SCHED_CLS, (len(code) - 1) // 8, ctypes.addressof(code),
        ctypes.addressof(license_text)))
    link = bpf(BPF_LINK_CREATE, struct.pack('=III', loaded, interface, direction))
    os.close(loaded)
    return link


def main():
    """Entry point."""
    interface = socket.if_nametoindex(sys.argv[1])
    tags = [word.split(':') for word in sys.argv[2:]]
    pushes = [(VLAN_PUSH, socket.htons(int(kind, 16)), int(vid)) for kind, vid in reversed(tags)]
    try:
        attach(interface, BPF_TCX_EGRESS, pushes)
        attach(interface, BPF_TCX_INGRESS, [(VLAN_POP,)] * len(tags))
    except OSError as error:
        print(f'tag.py: {error}', file=sys.stderr)
        sys.exit(77)
    print('ready', flush=True)
    sys.stdin.read()


if __name__ == '__main__':
    main()
