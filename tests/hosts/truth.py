# SPDX-License-Identifier: MIT
"""Compares the findings of a run with what is true of the host."""

import glob
import os
import re
from fnmatch import fnmatch

from report import Report, identity  # of tests/e2e

# The end-to-end tests take an offset in a program of 16 MB and more for an address.
LARGE_OFFSET = re.compile(r"the signature is '[^']*\+0x[0-9a-f]{7,8}\b")


class Found:
    """One finding of one report, in the words of the tables."""

    def __init__(self, report, record):
        self.kind, self.severity = record['kind'], record['severity']
        self.module = identity(report.modules[record['module']])
        self.count, self.message = record['count'], record['message']
        self.resolved = record['id'] in report.resolved
        self.stack = set()
        for frame in record['stack']:
            self.stack |= report.names_of(frame, returns=True)
            self.stack |= {frame['symbol']} - {None} if 'symbol' in frame else set()
        self.program = os.path.basename(report.header['exe'])

    def fits(self, wanted):
        return (self.kind == wanted.kind and self.severity == wanted.severity
                and fnmatch(self.module, wanted.module) and self.resolved == wanted.resolved
                and (not wanted.stack or bool(set(wanted.stack.split('|')) & self.stack)))

    def __str__(self):
        return (f'{self.program}: {self.kind} {self.severity} {self.module} count={self.count}'
                f'{" resolved" if self.resolved else ""} stack={",".join(sorted(self.stack))}'
                f'\n    {self.message}')


class Findings:
    """All that the report files of one run say. What is wrong with the files is in "mistakes"."""

    def __init__(self, folder, vocabulary):
        self.mistakes, self.found, self.reports = [], [], []
        self.finished = set()
        for path in sorted(glob.glob(os.path.join(folder, '*'))):
            report = Report(path, vocabulary)
            name = os.path.basename(path)
            self.mistakes += [f'{name}: {problem}' for problem in report.problems
                              if not LARGE_OFFSET.search(problem)]
            if report.header:
                self._take(report)

    def _take(self, report):
        self.reports.append(report)
        if report.summary:
            self.finished.add(report.header['pid'])
        self.found += [Found(report, record) for record in report.confirmed()
                       if record['module'] in report.modules]

    def modules(self):
        """How many modules were opened and unloaded, in all processes."""
        every = [module for report in self.reports for module in report.modules.values()]
        return len(every), sum(module['state'] == 'unloaded' for module in every)


def compare(host, findings, pid):
    """What is wrong, a sentence each."""
    problems = list(findings.mistakes)
    pids = {report.header['pid'] for report in findings.reports}
    if pid not in pids:
        problems.append('no report of the program itself')
    elif host.complete and pid not in findings.finished:
        problems.append('its report has no summary')
    for wanted in host.find:
        count = sum(found.count for found in findings.found if found.fits(wanted))
        if count < wanted.at_least:
            problems.append(f'not found: {wanted} ({count} of {wanted.at_least})')
    for found in findings.found:
        if not any(found.fits(wanted) for wanted in host.find + host.also):
            if not found.resolved:
                problems.append(f'not expected: {found}')
    return problems
