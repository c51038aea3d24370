#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""Looks at the frames of a capture file of tcpdump and prints what it found:

    frames=  all          ip=       those with an IPv4 or IPv6 packet
    data=    of these, the TCP segments and UDP datagrams with at least 500 bytes
    min= max=  shortest and longest IP packet among the data, without anything below
    bad=     packets with a wrong IPv4 header checksum, or a wrong checksum of TCP or UDP
    tags=    VLAN tags of each data frame, 'mixed' if they differ
    vlan=    ID in the first of them
    inner=   data that came in VXLAN; all else is then about the inner packets
    large=   data packets longer than the MTU given as second argument (1500)

Checksums of a capture are complete only where nobody is left to complete them.
"""

import struct
import sys

VLAN_TYPES = (0x8100, 0x88a8)
IPV4, IPV6 = 0x0800, 0x86dd
TCP, UDP = 6, 17
# Offset of the checksum, and what precedes the payload.
CHECKSUM_AT = {TCP: 16, UDP: 6}
VXLAN_PORT = 4789
DATA = 500


def packets(path):
    """The frames of a pcap file in this machine's byte order."""
    with open(path, 'rb') as capture:
        head = capture.read(24)
        if len(head) < 24 or struct.unpack('=I', head[:4])[0] != 0xa1b2c3d4:
            sys.exit(f'{path}: not a capture file')
        while True:
            head = capture.read(16)
            if len(head) < 16:
                return
            stored, length = struct.unpack('=8xII', head)
            frame = capture.read(stored)
            # The writer may have been interrupted in its last frame.
            if len(frame) < stored:
                return
            if stored < length:
                sys.exit(f'{path}: a frame is cut off')
            yield frame


def ones_sum(data):
    """The sum of the Internet checksum: 0xffff over data with a right checksum in it."""
    if len(data) % 2:
        data += b'\0'
    # A number to the base of 2^16 and the sum of its digits are the same modulo 0xffff.
    total = int.from_bytes(data, 'big')
    return total % 0xffff or (0xffff if total else 0)


class Packet:
    """One IP packet, and what it lies in."""

    def __init__(self, frame):
        self.tags, self.vlan = 0, 0
        self.good = True
        self.proto = None
        self.payload = b''
        self.length = 0
        at, kind = 14, int.from_bytes(frame[12:14], 'big')
        while kind in VLAN_TYPES:
            self.tags += 1
            self.vlan = self.vlan or int.from_bytes(frame[at:at + 2], 'big') & 0xfff
            kind = int.from_bytes(frame[at + 2:at + 4], 'big')
            at += 4
        self.is_ip = kind in (IPV4, IPV6)
        if kind == IPV4:
            self._ipv4(frame[at:])
        elif kind == IPV6:
            self._ipv6(frame[at:])
        if self.proto in CHECKSUM_AT:
            self._layer4()

    def _ipv4(self, packet):
        header = (packet[0] & 0xf) * 4
        self.length = int.from_bytes(packet[2:4], 'big') or len(packet)
        self.good = ones_sum(packet[:header]) == 0xffff and self.length <= len(packet)
        if int.from_bytes(packet[6:8], 'big') & 0x3fff:
            return
        self.proto = packet[9]
        self.layer4 = packet[header:self.length]
        self.pseudo = packet[12:20] + struct.pack('>HH', self.proto, len(self.layer4))

    def _ipv6(self, packet):
        self.length = 40 + int.from_bytes(packet[4:6], 'big')
        self.good = self.length <= len(packet)
        self.proto = packet[6]
        self.layer4 = packet[40:self.length]
        self.pseudo = packet[8:40] + struct.pack('>II', len(self.layer4), self.proto)

    def _layer4(self):
        at = CHECKSUM_AT[self.proto]
        stored = self.layer4[at:at + 2]
        if not (self.proto == UDP and stored == b'\0\0'):
            self.good = self.good and ones_sum(self.pseudo + self.layer4) == 0xffff
        head = 8 if self.proto == UDP else (self.layer4[12] >> 4) * 4
        self.payload = self.layer4[head:]

    def inner(self):
        """The packet in VXLAN, if this is one."""
        if self.proto == UDP and int.from_bytes(self.layer4[2:4], 'big') == VXLAN_PORT:
            return Packet(self.payload[8:])
        return None


def main():
    """Entry point."""
    mtu = int(sys.argv[2]) if len(sys.argv) > 2 else 1500
    count = dict.fromkeys(('frames', 'ip', 'data', 'bad', 'inner', 'large'), 0)
    lengths, tags = [], set()
    for frame in packets(sys.argv[1]):
        outer = Packet(frame)
        packet = outer.inner() or outer
        count['frames'] += 1
        count['ip'] += outer.is_ip
        count['bad'] += not (outer.good and packet.good)
        if len(packet.payload) < DATA:
            continue
        count['data'] += 1
        count['inner'] += packet is not outer
        count['large'] += packet.length > mtu
        lengths.append(packet.length)
        tags.add((outer.tags, outer.vlan))
    count['min'], count['max'] = min(lengths, default=0), max(lengths, default=0)
    count['tags'], count['vlan'] = ('mixed', 'mixed') if len(tags) > 1 else next(iter(tags), (0, 0))
    print(' '.join(f'{key}={value}' for key, value in count.items()))


if __name__ == '__main__':
    main()
