#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each option of DLPIN_OPTIONS, as a program under the shim shows it."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = os.path.abspath(sys.argv.pop(1))
SAMPLE = os.path.join(BUILD, 'samples', 'key-destructor')
HOST = os.path.join(BUILD, 'samples', 'common', 'host')
LEAVES = [HOST, *'open plugin call plugin start close plugin'.split()]
CLEAN = [HOST, *'open tidy call tidy start close tidy'.split()]


class Options(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def run_with(self, options, command=LEAVES, sample=SAMPLE, **environment):
        shim = os.path.join(BUILD, 'shim', 'libdlpin.so')
        return subprocess.run(command, cwd=sample, capture_output=True, text=True, timeout=600,
                              env={**os.environ, **environment, 'LD_PRELOAD': shim, 'DLPIN_OPTIONS': options})

    def records(self):
        found = []
        for name in sorted(os.listdir(self.folder.name)):
            with open(os.path.join(self.folder.name, name), encoding='utf-8') as file:
                found += [json.loads(line) for line in file]
        return found

    def test_exitcode_only_where_there_is_something(self):
        self.assertEqual(self.run_with('exitcode=42').returncode, 42)
        self.assertEqual(self.run_with('exitcode=42', CLEAN).returncode, 0)
        self.assertEqual(self.run_with('').returncode, 0)

    def test_quiet(self):
        self.assertEqual(self.run_with('quiet=1').stderr, '')
        self.assertIn('dlpin: ERROR: key-destructor', self.run_with('quiet=0').stderr)

    def test_log_path(self):
        self.run_with(f'quiet=1:log_path={self.folder.name}/%e.%p')
        name, = os.listdir(self.folder.name)
        self.assertRegex(name, r'^host\.[0-9]+$')
        self.assertEqual(self.records()[0]['options'], f'quiet=1:log_path={self.folder.name}/%e.%p')

    def test_log_path_without_pid_gets_one(self):
        self.run_with(f'log_path={self.folder.name}/x')
        self.assertRegex(os.listdir(self.folder.name)[0], r'^x\.[0-9]+$')

    def test_log_path_that_cannot_be(self):
        result = self.run_with('log_path=/nonexistent/x')
        self.assertEqual(result.returncode, 0)
        self.assertIn("cannot create the report file '/nonexistent/x'", result.stderr)

    def test_quiet_is_quiet(self):
        result = self.run_with('quiet=1:log_path=/nonexistent/x:nonsense=1')
        self.assertEqual((result.returncode, result.stderr), (0, ''))

    def test_log_empty(self):
        log = f'log_path={self.folder.name}/r:log_empty=0'
        self.run_with(log, ['/bin/sleep', '0'])
        self.assertEqual(os.listdir(self.folder.name), [])
        self.run_with(log, CLEAN)
        self.assertEqual(len(os.listdir(self.folder.name)), 1)

    def test_log_root(self):
        shell = f'DLPIN_OPTIONS="$DLPIN_OPTIONS:log_root=$$" exec /bin/sleep 0'
        self.run_with(f'log_path={self.folder.name}/r:log_empty=0', ['/bin/sh', '-c', shell])
        self.assertEqual([r['type'] for r in self.records()][-1], 'summary')

    def test_label_env(self):
        self.run_with(f'label_env=TEST_NAME:log_path={self.folder.name}/r', TEST_NAME='test_of_it')
        labels = [r.get('label') for r in self.records() if r['type'] == 'finding']
        self.assertEqual(labels, ['test_of_it'])

    def test_label_env_in_a_broken_environment(self):
        """A string of the environment was unloaded with its module: the library must not die of reading it."""
        command = [HOST, *'open plugin call plugin start close plugin'.split()]
        result = subprocess.run(command, cwd=os.path.join(BUILD, 'samples', 'environment'), timeout=600,
                                check=False, stderr=subprocess.DEVNULL, env={
                                    'LD_PRELOAD': os.path.join(BUILD, 'shim', 'libdlpin.so'),
                                    'DLPIN_OPTIONS': f'label_env=TEST_NAME:log_path={self.folder.name}/r'})
        self.assertEqual(result.returncode, 0)
        self.assertEqual([r['kind'] for r in self.records() if r['type'] == 'finding'], ['environment'])

    def test_registries(self):
        sample = os.path.join(BUILD, 'samples', 'registry')
        command = [HOST, *'open ./libnotices.so open plugin call plugin subscribe close plugin'.split()]
        table = os.path.join(self.folder.name, 'table')
        with open(table, 'w', encoding='utf-8') as file:
            file.write('# of the model\nlibnotices.so\nlibnotices.so notices_subscribe notices_unsubscribe\n')
        self.assertIn('pointer (dangling)', self.run_with('', command, sample).stderr)
        result = self.run_with(f'registries={table}', command, sample)
        self.assertIn(f'registries={table}:2: the line is none', result.stderr)
        self.assertIn('ERROR: registry (dangling)', result.stderr)
        self.assertIn('Call notices_unsubscribe', result.stderr)

    def test_registries_that_cannot_be_read(self):
        result = self.run_with('registries=/nonexistent', CLEAN)
        self.assertEqual((result.returncode, result.stderr),
                         (0, 'dlpin: registries=/nonexistent: it cannot be read\n'))
        self.assertEqual(self.run_with('quiet=1:registries=/nonexistent', CLEAN).stderr, '')

    OWN_PUTENV = """
        #include <dlfcn.h>
        int calls;
        int putenv(char *string) { calls++; return 0; }
        int mprotect(void *start, unsigned long size, int how) { return 0; }
        int main(int argc, char **argv)
        {
            void *plugin = argc > 1 ? dlopen(argv[1], RTLD_NOW) : 0;
            return plugin ? dlclose(plugin) : 0;
        }"""

    def hooks(self, plugin, *more):
        """Of the coverage of a program with such functions; None where it cannot be built."""
        program = os.path.join(self.folder.name, 'program')
        made = subprocess.run(['cc', '-w', '-x', 'c', '-', '-o', program, '-ldl', *more], input=self.OWN_PUTENV,
                              text=True, capture_output=True, check=False)
        if made.returncode:
            return None
        reports = tempfile.mkdtemp(dir=self.folder.name)
        self.run_with(f'quiet=1:log_path={reports}/r', [program, *plugin],
                      ASAN_OPTIONS='verify_asan_link_order=0:detect_leaks=0')
        name, = os.listdir(reports)
        with open(os.path.join(reports, name), encoding='utf-8') as file:
            hooks, = [r['hooks'] for r in map(json.loads, file) if r['type'] == 'coverage']
        return hooks

    @unittest.skipIf(shutil.which('cc') is None, 'no compiler')
    def test_functions_of_the_program(self):
        """Plug-ins call them instead of those of the C library, and so of the shim."""
        plugin = [f'{SAMPLE}/plugin.so']
        own = {'heap': True, 'putenv': False, 'mprotect': False}
        self.assertEqual(self.hooks(plugin, '-rdynamic'), own)
        self.assertEqual(self.hooks(plugin, '-fvisibility=hidden'), {'heap': True}, 'nobody else finds them')
        self.assertEqual(self.hooks([], '-rdynamic'), {'heap': True}, 'without plug-ins nothing follows')
        # Those of a sanitizer in the program call the next ones, which are ours.
        self.assertIn(self.hooks(plugin, '-rdynamic', '-fsanitize=address', '-static-libasan'), (None, {'heap': False}))

    def test_common(self):
        """Passed over, the plug-in is no requester: dlpin finds the owner of its key by the variable."""
        result = self.run_with("common='plug*,other.so'")
        self.assertIn('plugin.so was unloaded', result.stderr)

    def test_what_a_common_module_maps_is_nobodys(self):
        """An allocator's memory, which it hands out in parts, is not the plug-in's that was the first to ask."""
        command = [HOST, *'open library call library start close library'.split()]
        mapping = os.path.join(BUILD, 'samples', 'mapping')
        self.assertIn('mapping', self.run_with('', command, mapping).stderr)
        result = self.run_with("common='libsupport.so'", command, mapping)
        self.assertEqual((result.returncode, result.stderr), (0, ''))

    def test_malloc_context_size(self):
        command = [HOST, *'thread worker key none open plugin in worker call plugin use_malloc close plugin'.split()]
        shim_options = f'malloc_context_size=2:log_path={self.folder.name}/r'
        subprocess.run(command, cwd=os.path.join(BUILD, 'samples', 'key-value'), timeout=600, check=True,
                       stderr=subprocess.DEVNULL,
                       env={**os.environ, 'LD_PRELOAD': os.path.join(BUILD, 'shim', 'libdlpin.so'),
                            'DLPIN_OPTIONS': shim_options})
        stack, = [r['stack'] for r in self.records() if r['type'] == 'finding']
        self.assertEqual(len(stack), 2)

    def test_trace_children(self):
        shell = ['/bin/sh', '-c', '/usr/bin/env']
        self.assertIn('libdlpin.so', self.run_with('', shell).stdout)
        self.assertNotIn('libdlpin.so', self.run_with('trace_children=0', shell).stdout)

    def test_verbosity(self):
        self.assertIn('watches process', self.run_with('verbosity=1', CLEAN).stderr)
        self.assertIn('unloaded', self.run_with('verbosity=2', CLEAN).stderr)

    def test_help_names_every_option(self):
        text = self.run_with('help=1', CLEAN).stderr
        for name in ('verbosity', 'log_path', 'exitcode', 'quiet', 'common', 'label_env', 'log_empty'):
            self.assertIn(f'dlpin:   {name}', text)

    def test_what_is_wrong_is_one_line_that_names_it(self):
        for options, word in (('nonsense=1', "unknown option 'nonsense'"),
                              ('exitcode=256', "bad value '256' for 'exitcode'"),
                              ('quiet', "no value for 'quiet'")):
            result = self.run_with(f'{options}:verbosity=0', CLEAN)
            self.assertEqual(result.returncode, 0)
            self.assertEqual(len(result.stderr.splitlines()), 1)
            self.assertIn(word, result.stderr)


if __name__ == '__main__':
    unittest.main()
