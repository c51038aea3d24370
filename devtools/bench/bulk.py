# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""Bulk traffic between two network namespaces that are joined by two ports of one driver.

The program in between is testpmd, which users know; where its release cannot pass on what
the driver offers (UDP aggregates), it is rtap_fwd, for all devices.
"""

import json
import subprocess
import time

FROM_IP = '10.201.0.1'
TO_IP = '10.201.0.2'
PORTS = ('bulk0', 'bulk1')
MEMORY_MB = 128
SEGMENT = 1448
# Linux's own default: others pace by timers, and the ports have to wait for the sender.
CONGESTION_CONTROL = 'cubic'
# Of ethdev: checksums of IPv4, UDP and TCP, scatter and LRO; the same with multiple
# segments and TSO; and UDP segmentation.
RX_CKSUM, RX_LRO = 0xe, 0x201e
TX_CKSUM, TX_TSO, TX_USO = 0x800e, 0x802e, 0x806e
START_TIMEOUT = 30
LARGE = {'size': 65535, 'count': 1100}
SMALL = {'size': 2176, 'count': 8191}


class BulkError(Exception):
    """A program did not do its part."""


def run(*command):
    """A command that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BulkError(f'{" ".join(command)}: {done.stderr.strip()}')
    return done.stdout


class Peer:
    """A network namespace without a name; it lasts as long as the process that has it."""

    def __init__(self):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(['unshare', '--net', 'sh', '-c', 'echo; exec cat'],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()
        self.enter = ['nsenter', '-t', str(self.process.pid), '-n']

    def close(self):
        """The interfaces in it are gone, or went with their port."""
        self.process.stdin.close()
        self.process.wait()


def offloads(driver, params):
    """Rx and Tx offloads, what each driver has of those that the case is about."""
    if not params['offloads']:
        return 0, 0
    if params['proto'] == 'udp':
        # Those of net_tap do not segment UDP, so that all they do is to cost time.
        return (RX_LRO, TX_USO) if driver == 'net_rtap' else (0, 0)
    return (RX_LRO if driver == 'net_rtap' else RX_CKSUM), TX_TSO


class Joined:
    """The two ports and the program between them."""

    def __init__(self, bench, device, params):
        self.bench = bench
        driver, _, devargs = device.name.partition(',')
        if driver == 'net_rtap' and params['offloads'] and params['proto'] == 'udp':
            devargs = f'{devargs},uso'.strip(',')
        vdevs = [f'{driver}{n},iface={name}' + (f',{devargs}' if devargs else '')
                 for n, name in enumerate(PORTS)]
        self.rx, self.tx = offloads(driver, params)
        # Large ones are for aggregates.
        self.mbufs = LARGE if params['large'] and self.rx == RX_LRO else SMALL
        self.log_path = f'{bench.out}/{device.name}-bulk.log'
        is_udp = params['proto'] == 'udp'
        command = ['stdbuf', '-oL', f'{bench.bin}/rtap_fwd' if is_udp else bench.testpmd,
                   '--lcores', f'0@{bench.cpus[2]},1@{bench.cpus[0]}', '--no-pci',
                   '--no-telemetry', '-m', str(MEMORY_MB),
                   *(['--no-huge', '--no-shconf'] if bench.no_huge else ['--in-memory']),
                   '--file-prefix', 'bulk', *(word for vdev in vdevs for word in ('--vdev', vdev)),
                   '--', *(self._fwd_options() if is_udp else self._testpmd_options())]
        # pylint: disable=consider-using-with
        self.log = open(self.log_path, 'w', encoding='utf-8')
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=self.log,
                                        stderr=subprocess.STDOUT)
        self.ready = 'ready' if is_udp else 'packet forwarding - ports=2'

    def _fwd_options(self):
        return ['--rx-offloads', str(self.rx), '--tx-offloads', str(self.tx),
                '--max-lro', '65535', '--mbuf-size', str(self.mbufs['size']),
                '--mbufs', str(self.mbufs['count'])]

    def _testpmd_options(self):
        """Segmentation can be set while a port is stopped only."""
        commands = ['port start all', 'start']
        if self.rx:
            commands = [f'{words} {port}' for words in (f'tso set {SEGMENT}', 'csum mac-swap off')
                        for port in (0, 1)] + commands
        path = f'{self.bench.out}/testpmd.commands'
        with open(path, 'w', encoding='utf-8') as text:
            print('\n'.join(commands), file=text)
        return ['--interactive', '--disable-device-start', f'--cmdline-file={path}',
                f'--forward-mode={"csum" if self.rx else "io"}',
                f'--rx-offloads={self.rx:#x}', f'--tx-offloads={self.tx:#x}',
                '--max-lro-pkt-size=65535', f'--mbuf-size={self.mbufs["size"]}',
                f'--total-num-mbufs={self.mbufs["count"]}']

    def wait(self):
        """Until the ports forward."""
        end = time.monotonic() + START_TIMEOUT
        while time.monotonic() < end and self.process.poll() is None:
            with open(self.log_path, encoding='utf-8', errors='replace') as text:
                if self.ready in text.read():
                    return
            time.sleep(0.05)
        raise BulkError(f'the program between the ports does not start, see {self.log_path}')

    def connect(self, peer):
        """The second interface goes to the peer; both are up."""
        run('ip', 'link', 'set', PORTS[1], 'netns', str(peer.process.pid))
        for enter, name, address in (([], PORTS[0], FROM_IP), (peer.enter, PORTS[1], TO_IP)):
            run(*enter, 'ip', 'address', 'add', f'{address}/24', 'dev', name)
            run(*enter, 'ip', 'link', 'set', name, 'up')

    def close(self):
        """End the program."""
        if self.process.poll() is None:
            self.process.stdin.write(b'quit\n')
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def tcp(bench, peer, secs):
    """Gb/s that iperf3's server got."""
    pin = ['taskset', '-c', str(bench.cpus[2])]
    # pylint: disable=consider-using-with
    server = subprocess.Popen([*peer.enter, *pin, 'iperf3', '-s', '-1', '-J'],
                              stdout=subprocess.PIPE, text=True)
    try:
        end = time.monotonic() + START_TIMEOUT
        while not run(*peer.enter, 'ss', '-Hltn', 'sport = :5201') and time.monotonic() < end:
            time.sleep(0.05)
        run(*pin, 'iperf3', '-c', TO_IP, '-C', CONGESTION_CONTROL, '-t', str(secs), '-O', '0.5',
            '-J')
        text, _ = server.communicate(timeout=START_TIMEOUT)
    finally:
        server.kill()
        server.wait()
    return json.loads(text)['end']['sum_received']['bits_per_second'] / 1e9


def udp(bench, peer, secs):
    """Gb/s of payload that arrived, under more load than the ports can take."""
    pin = ['taskset', '-c', str(bench.cpus[2]), f'{bench.bin}/bench_peer']
    # pylint: disable=consider-using-with
    sink = subprocess.Popen([*peer.enter, *pin, 'sink', f'sip={TO_IP}', f'secs={secs}'],
                            stdout=subprocess.PIPE, text=True)
    # So that the neighbor is known.
    run('ping', '-n', '-q', '-c', '1', '-W', '5', TO_IP)
    run(*pin, 'gso', f'sip={FROM_IP}', f'dip={TO_IP}', 'size=1514', f'secs={secs + 0.5}')
    text, _ = sink.communicate(timeout=START_TIMEOUT)
    if sink.returncode != 0:
        raise BulkError('nothing arrived')
    fields = dict(word.split('=') for word in text.split()[1:])
    return float(fields['bytes']) * 8 / max(float(fields['secs']), 1e-9) / 1e9


def measure(bench, device, params):
    """One measurement, with everything made for it."""
    peer = Peer()
    joined = None
    try:
        joined = Joined(bench, device, params)
        joined.wait()
        joined.connect(peer)
        measured = tcp if params['proto'] == 'tcp' else udp
        return {'gbps': measured(bench, peer, bench.times.bulk)}
    finally:
        if joined is not None:
            joined.close()
        peer.close()
