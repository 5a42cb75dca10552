#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Threads that load and unload plug-ins at once (storm.c): the program ends as alone, the library says
nothing on standard error, and the report attributes nothing to another load.

  storm.py LIBRARY HOST PLUGIN... [-- OPTIONS [FLAGS [RUNS]]]

The last plug-in stays until the end and leaves blocks behind, as many as the program says: exactly these
are found, and no other finding appears. No two modules lie at one place at once, no file is mapped twice,
and at the end every reloaded plug-in is unloaded."""

import json
import os
import re
import subprocess
import sys
import tempfile

ROUNDS = '1000'
RELOADERS = ('2', '4', '8')


def records_of(folder):
    found = []
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding='utf-8') as file:
            found += [json.loads(line) for line in file]
    return found


class Modules:
    """The modules that are mapped at each moment by the report; and the impossible ones."""

    def __init__(self, may_stay):
        self.mapped, self.problems, self.may_stay = {}, [], may_stay

    def take(self, record):
        self.mapped.pop(record['id'], None)
        if record['state'] == 'unloaded':
            return
        start, end = int(record['base'], 16), int(record['end'], 16)
        for other in self.mapped.values():
            if int(other['base'], 16) < end and start < int(other['end'], 16):
                self.problems.append(f'{record["path"]} lies where {other["path"]} lies')
            if other['path'] == record['path']:
                self.problems.append(f'{record["path"]} is mapped twice')
        self.mapped[record['id']] = record

    def end(self, plugins):
        names = {os.path.basename(plugin) for plugin in plugins} - self.may_stay
        self.problems += [f'{record["path"]} is not unloaded at the end'
                          for record in self.mapped.values()
                          if os.path.basename(record['path']) in names]


def wrong_findings(findings, blocks):
    """Every finding is a block that was left by the plug-in that stays; all of them are found."""
    found, problems = 0, []
    for finding in findings:
        if finding['kind'] == 'heap-lost' and os.path.basename(finding['module_path']) == 'stays.so':
            found += finding['subject'].get('blocks', 0)
        else:
            problems.append(f'{finding["severity"]} {finding["kind"]}: {finding["message"]}')
    if blocks is not None and found != blocks:
        problems.append(f'{found} blocks of {blocks} that were left were found')
    return problems


def problems_of(result, records, plugins, options):
    scans = 'scan=off' not in options and 'scan=values' not in options
    said = re.fullmatch(r'taken over (yes|no), left (\d+)\n', result.stdout)
    if result.returncode != 0 or not said:
        return [f'status {result.returncode}, output {result.stdout!r}, errors {result.stderr[-2000:]}']
    problems = [f'on standard error: {result.stderr[:500]}'] if result.stderr else []
    kept = set(re.findall(r'prevent=[^:]*/([^:/]+)', options))
    modules = Modules(kept)
    for record in records:
        if record['type'] == 'module':
            modules.take(record)
    modules.end(plugins)
    findings = {record['id']: record for record in records if record['type'] == 'finding'}
    for record in records:
        if record['type'] == 'resolved':
            findings.pop(record['finding'], None)
    for record in records:
        if record['type'] == 'coverage' and record['dropped']:
            problems.append(f'dropped: {record["dropped"]}')
    if not any(record['type'] == 'summary' for record in records):
        problems.append('no summary')
    return problems + modules.problems + wrong_findings(findings.values(),
                                                        int(said[2]) if scans else None)


def main():
    split = sys.argv.index('--')
    library, host, *plugins = sys.argv[1:split]
    more = sys.argv[split + 1:]
    options, flags, runs = more + ['', '2', '1'][len(more):]
    plugins = [os.path.abspath(plugin) for plugin in plugins]
    failed, taken_over = 0, False
    for reloaders in RELOADERS * int(runs):
        with tempfile.TemporaryDirectory(prefix='storm-') as folder:
            command = [host, reloaders, ROUNDS, flags, *plugins]
            shim_options = f'log_path={folder}/r:quiet=1:list_loads=999999999:{options.format(plugins[0])}'
            environment = {**os.environ, 'LD_PRELOAD': os.path.abspath(library), 'DLPIN_OPTIONS': shim_options}
            result = subprocess.run(command, env=environment, capture_output=True, text=True,
                                    check=False)
            problems = problems_of(result, records_of(folder), plugins, options.format(plugins[0]))
            failed += bool(problems)
            taken_over |= 'taken over yes' in result.stdout
            print(f'{reloaders} threads: {"ok" if not problems else "FAILED"}',
                  *problems[:20], sep='\n  ')
    if not taken_over:
        print('FAILED: no address range was taken over: this shows nothing')
    return 0 if taken_over and not failed else 1


if __name__ == '__main__':
    sys.exit(main())
