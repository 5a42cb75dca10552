#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Real programs with real plug-ins: each alone and under the library, and what it finds.

Standard output, standard error and the exit status must be the same; only the library's own lines may
come in addition. The findings must be those that are true of the host, which the tables say.
"""

import argparse
import ctypes
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path += [os.path.join(ROOT, 'tests', 'harmless'), os.path.join(ROOT, 'tests', 'e2e')]

import addons  # noqa: E402
import languages  # noqa: E402
import leftovers  # noqa: E402
import media  # noqa: E402
import probes  # noqa: E402
import reloads  # noqa: E402
import servers  # noqa: E402
import threads  # noqa: E402
import tools  # noqa: E402
from observe import Place, differences, run_host, show  # noqa: E402
from truth import Findings, compare  # noqa: E402
from vocabulary import Vocabulary  # noqa: E402

SKIPPED = 77
PR_SET_CHILD_SUBREAPER = 36
HOSTS = {host.name: host for table in (media, tools, languages, servers, leftovers, threads, addons, reloads, probes)
         for host in table.HOSTS}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--shim', help='the library')
    parser.add_argument('--list', action='store_true', help='print the names of the hosts')
    parser.add_argument('--covers', nargs='*', help='fail unless these are all hosts, and their findings are explained')
    parser.add_argument('--verbose', action='store_true', help='show outputs and all findings')
    parser.add_argument('host', nargs='*')
    return parser.parse_args()


class Attempt:
    """Tries a host in all variants."""

    def __init__(self, host, shim, verbose):
        self.host, self.shim, self.verbose = host, shim, verbose
        self.failed = False

    def fail(self, title, problems):
        self.failed = True
        print(f'FAILED {title}:', *problems, sep='\n  ')

    def run(self):
        with tempfile.TemporaryDirectory(prefix='hosts-') as root:
            place = Place(root)
            base = self._alone(place)
            if not self.failed:
                self._quiet(place, base)
                self._talking(place, base)
        return not self.failed

    def _alone(self, place):
        base = run_host(self.host, place, {})
        print(f'{self.host.name}: alone {base.status}, {base.seconds:.2f} s')
        if base.hang or base.status != self.host.status:
            self.fail('without the library', [base.hang or f'ends with {base.status}'])
        if self.verbose or self.failed:
            show(base)
        return base

    def _with_library(self, place, base, title, options):
        extra = {'LD_PRELOAD': self.shim, 'DLPIN_OPTIONS': options}
        result = run_host(self.host, place, extra)
        print(f'{self.host.name}: {title} {result.status}, {result.seconds:.2f} s')
        found = differences(self.host, base, result)
        if found:
            self.fail(title, found)
            show(result)
            again = differences(self.host, base, run_host(self.host, place, {}))
            if again:
                print('note: the host differs from run to run:', *again, sep='\n  ')
        return result

    def _quiet(self, place, base):
        log_path = os.path.join(place.reports, 'r.%p.%e')
        failed_before = self.failed
        result = self._with_library(place, base, 'with report',
                                    f'log_path={log_path}:quiet=1')
        if self.failed and not failed_before:
            return
        findings = Findings(place.reports, Vocabulary(ROOT))
        opened, unloaded = findings.modules()
        print(f'  {len(findings.reports)} processes, {opened} modules, {unloaded} unloaded, '
              f'{len(findings.found)} findings')
        problems = compare(self.host, findings, result.pid)
        if problems:
            self.fail('findings', problems)
        if self.verbose:
            print(*findings.found, sep='\n')

    def _talking(self, place, base):
        self._with_library(place, base, 'with text', 'log_empty=0')


def main():
    options = parse_arguments()
    if options.list:
        print(*HOSTS, sep='\n')
        return 0
    if options.covers is not None:
        wrong = set(options.covers) ^ set(HOSTS)
        print(*sorted(wrong), sep='\n')
        unexplained = [f'{host.name}: {finding} is not explained'
                       for host in HOSTS.values() for finding in host.unexplained()]
        print(*unexplained, sep='\n')
        return 1 if wrong or unexplained else 0
    # Processes that a host leaves behind become children of this process, which ends them.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    status = 0
    for name in options.host or HOSTS:
        missing = HOSTS[name].missing_packages()
        if missing:
            print(f'{name}: skipped, needs the packages', *missing)
            status = status or SKIPPED
        elif not Attempt(HOSTS[name], os.path.abspath(options.shim), options.verbose).run():
            status = 1
    return status


if __name__ == '__main__':
    sys.exit(main())
