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
           'kill-this-group': -signal.SIGTERM, 'killpg': -signal.SIGTERM, 'sigqueue': -signal.SIGTERM,
           'pthread_kill': -signal.SIGABRT, 'pthread_sigqueue': -signal.SIGTERM,
           'tgkill': -signal.SIGTERM, 'raw-tgkill': -signal.SIGTERM, 'raw-kill': -signal.SIGTERM,
           'raw-exit': 65, 'raise-handled': 67, 'abort-handled': -signal.SIGABRT,
           'trap': -signal.SIGILL, 'int3': -signal.SIGTRAP, 'divide': -signal.SIGFPE,
           'assert': -signal.SIGABRT, 'fortify': -signal.SIGABRT, 'free': -signal.SIGABRT}
HOWS = ('plain', 'onstack', 'nodefer')
MORE_HOWS = ('raw', 'chained', 'signal', 'bsd_signal', 'sysv_signal', 'sigset')
PLACES = ('pause', 'read', 'sem', 'sleep', 'sigwait')
RUNNING = ('poll', 'spin')


def run(way, how, where):
    """The results alone and with the library, and the records of the latter."""
    results = []
    with tempfile.TemporaryDirectory(prefix='handled-') as folder:
        for more in ({}, {'LD_PRELOAD': LIBRARY, 'DLPIN_OPTIONS': f'log_path={folder}/r:quiet=1'}):
            done = subprocess.run([HOST, way, how, where, PLUGIN], env={**os.environ, **more},
                                  capture_output=True, check=False, timeout=60)
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
                            for record in records) or where not in ('plugin', 'small', 'gone', 'null', 'parked'))
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

    def test_handler_set_in_other_ways(self):
        for how in MORE_HOWS:
            with self.subTest(how=how):
                ended, crashes, records = self.check('raise', how, 'plugin')
                self.assertEqual(ended, KILLED)
                self.check_crash(crashes, records)

    def test_handler_that_sets_another_one(self):
        ended, crashes, records = self.check('replace', 'plain', 'plugin')
        self.assertEqual(ended, 66)
        self.check_crash(crashes, records)

    def test_small_stack(self):
        for way in ('raise', '_exit', 'abort', 'pause:_exit'):
            with self.subTest(way=way):
                _, crashes, records = self.check(way, 'plain', 'small')
                self.check_crash(crashes, records)

    # The handler wakes another thread, which ends the process.
    def test_end_in_another_thread(self):
        for way, status in ENDINGS.items():
            if way == 'return':
                continue
            with self.subTest(way=way):
                ended, crashes, records = self.check(f'pause:{way}', 'plain', 'plugin')
                self.assertEqual(ended, status)
                self.check_crash(crashes, records)

    def test_handler_that_waits_elsewhere(self):
        for place in PLACES:
            for how in HOWS:
                with self.subTest(place=place, how=how):
                    ended, crashes, records = self.check(f'{place}:abort', how, 'plugin')
                    self.assertEqual(ended, -signal.SIGABRT)
                    self.check_crash(crashes, records)

    # It blocks the signal meanwhile, as a handler does.
    def test_handler_that_runs_on(self):
        for place in RUNNING:
            for way in ('abort', 'raise', '_exit', 'exit', 'exec', 'assert'):
                with self.subTest(place=place, way=way):
                    ended, crashes, records = self.check(f'{place}:{way}', 'plain', 'plugin')
                    self.assertEqual(ended, ENDINGS[way])
                    self.check_crash(crashes, records)

    # It has handled its crash, and waits; its old frame of the signal is on the stack still.
    def test_end_while_another_thread_waits_above_an_old_frame(self):
        for place in PLACES + RUNNING:
            with self.subTest(place=place):
                ended, crashes, _ = self.check(f'{place}:exit', 'plain', 'wait')
                self.assertEqual(ended, 61)
                self.assertEqual(crashes, [])

    def test_program_that_goes_on_without_the_thread(self):
        ended, crashes, _ = self.check('park', 'plain', 'parked')
        self.assertEqual(ended, 0)
        self.assertEqual(crashes, [])

    # What the handler keeps did not lead there. With many loads there is memory to be scanned then.
    def test_handler_that_keeps_the_address(self):
        for where in ('called', 'many'):
            for way in ('raise', 'abort', '_exit', 'exit', 'exec', 'trap', 'pause:raise'):
                with self.subTest(way=way, where=where):
                    _, crashes, records = self.check(way, 'info', where)
                    self.assertEqual([(crash['symbol'], crash['predicted_by']) for crash in crashes],
                                     [('use', None)])
                    self.assertEqual({record['subject']['function']['symbol'] for record in records
                                      if record['type'] == 'finding'},
                                     {'leave_data'} if where == 'many' else set())

    # The same memory with a pointer that was there before.
    def test_handler_that_keeps_nothing(self):
        for how in ('plain', 'info'):
            for way in ('raise', 'exit'):
                with self.subTest(way=way, how=how):
                    _, crashes, records = self.check(way, how, 'many-left')
                    crash, = crashes
                    by = [record['message'] for record in records
                          if record['type'] == 'finding' and record['id'] == crash['predicted_by']]
                    self.assertEqual(crash['symbol'], 'use')
                    self.assertIn('the variable left', by[-1])
                    self.assertNotIn('kept', str(records))

    # The crash is the parent's: the child only helps.
    def test_handler_that_forks(self):
        for way in ('fork-raise', 'fork-exit', 'fork-_exit', 'fork-exec', 'exec-raise', 'exec-_exit'):
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
        for way, how in (('jump', 'plain'), ('jump-ABRT', 'plain'), ('jump-USR1', 'plain'),
                         ('jump-TERM', 'plain'), ('', 'skip')):
            with self.subTest(way=way, how=how):
                ended, crashes, _ = self.check(way, how, 'recover')
                self.assertEqual(ended, 7)
                self.assertEqual(crashes, [])


if __name__ == '__main__':
    if platform.machine() != 'x86_64':
        print('only known on x86-64')
        sys.exit(77)
    unittest.main(argv=sys.argv[:1] + ['-v'])
