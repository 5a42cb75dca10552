#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fix= and prevent=: programs that crash without, and end as they should with them."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest

BUILD = os.path.abspath(sys.argv.pop(1))
SHIM = os.path.join(BUILD, 'shim', 'libdlpin.so')
HOST = os.path.join(BUILD, 'samples', 'common', 'host')

# The worker has a value for a key whose destructor lies in the plug-in, and ends after the unload.
KEY = 'thread worker open plugin call plugin start in worker call plugin use close plugin return worker'
# The worker is in the plug-in while that is closed, and comes back.
STACK = 'thread w open plugin send w call plugin wait_in_host blocked w close plugin resume return w'
# The same for what the plug-in started itself.
THREAD = 'open plugin call plugin start close plugin wake'


class Fixes(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.runs = 0

    def run_with(self, options, steps, sample='key-destructor'):
        self.runs += 1
        return subprocess.run([HOST, *steps.split()], cwd=os.path.join(BUILD, 'samples', sample),
                              capture_output=True, text=True, timeout=600,
                              env={**os.environ, 'LD_PRELOAD': SHIM if options is not None else '',
                                   'DLPIN_OPTIONS': f'{options}:log_path={self.folder.name}/{self.runs:03}'})

    def records(self, kind):
        found = []
        for name in sorted(os.listdir(self.folder.name)):
            with open(os.path.join(self.folder.name, name), encoding='utf-8') as file:
                found += [json.loads(line) for line in file]
        return [record for record in found if record['type'] == kind]

    def crashes(self, steps, sample='key-destructor'):
        for options in (None, '', 'fix=off'):
            self.assertEqual(self.run_with(options, steps, sample).returncode, -signal.SIGSEGV, options)

    def test_guard_skips_a_destructor(self):
        self.crashes(KEY + ' leave exit 7')
        result = self.run_with('fix=guard', KEY + ' leave exit 7')
        self.assertEqual((result.returncode, result.stdout), (7, ''))
        self.assertIn('session_end (plugin.so+', result.stderr)
        self.assertIn('was not called: plugin.so is unloaded', result.stderr)
        finding = [r for r in self.records('finding') if r['kind'] == 'key-destructor'][-1]
        self.assertEqual((finding['verdict'], finding['severity'], finding['skipped']), ('dangling', 'error', 1))
        self.assertEqual(self.records('summary')[-1]['findings'], 1)

    def test_guard_skips_an_exit_handler(self):
        for start, leave in (('start', 'exit'), ('start_cxa', 'exit'), ('start_quick', 'quick_exit')):
            steps = f'open plugin call plugin {start} close plugin leave {leave} 7'
            self.crashes(steps, 'exit-handler')
            result = self.run_with('fix=guard', steps, 'exit-handler')
            self.assertEqual((result.returncode, result.stdout), (7, ''))
            self.assertIn('was not called: plugin.so is unloaded', result.stderr)
            finding = [r for r in self.records('finding') if r['kind'] == 'exit-handler'][-1]
            self.assertEqual((finding['verdict'], finding['skipped']), ('dangling', 1))

    def test_guard_skips_a_timer(self):
        self.crashes('open plugin call plugin start_soon close plugin settle', 'timer')
        steps = 'open plugin call plugin start_soon close plugin thread w send w work input leave exit 7'
        with subprocess.Popen([HOST, *steps.split()], cwd=os.path.join(BUILD, 'samples', 'timer'),
                              stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, env={**os.environ, 'LD_PRELOAD': SHIM,
                                              'DLPIN_OPTIONS': 'fix=guard'}) as host:
            for line in host.stderr:
                if 'was not called: plugin.so is unloaded' in line:
                    break
            host.communicate('x', timeout=600)
        self.assertEqual(host.returncode, 7)

    def test_guard_calls_handlers_and_timers_that_are_there(self):
        for steps, sample in (('open tidy call tidy start close tidy', 'exit-handler'),
                              ('open plugin call plugin start_quick call plugin start_quick leave quick_exit 7',
                               'exit-handler'),
                              ('open tidy call tidy start_quick close tidy open plugin call plugin start_quick'
                               ' leave quick_exit 7', 'exit-handler'),
                              ('open tidy call tidy start close tidy', 'timer'),
                              ('open plugin call plugin start', 'exit-handler')):
            plain, guarded = self.run_with(None, steps, sample), self.run_with('fix=guard', steps, sample)
            self.assertEqual((guarded.returncode, guarded.stdout), (plain.returncode, plain.stdout))
            self.assertNotIn('was not called', guarded.stderr)

    def test_guard_whoever_makes_the_key(self):
        """By C11, by the name that libstdc++ calls, and by the host with a function of the plug-in."""
        for start in ('call plugin start_c11 in worker call plugin use',
                      'call plugin start_underscore in worker call plugin use',
                      'key-of plugin session_end in worker use'):
            steps = KEY.replace('call plugin start in worker call plugin use', start)
            self.crashes(steps)
            result = self.run_with('fix=guard', steps)
            self.assertEqual(result.returncode, 0, start)
            self.assertIn('was not called', result.stderr, start)

    def test_guard_calls_what_is_there(self):
        """A destructor of the host, and one of a plug-in that is still open: it counts its calls."""
        steps = 'key count thread worker in worker use return worker'
        self.assertEqual(self.run_with('fix=guard', steps).returncode, self.run_with(None, steps).returncode)
        steps = 'thread worker open plugin call plugin start in worker call plugin use return worker'
        result = self.run_with('fix=guard', steps)
        self.assertEqual((result.returncode, result.stderr), (0, ''))

    def test_guard_on_each_load(self):
        """As many keys as there can be, and more: a function of ours serves one after the other."""
        steps = 'repeat 1500 open tidy call tidy start close tidy'
        result = self.run_with('fix=guard', steps)
        self.assertEqual((result.returncode, result.stderr), (0, ''))

    def test_guard_does_not_call_what_lies_there_now(self):
        steps = f'copy plugin {self.folder.name}/other.so ' + KEY.replace(
            'return worker', f'open {self.folder.name}/other.so return worker')
        result = self.run_with('fix=guard', steps)
        self.assertEqual(result.returncode, 0)
        self.assertIn('was not called', result.stderr)

    def test_keep_by_name(self):
        for steps, sample in ((KEY, 'key-destructor'), (STACK, 'thread-stack'), (THREAD, 'thread-routine')):
            self.crashes(steps, sample)
            result = self.run_with('fix=keep=plug*', steps, sample)
            self.assertEqual(result.returncode, 0, sample)
            self.assertEqual(result.stdout, 'plugin is still mapped\n')
            self.assertIn('fix=keep: plugin.so stays mapped: it is named', result.stderr)
            module = [r for r in self.records('module') if r['path'].endswith('plugin.so')][-1]
            self.assertEqual((module['state'], module['kept']), ('loaded', 'fix'))

    def test_keep_what_left_code_behind(self):
        steps = ('thread worker open plugin call plugin start close plugin open plugin call plugin start '
                 'in worker call plugin use close plugin return worker')
        self.crashes(steps)
        result = self.run_with('fix=keep', steps)
        self.assertEqual((result.returncode, result.stdout), (0, 'plugin is still mapped\n'))
        self.assertIn('an earlier load of it left code behind', result.stderr)
        self.assertNotIn('was not called', result.stderr)

    def test_keep_nothing_else(self):
        steps = 'repeat 3 open tidy call tidy start close tidy'
        result = self.run_with('fix=keep', steps)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, '', ''))

    def test_keep_a_dependency(self):
        """The option keeps a dependency that would be unloaded with its module."""
        steps = 'open library call library start_serve close library'
        result = self.run_with('fix=keep=libsupport*', steps, 'thread-routine')
        self.assertEqual(result.returncode, 0)
        self.assertIn('libsupport.so stays mapped', result.stderr)
        self.assertNotIn('ERROR', result.stderr)

    def test_kept_destructors_run_at_exit(self):
        """Without its destructor the thread would be left, and the key: tidy is clean at the end."""
        result = self.run_with('fix=keep=tidy*', 'open tidy call tidy start close tidy')
        self.assertEqual((result.returncode, result.stdout), (0, 'tidy is still mapped\n'))
        self.assertNotIn('ERROR', result.stderr)

    def test_handles_of_the_program_alone_are_counted(self):
        """Neither ours nor those that the loader takes when the process ends."""
        sample = os.path.join(BUILD, 'samples', 'key-destructor')
        for options in ('fix=off', 'fix=keep=tidy*', f'prevent={sample}/tidy.so'):
            for steps, handles, opens in (('open tidy', 1, 1), ('open tidy open tidy', 2, 2),
                                          ('open tidy open tidy close tidy', 1, 2),
                                          ('open tidy close tidy', 0, 0),
                                          ('open tidy close tidy open tidy', 1, 1),
                                          ('open plugin open tidy', 1, 1)):
                self.run_with(options, steps)
                name = sorted(os.listdir(self.folder.name))[-1]
                with open(os.path.join(self.folder.name, name), encoding='utf-8') as file:
                    found = [json.loads(line) for line in file]
                counts = {(reason['handles'], reason['opens']) for r in found
                          if r['type'] == 'finding' and r['kind'] == 'handle' and r['module_path'].endswith('tidy.so')
                          for reason in r['subject']['reasons']}
                self.assertEqual(counts, {(handles, opens)} if handles else set(), (options, steps))

    def test_prevent(self):
        path = os.path.join(BUILD, 'samples', 'key-destructor', 'plugin.so')
        result = self.run_with(f'prevent={path}', KEY)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, 'plugin is still mapped\n', ''))
        module = [r for r in self.records('module') if r['path'] == path][-1]
        self.assertEqual(module['kept'], 'prevent')

    def test_prevent_what_is_bound_to_the_plugin_that_needs_it(self):
        """As the message of still-mapped says: loaded before, it cannot be bound to the plug-in."""
        steps = 'open leader call leader start close leader'
        result = self.run_with('fix=off', steps, 'still-mapped')
        self.assertEqual(result.stdout, 'leader is still mapped\n')
        self.assertIn('DLPIN_OPTIONS=prevent=', result.stderr)
        result = self.run_with('prevent=./follower.so', steps, 'still-mapped')
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, '', ''))

    def test_prevent_several_and_what_is_not_there(self):
        result = self.run_with('prevent=libm.so.6,libnothing.so.9,', 'open tidy close tidy')
        self.assertEqual(result.returncode, 0)
        line, = result.stderr.splitlines()
        self.assertIn("prevent: 'libnothing.so.9' was not loaded: libnothing.so.9: cannot open", line)

    def test_bad_values(self):
        for value in ('sometimes', 'guard=x', 'keeps=x', 'off=x'):
            result = self.run_with(f'fix={value}', 'open tidy close tidy')
            self.assertEqual(len(result.stderr.splitlines()), 1, value)
            self.assertIn(f"bad value '{value}' for 'fix'", result.stderr)


if __name__ == '__main__':
    unittest.main()
