#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""Makes the table, the CSV and the chart from the raw values of a run.

    report.py DIR

reads raw.csv and meta.txt in DIR and writes table.txt, table.csv and chart.svg there.
"""

import csv
import os
import statistics
import sys
from dataclasses import dataclass

import cases
import chart

BASE = 'net_tap'
OPS = {'>=': lambda value, bound: value >= bound, '<=': lambda value, bound: value <= bound}


@dataclass
class Series:
    """The values of one metric over the rounds."""
    values: list

    @property
    def median(self):
        """The middle value."""
        return statistics.median(self.values)

    @property
    def spread(self):
        """Half the distance of the extremes."""
        return (max(self.values) - min(self.values)) / 2


@dataclass
class Line:
    """A row of the report: per device its values and their ratios to the base."""
    row: cases.Row
    series: dict
    ratios: dict


def progress(number, case, device, metrics):
    """One line on the terminal for each measurement."""
    text = '  '.join(f'{metric} {value:.4g}' for metric, value in metrics.items() if value != '')
    print(f'round {number}  {case:18} {device:16} {text}', flush=True)


def read_raw(path):
    """Values by case, device and metric, each a dictionary by round."""
    raw = {}
    with open(path, encoding='utf-8', newline='') as text:
        for row in csv.DictReader(text):
            if row['value'] == '':
                continue
            key = (row['case'], row['device'], row['metric'])
            raw.setdefault(key, {})[int(row['round'])] = float(row['value'])
    return raw


def write_meta(path, meta, remarks):
    """The lines under the table."""
    with open(path, 'w', encoding='utf-8') as out:
        for name, text in meta:
            print(f'{name + ":":12}{text}', file=out)
        for text in remarks:
            print(f'{"remark:":12}{text}', file=out)


def quotients(upper, lower):
    """Round by round, where both have a value and the lower is not nothing."""
    return {number: upper[number] / lower[number]
            for number in upper if lower.get(number)}


def values_of(raw, row, device):
    """A row's values of a device by round, in the unit shown."""
    values = raw.get((row.case, device, row.metric), {})
    if row.over is not None:
        return quotients(values, raw.get((row.over, device, row.metric), {}))
    return {number: value * row.scale for number, value in values.items()}


def place(device):
    """The base first, then net_rtap and its variants."""
    return device != BASE, not device.startswith('net_rtap'), device


def make_lines(raw, rows):
    """All rows that have values."""
    devices = sorted({device for _, device, _ in raw}, key=place)
    lines = []
    for row in rows:
        values = {device: values_of(raw, row, device) for device in devices}
        series = {device: Series(list(v.values())) for device, v in values.items() if v}
        ratios = {device: quotients(v, values.get(BASE, {}))
                  for device, v in values.items() if device != BASE}
        if series:
            lines.append(Line(row, series, {device: Series(list(v.values()))
                                            for device, v in ratios.items() if v}))
    return lines, devices


def judge(line, device):
    """The goal of a row, and whether this device reaches it."""
    if line.row.goal is None or not device.startswith('net_rtap') or device not in line.series:
        return ''
    what, op, bound = line.row.goal
    words = f'{"x " if what == "ratio" else ""}{op} {bound:g}'
    series = line.ratios.get(device) if what == 'ratio' else line.series[device]
    if series is None:
        return words
    return f'{words} {"yes" if OPS[op](round(series.median, 3), bound) else "NO"}'


def number(value):
    """Three digits that matter."""
    if value == 0:
        return '0'
    if abs(value) >= 100:
        return f'{value:.0f}'
    return f'{value:.2f}' if abs(value) >= 1 else f'{value:.3f}'


def cell(line, device):
    """Median, spread and ratio of one device."""
    series = line.series.get(device)
    if series is None:
        return ('-', '', '')
    ratio = line.ratios.get(device)
    return (number(series.median), f'±{number(series.spread)}',
            f'x {number(ratio.median)}' if ratio is not None else '')


def table_text(lines, devices):
    """The table for the terminal."""
    head = [['', 'unit']]
    for device in devices:
        head[0] += [device, '', '' if device != BASE else None]
    head[0] += ['goal']
    body = []
    for line in lines:
        cells = [line.row.title, line.row.unit]
        for device in devices:
            cells += cell(line, device)[:2 if device == BASE else 3]
        goals = [goal for goal in (judge(line, device) for device in devices) if goal]
        body.append(cells + ['; '.join(goals)])
    rows = [[text for text in head[0] if text is not None]] + body
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return '\n'.join(format_row(row, widths) for row in rows) + '\n'


def format_row(row, widths):
    """Words to the left, numbers to the right."""
    cells = [text.ljust(width) if i in (0, 1, len(row) - 1) else text.rjust(width)
             for i, (text, width) in enumerate(zip(row, widths))]
    return '  '.join(cells).rstrip()


def write_csv(path, lines):
    """The same as the table, one line for each row and device."""
    with open(path, 'w', encoding='utf-8', newline='') as out:
        writer = csv.writer(out)
        writer.writerow(('case', 'title', 'unit', 'better', 'device', 'rounds', 'median', 'min',
                         'max', 'ratio', 'ratio_min', 'ratio_max', 'goal'))
        for line in lines:
            for device, series in line.series.items():
                ratio = line.ratios.get(device)
                ratios = (f'{ratio.median:.6g}', f'{min(ratio.values):.6g}',
                          f'{max(ratio.values):.6g}') if ratio else ('', '', '')
                writer.writerow((line.row.case, line.row.title.strip(), line.row.unit,
                                 line.row.better, device, len(series.values),
                                 f'{series.median:.6g}', f'{min(series.values):.6g}',
                                 f'{max(series.values):.6g}', *ratios, judge(line, device)))


def bars_of(line):
    """A row's bars: how many times better than the base, whichever way better is."""
    bars = []
    for device, ratio in line.ratios.items():
        values = [value if line.row.better == 'higher' else 1 / value
                  for value in ratio.values if value > 0]
        if values:
            bars.append(chart.Bar(device, statistics.median(values), min(values), max(values)))
    return bars


def write_chart(path, lines, devices, meta):
    """The chart of the ratios."""
    rows = []
    for line in lines:
        bars = bars_of(line) if line.row.chart and line.row.better else []
        if bars:
            base = line.series[BASE]
            rows.append(chart.Group(line.row.title, f'{number(base.median)} {line.row.unit}',
                                    bars))
    facts = dict(text.split(':', 1) for text in meta.splitlines() if ':' in text)
    note = ', '.join(facts[key].strip() for key in ('machine', 'kernel', 'date') if key in facts)
    if rows:
        with open(path, 'w', encoding='utf-8') as out:
            out.write(chart.draw(rows, [device for device in devices if device != BASE], BASE,
                                 note))


def report(directory):
    """All three forms."""
    raw = read_raw(os.path.join(directory, 'raw.csv'))
    with open(os.path.join(directory, 'meta.txt'), encoding='utf-8') as text:
        meta = text.read()
    lines, devices = make_lines(raw, cases.all_rows())
    table = table_text(lines, devices) + '\n' + meta
    with open(os.path.join(directory, 'table.txt'), 'w', encoding='utf-8') as out:
        out.write(table)
    write_csv(os.path.join(directory, 'table.csv'), lines)
    write_chart(os.path.join(directory, 'chart.svg'), lines, devices, meta)
    print(f'\n{table}\nWritten to {directory}: table.txt table.csv chart.svg raw.csv')


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    report(sys.argv[1])
