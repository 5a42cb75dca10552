#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""dlpin try, with the libraries of models/. Arguments: the command, libdlpin.so, the folder of the libraries, and the
part to be tested."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree

DLPIN, SHIM, FOLDER = map(os.path.abspath, sys.argv[1:4])


def library(name):
    return os.path.join(FOLDER, name + '.so')


class Case(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='dlpin-test.'))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.temporary = self.directory / 'tmp'
        self.temporary.mkdir()
        self.environment = {'PATH': os.environ['PATH'], 'HOME': str(self.directory), 'TMPDIR': str(self.temporary),
                            'DLPIN_LIBRARY': SHIM}

    def tried(self, *arguments, status=None, **keywords):
        """The result of dlpin try; nothing of it may stay behind."""
        result = subprocess.run([DLPIN, 'try', *map(str, arguments)], env=self.environment, text=True, timeout=600,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, errors='replace',
                                **{'stdin': subprocess.DEVNULL, **keywords})
        if status is not None:
            self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        self.assertEqual(os.listdir(self.temporary), [])
        return result

    def document(self, *arguments, status=None, **keywords):
        result = self.tried('--format=json', *arguments, status=status, **keywords)
        return json.loads(result.stdout)

    def row(self, *arguments, status=None):
        """The line of the one library that is tried."""
        return self.document(*arguments, status=status)['libraries'][0]

    def assert_verdict(self, verdict, *arguments, status, what=''):
        row = self.row(*arguments, status=status)
        self.assertEqual(row['verdict'], verdict, row)
        self.assertIn(what, row['what'])
        return row


class Models(Case):
    """Each is red, and green once it is put right."""

    def pair(self, name, verdict, what, *arguments, status=1, fixed='clean'):
        for path, expected, end in ((library(name), verdict, status), (library(name + '_tidy'), fixed, 0)):
            with self.subTest(path):
                if not os.path.exists(path):
                    self.skipTest(f'{path} was not built')
                self.assert_verdict(expected, *arguments, path, status=end, what=what if path == library(name) else '')

    def test_libegl(self):
        self.pair('egl_keys', 'dangles', 'key-destructor with each load')

    def test_sssd(self):
        self.pair('sssd_nss', 'dangles', 'key-destructor', '--call=lookup')

    def test_s2n(self):
        self.pair('s2n_keys', 'dangles', 'key-destructor', '--call=begin', '--before-close=end', '--only=main')

    def test_mimalloc(self):
        self.pair('mimalloc', 'dangles', 'mapping')

    def test_mxml(self):
        self.pair('mxml', 'dangles', 'key-destructor', '--call=parse', '--only=main')

    def test_a_thread_that_ends_comes_to_the_crash(self):
        for mode in 'thread', 'cross':
            row = self.assert_verdict('dangles', '--call=parse', '--only=' + mode, library('mxml'), status=1)
            self.assertTrue(row['crashed'], row)
            self.assertIn('SIGSEGV', row['what'])

    def test_fork_handler(self):
        self.pair('atfork', 'dangles', 'fork-handler')

    def test_threads_as_of_go(self):
        self.pair('go_threads', 'dangles', 'thread-', fixed='cannot be unloaded')

    def test_openmp(self):
        path = library('openmp')
        if not os.path.exists(path):
            self.skipTest('no OpenMP')
        document = self.document('--call=compute', path, status=1)
        self.assertIn('libgomp', json.dumps(document['libraries'] + document['crashes']))
        row = self.row('--call=compute', '--with=libgomp.so.1', path, status=0)
        self.assertEqual(row['verdict'], 'clean', row)

    def test_unique(self):
        self.pair('unique', 'cannot be unloaded', 'unique-symbol', status=0)

    def test_rust(self):
        self.pair('rust', 'cannot be unloaded', 'tls-destructor', '--call=touch', status=0)


class Verdicts(Case):
    def test_clean(self):
        self.assert_verdict('clean', library('quiet'), status=0)

    def test_leaves_something_once(self):
        self.assert_verdict('leaves something once', library('once'), status=0, what='heap-lost (')

    def test_findings_of_third_parties(self):
        path = library('grows')
        for arguments, status in (([], 1), (['--own=grows.so', '--own-only'], 1), (['--own=libc.so.6', '--own-only'], 0),
                                  (['--own=libc.so.6', '--own-only', '--fail-on=note'], 0), (['--own=x'], 1),
                                  (['--own=x', '--own-only'], 2), (['--own=x', '--own-only', '--fail-on=note'], 2),
                                  (['--own=grows.so', '--own-only', '--fail-on=error'], 0), (['--own-only'], 2)):
            with self.subTest(arguments):
                self.tried('--only=main', *arguments, path, status=status)
        # What ends its process is nobody's but the gate's.
        self.tried('--only=thread', '--call=parse', '--own=x', '--own-only', library('mxml'), status=1)

    def test_grows(self):
        self.assert_verdict('grows with each load', library('grows'), status=1, what=' bytes) with each load')
        self.assert_verdict('grows with each load', '--loads=4', library('grows'), status=1)
        # Too few loads to be sure.
        self.assert_verdict('leaves something once', '--loads=3', library('grows'), status=0)

    def test_part_of_the_process(self):
        self.assert_verdict('cannot be unloaded', 'libc.so.6', status=0, what='from the start')

    def test_cannot_be_loaded(self):
        self.assert_verdict('cannot be loaded', library('wants'), status=2, what='variable_of_the_host')
        self.assert_verdict('cannot be loaded', 'libthatisnowhere.so', status=2, what='cannot open')
        text = self.directory / 'text.so'
        text.write_text('no library')
        self.assert_verdict('cannot be loaded', text, status=2)
        self.assert_verdict('clean', '--with=' + library('host'), library('wants'), status=0)

    def test_wants_a_function_of_its_host(self):
        path = library('wants_lazily')
        self.assert_verdict('clean', path, status=0)
        self.assert_verdict('cannot be loaded', path, '--flags=now', status=2, what='function_of_the_host')
        row = self.assert_verdict('cannot be loaded', path, '--call=use', status=2)
        self.assertEqual(row['what'], 'undefined symbol: function_of_the_host')
        self.assert_verdict('clean', path, '--call=use', '--with=' + library('host'), status=0)

    def test_who_is_to_blame(self):
        """The users of a library that leaves something have done nothing."""
        document = self.document(library('user'), library('other_user'), status=1)
        rows = {os.path.basename(row['name']): row for row in document['libraries']}
        self.assertEqual({name: row['verdict'] for name, row in rows.items()},
                         {'user.so': 'clean', 'other_user.so': 'clean', 'grows.so': 'grows with each load'})
        self.assertEqual(rows['grows.so']['came_with'], 2)
        self.assertEqual([finding['module'] for finding in document['findings']], ['grows.so'])
        # Tried itself, it has one line.
        document = self.document(library('user'), library('grows'), status=1)
        self.assertEqual([row['verdict'] for row in document['libraries']], ['clean', 'grows with each load'])

    def test_one_does_not_stop_the_others(self):
        names = ['kills', 'exits', 'quiet', 'grows', 'wants']
        document = self.document(*map(library, names), status=1)
        self.assertEqual([row['verdict'] for row in document['libraries']],
                         ['cannot be loaded', 'cannot be loaded', 'clean', 'grows with each load', 'cannot be loaded'])

    def test_directory_and_list(self):
        folder = self.directory / 'folder'
        folder.mkdir()
        shutil.copy(library('quiet'), folder / 'a.so.1.2')
        (folder / 'a.so').symlink_to('a.so.1.2')
        (folder / 'script.so').write_text('INPUT(a.so)')
        shutil.copy('/bin/true', folder / 'program')
        rows = self.document(folder, status=0)['libraries']
        self.assertEqual([row['name'] for row in rows], [str(folder / 'a.so')])
        with open(self.directory / 'list', 'w+', encoding='utf-8') as file:
            file.write(f'{folder}/a.so\n\n{library("once")}\n')
            file.seek(0)
            rows = self.document('-', status=0, stdin=file)['libraries']
        self.assertEqual([row['verdict'] for row in rows], ['clean', 'leaves something once'])

    def test_relative_path(self):
        result = self.tried('./quiet.so', 'quiet.so', status=0, cwd=FOLDER)
        self.assertEqual(result.stdout.splitlines()[0].split(), ['clean', './quiet.so'])


class Endings(Case):
    def ending(self, name, verdict, status, what, *arguments):
        self.assert_verdict(verdict, *arguments, library(name), status=status, what=what)

    def test_in_a_constructor(self):
        self.ending('kills', 'cannot be loaded', 2, 'killed the process (SIGSEGV) in dlopen (load 1)')
        self.ending('exits', 'cannot be loaded', 2, 'ended the process with status 3 in dlopen (load 1)')
        self.ending('hangs', 'cannot be loaded', 2, 'did not return within 1 s in dlopen', '--timeout=1')

    def test_in_a_destructor(self):
        self.ending('kills_at_close', 'dangles', 1, 'killed the process (SIGABRT) in dlclose (load 1)')
        self.ending('exits_at_close', 'cannot be unloaded', 1, 'ended the process with status 0 in dlclose (load 1)')
        self.ending('hangs_at_close', 'cannot be unloaded', 1, 'did not return within 2 s in dlclose', '--timeout=2',
                    '--only=main')

    def test_prints(self):
        row = self.assert_verdict('clean', library('prints'), status=0, what='printed "hello from')
        self.assertNotIn('\033', row['what'])
        self.assertIn('and more', row['what'])

    def test_surroundings(self):
        self.ending('reads', 'clean', 0, '')
        self.assertFalse(os.path.exists('left-here'))

    def test_a_process_that_it_leaves(self):
        """The process is killed with the one that made it, so no reader of its output hangs."""
        self.ending('forks', 'clean', 0, '')


class Options(Case):
    def test_bad_ones(self):
        for arguments, text in (
            ([], 'name at least one library'),
            (['--loads=0', 'x'], 'from 1 to 100000'),
            (['--flags=now,later', 'x'], 'only now, global and deepbind'),
            (['--only=both', 'x'], 'main, thread or cross'),
            (['--jobs=0', 'x'], 'from 1 to'),
            (['--driver=/nonexistent', 'x'], 'cannot be run'),
            (['--driver=true', '--call=f', 'x'], 'by itself'),
            (['--gate', 'x'], 'unknown option'),
            (['/nonexistent/x.so'], 'No such file'),
            ([self.temporary], 'no library to try'),
        ):
            with self.subTest(arguments):
                result = self.tried(*arguments, status=2)
                self.assertIn(text, result.stderr)

    def test_fail_on(self):
        self.tried('--fail-on=error', library('grows'), status=0)
        self.tried('--fail-on=warning', library('once'), status=1)
        self.tried('--fail-on=heap-lost', library('once'), status=1)
        # To open again what stays mapped is what this command does.
        self.tried('--fail-on=warning', library('unique'), status=0)
        self.tried('--fail-on=still-mapped', library('unique'), status=1)

    def test_baseline(self):
        baseline = self.directory / 'baseline'
        self.tried(f'--baseline={baseline}', '--write-baseline', library('grows'), status=0)
        self.tried(f'--baseline={baseline}', library('grows'), status=0)

    def test_calls(self):
        self.assert_verdict('clean', '--call=take', '--before-close=give', library('quiet'), status=0)
        self.assert_verdict('grows with each load', '--call=take', library('quiet'), status=1)
        self.assert_verdict('cannot be loaded', '--call=absent', library('quiet'), status=2, what='function absent')

    def test_flags(self):
        for flags in 'now', 'global', 'deepbind', 'now,global,deepbind':
            self.assert_verdict('clean', '--flags=' + flags, library('quiet'), status=0)

    def test_driver(self):
        example = os.path.join(FOLDER, 'try-driver')
        self.assert_verdict('clean', '--driver=' + example, library('quiet'), status=0)
        self.assert_verdict('grows with each load', '--driver=' + example, library('grows'), status=1)
        self.assert_verdict('cannot be loaded', '--driver=' + example, 'libthatisnowhere.so', status=2,
                            what='status 1 in the driver')
        self.assert_verdict('cannot be loaded', '--driver=true', library('quiet'), status=2,
                            what='was not seen')


class Reports(Case):
    def test_junit(self):
        result = self.tried('--format=junit', *map(library, ['quiet', 'user', 'atfork_tidy', 'egl_keys', 'wants']),
                            status=1)
        suite = xml.etree.ElementTree.fromstring(result.stdout).find('testsuite')
        self.assertEqual([suite.get(name) for name in ('tests', 'failures', 'errors', 'skipped')],
                         ['6', '2', '0', '1'])
        results = {os.path.basename(case.get('name')): [child.tag for child in case] for case in suite}
        self.assertEqual(results, {'quiet.so': [], 'user.so': [], 'atfork_tidy.so': [], 'egl_keys.so': ['failure'],
                                   'wants.so': ['skipped'], 'grows.so': ['failure']})

    def test_others(self):
        for form in 'sarif', 'github', 'gitlab', 'markdown', 'dot', 'html', 'text':
            result = self.tried(f'--format={form}', library('grows'), status=1)
            self.assertIn('grows', result.stdout)
            self.assertEqual('grows with each load' in result.stdout, form in ('html', 'markdown', 'text'))

    def test_text(self):
        text = self.tried(library('quiet'), library('grows'), status=1).stdout.splitlines()
        self.assertRegex(text[0], r'^clean +/.*quiet\.so$')
        self.assertRegex(text[1], r'^grows with each load +/.*grows\.so: heap-lost')
        self.assertEqual(text[2], 'dlpin try: clean: 1, grows with each load: 1')
        self.assertIn(' frames in ', '\n'.join(text))
        self.assertNotIn(' frames in ', self.tried('-v', library('grows'), status=1).stdout)

    def test_text_of_nothing(self):
        self.assertEqual(self.tried('libthatisnowhere.so', status=2).stdout,
                         'cannot be loaded       libthatisnowhere.so: cannot open shared object file: No such file or '
                         'directory\n\ndlpin: no findings in what was seen; 1 process, 0 modules unloaded\n')


def is_running(pid):
    try:
        return pathlib.Path(f'/proc/{pid}/stat').read_text(encoding='utf-8').rpartition(')')[2].split()[0] != 'Z'
    except OSError:
        return False


class Signals(Case):
    def assert_ends(self, pid):
        for _ in range(6000):
            if not is_running(pid):
                return
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
        self.fail('a process stayed behind')

    def test_all_end_with_dlpin(self):
        """Nobody stays behind, no folder either, where dlpin is ended."""
        pids = self.directory / 'pids'
        driver = self.directory / 'driver'
        driver.write_text(f'#!/bin/sh\necho $$ >>{pids}\nexec sleep 1000\n')
        driver.chmod(0o755)
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGKILL:
            with subprocess.Popen([DLPIN, 'try', f'--driver={driver}', library('quiet')], env=self.environment,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
                while not (pids.exists() and pids.read_text().endswith('\n')):
                    time.sleep(0.01)
                pid = int(pids.read_text())
                running.send_signal(number)
                self.assertEqual(running.wait(), -number)
            self.assert_ends(pid)
            if number != signal.SIGKILL:
                self.assertEqual(os.listdir(self.temporary), [])
            pids.unlink()


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + [sys.argv[4].capitalize()] + ['-v'])
