#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A plug-in that is reloaded thousands of times writes little: loads that leave nothing are counted. Every load that
leaves something, stays, or is named in a record is there, and all are counted.

  reloads.py LIBRARY DLPIN HOST PLUGIN OTHER"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from report import Report  # pylint: disable=wrong-import-position
from vocabulary import Vocabulary  # pylint: disable=wrong-import-position

LIBRARY, DLPIN, HOST, PLUGIN, OTHER = map(os.path.abspath, sys.argv[1:6])
WORDS = Vocabulary(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..'))
COUNT, LISTED = 5000, 16  # the option list_loads
ENOUGH = 60_000  # bytes: each load listed would take more than two million


class Reloads(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='dlpin-reloads-')  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def run_host(self, *action, count=COUNT, status=0, options='', reports=1):
        """Runs the host; returns the records of each of its report files."""
        done = subprocess.run([HOST, PLUGIN, OTHER, str(count), *map(str, action)], check=False, timeout=3000,
                              env={**os.environ, 'LD_PRELOAD': LIBRARY,
                                   'DLPIN_OPTIONS': f'quiet=1:log_path={self.folder}/r.%p{options}'})
        self.assertEqual(done.returncode, status)
        names = sorted(os.listdir(self.folder), key=lambda name: int(name.split('.')[1]))
        self.assertEqual(len(names), reports)
        self.paths = [os.path.join(self.folder, name) for name in names]
        found = []
        for path in self.paths:
            with open(path, encoding='utf-8') as file:
                found.append([json.loads(line) for line in file])
        return found

    def check(self):
        """Each report is whole."""
        for path in self.paths:
            self.assertEqual(Report(path, WORDS).problems, [])

    def loads(self, records, path=PLUGIN):
        """Load number → states, in the order of the records."""
        found = {}
        for record in records:
            if record['type'] == 'module' and record['path'] == path:
                found.setdefault(record['load'], []).append(record['state'])
        return found

    def counted(self, records):
        counts = {record['module']: record['count'] for record in records if record['type'] == 'reloads'}
        return sum(counts.values())

    def module_of(self, records, record):
        """The module that a record is about. Both its states come before that record."""
        modules = [one for one in records[:records.index(record)]
                   if one['type'] == 'module' and one['id'] == record['module']]
        self.assertEqual([one['state'] for one in modules], ['loaded', 'unloaded'])
        self.assertLess(modules[0]['time'], modules[1]['time'])
        self.assertLess(modules[1]['time'], record['time'])
        return modules[0]

    def assert_small(self):
        self.assertLess(max(map(os.path.getsize, self.paths)), ENOUGH)

    def test_clean_reloads_are_counted(self):
        records, = self.run_host('none')
        self.check()
        self.assert_small()
        self.assertEqual(self.loads(records), {load: ['loaded', 'unloaded'] for load in range(1, LISTED + 1)})
        self.assertEqual(self.counted(records), COUNT - LISTED)
        report = json.loads(subprocess.run([DLPIN, 'report', '--format=json', *self.paths], check=True,
                                           capture_output=True).stdout)
        modules = [module for process in report['processes'] for module in process['modules']]
        self.assertEqual([module['reloads'] for module in modules if 'reloads' in module], [COUNT - LISTED])

    def test_all_unloads_count_for_a_gate(self):
        for wanted, status in ((COUNT, 0), (COUNT + 1, 24)):
            done = subprocess.run([DLPIN, 'run', '--gate', f'--require=unload={wanted}', '--', HOST, PLUGIN, OTHER,
                                   str(COUNT), 'none'], check=False, capture_output=True, text=True, timeout=3000)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertIn(f'{COUNT} modules unloaded', done.stderr)

    def test_a_load_that_leaves_something_is_listed(self):
        records, = self.run_host('leave', 3000)
        self.check()
        self.assert_small()
        finding, = [record for record in records if record['type'] == 'finding' and 'pending' not in record]
        self.assertEqual((finding['kind'], finding['loads']), ('key-destructor', [3000]))
        self.assertEqual(self.module_of(records, finding)['load'], 3000)
        self.assertEqual(sorted(self.loads(records)), [*range(1, LISTED + 1), 3000])
        self.assertEqual(self.counted(records), COUNT - LISTED - 1)

    def test_who_opened_it_is_listed_too(self):
        records, = self.run_host('bring', 3000)
        self.check()
        finding, = [record for record in records if record['type'] == 'finding']
        module = self.module_of(records, finding)
        self.assertEqual(module['path'], OTHER)
        openers = [record for record in records[:records.index(module)]
                   if record['type'] == 'module' and record['id'] == module['opener']['module']]
        self.assertEqual({record['load'] for record in openers}, {3000})

    def test_a_crash_into_a_load_names_it(self):
        records, = self.run_host('crash', 3000, status=-signal.SIGSEGV)
        self.check()
        crash, = [record for record in records if record['type'] == 'crash']
        self.assertEqual(self.module_of(records, crash)['load'], 3000)
        self.assertEqual(self.counted(records), 3000 - LISTED - 1)

    def test_a_load_that_stays_is_listed(self):
        records, = self.run_host('stay', COUNT)
        self.check()
        self.assertEqual(self.loads(records)[COUNT], ['loaded'])
        done = subprocess.run([DLPIN, 'why', *self.paths, os.path.basename(PLUGIN)], check=False, capture_output=True,
                              text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_loads_that_all_leave_the_same_are_counted(self):
        """Keys run out, so not as many."""
        count = 900
        records, = self.run_host('leave-each', count=count)
        self.check()
        self.assertEqual(max(record['count'] for record in records if record['type'] == 'finding'), count)
        self.assertIn(count, self.loads(records))
        self.assertEqual(self.counted(records) + len(self.loads(records)), count)

    def test_a_killed_process_loses_few(self):
        records, = self.run_host('kill', status=-signal.SIGKILL)
        self.assert_small()
        self.assertGreater(self.counted(records) + LISTED, COUNT * 0.9)

    def test_a_child_begins_anew(self):
        parent, child = self.run_host('fork', 3000, reports=2)
        self.assertEqual(self.counted(parent), 3000 - LISTED)
        self.assertEqual([load for load in self.loads(child) if load > 3000], list(range(3001, 3001 + LISTED)))
        self.assertEqual(self.counted(child), COUNT - 3000 - LISTED)

    def test_all_may_be_listed(self):
        records, = self.run_host('none', count=300, options=':list_loads=300')
        self.assertEqual(sorted(self.loads(records)), list(range(1, 301)))
        self.assertEqual(self.counted(records), 0)


if __name__ == '__main__':
    sys.argv[1:] = sys.argv[6:]
    unittest.main(verbosity=2)
