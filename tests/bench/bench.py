#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what programs cost alone, under a library that only passes calls on, under libdlpin.so, under
LeakSanitizer and under heaptrack. All in one run, in turn, several times: medians are printed, and their
ratios. Nothing is asserted: a machine that is busy with other things makes no failure.

LeakSanitizer is the same program built with -fsanitize=leak; its check at the end is not in the numbers,
and neither is what the others do at the end: the programs leave at once.
"""

import argparse
import glob
import os
import statistics
import subprocess
import sys
import tempfile

# Workload, threads, caller (of the program itself, or of a plug-in), goal for libdlpin / pass-through.
HEAP = [
    ('pair', 1, 'program', 1.25),
    ('pair', 1, 'plugin', 1.25),
    ('pair', 2, 'program', 1.25),
    ('pair', 2, 'plugin', 1.25),
    ('tight', 1, 'plugin', None),
    ('tight-256', 1, 'plugin', None),
    ('tight-4k', 1, 'plugin', None),
    ('calloc', 1, 'plugin', 1.25),
    ('realloc', 1, 'plugin', 1.25),
    ('new', 1, 'program', 4),
    ('new', 2, 'program', 4),
    ('list', 1, 'program', 4),
    ('strdup', 1, 'plugin', 4),
    ('strdup', 2, 'plugin', 4),
    ('string', 1, 'program', 4),
    ('asprintf', 1, 'plugin', 4),
]
# Number of blocks, least and most size; the goal is 30 % more than alone.
MEMORY = [(2000000, 16, 16), (1500000, 32, 32), (500000, 16, 256)]
LOADS = ['load', 'use', 'key', 'setspecific', 'thread']
# The action, and how often it is done in a turn.
STARTS = [('start', 40), ('fork', 40), ('exec', 40), ('end', 20)]
# As dlpin run sets them: children with nothing to say leave no file.
CHILD_OPTIONS = 'quiet=1:log_empty=0:check_signal=32:log_path={folder}/%p'


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--heap', required=True)
    parser.add_argument('--heap-leak', help='the same, built with LeakSanitizer')
    parser.add_argument('--loads', required=True)
    parser.add_argument('--starts', required=True)
    parser.add_argument('--work-plugin', required=True)
    parser.add_argument('--visitor', required=True)
    parser.add_argument('--pass-through', required=True)
    parser.add_argument('--shim')
    parser.add_argument('--part', choices=['heap', 'memory', 'loads', 'start', 'all'], default='all')
    parser.add_argument('--repeat', type=int, default=15)
    parser.add_argument('--seconds', type=float, default=0.04)
    parser.add_argument('--no-cxx', action='store_true')
    return parser.parse_args()


class Variant:
    """A way to run a program: what is preloaded, or another build of it."""

    def __init__(self, name, preload=None, program=None, extra=None, repeat=None):
        self.name = name
        self.preload = preload
        self.program = program
        self.extra = extra or {}
        self.repeat = repeat

    def run(self, command):
        environment = {'PATH': '/usr/bin:/bin', 'LC_ALL': 'C', **self.extra}
        if self.preload:
            environment['LD_PRELOAD'] = self.preload
        done = subprocess.run([self.program or command[0], *command[1:]], env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        for line in done.stdout.splitlines():
            if line.startswith('result '):
                return float(line.split()[1])
        print(f'{self.name}: {" ".join(command)} gave no result (status {done.returncode}): '
              f'{done.stderr.strip()[:200]}', file=sys.stderr)
        return None


def find_heaptrack():
    found = glob.glob('/usr/lib/heaptrack/libheaptrack_preload.so')
    found += glob.glob('/usr/lib/*/heaptrack/libheaptrack_preload.so')
    return found[0] if found else None


def make_variants(options, folder):
    variants = [Variant('alone'), Variant('pass-through', os.path.abspath(options.pass_through))]
    if options.shim:
        variants.append(Variant('libdlpin', os.path.abspath(options.shim)))
    else:
        print('libdlpin.so is not there: not measured')
    if options.heap_leak:
        variants.append(Variant('LeakSan', program=os.path.abspath(options.heap_leak)))
    else:
        print('LeakSanitizer is not there: not measured')
    heaptrack = find_heaptrack()
    if heaptrack:
        output = os.path.join(folder, 'heaptrack')
        variants.append(Variant('heaptrack', heaptrack, extra={'DUMP_HEAPTRACK_OUTPUT': output},
                                repeat=2))
    else:
        print('heaptrack is not there: not measured')
    return variants


class Numbers(dict):
    """The values of each variant, by turn. The variants take turns, so that all share what disturbs."""

    def median(self, name):
        values = [value for value in self.get(name, []) if value is not None]
        return statistics.median(values) if values else None

    def ratio(self, name, base):
        """The median of the ratios within each turn: slow and fast phases of the machine cancel out."""
        pairs = zip(self.get(name, []), self.get(base, []))
        ratios = [value / other for value, other in pairs if value is not None and other]
        return statistics.median(ratios) if ratios else None


def measure(variants, command, repeat):
    numbers = Numbers({variant.name: [] for variant in variants})
    for turn in range(repeat):
        for variant in variants:
            if turn < (variant.repeat or repeat):
                numbers[variant.name].append(variant.run(command))
    return numbers


def verdict(value, goal):
    if value is None or goal is None:
        return ''
    return f'goal {goal:g}: ' + ('met' if value <= goal else 'MISSED')


def print_head(title, variants, last):
    print(f'\n{title}\n{"":24}' + ''.join(f'{variant.name:>14}' for variant in variants) + last)


def print_row(label, numbers, variants, form, tail):
    cells = ''
    for variant in variants:
        median = numbers.median(variant.name)
        cells += f'{"-" if median is None else form.format(median):>14}'
    print(f'{label:24}{cells}{tail}', flush=True)


def ratio_text(value):
    return f'{value:10.2f}' if value is not None else f'{"-":>10}'


def bench_heap(options, variants):
    print_head('Nanoseconds for one operation', variants, '   /pass    /alone')
    for name, threads, caller, goal in HEAP:
        if options.no_cxx and name in ('new', 'list', 'string'):
            continue
        command = [options.heap, name, str(threads), str(options.seconds)]
        if caller == 'plugin':
            command.append(options.work_plugin)
        numbers = measure(variants, command, options.repeat)
        passed = numbers.ratio('libdlpin', 'pass-through')
        tail = ratio_text(passed) + ratio_text(numbers.ratio('libdlpin', 'alone'))
        print_row(f'{name}, {caller}, {threads} thr.', numbers, variants, '{:.1f}',
                  f'{tail}  {verdict(passed, goal)}')


def bench_memory(options, variants):
    print_head('Peak of resident memory in kilobytes', variants, '    /alone')
    for count, least, most in MEMORY:
        command = [options.heap, 'memory', str(count), str(least), str(most), options.work_plugin]
        numbers = measure(variants, command, min(options.repeat, 3))
        alone = numbers.ratio('libdlpin', 'alone')
        print_row(f'{count} of {least}-{most}', numbers, variants, '{:.0f}',
                  f'{ratio_text(alone)}  {verdict(alone, 1.30)}')


def bench_loads(options, variants):
    # The sanitizer's program is another one: these are for the preloaded ones alone.
    variants = [variant for variant in variants if not variant.program]
    print_head('Nanoseconds for one call (load, use: one dlopen and dlclose)', variants,
               '   /pass    /alone')
    for name in LOADS:
        command = [options.loads, name, str(options.seconds), options.visitor]
        numbers = measure(variants, command, options.repeat)
        tail = ratio_text(numbers.ratio('libdlpin', 'pass-through'))
        tail += ratio_text(numbers.ratio('libdlpin', 'alone'))
        if name in ('load', 'use'):
            tail += '   rounds a second: ' + ', '.join(
                f'{variant.name} {1e9 / numbers.median(variant.name):.0f}'
                for variant in variants if numbers.median(variant.name))
        print_row(name, numbers, variants, '{:.0f}', tail)


def bench_starts(options, variants, folder):
    variants = [variant for variant in variants if not variant.program and variant.name != 'heaptrack']
    extra = {'DLPIN_OPTIONS': CHILD_OPTIONS.format(folder=folder)}
    print_head('Microseconds; of a processor, but for end: until it is reaped', variants,
               '   /pass    /alone')
    for name, count in STARTS:
        inside = name in ('start', 'end')  # the program that measures runs without it
        numbers = Numbers({variant.name: [] for variant in variants})
        for _ in range(options.repeat):
            for variant in variants:
                runner = Variant(variant.name, None if inside else variant.preload, extra=extra)
                nanoseconds = runner.run([options.starts, name, str(count), variant.preload or '-',
                                          options.visitor, options.work_plugin])
                numbers[variant.name].append(nanoseconds and nanoseconds / 1000)
        tail = ratio_text(numbers.ratio('libdlpin', 'pass-through')) + ratio_text(numbers.ratio('libdlpin', 'alone'))
        print_row(name, numbers, variants, '{:.0f}', tail)


def main():
    options = parse_arguments()
    with tempfile.TemporaryDirectory(prefix='dlpin-bench-') as folder:
        variants = make_variants(options, folder)
        if options.part in ('heap', 'all'):
            bench_heap(options, variants)
        if options.part in ('memory', 'all'):
            bench_memory(options, variants)
        if options.part in ('loads', 'all'):
            bench_loads(options, variants)
        if options.part in ('start', 'all'):
            bench_starts(options, variants, folder)
    return 0


if __name__ == '__main__':
    sys.exit(main())
