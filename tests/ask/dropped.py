#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""dlpin leaks and dlpin why ask workers that gave up their user; and where a process cannot be asked, the message has
the reason.

Arguments: dlpin, libdlpin.so, the program "dropped", a plug-in."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

DLPIN, SHIM, DROPPED, PLUGIN = (os.path.abspath(path) for path in sys.argv[1:5])
NOBODY = 65534


class Dropped(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='dlpin-test.'))
        self.folder.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.folder)
        self.environment = {'PATH': os.environ['PATH'], 'TMPDIR': str(self.folder), 'DLPIN_LIBRARY': SHIM}

    def need_root(self):
        if os.getuid() != 0:
            self.skipTest('needs root')

    @contextlib.contextmanager
    def worker(self, way, *command, **more):
        """The number of a worker, under dlpin run unless another command is named."""
        command = command or (DLPIN, 'run', '-o', '/dev/null', '--')
        with subprocess.Popen([*command, DROPPED, way, PLUGIN, self.folder], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True, env={**self.environment, **more}) as process:
            pid, loaded = process.stdout.readline().split()
            self.assertEqual(loaded, '1')
            yield pid
            process.stdin.close()
            self.assertEqual(process.wait(600), 0)

    def ask(self, *arguments, **more):
        result = subprocess.run([DLPIN, *arguments], env=self.environment, capture_output=True, text=True,
                                timeout=600, check=False, **more)
        for line in result.stderr.splitlines():
            self.assertRegex(line, '^dlpin [a-z]+: ')
            self.assertNotRegex(line, '[:,;]$')
        return result

    def expect_answers(self, pid):
        result = self.ask('leaks', '--timeout=600', pid)
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        result = self.ask('why', '--timeout=600', '-p', pid, 'plugin.so')
        self.assertEqual((result.returncode, result.stderr), (0, ''))
        self.assertRegex(result.stdout, r'plugin\.so, load [12] \(loaded\)')

    def test_workers(self):
        self.need_root()
        for way in ('user', 'later', 'title', 'root-folder'):
            with self.subTest(way), self.worker(way) as pid:
                self.expect_answers(pid)

    def test_a_worker_that_answers_in_its_parents_file(self):
        self.need_root()
        reports = self.folder / 'reports'
        reports.mkdir(0o700)
        options = f'log_path={reports}/r.%p:quiet=1:check_signal=32:log_empty=0'
        with self.worker('later', 'env', LD_PRELOAD=SHIM, DLPIN_OPTIONS=options) as pid:
            self.expect_answers(pid)
            self.assertEqual(len(os.listdir(reports)), 1)

    def expect_reason(self, reason, pid, **more):
        for arguments in (['leaks', pid], ['why', '-p', pid, 'plugin.so']):
            result = self.ask(*arguments, **more)
            self.assertEqual((result.returncode, result.stdout), (2, ''))
            self.assertRegex(result.stderr, f'process {pid}.*{reason}')

    def test_no_process(self):
        self.expect_reason('there is none', '4194304')

    def test_one_that_ended(self):
        with self.worker('ended') as pid:
            self.expect_reason('has ended', pid)

    def test_one_without_the_library(self):
        self.expect_reason('does not run under libdlpin.so', str(os.getpid()))

    def test_one_that_confined_itself(self):
        with self.worker('confined') as pid:
            self.expect_reason('has confined itself', pid)

    def test_one_without_the_option(self):
        with self.worker('confined', 'env', LD_PRELOAD=SHIM, DLPIN_OPTIONS=f'log_path={self.folder}/r:quiet=1') as pid:
            self.expect_reason('was started without check_signal=32', pid)

    def test_one_of_another_user(self):
        self.need_root()
        with self.worker('confined') as pid:
            copy = self.folder / 'dlpin'
            shutil.copy(DLPIN, copy)
            result = subprocess.run([copy, 'leaks', pid], env=self.environment, capture_output=True, text=True,
                                    timeout=600, check=False, user=NOBODY, group=NOBODY, extra_groups=[])
            self.assertEqual(result.returncode, 2)
            self.assertRegex(result.stderr, 'cannot be read: it is of another user')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
