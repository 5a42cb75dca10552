# SPDX-License-Identifier: MIT
"""Compares the findings of a run with what is true of the host."""

import glob
import os
import re
from fnmatch import fnmatch

from report import Report, identity  # of tests/e2e

# The end-to-end tests take an offset in a large program for an address.
LARGE_OFFSET = re.compile(r"the signature is '[^']*\+0x[0-9a-f]{6,8}\b")

# A forked process continues its parent's load numbers: its file does not begin with load 1.
PARENTS_NUMBER = re.compile(r'is load \d+ after \d+ others')


class Found:
    """A finding of a report, in the words of the tables."""

    def __init__(self, report, record):
        self.kind, self.severity = record['kind'], record['severity']
        self.module = identity(report.modules[record['module']])
        self.count, self.message = record['count'], record['message']
        self.resolved = record['id'] in report.resolved
        reasons = {reason['reason'] for reason in record['subject'].get('reasons', ())}
        self.reasons = '|'.join(sorted(reasons))
        self.stack = set()
        for frame in record['stack']:
            self.stack |= report.names_of(frame, returns=True)
            self.stack.add(frame.get('symbol') or '?')
            if frame.get('module') in report.modules:
                self.stack.add(identity(report.modules[frame['module']]))
        self.program = os.path.basename(report.header['exe'])

    def fits(self, wanted):
        return (fnmatch(self.kind, wanted.kind) and fnmatch(self.severity, wanted.severity)
                and fnmatch(self.module, wanted.module) and self.resolved == wanted.resolved
                and (not wanted.reasons or self.reasons == wanted.reasons)
                and (not wanted.stack or self._passes(wanted.stack)))

    def _passes(self, names):
        """True if one of these functions or modules is on its stack."""
        return any(fnmatch(there, name) for name in names.split('|') for there in self.stack)

    def __str__(self):
        return (f'{self.program}: {self.kind} {self.severity} {self.module} count={self.count}'
                f'{" resolved" if self.resolved else ""} stack={",".join(sorted(self.stack))}'
                f'{" reasons=" if self.reasons else ""}{self.reasons}'
                f'\n    {self.message}')


class Findings:
    """All that the report files of one run say. What is wrong with the files is in "mistakes"."""

    def __init__(self, folder, vocabulary):
        self.mistakes, self.found, self.reports = [], [], []
        self.finished = set()
        reports = [Report(path, vocabulary) for path in sorted(glob.glob(os.path.join(folder, '*')))]
        self.pids = {report.header['pid'] for report in reports if report.header}
        for report in reports:
            name = os.path.basename(report.path)
            self.mistakes += [f'{name}: {problem}' for problem in report.problems
                              if not self._is_right(report, problem)]
            if report.header:
                self._take(report)

    def _is_right(self, report, problem):
        """True for what is no mistake, though it would be one in the small programs of those tests."""
        if LARGE_OFFSET.search(problem):
            return True
        forked = report.header and report.header['ppid'] in self.pids
        return forked and bool(PARENTS_NUMBER.search(problem))

    def _take(self, report):
        self.reports.append(report)
        if report.summary:
            self.finished.add(report.header['pid'])
        self.found += [Found(report, record) for record in report.confirmed()
                       if record['module'] in report.modules]

    def crashes(self):
        """The crash records, each as (identity of the module, kind that foretold it, names on the stack)."""
        for report in self.reports:
            for crash in report.crashes:
                by = report.findings.get(crash['predicted_by'])
                names = set()
                for i, frame in enumerate(crash['stack']):
                    names |= report.names_of(frame, returns=i > 0)
                    names.add(frame.get('symbol') or '?')
                    if frame.get('module') in report.modules:
                        names.add(identity(report.modules[frame['module']]))
                yield identity(report.modules[crash['module']]), by and by['kind'], names

    def modules(self):
        """How many modules were opened and unloaded, in all processes."""
        every = [module for report in self.reports for module in report.modules.values()]
        return len(every), sum(module['state'] == 'unloaded' for module in every)


# Notes of what is reached or lost, and of what is never closed, are true of each host as it is, but too many to list
# here, and change with each version of it: they are in the output, and none of them is wrong.
RETENTION = ('pointer', 'heap-lost', 'heap-held', 'handle')


def compare_crashes(host, findings):
    """The faults of the report on how the host died."""
    crashes = list(findings.crashes())
    if len(crashes) != (1 if host.crash else 0):
        return [f'{len(crashes)} crash records: {crashes}']
    return [f'the crash is another one: {module} by {by}, stack={",".join(sorted(names))}'
            for module, by, names in crashes
            if not fnmatch(module, host.crash.module) or by != host.crash.by
            or (host.crash.stack and host.crash.stack not in names)]


def compare(host, findings, pid):
    """The faults, a sentence each."""
    problems = list(findings.mistakes) + compare_crashes(host, findings)
    if pid not in findings.pids:
        problems.append('no report of the program itself')
    elif host.complete and pid not in findings.finished:
        problems.append('its report has no summary')
    for wanted in host.find:
        count = sum(found.count for found in findings.found if found.fits(wanted))
        if count < wanted.at_least:
            problems.append(f'not found: {wanted} ({count} of {wanted.at_least})')
    for found in findings.found:
        if not any(found.fits(wanted) for wanted in host.find + host.also):
            retained = found.kind in RETENTION and found.severity == 'note'
            if not found.resolved and not retained:
                problems.append(f'not expected: {found}')
    return problems
