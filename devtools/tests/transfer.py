#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""Sends bytes that nobody can guess from one network namespace to another, and compares
what arrived by its hash.

    transfer.py tcp NETNS ADDRESS NETNS ADDRESS BYTES
    transfer.py udp NETNS ADDRESS NETNS ADDRESS BYTES SEGMENT

The first namespace sends. UDP goes out in batches that the kernel cuts into datagrams of
SEGMENT bytes; each batch is waited for, so that no queue can overflow.
"""

import ctypes
import hashlib
import os
import socket
import sys
import threading

TIMEOUT = 10
UDP_SEGMENT = 103
# What one send may be cut into: an IP packet of 64 KB in all.
BATCH_BYTES = 60000
CLONE_NEWNET = 0x40000000


class TransferError(Exception):
    """What arrived is not what was sent."""


def socket_in(netns, address, kind):
    """A socket bound to the address in that namespace; this thread stays there."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f'/run/netns/{netns}', encoding='ascii') as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f'setns {netns}')
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    sock = socket.socket(family, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.settimeout(TIMEOUT)
    sock.bind((address, 0))
    return sock


def tcp(sender, receiver, data):
    """All of it through one connection; what arrived."""
    receiver.listen(1)
    received = []

    def receive():
        connection, _ = receiver.accept()
        with connection:
            connection.settimeout(TIMEOUT)
            while True:
                part = connection.recv(1 << 20)
                if not part:
                    return
                received.append(part)

    thread = threading.Thread(target=receive, daemon=True)
    thread.start()
    sender.connect(receiver.getsockname()[:2])
    sender.sendall(data)
    sender.shutdown(socket.SHUT_WR)
    thread.join(TIMEOUT)
    return b''.join(received)


def udp(sender, receiver, data, segment):
    """Batch by batch; each datagram must have the length that was asked for."""
    sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, segment)
    sender.connect(receiver.getsockname()[:2])
    batch = BATCH_BYTES // segment * segment
    received = []
    for start in range(0, len(data), batch):
        part = data[start:start + batch]
        sender.send(part)
        for offset in range(0, len(part), segment):
            datagram = receiver.recv(1 << 16)
            wanted = min(segment, len(part) - offset)
            if len(datagram) != wanted:
                raise TransferError(f'a datagram of {len(datagram)} bytes, not {wanted}')
            received.append(datagram)
    return b''.join(received)


def main():
    """Entry point."""
    kind, from_netns, from_address, to_netns, to_address, length, *segment = sys.argv[1:]
    sock_kind = socket.SOCK_STREAM if kind == 'tcp' else socket.SOCK_DGRAM
    receiver = socket_in(to_netns, to_address, sock_kind)
    sender = socket_in(from_netns, from_address, sock_kind)
    data = os.urandom(int(length))
    if kind == 'tcp':
        received = tcp(sender, receiver, data)
    else:
        received = udp(sender, receiver, data, int(segment[0]))
    hashes = [hashlib.sha256(each).hexdigest() for each in (data, received)]
    if hashes[0] != hashes[1]:
        raise TransferError(f'{len(received)} of {len(data)} bytes with hash {hashes[1]}, '
                            f'not {hashes[0]}')
    print(f'{len(data)} bytes, hash {hashes[0]}')


if __name__ == '__main__':
    try:
        main()
    except (OSError, TransferError) as error:
        sys.exit(f'transfer: {error}')
