#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""Runs the benchmark; started by devtools/bench.sh inside a network namespace of its own.

Each round starts one rtap_bench for each device and asks each for each case in turn, so
that whatever disturbs the machine disturbs all devices alike.
"""

import argparse
import copy
import csv
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass

import bulk
import cases
import machine
import report

PEER_MAC = '02:00:00:00:00:02'
BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff'
MEMORY_MB = 64
SECOND_LCORE = 8
START_TIMEOUT = 30
# So much of what a process said is shown when it fails.
LOG_LINES = 5
# Time of traffic before and after each measured window.
WARM = 0.05
SPARE = 0.15
QUIET = 0.05
# A measurement is repeated when the lcore was without its CPU for more than this part;
# not for ever, and not too many of them, so that the run ends in time.
DISTURBED = 0.02
REPEATS = 2
REPEATED_PART = 0.2


class BenchError(Exception):
    """Something that ends the benchmark, with a message for the user."""


@dataclass
class Times:
    """Seconds of each kind of measurement, and round trips."""
    tx: float
    rx: float
    paced: float
    idle: float
    bulk: float
    trips: int


QUICK = Times(tx=0.15, rx=0.2, paced=0.3, idle=0.05, bulk=1, trips=20000)
FULL = Times(tx=0.5, rx=0.6, paced=2.0, idle=0.2, bulk=3, trips=20000)


def parse_pairs(line):
    """'word key=value ...' as a dictionary of numbers and strings."""
    pairs = {}
    for word in line.split()[1:]:
        key, value = word.split('=', 1)
        try:
            pairs[key] = float(value)
        except ValueError:
            pairs[key] = value
    return pairs


def ip(*args):
    """Run ip(8)."""
    subprocess.run(['ip', *args], check=True)


def read_counters(path, prefix):
    """The two lines of a /proc/net table that start with prefix, as a dictionary."""
    with open(path, encoding='ascii') as table:
        names, values = [line.split()[1:] for line in table if line.startswith(prefix)]
    return {name: int(value) for name, value in zip(names, values)}


def interface_counters(name):
    """Packets that an interface received, and how many of these it dropped."""
    with open('/proc/self/net/dev', encoding='ascii') as table:
        for line in table:
            key, _, values = line.partition(':')
            if key.strip() == name:
                fields = values.split()
                return int(fields[1]), int(fields[3])
    raise BenchError(f'no interface {name}')


def choose_cpus(wanted):
    """CPUs of the first lcore, the second lcore and the kernel side."""
    allowed = sorted(wanted or os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise BenchError('needs two CPUs, one for the lcore and one for the kernel side')
    chosen = [allowed.pop()]
    while allowed and len(chosen) < 3:
        apart = [cpu for cpu in allowed if not machine.siblings(cpu) & set(chosen)] or allowed
        chosen.append(apart[-1])
        allowed.remove(apart[-1])
    first, second = chosen[0], chosen[1]
    return first, second, chosen[2] if len(chosen) > 2 else second


class Device:
    """One device under test: its vdev, its kernel interface and its process."""

    def __init__(self, name, index, vdev, iface, kernel_iface=None):
        self.name = name
        self.vdev = f'{vdev},iface={iface}'
        self.iface = kernel_iface or iface
        self.kernel_ip = f'10.200.{index}.1'
        self.app_ip = f'10.200.{index}.2'
        self.mac = ''
        self.queues = 0
        self.lcores = 0
        self.process = None
        self.log = None
        self.second = None

    def start(self, bench, group):
        """Start the process, or two, and set the interface up."""
        self.queues, self.lcores, *options = group
        two = cases.TWO in options
        options = ['--', '--queues', str(self.queues),
                   *(option for option in options if option != cases.TWO)]
        self._launch(bench, 'first', [
            '--lcores', bench.lcores(self.lcores), '-m', str(MEMORY_MB),
            *bench.memory(two), '--vdev', self.vdev, *options])
        self._set_up()
        if two:
            self.second = copy.copy(self)
            # pylint: disable=protected-access
            self.second._launch(bench, 'second', [
                '--lcores', bench.second_lcore(), '--proc-type', 'secondary',
                *bench.memory(two), *options])

    def _launch(self, bench, which, options):
        command = [f'{bench.bin}/rtap_bench', '--no-pci', '--no-telemetry', '--log-level',
                   'error', '--file-prefix', self.iface, *options]
        # pylint: disable=consider-using-with
        self.log = open(f'{bench.out}/{self.name}-{which}.log', 'w+', encoding='utf-8')
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log, bufsize=0)
        self._answer('ready', START_TIMEOUT)

    def _set_up(self):
        ip('link', 'set', 'dev', self.iface, 'up')
        ip('address', 'replace', f'{self.kernel_ip}/24', 'dev', self.iface)
        ip('neighbour', 'replace', self.app_ip, 'lladdr', PEER_MAC, 'dev', self.iface,
           'nud', 'permanent')
        words = subprocess.run(['ip', '-o', 'link', 'show', 'dev', self.iface], check=True,
                               capture_output=True, text=True).stdout.split()
        self.mac = words[words.index('link/ether') + 1]

    def _line(self, timeout):
        """The next line that the process prints."""
        ready, _, _ = select.select([self.process.stdout], [], [], timeout)
        line = self.process.stdout.readline() if ready else b''
        if not line:
            self.log.seek(0)
            said = ''.join(self.log.readlines()[-LOG_LINES:])
            raise BenchError(f'{self.name}: {"ended" if ready else "no answer"}\n{said}'.strip())
        return line.decode(errors='replace').strip()

    def _answer(self, word, timeout):
        """The answer that starts with this word; a driver may print lines of its own."""
        while True:
            line = self._line(timeout)
            if line.startswith(word + ' '):
                return parse_pairs(line)
            if line.startswith('error '):
                raise BenchError(f'{self.name}: {line}')

    def ask(self, mode, **keys):
        """Start a measurement."""
        line = ' '.join([mode, *(f'{key}={value}' for key, value in keys.items())])
        self.process.stdin.write(line.encode() + b'\n')

    def result(self, timeout=30):
        """Wait for the end of the measurement."""
        return self._answer('result', timeout)

    def stop(self):
        """End the process; the interface goes with it."""
        if self.second is not None:
            self.second.stop()
            self.second = None
        if self.process is None:
            return
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            print(f'{self.name}: does not stop, killed', file=sys.stderr)
            self.process.kill()
            self.process.wait()
        self.process = None
        self.log.close()


class Bench:
    """The machine, the programs and the ways to measure."""

    def __init__(self, args):
        self.bin = args.bin
        self.testpmd = args.testpmd
        self.out = args.out
        self.no_huge = args.no_huge
        self.per_cpu_time = args.per_cpu_time
        self.times = QUICK if args.quick else FULL
        self.cpus = choose_cpus(args.cpus)
        self.xdp_modes = {}
        self.remarks = []
        self.lost_time = 0.0
        self.lost_times = []
        self.repeated = 0
        self.may_repeat = 0

    def lcores(self, nb):
        """The EAL's lcore option."""
        return ','.join(f'{lcore}@{self.cpus[lcore]}' for lcore in range(nb))

    def second_lcore(self):
        """The lcore of a secondary process: another number, as mempools want it."""
        return f'{SECOND_LCORE}@{self.cpus[0]}'

    def memory(self, shared):
        """The EAL's memory options."""
        if shared:
            return ['--huge-dir', self.huge_dir()]
        return ['--no-huge', '--no-shconf'] if self.no_huge else ['--in-memory']

    def huge_dir(self):
        """A mount of hugepages; it goes with the mount namespace."""
        path = f'{self.out}/huge'
        if not os.path.ismount(path):
            os.makedirs(path, exist_ok=True)
            subprocess.run(['mount', '-t', 'hugetlbfs', 'none', path], check=True)
        return path

    def remark(self, text):
        """Something that the reader of the table must know; said once."""
        if text not in self.remarks:
            self.remarks.append(text)

    def result(self, device):
        """A device's answer; also how much of the time the lcore did not have its CPU."""
        result = device.result()
        if result['secs'] > 0.01 and device.lcores == 1:
            self.lost_time = 1 - (result['user'] + result['system']) / result['secs']
        return result

    def measure(self, case, device):
        """One measurement; again if something else took the lcore's CPU meanwhile."""
        self.lost_time = 0.0
        if case.params.get('process') == 'second':
            device = device.second
        metrics = getattr(self, case.kind)(device, case.params)
        for _ in range(REPEATS):
            if self.lost_time < DISTURBED or self.repeated >= self.may_repeat:
                break
            self.repeated += 1
            metrics = getattr(self, case.kind)(device, case.params)
        self.lost_times.append(self.lost_time)
        return metrics

    def peer(self, *words, **keys):
        """Start the kernel side on its own CPU."""
        command = ['taskset', '-c', str(self.cpus[2]), f'{self.bin}/bench_peer', *words,
                   *(f'{key}={value}' for key, value in keys.items())]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    @staticmethod
    def peer_result(peer):
        """What the kernel side says at its end."""
        text, _ = peer.communicate(timeout=60)
        if peer.returncode != 0 or not text:
            raise BenchError(f'{" ".join(peer.args[3:])}: failed')
        return parse_pairs(text)

    def set_xdp(self, device, mode):
        """Attach or detach the early drop."""
        answer = self.peer_result(self.peer('xdp', dev=device.iface, mode=mode))
        if mode == 'drop':
            self.xdp_modes[device.name] = answer['mode']

    def tx(self, device, params):
        """Packets per second that reached the sink."""
        sink = params['sink']
        xdp = sink == 'xdp'
        # A packet sent to all stations: the kernel takes it up to the UDP port that nobody
        # listens on, but works out no ICMP error for it, which costs more than all the rest.
        mac = device.mac if xdp else BROADCAST_MAC
        if xdp:
            self.set_xdp(device, 'drop')
        before = self._sink_count(device, sink)
        device.ask('tx', burst=params['burst'], size=params['size'], dmac=mac,
                   sip=device.app_ip, dip=device.kernel_ip, warm=WARM, secs=self.times.tx,
                   segment=params.get('segment', 0), syscalls=params.get('syscalls', 0))
        result = self.result(device)
        seen = self._sink_count(device, sink) - before
        if xdp:
            self.set_xdp(device, 'off')
        arrived = min(1.0, seen / max(result['total'], 1))
        if arrived < 0.999:
            self.remark(f'{device.name}: some packets sent did not reach the sink; only '
                        'those that did are counted.')
        mpps = result['rate'] * arrived / 1e6
        if self.per_cpu_time:
            mpps *= device.lcores * result['secs'] / (result['user'] + result['system'])
        return {'mpps': mpps, 'cost': 1e3 / mpps if mpps else 0,
                'syscalls': per(result['syscalls'], result['packets'])}

    @staticmethod
    def _sink_count(device, sink):
        if sink == 'xdp':
            return sum(interface_counters(device.iface))
        if sink == 'tcp':
            # TCP drops what came to all stations before it looks at it.
            return read_counters('/proc/self/net/snmp', 'Ip:')['InDelivers']
        return read_counters('/proc/self/net/snmp', 'Udp:')['NoPorts']

    def _check_sizes(self, device, result):
        if result['other'] > 0.01 * result['total']:
            self.remark(f'{device.name}: {result["other"]:.0f} of {result["total"]:.0f} '
                        'received frames had another length than was sent.')

    def rx(self, device, params):
        """Packets per second under more load than the device can take."""
        device.ask('rx', size=params['size'], wait=2, warm=WARM, secs=self.times.rx, quiet=QUIET)
        peer = self.peer('gso', sip=device.kernel_ip, dip=device.app_ip, size=params['size'],
                         flows=params['flows'], secs=self.times.rx + WARM + SPARE)
        sent = self.peer_result(peer)
        result = self.result(device)
        self._check_sizes(device, result)
        mpps = result['rate'] / 1e6
        if mpps > 0.97 * sent['rate'] / 1e6:
            self.remark(f'{device.name}: takes all that the sender gives in a saturated Rx '
                        'case; it may be faster than shown.')
        if device.lcores > 1 and self.cpus[1] == self.cpus[2]:
            self.remark('With two CPUs the sender shares one with the second lcore: '
                        'Rx with two lcores says little.')
        if params['flows'] > 1 and result['hit'] < device.queues:
            self.remark(f'{device.name}: only {result["hit"]:.0f} queues got packets.')
        return {'mpps': mpps, 'cost': 1e3 / mpps if mpps else 0, 'offered': sent['rate'] / 1e6}

    def rx_paced(self, device, params):
        """Loss and the lcore's time at a given rate."""
        syscalls = params.get('syscalls', 0)
        device.ask('rx', size=params['size'], wait=2, warm=WARM, secs=self.times.paced,
                   quiet=QUIET, syscalls=syscalls)
        peer = self.peer('send', dev=device.iface, dmac=PEER_MAC, sip=device.kernel_ip,
                         dip=device.app_ip, size=params['size'], rate=params['rate'],
                         secs=self.times.paced + WARM + SPARE)
        sent = self.peer_result(peer)
        result = self.result(device)
        self._check_sizes(device, result)
        if sent['rate'] < 0.98 * params['rate']:
            self.remark(f'{device.name}: the sender did not always reach '
                        f'{params["rate"] / 1000:.0f} k/s.')
        offered = sent['packets'] + sent['refused']
        secs = result['secs'] or 1
        # When the lcore was without its CPU it did not poll either.
        busy = max(0.0, result['busy'] - max(0.0, secs - result['user'] - result['system']))
        return {'loss': 100 * max(0.0, 1 - result['total'] / offered),
                'system': 100 * result['system'] / secs, 'user': 100 * result['user'] / secs,
                'busy': 100 * busy / secs,
                'syscalls': per(result['syscalls'], result['packets'])}

    def rtt(self, device, params):
        """Round trips with one packet in flight."""
        device.ask('echo', size=params['size'], wait=2, secs=0, quiet=0.2)
        peer = self.peer('rtt', sip=device.kernel_ip, dip=device.app_ip, size=params['size'],
                         trips=self.times.trips, secs=5)
        trips = self.peer_result(peer)
        device.result()
        if trips['lost']:
            self.remark(f'{device.name}: {trips["lost"]:.0f} round trips lost.')
        return {'p50': trips['p50'], 'p99': trips['p99']}

    def idle(self, device, _params):
        """Empty bursts, after some traffic as in real life."""
        device.ask('rx', wait=1, secs=0.01, quiet=QUIET)
        self.peer_result(self.peer('send', dev=device.iface, dmac=PEER_MAC, rate=5000, secs=0.1,
                                   sip=device.kernel_ip, dip=device.app_ip))
        device.result()
        device.ask('idle', warm=0.01, secs=self.times.idle)
        timed = self.result(device)
        device.ask('idle', warm=0.01, secs=self.times.idle, syscalls=1)
        counted = device.result()
        return {'ns': timed['secs'] * 1e9 / timed['bursts'],
                'syscalls': per(counted['syscalls'], counted['bursts'])}

    def bulk(self, device, params):
        """Throughput through two ports."""
        try:
            return bulk.measure(self, device, params)
        except bulk.BulkError as error:
            raise BenchError(f'{device.name}: {error}') from error


def per(count, packets):
    """A quotient of counts; nothing when the counting did not work."""
    return '' if count < 0 or packets == 0 else count / packets


def make_devices(args):
    """The devices to compare; net_af_packet needs a veth pair of its own."""
    devices = []
    for index, name in enumerate(args.devices):
        driver, _, devargs = name.partition(',')
        vdev = f'{driver}0' + (f',{devargs}' if devargs else '')
        if driver == 'net_af_packet':
            ip('link', 'add', f'bench{index}', 'type', 'veth', 'peer', 'name', f'bench{index}p')
            # The kernel must cut large sends before they cross, as it does for a TAP.
            ip('link', 'set', 'dev', f'bench{index}', 'gso_max_segs', '1', 'up')
            ip('link', 'set', 'dev', f'bench{index}p', 'up')
            devices.append(Device(name, index, vdev, f'bench{index}p', f'bench{index}'))
        else:
            devices.append(Device(name, index, vdev, f'bench{index}'))
    return devices


def sender_ceiling(bench, device):
    """What the sender does when nobody reads, so that it cannot be what is measured."""
    rates = []
    for size in cases.SIZES:
        sent = bench.peer_result(bench.peer('gso', sip=device.kernel_ip, dip=device.app_ip,
                                            size=size, secs=0.3))
        rates.append(f'{sent["rate"] / 1e6:.2f} Mpps at {size} B')
    device.ask('rx', secs=0, quiet=QUIET)
    device.result()
    return 'into a full queue ' + ', '.join(rates)


def supports(case, device):
    """Whether the case makes sense for this device (by its driver's name)."""
    return device.name.partition(',')[0] in case.devices


def run_group(bench, devices, group, todo, number, raw):
    """All cases of one group on all devices, interleaved."""
    users = [device for device in devices if any(supports(case, device) for case in todo)]
    try:
        for device in users:
            if group != cases.BULK:
                device.start(bench, group)
        for turn, case in enumerate(todo):
            able = [device for device in users if supports(case, device)]
            # Each device goes first as often as the others.
            first = (turn + number) % max(len(able), 1)
            for device in able[first:] + able[:first]:
                metrics = bench.measure(case, device)
                for metric, value in metrics.items():
                    raw.write(number, case.name, device.name, metric, value)
                report.progress(number, case.name, device.name, metrics)
    finally:
        for device in users:
            device.stop()


def run_rounds(bench, devices, todo, rounds, raw):
    """Everything, so many times."""
    groups = list(dict.fromkeys(case.group for case in todo))
    for number in range(1, rounds + 1):
        for group in groups:
            run_group(bench, devices, group, [case for case in todo if case.group == group],
                      number, raw)


def describe(bench, args):
    """The lines under the table."""
    meta = machine.describe()
    first, second, kernel = bench.cpus
    meta.append(('CPUs', f'first lcore {first}, second lcore {second}, kernel side {kernel}'))
    meta.append(('memory', '4 KB pages (no hugepages)' if bench.no_huge else 'hugepages'))
    meta.append(('rounds', f'{args.rounds}{" (quick)" if args.quick else ""}, interleaved; '
                 'median, spread is half of largest less smallest'))
    if bench.xdp_modes:
        meta.append(('XDP', ', '.join(f'{name} {mode}'
                                      for name, mode in bench.xdp_modes.items())))
    if bench.per_cpu_time:
        bench.remark('Tx rates are for each second of CPU time that the lcore got.')
    if bench.lost_times:
        disturbed = sum(lost >= DISTURBED for lost in bench.lost_times)
        meta.append(('disturbed', f'{disturbed} of {len(bench.lost_times)} measurements, after '
                     f'{bench.repeated} repetitions'))
        if disturbed > 0.02 * len(bench.lost_times):
            bench.remark('The machine was busy with something else: these figures are noisy.')
    return meta


def parse_args():
    """The command line; devtools/bench.sh documents it."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--bin', required=True)
    parser.add_argument('--testpmd', required=True)
    parser.add_argument('--out', required=True)
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--rounds', type=int)
    parser.add_argument('--cases', default='*')
    parser.add_argument('--devices', action='append')
    parser.add_argument('--cpus')
    parser.add_argument('--no-huge', action='store_true')
    parser.add_argument('--per-cpu-time', action='store_true')
    args = parser.parse_args()
    args.rounds = args.rounds or (3 if args.quick else 5)
    args.devices = args.devices or list(cases.ALL)
    args.cpus = [int(cpu) for cpu in args.cpus.split(',')] if args.cpus else None
    return args


class Raw:
    """The file of every value of every round; complete up to the moment of a failure."""

    def __init__(self, path):
        # pylint: disable=consider-using-with
        self.file = open(path, 'w', encoding='utf-8', newline='', buffering=1)
        self.writer = csv.writer(self.file)
        self.writer.writerow(('round', 'case', 'device', 'metric', 'value'))
        self.empty = True

    def write(self, *values):
        """One value."""
        self.writer.writerow(values)
        self.empty = False


def run(args):
    """Measure, then report, what there is if something fails."""
    bench = Bench(args)
    todo = cases.select(args.cases.split(','))
    if not todo:
        raise BenchError(f'no case matches {args.cases}')
    if args.no_huge and any(case.group == cases.TWO_PROCESSES for case in todo):
        bench.remark('Without hugepages, processes cannot share memory.')
        todo = [case for case in todo if case.group != cases.TWO_PROCESSES]
    raw = Raw(f'{args.out}/raw.csv')
    devices = make_devices(args)
    bench.may_repeat = int(REPEATED_PART * args.rounds * len(todo) * len(devices))
    ceiling = measure_ceiling(bench, devices[0])
    try:
        run_rounds(bench, devices, todo, args.rounds, raw)
    finally:
        if not raw.empty:
            meta = describe(bench, args) + [('sender', ceiling)]
            report.write_meta(f'{args.out}/meta.txt', meta, bench.remarks)
            report.report(args.out)


def measure_ceiling(bench, device):
    """Start one device for the look at the sender alone."""
    device.start(bench, cases.ONE)
    try:
        return sender_ceiling(bench, device)
    finally:
        device.stop()


def main():
    """Entry point."""
    args = parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.makedirs(args.out, exist_ok=True)
    try:
        run(args)
    except BenchError as error:
        sys.exit(f'bench: {error}')
    except KeyboardInterrupt:
        sys.exit(130)
    except subprocess.CalledProcessError as error:
        sys.exit(f'bench: {" ".join(error.cmd)} failed')


if __name__ == '__main__':
    main()
