# SPDX-License-Identifier: BSD-3-Clause
# Copyright(c) 2026 The net_rtap authors

"""Draws the benchmark's chart as SVG: bars of ratios on a logarithmic axis."""

import math
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH = 960
LEFT = 345  # room for the titles
RIGHT = 150  # room for the figures
TOP = 96
BAR = 13
GAP = 9
FOOT = 56
COLORS = ('#1f6fb2', '#b0b7bf', '#e08a2c', '#5a9e4b', '#8a63b8')
STYLE = ('text{font-family:DejaVu Sans,Helvetica,Arial,sans-serif;font-size:12px;fill:#222}'
         '.title{font-size:16px;font-weight:bold}.small{font-size:11px;fill:#666}'
         '.grid{stroke:#ddd}.one{stroke:#222;stroke-width:1.5}.range{stroke:#222}')
TICKS = (1, 2, 5)


@dataclass
class Bar:
    """How many times better a device is, with its smallest and largest ratio."""
    device: str
    median: float
    low: float
    high: float


@dataclass
class Group:
    """The bars of one row, and the value of the device that all are compared with."""
    title: str
    base: str
    bars: list


class Axis:
    """From ratio to x, logarithmic."""

    def __init__(self, groups):
        values = [value for group in groups for bar in group.bars
                  for value in (bar.low, bar.high)] + [0.5, 2]
        self.low = math.log10(min(values)) - 0.05
        self.high = math.log10(max(values)) + 0.05

    def x(self, ratio):
        """Position of a ratio."""
        part = (math.log10(ratio) - self.low) / (self.high - self.low)
        return LEFT + part * (WIDTH - LEFT - RIGHT)

    def ticks(self):
        """Round ratios inside the axis, thinned out when it is long."""
        steps = TICKS if self.high - self.low < 2.5 else TICKS[:1]
        for power in range(math.floor(self.low), math.ceil(self.high) + 1):
            for step in steps:
                if self.low <= math.log10(step * 10.0 ** power) <= self.high:
                    yield step * 10.0 ** power


def text(x, y, words, anchor='start', kind=''):
    """A piece of text."""
    label = f' class="{kind}"' if kind else ''
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{label}>{escape(words)}</text>'


def line(x1, y1, x2, y2, kind):
    """A straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def factor(ratio):
    """A ratio in words."""
    if ratio >= 100:
        return f'{ratio:.0f}×'
    return f'{ratio:.1f}×' if ratio >= 10 else f'{ratio:.2f}×'


def draw_bar(axis, bar, y, color):
    """The bar from 1 to its ratio, its range, its figure."""
    one, end = axis.x(1), axis.x(bar.median)
    low, high = axis.x(bar.low), axis.x(bar.high)
    middle = y + BAR / 2
    return [f'<rect x="{min(one, end):.1f}" y="{y:.1f}" width="{max(abs(end - one), 1):.1f}" '
            f'height="{BAR}" fill="{color}"/>',
            line(low, middle, high, middle, 'range'),
            line(low, y + 3, low, y + BAR - 3, 'range'),
            line(high, y + 3, high, y + BAR - 3, 'range'),
            text(max(one, end, high) + 6, y + BAR - 2.5, factor(bar.median))]


def draw_groups(axis, groups, colors):
    """All rows from top to bottom; also where they end."""
    parts, y = [], TOP
    for group in groups:
        height = BAR * len(group.bars)
        parts.append(text(LEFT - 12, y + height / 2 + 4, group.title, 'end'))
        parts.append(text(WIDTH - 12, y + height / 2 + 4, group.base, 'end', 'small'))
        for bar in group.bars:
            parts += draw_bar(axis, bar, y, colors[bar.device])
            y += BAR
        y += GAP
    return parts, y


def draw_axis(axis, bottom):
    """Vertical lines with their ratios."""
    parts = []
    for ratio in axis.ticks():
        x = axis.x(ratio)
        parts.append(line(x, TOP - 6, x, bottom, 'grid'))
        parts.append(text(x, bottom + 16, f'{ratio:g}', 'middle', 'small'))
    return parts + [line(axis.x(1), TOP - 6, axis.x(1), bottom, 'one')]


def draw_legend(colors):
    """Which color is which device."""
    parts, x = [], LEFT
    for device, color in colors.items():
        parts.append(f'<rect x="{x}" y="62" width="14" height="12" fill="{color}"/>')
        parts.append(text(x + 19, 72, device))
        x += 40 + 8 * len(device)
    return parts


def draw(groups, devices, base, note):
    """The whole picture."""
    axis = Axis(groups)
    colors = {device: COLORS[i % len(COLORS)] for i, device in enumerate(devices)}
    bars, bottom = draw_groups(axis, groups, colors)
    height = bottom + FOOT
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             f'viewBox="0 0 {WIDTH} {height}">',
             '<!-- SPDX-License-Identifier: BSD-3-Clause -->',
             '<!-- Copyright(c) 2026 The net_rtap authors -->',
             f'<style>{STYLE}</style>', '<rect width="100%" height="100%" fill="#fff"/>',
             text(16, 28, f'How many times better than {base}', kind='title'),
             text(16, 48, 'Packet rate up, or time down; right of 1 is better. '
                  'Bars are medians, thin lines the range of all rounds.', kind='small'),
             text(WIDTH - 12, 72, base, 'end', 'small'),
             *draw_legend(colors), *draw_axis(axis, bottom), *bars,
             text(16, height - 12, note, kind='small'), '</svg>']
    return '\n'.join(parts) + '\n'
