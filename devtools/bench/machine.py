# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""The machine that the benchmark runs on."""

import datetime
import os
import platform


def siblings(cpu):
    """The hardware threads that share a core with this one."""
    path = f'/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list'
    numbers = set()
    try:
        with open(path, encoding='ascii') as text:
            for part in text.read().strip().split(','):
                first, _, last = part.partition('-')
                numbers.update(range(int(first), int(last or first) + 1))
    except OSError:
        numbers.add(cpu)
    return numbers


def describe():
    """What the figures depend on, as pairs of name and text."""
    model = platform.processor() or platform.machine()
    with open('/proc/cpuinfo', encoding='utf-8') as text:
        for line in text:
            if line.startswith('model name'):
                model = line.partition(':')[2].strip()
                break
    return [('date', datetime.date.today().isoformat()),
            ('machine', f'{os.cpu_count()} CPUs, {model}'),
            ('kernel', platform.release())]
