#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Much of the shim's work waits until a module is loaded. The report must not show when that was, or whether."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

SHIM, HOST, PLUGIN = map(os.path.abspath, sys.argv[1:4])
WAYS = ('return', '_exit', 'quick_exit', 'child')


def without(record, *names):
    return {name: value for name, value in record.items() if name not in ('pid', 'time', *names)}


class Report:
    """A run of the host, without values that differ from run to run."""

    def __init__(self, when, how, options):
        with tempfile.TemporaryDirectory() as folder:
            log = f'quiet=1:{options}:log_path={folder}/r'
            status = subprocess.run([HOST, when, how, PLUGIN], check=False, timeout=600,
                                    env={'LD_PRELOAD': SHIM, 'DLPIN_OPTIONS': log}).returncode
            assert status == 0, f'{when} {how}: status {status}'
            files = [os.path.join(folder, name) for name in os.listdir(folder)]
            self.processes = [self._read(name) for name in files]
        self.processes.sort(key=lambda records: len(records))
        self.records = self.processes[-1] if self.processes else []
        self.modules = {record['id']: record for record in self._all('module')}

    @staticmethod
    def _read(name):
        with open(name, encoding='utf-8') as file:
            return [json.loads(line) for line in file]

    def _all(self, kind):
        return [record for record in self.records if record['type'] == kind]

    def _frame(self, frame):
        module = self.modules[frame['module']]
        place = (module['path'], frame['offset'])
        return place if module['path'] == HOST else module['path']

    def startup(self):
        """The modules that the program started with: all but addresses."""
        return sorted((m['path'], m['build_id'], m['load'], m['state'], m.get('opener') is None)
                      for m in self.modules.values() if m['path'] not in (PLUGIN, 'linux-vdso.so.1'))

    def plugin(self):
        return [(m['load'], m['state'], self._frame(m['opener'])[0]) for m in self.modules.values()
                if m['path'] == PLUGIN]

    def findings(self):
        return sorted((f['kind'], f['verdict'], f['severity'], self.modules[f['module']]['path'], f['at'], f['count'],
                       [self._frame(frame) for frame in f['stack']]) for f in self._all('finding'))

    def ends(self):
        """Without the threads that happened to run when their stacks were searched."""
        records = [without(record) for record in self._all('coverage') + self._all('summary')]
        for record in records:
            if 'unseen' in record:
                record['unseen'] = [s for s in record['unseen'] if not s.startswith('threads that ran whenever ')]
        return records


class Late(unittest.TestCase):
    def test_the_first_load_may_come_late(self):
        for how in WAYS:
            early, late = Report('early', how, 'log_empty=0'), Report('late', how, 'log_empty=0')
            with self.subTest(how=how):
                self.assertEqual([f[0] for f in early.findings()], ['key-foreign', 'key-orphan'])
                self.assertEqual(early.findings(), late.findings())
                self.assertEqual(early.startup(), late.startup())
                self.assertEqual(early.plugin(), late.plugin())
                self.assertEqual(early.plugin(), [(1, 'unloaded', HOST)])
                self.assertEqual(early.ends(), late.ends())

    def test_it_may_never_come(self):
        for options in ('log_empty=0', 'log_empty=1'):
            for how in WAYS:
                late, never = Report('late', how, options), Report('never', how, options)
                with self.subTest(how=how, options=options):
                    self.assertEqual(never.findings(), late.findings())
                    self.assertEqual(never.startup(), late.startup())
                    self.assertEqual(never.ends(), late.ends())


if __name__ == '__main__':
    sys.argv[1:] = sys.argv[4:]
    unittest.main(verbosity=2)
