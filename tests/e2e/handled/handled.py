#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs that handle SIGSEGV themselves (handled.c): they end as alone, and the report has the crash, with
the finding that foretold it, where it was one into an unloaded plug-in.

  handled.py LIBRARY HOST PLUGIN"""

import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import unittest

LIBRARY, HOST, PLUGIN = map(os.path.abspath, sys.argv[1:])
del sys.argv[1:]
KILLED = -signal.SIGSEGV
ENDINGS = {'raise': KILLED, 'kill': KILLED, 'signal': KILLED, 'return': KILLED, 'abort': -signal.SIGABRT,
           'exit': 61, '_exit': 62, 'quick_exit': 63, 'exec': 64, 'raise-ABRT': -signal.SIGABRT,
           'kill-KILL': -signal.SIGKILL, 'kill-TERM': -signal.SIGTERM, 'kill-group': -signal.SIGTERM,
           'trap': -signal.SIGILL}
HOWS = ('plain', 'onstack', 'nodefer')


def run(way, how, where):
    """The results alone and with the library, and the records of the latter."""
    results = []
    with tempfile.TemporaryDirectory(prefix='handled-') as folder:
        for more in ({}, {'LD_PRELOAD': LIBRARY, 'DLPIN_OPTIONS': f'log_path={folder}/r:quiet=1'}):
            done = subprocess.run([HOST, way, how, where, PLUGIN], env={**os.environ, **more},
                                  capture_output=True, check=False)
            results.append((done.returncode, done.stdout, done.stderr))
        records = []
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), encoding='utf-8') as file:
                records += [json.loads(line) for line in file]
    return results[0], results[1], records


class Handled(unittest.TestCase):
    def check(self, way, how, where):
        alone, watched, records = run(way, how, where)
        self.assertEqual(alone, watched)
        self.assertTrue(any(record['type'] == 'finding' and record['kind'] == 'key-destructor'
                            for record in records) or where in ('recover', 'end'))
        return alone[0], [record for record in records if record['type'] == 'crash'], records

    def check_crash(self, crashes, records):
        self.assertEqual(len(crashes), 1)
        crash, = crashes
        self.assertEqual(crash['signal_name'], 'SIGSEGV')
        self.assertEqual(crash['symbol'], 'clean_up')
        module = next(record for record in records if record['type'] == 'module'
                      and record['id'] == crash['module'])
        self.assertEqual(os.path.basename(module['path']), os.path.basename(PLUGIN))
        self.assertIsNotNone(crash['predicted_by'])
        self.assertEqual(crash['stack'][0]['symbol'], 'clean_up')

    def test_crash_into_the_plugin(self):
        for way, status in ENDINGS.items():
            for how in HOWS:
                with self.subTest(way=way, how=how):
                    ended, crashes, records = self.check(way, how, 'plugin')
                    self.assertEqual(ended, status)
                    self.check_crash(crashes, records)

    # The crash is the parent's: the child only helps.
    def test_handler_that_forks(self):
        for way in ('fork-raise', 'fork-exit', 'fork-_exit', 'fork-exec'):
            with self.subTest(way=way):
                _, crashes, records = self.check(way, 'plain', 'plugin')
                self.check_crash(crashes, records)
                self.assertEqual(len({record['pid'] for record in records
                                      if record['type'] == 'finding'}), 1)

    # One process dies of the crash, and the other one ends because of it.
    def test_handler_that_forks_for_a_dump(self):
        _, crashes, _ = self.check('dump-_exit', 'plain', 'plugin')
        self.assertEqual(len({crash['pid'] for crash in crashes}), 2)
        self.assertEqual(len(crashes), 2)

    def test_end_above_the_frame_of_a_handler_that_jumped(self):
        for way, status in ENDINGS.items():
            if way == 'return':
                continue
            with self.subTest(way=way):
                ended, crashes, _ = self.check(way, 'plain', 'end')
                self.assertEqual(ended, status)
                self.assertEqual(crashes, [])

    # Nothing of the handler runs, so that it does not matter how it would end.
    def test_handler_that_is_unloaded(self):
        for how in (*HOWS, 'reset'):
            with self.subTest(how=how):
                ended, crashes, records = self.check('raise', how, 'gone')
                self.assertEqual(ended, KILLED)
                self.check_crash(crashes, records)
                self.assertEqual([record['kind'] for record in records if record['type'] == 'finding'
                                  and record['kind'] == 'signal-handler'], ['signal-handler'])
                self.assertFalse(any(record['type'] == 'resolved' for record in records))

    def test_flag_that_resets(self):
        _, crashes, _ = self.check('raise', 'reset', 'plugin')
        self.assertEqual(len(crashes), 1)

    def test_crash_of_something_else(self):
        for way in ENDINGS:
            with self.subTest(way=way):
                _, crashes, _ = self.check(way, 'plain', 'null')
                self.assertEqual(crashes, [])

    def test_program_that_goes_on(self):
        ended, crashes, _ = self.check('jump', 'plain', 'recover')
        self.assertEqual(ended, 7)
        self.assertEqual(crashes, [])


if __name__ == '__main__':
    if platform.machine() != 'x86_64':
        print('only known on x86-64')
        sys.exit(77)
    unittest.main(argv=sys.argv[:1] + ['-v'])
