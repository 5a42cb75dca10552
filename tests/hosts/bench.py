#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long real programs take with the library, beside without it and under a library that only passes calls
on: whole programs, medians, in turn. With --before another build of the library runs in each turn, too, and the
last two columns are what a full scan takes as a multiple of what it takes with that."""

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import hosts
from observe import Place

MEASURED = ('hashcat', 'vlc-cache', 'apache-test', 'ladspa-list', 'identify', 'php', 'melt', 'python-imports', 'zsh',
            'perl-unload', 'make', 'node', 'java-version')
GOALS = {'hashcat': 1.2, 'vlc-cache': 1.2, 'apache-test': 1.2}  # with a full scan, by the clock


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--shim', required=True, help='the library')
    parser.add_argument('--pass-through', help='one that only passes calls on')
    parser.add_argument('--before', help='another build of the library, to compare with')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('host', nargs='*', default=MEASURED)
    return parser.parse_args()


class Variant:
    """A way to run a host, and the times that it took: by the clock, and of the processor."""

    def __init__(self, name, preload=None, scan=None):
        self.name, self.preload, self.scan = name, preload, scan
        self.wall, self.processor = [], []

    def _variables(self, place):
        if not self.preload:
            return {}
        options = f'log_path={place.reports}/r.%p.%e:quiet=1'
        return {'LD_PRELOAD': self.preload,
                **({'DLPIN_OPTIONS': f'{options}:scan={self.scan}'} if self.scan else {})}

    def run(self, host, place):
        place.renew(host)
        environment = place.environment(host, self._variables(place))
        words = [word.replace('@here@', place.folder) for word in host.command]
        program = shutil.which(words[0], path=environment['PATH']) or words[0]
        began = time.monotonic()
        process = subprocess.Popen([program, *words[1:]], cwd=place.folder, env=environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, process.returncode, usage = os.wait4(process.pid, 0)
        self.wall.append(time.monotonic() - began)
        self.processor.append(usage.ru_utime + usage.ru_stime)

    def ratios(self, base):
        """The medians of what each turn took, as multiples of what `base` took in it."""
        return [statistics.median(own / max(other, 0.0001) for own, other in zip(mine, others))
                for mine, others in ((self.wall, base.wall), (self.processor, base.processor))]


def make_variants(options):
    shim = os.path.abspath(options.shim)
    variants = [Variant('alone')]
    if options.pass_through:
        variants.append(Variant('pass-through', os.path.abspath(options.pass_through)))
    variants += [Variant('scan=off', shim, 'off'), Variant('scan=full', shim, 'full')]
    if options.before:
        variants.append(Variant('before', os.path.abspath(options.before), 'full'))
    return variants


def measure(host, options):
    variants = make_variants(options)
    with tempfile.TemporaryDirectory(prefix='hosts-') as root:
        place = Place(root)
        for turn in range(options.rounds):
            # The order changes, because each run leaves work to the system (files to write out, caches) for the next
            # one.
            for variant in random.Random(turn).sample(variants, len(variants)):
                variant.run(host, place)
    return variants


def line(name, variants):
    alone, full = variants[0], next(variant for variant in variants if variant.name == 'scan=full')
    text = f'{name:16}{statistics.median(alone.wall) * 1000:10.1f}{statistics.median(alone.processor) * 1000:10.1f}'
    for variant in variants[1:]:
        text += '{:9.2f}{:7.2f}'.format(*variant.ratios(alone))
    if variants[-1] is not full:
        text += '{:11.2f}{:7.2f}'.format(*full.ratios(variants[-1]))
    if name in GOALS:
        met = full.ratios(alone)[0] <= GOALS[name]
        text += f'   {GOALS[name]}: {"met" if met else "MISSED"}'
    return text


def main():
    options = parse_arguments()
    print('Milliseconds alone; multiples of that, by the clock and of the processor')
    print(f'{"":16}{"alone":>10}{"cpu":>10}'
          + ''.join(f'{variant.name:>16}' for variant in make_variants(options)[1:])
          + ('       full/before' if options.before else '') + '   goal')
    for name in options.host:
        host = hosts.HOSTS[name]
        if host.missing_packages():
            print(f'{name:16} skipped, needs', *host.missing_packages())
            continue
        print(line(name, measure(host, options)), flush=True)


if __name__ == '__main__':
    sys.exit(main())
