#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long a scan takes, by the size and the shape of the heap, and how long the program waits for it.

Each row is one program that fills its heap and unloads a plug-in which has left something behind. In the same process
a plain pass over all words of the blocks is timed: no scan can be faster than memory. The walk runs in a copy of the
process while the program runs on, and its time is that of the processor; what the program feels of it is that its
dlclose takes longer. Medians of some runs; nothing is asserted.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys

SIZES = (1, 16, 256, 1024, 2048)
ROWS = ([('list', size) for size in SIZES] + [('plain', size) for size in SIZES]
        + [('mixed', 256), ('graph', 16), ('graph', 256), ('cycle', 16), ('cycle', 256)])
SAID = re.compile(r'looked through (\d+) KB in \d+ us \((\d+) us of a processor\), .* stood still for (\d+) us: '
                  r'.*?(incomplete)?$')
LEAST_SPEED, LONGEST_PAUSE, SMALL_PAUSE = 2.0, 40.0, 1.0  # GB/s; ms at 1 GB, at 1 MB


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--retain', required=True)
    parser.add_argument('--leaver', required=True)
    parser.add_argument('--shim', required=True)
    parser.add_argument('--repeat', type=int, default=3)
    parser.add_argument('--largest', type=int, default=SIZES[-1], help='megabytes')
    parser.add_argument('shape', nargs='*')
    return parser.parse_args()


class Run:
    """Times of one run, in milliseconds."""

    def __init__(self, options, shape, size, with_shim):
        environment = {'PATH': '/usr/bin:/bin', 'LC_ALL': 'C'}
        if with_shim:
            environment |= {'LD_PRELOAD': os.path.abspath(options.shim),
                            'DLPIN_OPTIONS': 'quiet=1:verbosity=1:scan_limit_ms=0'}
        done = subprocess.run([options.retain, shape, str(size), options.leaver], env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        result = re.search(r'^result (\d+) (\d+)$', done.stdout, flags=re.M)
        if not result:
            sys.exit(f'{shape} {size} gave no result (status {done.returncode}): {done.stderr[-300:]}')
        self.bandwidth, self.dlclose = (int(number) / 1e6 for number in result.groups())
        said = [match for match in map(SAID.search, done.stderr.splitlines()) if match]
        if with_shim and (len(said) != 1 or said[0][4]):
            sys.exit(f'{shape} {size}: not one complete walk: {done.stderr[-300:]}')
        if with_shim:
            self.bytes = int(said[0][1]) * 1024
            self.walk, self.pause = int(said[0][2]) / 1e3, int(said[0][3]) / 1e3


def median(runs, name):
    return statistics.median(getattr(run, name) for run in runs)


def verdicts(size, speed, pause):
    found = []
    if size >= SIZES[1] and speed is not None:
        found.append(f'{LEAST_SPEED:g} GB/s: ' + ('met' if speed >= LEAST_SPEED else 'MISSED'))
    limit = {SIZES[0]: SMALL_PAUSE, 1024: LONGEST_PAUSE}.get(size)
    if limit:
        found.append(f'{limit:g} ms: ' + ('met' if pause <= limit else 'MISSED'))
    return ', '.join(found)


def print_row(options, shape, size):
    alone, preloaded = [], []
    for _ in range(options.repeat):
        alone.append(Run(options, shape, size, False))
        preloaded.append(Run(options, shape, size, True))
    walk, passed = median(preloaded, 'walk'), median(preloaded, 'bandwidth')
    speed = median(preloaded, 'bytes') / walk / 1e6
    longer = median(preloaded, 'dlclose') - median(alone, 'dlclose')
    print(f'{shape:8}{size:6}{walk:10.1f}{walk / size * 1000:10.1f}{speed:8.2f}{passed:10.1f}'
          f'{walk / passed:8.1f}{median(preloaded, "pause"):10.2f}{longer:10.2f}'
          f'   {verdicts(size, speed, longer)}', flush=True)


def main():
    options = parse_arguments()
    print(f'{"heap":8}{"MB":>6}{"walk ms":>10}{"us/MB":>10}{"GB/s":>8}{"pass ms":>10}{"/pass":>8}'
          f'{"copy ms":>10}{"dlclose":>10}   goals')
    for shape, size in ROWS:
        if size <= options.largest and (not options.shape or shape in options.shape):
            print_row(options, shape, size)
    return 0


if __name__ == '__main__':
    sys.exit(main())
