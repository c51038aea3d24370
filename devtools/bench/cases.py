# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""What the benchmark measures: the cases, and the rows that the report makes of them.

A case is one measurement on one device; it gives several metrics. A row is one line of
the report: one metric of one case, or the quotient of the same metric of two cases.
"""

import fnmatch
from collections import namedtuple

# kind names a function of run.py; group is (queues, lcores, option...): a process of its
# own, or BULK: a process for each measurement.
Case = namedtuple('Case', 'name kind group params devices')

# better is 'higher', 'lower' or '' (no judgement); goal is (what, op, value): what is
# 'ratio' (to net_tap) or 'value'; scale turns the metric into the unit shown.
Row = namedtuple('Row', 'case metric title unit scale better goal chart over')

ALL = ('net_tap', 'net_rtap', 'net_af_packet')
TAPS = ('net_tap', 'net_rtap')
ONE = (1, 1)
TSO = (1, 1, '--tso')
# Two processes on one port, which poll its queue in turn; for run.py.
TWO = '2'
TWO_PROCESSES = (1, 1, TWO)
BULK = ()
SEGMENT = 1448
SIZES = (64, 1500)
BURSTS = (1, 32, 64)
RATES = (20, 50, 100, 300)
QUEUES = (1, 2, 8)
SINKS = {'xdp': 'dropped by XDP', 'stack': 'through the stack'}


def _row(case, metric, title, unit, better, scale=1.0, goal=None, chart=True, over=None):
    return Row(case, metric, title, unit, scale, better, goal, chart, over)


def _tx():
    goals = {(64, 32, 'xdp'): ('ratio', '>=', 1.7), (64, 32, 'stack'): ('ratio', '>=', 1.5)}
    for sink, words in SINKS.items():
        for size in SIZES:
            for burst in BURSTS:
                name = f'tx-{size}-b{burst}-{sink}'
                params = {'size': size, 'burst': burst, 'sink': sink}
                yield Case(name, 'tx', ONE, params, ALL), [
                    _row(name, 'mpps', f'Tx {size} B, burst {burst}, {words}', 'Mpps', 'higher',
                         goal=goals.get((size, burst, sink)))]


def _rx():
    for size in SIZES:
        name = f'rx-{size}'
        goal = ('ratio', '>=', 10) if size == 64 else None
        yield Case(name, 'rx', ONE, {'size': size, 'flows': 1}, ALL), [
            _row(name, 'mpps', f'Rx {size} B, saturated', 'Mpps', 'higher', goal=goal)]


def _rx_paced():
    loss = {300: ('value', '<=', 0)}
    system = {20: ('value', '<=', 8), 50: ('value', '<=', 20)}
    for rate in RATES:
        name = f'rx-64-{rate}k'
        title = f'Rx 64 B at {rate} k/s'
        yield Case(name, 'rx_paced', ONE, {'size': 64, 'rate': rate * 1000}, ALL), [
            _row(name, 'loss', f'{title}: loss', '%', 'lower', goal=loss.get(rate), chart=False),
            _row(name, 'system', f'{title}: system time', '%', 'lower', goal=system.get(rate),
                 chart=False),
            _row(name, 'user', f'{title}: user time', '%', '', chart=False),
            _row(name, 'busy', f'{title}: time not polling', '%', 'lower')]


def _rtt():
    ratio = ('ratio', '<=', 1.0)
    yield Case('rtt', 'rtt', ONE, {'size': 64}, ALL), [
        _row('rtt', 'p50', 'UDP round trip, p50', 'us', 'lower', goal=ratio),
        _row('rtt', 'p99', 'UDP round trip, p99', 'us', 'lower', goal=ratio)]


def _idle():
    yield Case('idle', 'idle', ONE, {}, ALL), [
        _row('idle', 'ns', 'Empty burst, idle queue', 'ns', 'lower', goal=('value', '<=', 30)),
        _row('idle', 'syscalls', 'System calls per empty burst', 'calls', 'lower',
             goal=('value', '<=', 0), chart=False)]


def _syscalls():
    for name, kind, params, title in (
            ('sys-tx', 'tx', {'size': 64, 'burst': 32, 'sink': 'xdp'}, 'Tx, burst 32'),
            ('sys-rx', 'rx_paced', {'size': 64, 'rate': 20000}, 'Rx at 20 k/s')):
        yield Case(name, kind, ONE, dict(params, syscalls=1), ALL), [
            _row(name, 'syscalls', f'System calls per packet, {title}', 'calls', 'lower',
                 chart=False)]


def _two_lcores():
    for sink, words in SINKS.items():
        name = f'tx-2q2l-{sink}'
        params = {'size': 64, 'burst': 32, 'sink': sink}
        yield Case(name, 'tx', (2, 2), params, TAPS), [
            _row(name, 'mpps', f'Tx 64 B, two queues and lcores, {words}', 'Mpps', 'higher'),
            _row(name, 'mpps', f'   two lcores against one, Tx, {sink}', 'times', 'higher',
                 chart=False, over=f'tx-64-b32-{sink}')]
    yield Case('rx-2q2l', 'rx', (2, 2), {'size': 64, 'flows': 64}, TAPS), [
        _row('rx-2q2l', 'mpps', 'Rx 64 B, two queues and lcores', 'Mpps', 'higher',
             chart=False),
        _row('rx-2q2l', 'mpps', '   two lcores against one, Rx', 'times', 'higher', chart=False,
             over='rx-64-q1')]


def _queues_open():
    kinds = (('rx', 'Rx', {'size': 64, 'flows': 64}),
             ('tx', 'Tx', {'size': 64, 'burst': 32, 'sink': 'xdp'}))
    for kind, words, params in kinds:
        for queues in QUEUES:
            name = f'{kind}-64-q{queues}'
            title = f'{words} cost per packet, queues open: {queues}'
            rows = [_row(name, 'cost', title, 'ns', 'lower', chart=False)]
            if queues > 1:
                rows.append(_row(name, 'cost', f'   {queues} queues against one, {words}', 'times',
                                 'lower', goal=('value', '<=', 1.1), chart=False,
                                 over=f'{kind}-64-q1'))
            yield Case(name, kind, (queues, 1), params, TAPS), rows


def _bulk():
    """Between two namespaces through two ports."""
    for name, proto, offloads, large, goal, title in (
            ('bulk-lro-64k', 'tcp', True, True, 12, 'TCP, all offloads, mbufs of 64 KB'),
            ('bulk-lro-2k', 'tcp', True, False, 10, 'TCP, all offloads, mbufs of 2 KB'),
            ('bulk-none', 'tcp', False, False, 2.5, 'TCP, no offloads'),
            ('bulk-uso-64k', 'udp', True, True, 5, 'UDP, USO, mbufs of 64 KB'),
            ('bulk-uso-2k', 'udp', True, False, None, 'UDP, USO, mbufs of 2 KB'),
            ('bulk-udp', 'udp', False, False, None, 'UDP, no offloads')):
        params = {'proto': proto, 'offloads': offloads, 'large': large}
        yield Case(name, 'bulk', BULK, params, TAPS), [
            _row(name, 'gbps', f'Two ports, {title}', 'Gb/s', 'higher',
                 goal=goal and ('ratio', '>=', goal))]


def _tso():
    """A packet of 45 segments against one of one, both as far as TCP."""
    for name, segments, title in (('tx-tso-1', 1, 'Tx TCP, packet of 1500 B'),
                                  ('tx-tso-45', 45, 'Tx TCP, packet of 64 KB with TSO')):
        params = {'burst': 32, 'sink': 'tcp', 'segment': SEGMENT, 'size': 54 + segments * SEGMENT}
        rows = [_row(name, 'cost', title, 'ns', 'lower', chart=False)]
        if segments > 1:
            rows.append(_row(name, 'cost', '   45 segments against one', 'times', 'lower',
                             goal=('value', '<=', 6), chart=False, over='tx-tso-1'))
        yield Case(name, 'tx', TSO, params, ('net_rtap',)), rows


def _two_processes():
    """The queue polled by a secondary process, against the primary."""
    for kind, words, params in (
            ('tx', 'Tx 64 B, burst 32', {'size': 64, 'burst': 32, 'sink': 'xdp'}),
            ('rx', 'Rx 64 B, saturated', {'size': 64, 'flows': 1})):
        first, second = f'mp-{kind}-primary', f'mp-{kind}-secondary'
        yield Case(first, kind, TWO_PROCESSES, params, ('net_rtap',)), [
            _row(first, 'mpps', f'{words}, primary process', 'Mpps', 'higher', chart=False)]
        yield Case(second, kind, TWO_PROCESSES, dict(params, process='second'), ('net_rtap',)), [
            _row(second, 'mpps', f'{words}, secondary process', 'Mpps', 'higher', chart=False),
            _row(second, 'mpps', f'   secondary against primary, {kind.capitalize()}', 'times',
                 'higher', chart=False, over=first)]


def all_cases():
    """All cases with their rows, in the order of the report."""
    for part in (_tx(), _rx(), _rx_paced(), _rtt(), _idle(), _syscalls(), _two_lcores(),
                 _queues_open(), _bulk(), _tso(),
                 _two_processes()):
        yield from part


def select(patterns):
    """The cases whose name matches one of the patterns."""
    return [case for case, _ in all_cases()
            if any(fnmatch.fnmatch(case.name, pattern) for pattern in patterns)]


def all_rows():
    """The lines of the report."""
    return [row for _, rows in all_cases() for row in rows]
