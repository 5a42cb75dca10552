#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long some hosts take with the library, beside without it: whole programs, medians, in turn."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

import hosts
from observe import Place

MEASURED = ('hashcat', 'php', 'ladspa-list', 'apache-test', 'python-imports', 'identify', 'melt', 'zsh',
            'perl-unload', 'make', 'node', 'java-version')


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--shim', required=True, help='the library')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('host', nargs='*', default=MEASURED)
    return parser.parse_args()


class Times:
    """Of the runs of one variant."""

    def __init__(self):
        self.wall, self.processor = [], []

    def run(self, host, place, variables):
        place.renew(host)
        environment = place.environment(host, variables)
        words = [word.replace('@here@', place.folder) for word in host.command]
        began = time.monotonic()
        process = subprocess.Popen(words, cwd=place.folder, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, process.returncode, usage = os.wait4(process.pid, 0)
        self.wall.append(time.monotonic() - began)
        self.processor.append(usage.ru_utime + usage.ru_stime)

    def medians(self):
        return statistics.median(self.wall), statistics.median(self.processor)


def measure(host, shim, rounds):
    """The medians without and with the library, in seconds: wall and processor time of each."""
    alone, preloaded = Times(), Times()
    with tempfile.TemporaryDirectory(prefix='hosts-') as root:
        place = Place(root)
        variables = {'LD_PRELOAD': shim,
                     'DLPIN_OPTIONS': f'log_path={place.reports}/r.%p.%e:quiet=1'}
        for _ in range(rounds):
            alone.run(host, place, {})
            preloaded.run(host, place, variables)
    return alone.medians(), preloaded.medians()


def line(name, alone, preloaded):
    text = f'{name:16}'
    for before, after in zip(alone, preloaded):
        text += f'{before * 1000:10.1f}{after * 1000:10.1f}{after / max(before, 0.001):7.2f}'
    return text


def main():
    options = parse_arguments()
    print(f'{"ms":16}{"alone":>10}{"with":>10}{"ratio":>7}{"cpu alone":>10}{"with":>10}{"ratio":>7}')
    for name in options.host:
        host = hosts.HOSTS[name]
        if host.missing_packages():
            print(f'{name:16} skipped, needs', *host.missing_packages())
            continue
        print(line(name, *measure(host, os.path.abspath(options.shim), options.rounds)), flush=True)


if __name__ == '__main__':
    sys.exit(main())
