#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs that start others under dlpin run --gate: those are watched, or the status is 24; and the output, the
status, and the environment of those that are started are the same as without dlpin, byte for byte.

Arguments: dlpin, libdlpin.so, the programs of this folder, and a plug-in."""

import ctypes
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

DLPIN, SHIM, STARTS, EDGES, SHOWS, STATIC, ENDS, DIES, PIDFDS, PLUGIN = (
    os.path.abspath(path) for path in sys.argv[1:11])
LOADER = re.search(rb'/lib[^\0]*/ld-[^\0]*', pathlib.Path(SHOWS).read_bytes()).group().decode()
NOBODY = 65534

# With an environment that the program made.
FOLLOWED = ['execve', 'some', 'no-array', 'execle', 'environ', 'execl', 'execvpe', 'execlp', 'fexecve', 'execveat',
            'handler', 'thread', 'many', 'spawn', 'spawnp', 'spawn-actions', 'vfork', 'vfork-failing']
DEATHS = ['wait', 'waitpid', 'wait3', 'wait4', 'waitid', 'nothing', 'waitid-nothing', 'handler', 'thread', 'vfork',
          'spawn', 'system', 'popen', 'grandparent', 'exec', 'two']
SIGNALS = {'abort': 'SIGABRT', 'kill': 'SIGKILL', 'crash': 'SIGSEGV'}
NOTHING_STARTED = ['spawn-nothing', 'failing']


def environment(**more):
    return {'PATH': os.environ['PATH'], 'DLPIN_LIBRARY': SHIM, **more}


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='dlpin-test.'))
        self.folder.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.folder)

    def need_root(self):
        if os.getuid() != 0:
            self.skipTest('needs root')

    def run_in_folder(self, *command, **more):
        return subprocess.run([str(word) for word in command], cwd=self.folder, capture_output=True, timeout=600,
                              check=False, env=environment(**more))

    def watch(self, *command, options=(), **more):
        """The program's outputs and status under dlpin, and the merged report."""
        path = self.folder / 'report.json'
        result = self.run_in_folder(DLPIN, 'run', '--gate', f'--report=json:{path}', '-o', '/dev/null', *options,
                                    '--', *command, **more)
        messages = [line for line in result.stderr.splitlines(keepends=True) if line.startswith(b'dlpin run: ')]
        result.stderr = b''.join(line for line in result.stderr.splitlines(keepends=True)
                                 if not line.startswith(b'dlpin run: '))
        result.messages = b''.join(messages).decode()
        result.report = json.loads(path.read_text())
        return result

    def copy(self, source, name, mode=0o755):
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        target.chmod(mode)
        return target

    def compare(self, way, program=SHOWS, *arguments, options=(), status=0, starter=STARTS, **more):
        command = (starter, way, program, PLUGIN, *arguments)
        alone = self.run_in_folder(*command, **more)
        self.assertEqual(alone.returncode, 0, alone.stdout)
        result = self.watch(*command, options=options, **more)
        self.assertEqual(result.stdout, alone.stdout)
        self.assertEqual(result.stderr, alone.stderr)
        self.assertEqual(result.returncode, status, result.messages)
        return result.report

    def unloaded(self, report):
        return sum(module['state'] == 'unloaded' for process in report['processes'] for module in process['modules'])

    def expect_followed(self, way, *arguments, **more):
        report = self.compare(way, *arguments, **more)
        self.assertEqual(report['coverage']['unfollowed'], [])
        self.assertEqual(self.unloaded(report), 1)

    def expect_unfollowed(self, way, why, *arguments, **more):
        report = self.compare(way, *arguments, status=24, **more)
        self.assertEqual([(item['count'], why in item['why']) for item in report['coverage']['unfollowed']],
                         [(1, True)], report['coverage'])
        self.assertEqual(self.unloaded(report), 0)


class Started(Case):
    def test_followed(self):
        for way in FOLLOWED:
            with self.subTest(way):
                self.expect_followed(way)

    def test_nothing_started(self):
        for way in NOTHING_STARTED:
            with self.subTest(way):
                report = self.compare(way)
                self.assertEqual(report['coverage']['unfollowed'], [])

    def test_a_descriptor_for_the_process(self):
        """pidfd_spawn of glibc 2.39, and of a library that stands in for it."""
        ways = [{'LD_PRELOAD': PIDFDS}]
        if hasattr(ctypes.CDLL(None), 'pidfd_spawn'):
            ways.append({})
        for more in ways:
            for way in ('pidfd-spawn', 'pidfd-spawnp'):
                with self.subTest(way, **more):
                    self.expect_followed(way, **more)
                    self.expect_unfollowed(way, 'statically linked', STATIC, **more)
            report = self.compare('pidfd-spawn-nothing', **more)
            self.assertEqual(report['coverage']['unfollowed'], [])

    def test_a_descriptor_for_the_process_in_an_older_c_library(self):
        if hasattr(ctypes.CDLL(None), 'pidfd_spawn'):
            self.skipTest('a newer one')
        result = self.watch(STARTS, 'pidfd-spawn', SHOWS, PLUGIN)
        self.assertEqual((result.returncode, result.stdout), (97, b'spawn: Function not implemented\n'))

    def test_env_i(self):
        for command in (['env', '-i', 'A=b', 'LD_PRELOAD=', SHOWS, PLUGIN],
                        ['env', '-i', 'sh', '-c', f'exec env -i {SHOWS} {PLUGIN}'],
                        ['env', '-i', 'sh', '-c', f'{SHOWS} {PLUGIN}; true']):
            with self.subTest(command):
                alone, result = self.run_in_folder(*command), self.watch(*command)
                self.assertEqual((result.returncode, result.stdout, result.stderr),
                                 (alone.returncode, alone.stdout, alone.stderr), result.messages)
                self.assertEqual(self.unloaded(result.report), 1)

    def test_other_options(self):
        """A report that goes elsewhere is none of these; one with more options is."""
        for options, elsewhere in (('scan=off', True), ('', True), ('log_path=/dev/null', True),
                                   ('"$DLPIN_OPTIONS:log_path=/dev/null"', True),
                                   ('"$DLPIN_OPTIONS:scan=off"', False), ('"scan=off:$DLPIN_OPTIONS"', False),
                                   ('"log_path=/dev/null:$DLPIN_OPTIONS"', False)):
            for way in (f'DLPIN_OPTIONS={options} {SHOWS} {PLUGIN}',
                        f'DLPIN_OPTIONS={options} python3 -S -c "import os; os.system(\'{SHOWS} {PLUGIN}\')"',
                        f'DLPIN_OPTIONS={options}; export DLPIN_OPTIONS; {SHOWS} {PLUGIN}'):
                with self.subTest(way):
                    result = self.watch('sh', '-c', way + ' >/dev/null; true')
                    self.assertEqual(result.returncode, 24 if elsewhere else 0, result.messages)
                    self.assertEqual('has another log_path, or none' in result.messages, elsewhere, result.messages)
                    self.assertEqual(self.unloaded(result.report), 0 if elsewhere else 1)

    def test_a_script(self):
        script = self.folder / 'script'
        script.write_text(f'#!{SHOWS}\n')
        script.chmod(0o755)
        report = self.compare('some', script)
        self.assertEqual(report['coverage']['unfollowed'], [])
        self.assertEqual(self.unloaded(report), 1)

    def test_preload_alone(self):
        self.expect_followed('unset', SHOWS_ALL='1')

    def test_static(self):
        for way in ('execve', 'spawn', 'vfork', 'environ'):
            with self.subTest(way):
                self.expect_unfollowed(way, 'statically linked', STATIC)

    def test_a_script_of_a_static_program(self):
        script = self.folder / 'script'
        script.write_text(f'#! {STATIC} word\n')
        script.chmod(0o755)
        self.expect_unfollowed('some', 'statically linked', script)

    def test_questions_to_a_loader(self):
        """ldd asks each loader that there is, also those of other architectures."""
        loader = self.copy(LOADER, 'ld-other.so.2')
        for command, status in (([loader, '--version'], 0), ([loader, '--verify', SHOWS], 0), ([loader, '--help'], 0),
                                (['ldd', SHOWS], 0), ([loader, SHOWS, PLUGIN], 24),
                                ([loader, '--argv0', '--version', SHOWS, PLUGIN], 24),
                                ([self.copy(STATIC, 'static'), '--version'], 24)):
            with self.subTest(command):
                result = self.watch('sh', '-c', '"$@"; true', 'sh', *command)
                self.assertEqual(result.returncode, status, result.messages)

    def test_shells(self):
        for way in ('system', 'popen'):
            with self.subTest(way):
                self.expect_unfollowed(way, 'system() or popen()')

    def test_a_relative_path_with_actions(self):
        self.expect_unfollowed('spawn-relative', 'depends on the folder')

    def test_counts(self):
        for _ in range(2):
            report = self.watch('sh', '-c', f'{STATIC} x; {STATIC} x; env -i {STATIC} x').report
            counts = sorted(item['count'] for item in report['coverage']['unfollowed'])
            self.assertEqual(sum(counts), 3)


class Edges(Case):
    def expect(self, way, program=SHOWS, unloaded=0, **more):
        report = self.compare(way, program, options=['--unwatched=ok'], starter=EDGES, **more)
        self.assertEqual(self.unloaded(report), unloaded)
        return report['coverage']['unfollowed']

    def test_what_cannot_be_read(self):
        self.assertEqual(self.expect('unreadable'), [])
        self.assertEqual(self.expect('at-edges', unloaded=2), [])

    def test_descriptors(self):
        self.assertEqual(self.expect('descriptors'), [])

    def test_a_small_stack(self):
        self.assertEqual(self.expect('small-stack', unloaded=1), [])

    def test_as_much_as_the_kernel_takes(self):
        for item in self.expect('spawn-much'):
            self.assertIn('no room', item['why'])

    def test_an_environment_that_changes(self):
        self.expect('changing')

    def test_a_script_without_an_interpreter(self):
        script = self.folder / 'script'
        script.write_text(f'{SHOWS} {PLUGIN}\n')
        script.chmod(0o755)
        self.assertEqual(self.expect('by-name', script, unloaded=1, SHOWS_ALL='1'), [])
        self.assertEqual(self.expect('by-name-with', script, unloaded=1), [])

    def test_the_loader(self):
        for command in ([LOADER, STARTS, 'some', SHOWS, PLUGIN], ['sh', '-c', f'{LOADER} {SHOWS} {PLUGIN}; true']):
            with self.subTest(command):
                result = self.watch(*command, SHOWS_ALL='1')
                self.assertEqual(result.stdout, self.run_in_folder(*command, SHOWS_ALL='1').stdout)
                self.assertEqual(result.returncode, 0, result.messages)
                self.assertEqual(result.report['coverage']['unfollowed'], [])
                self.assertEqual(self.unloaded(result.report), 1)

    def test_lists_of_libraries(self):
        for command in (['ldd', SHOWS], ['env', '-i', 'ldd', SHOWS], ['env', '-i', LOADER, '--list', SHOWS],
                        ['env', '-i', 'LD_TRACE_LOADED_OBJECTS=1', SHOWS], ['env', 'LD_TRACE_LOADED_OBJECTS=1', SHOWS]):
            with self.subTest(command):
                alone = self.run_in_folder(*command).stdout
                self.assertIn(b'libc.so', alone)
                stdout = self.watch(*command).stdout
                self.assertEqual(*(re.sub(rb'0x[0-9a-f]+', b'', text) for text in (stdout, alone)))


class Users(Case):
    def setUp(self):
        super().setUp()
        self.need_root()
        if not self.open_to_all(SHIM) or not self.open_to_all(SHOWS):
            self.skipTest('the build folder is not open to other users')

    @staticmethod
    def open_to_all(path):
        return all(folder.stat().st_mode & 0o001 for folder in pathlib.Path(path).resolve().parents)

    def test_another_user(self):
        self.expect_followed('drop', SHOWS_ALL='1')
        self.expect_followed('drop-empty')

    def test_set_user_id(self):
        if os.statvfs(self.folder).f_flag & os.ST_NOSUID:
            self.skipTest('the temporary directory is mounted nosuid')
        program = self.copy(SHOWS, 'program')
        os.chown(program, NOBODY, NOBODY)
        program.chmod(0o4755)
        for way in ('execve', 'spawn', 'vfork'):
            with self.subTest(way):
                self.expect_unfollowed(way, 'set-user-ID', program)
        os.chown(program, 0, NOBODY)
        program.chmod(0o2755)
        self.expect_unfollowed('execve', 'set-group-ID', program)

    def test_set_user_id_to_the_same(self):
        self.expect_followed('execve', self.copy(SHOWS, 'program', 0o4755))

    def test_a_program_that_cannot_be_read(self):
        self.expect_unfollowed('drop-empty', 'cannot be read', self.copy(SHOWS, 'program', 0o711))

    def test_a_library_that_cannot_be_read(self):
        library = self.copy(SHIM, 'hidden/libdlpin.so')
        library.parent.chmod(0o700)
        self.expect_unfollowed('drop-empty', 'cannot read libdlpin.so', DLPIN_LIBRARY=str(library))
        self.expect_unfollowed('drop', 'cannot read libdlpin.so', DLPIN_LIBRARY=str(library), SHOWS_ALL='1')

    def test_reports_that_cannot_be_written(self):
        kept = self.folder / 'kept'
        kept.mkdir(0o700)
        self.expect_unfollowed('drop-empty', 'cannot write a report', options=[f'--keep={kept}'])

    def test_kept_reports_of_another_user(self):
        kept = self.folder / 'kept'
        self.expect_followed('drop-empty', options=[f'--keep={kept}'])
        self.assertIn(NOBODY, [path.stat().st_uid for path in kept.iterdir()])

    def root_folder(self, program):
        """A root folder with the program and what it is linked with."""
        root = self.folder / 'root'
        for path in [program, *re.findall(r'/\S+', subprocess.run(['ldd', program], capture_output=True, text=True,
                                                                  check=True).stdout)]:
            target = root / path.lstrip('/')
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        return root

    def test_a_root_folder_without_the_library(self):
        root = self.root_folder(SHOWS)
        self.expect_unfollowed('chroot', 'cannot read libdlpin.so', SHOWS, root, SHOWS_ALL='1')
        self.expect_unfollowed('chroot-empty', 'cannot read libdlpin.so', SHOWS, root)
        self.expect_unfollowed('chroot-fexecve', 'cannot be read', SHOWS, root)  # there is no /proc

    def namespace(self, hidden):
        """The mounts of a process that does not have the folder."""
        process = subprocess.Popen(['unshare', '-m', 'sh', '-c', f'mount -t tmpfs none {hidden} && echo ready && cat'],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        if process.stdout.readline() != b'ready\n':
            self.skipTest('nothing can be mounted')
        return f'/proc/{process.pid}/ns/mnt'

    def expect_seen_from_shell(self, *command, **more):
        """A child that has nothing to report before it enters another root folder."""
        alone = self.run_in_folder('sh', '-c', ' '.join(command) + '; true', **more)
        result = self.watch('sh', '-c', ' '.join(command) + '; true', **more)
        self.assertEqual((result.stdout, result.stderr), (alone.stdout, alone.stderr))
        return result

    def test_findings_from_another_root_folder(self):
        root = self.root_folder(PLUGIN)
        for command in ([ENDS, 'chroot', str(root), PLUGIN], [ENDS, 'chroot-raw', str(root), PLUGIN],
                        [ENDS, 'setns', self.namespace(os.environ.get('TMPDIR', '/var/tmp')), PLUGIN]):
            with self.subTest(command[1]):
                result = self.expect_seen_from_shell(*command, TMPDIR=os.environ.get('TMPDIR', '/var/tmp'))
                self.assertEqual((result.returncode, self.unloaded(result.report)), (0, 1), result.messages)

    def test_programs_that_are_started_from_another_root_folder(self):
        root = self.root_folder(SHOWS)
        library = self.copy(SHIM, 'library/libdlpin.so')
        for command in (['chroot', str(root), SHOWS, PLUGIN],
                        ['nsenter', '--mount=' + self.namespace(library.parent), SHOWS, PLUGIN]):
            if shutil.which(command[0]) is None:
                self.skipTest('no ' + command[0])
            with self.subTest(command[0]):
                result = self.expect_seen_from_shell(*command, DLPIN_LIBRARY=str(library), SHOWS_ALL='1')
                self.assertEqual(result.returncode, 24, result.messages)
                self.assertIn('cannot read libdlpin.so', result.messages)

    def test_a_root_folder_with_another_c_library(self):
        root = self.root_folder(SHOWS)
        (root / SHIM.lstrip('/')).parent.mkdir(parents=True, exist_ok=True)
        os.link(SHIM, root / SHIM.lstrip('/')) if os.stat(SHIM).st_dev == os.stat(root).st_dev \
            else self.skipTest('on another disk')
        self.expect_unfollowed('chroot-empty', 'C library', SHOWS, root)


class Choices(Case):
    def test_unwatched_ok(self):
        report = self.compare('execve', STATIC, options=['--unwatched=ok'])
        self.assertEqual(len(report['coverage']['unfollowed']), 1)

    def test_programs_that_are_skipped(self):
        for way, program in (('execve', STATIC), ('vfork', STATIC), ('spawn', STATIC), ('execve', SHOWS)):
            report = self.compare(way, program, options=['--trace-children-skip=x,shows*'])
            self.assertEqual(report['coverage']['unfollowed'], [])
            self.assertEqual(self.unloaded(report), 0)

    def test_no_children(self):
        for way, program in (('execve', STATIC), ('execve', SHOWS), ('spawn', SHOWS), ('system', SHOWS)):
            report = self.compare(way, program, options=['--trace-children=no'])
            self.assertEqual(report['coverage']['unfollowed'], [])
            self.assertEqual(len(report['processes']), 1)

    def test_skipped_children(self):
        report = self.compare('execve', options=['--trace-children-skip=x,sho*s'])
        self.assertEqual(report['coverage']['unfollowed'], [])
        self.assertEqual(self.unloaded(report), 0)
        self.expect_followed('execve', options=['--trace-children-skip=starters,how*'])

    def test_require_unload(self):
        for need, status in (('unload', 0), ('unload=1', 0), ('unload=2', 24)):
            self.compare('execve', options=[f'--require={need}'], status=status)

    def test_findings_come_first(self):
        result = self.watch('sh', '-c', f'{STATIC} x', options=['--error-exitcode=3'])
        self.assertEqual(result.returncode, 24)


class Reports(Case):
    def expect_24(self, says, *command, **more):
        result = self.watch(*command, **more)
        self.assertEqual(result.returncode, 24, result.messages)
        self.assertRegex(result.messages, says)
        self.assertEqual((result.stdout, result.stderr), (b'', b''))

    def test_an_end_without_a_summary(self):
        self.expect_24('without a summary', ENDS, 'quietly', PLUGIN)

    def test_a_report_that_cannot_grow(self):
        self.expect_24('without a summary', ENDS, 'full', PLUGIN)
        self.expect_24('could not be read', ENDS, 'child', PLUGIN)
        self.expect_24('could not be written', ENDS, 'child-later', PLUGIN)

    def test_a_full_disk(self):
        self.need_root()
        disk = self.folder / 'disk'
        disk.mkdir()
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=16k', 'none', disk], check=False).returncode:
            self.skipTest('nothing can be mounted')
        try:
            fill = f'cat /dev/zero >{disk}/x 2>/dev/null; true'
            self.expect_24(f'failed: there is no room for reports in {disk}', 'sh', '-c', fill, TMPDIR=str(disk))
            self.expect_24(f'there is no room for reports in {disk}',
                           'sh', '-c', 'true', TMPDIR=str(disk))
        finally:
            subprocess.run(['umount', '-l', disk], check=True)

    def test_a_death_is_not_clean(self):
        for number, name in ((9, b'SIGKILL'), (15, b'SIGTERM'), (6, b'SIGABRT'), (40, b'signal 40')):
            result = self.run_in_folder(DLPIN, 'run', '--gate', '--', 'sh', '-c', f'kill -{number} $$')
            self.assertEqual(result.returncode, -number)
            self.assertIn(b') was killed by ' + name + b': the report has', result.stderr)
            self.assertNotIn(b'clean', result.stderr)

    def watch_deaths(self, way, how, **more):
        """What is said of children that died; the program is unchanged, and the gate is green."""
        alone = self.run_in_folder(DIES, way, how)
        result = self.watch(DIES, way, how, options=[f'--report=text:{self.folder}/report.txt'], **more)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, alone.stdout, alone.stderr))
        self.assertEqual((alone.returncode, alone.stderr), (0, b''))
        killed = [(item['signal_name'], item['count']) for item in result.report['coverage']['killed']]
        return killed, (self.folder / 'report.txt').read_text()

    def test_the_death_of_a_child_is_not_clean(self):
        for how, name in SIGNALS.items():
            for way in DEATHS:
                with self.subTest(way, how=how):
                    killed, text = self.watch_deaths(way, how)
                    count = 2 if way == 'two' else 1
                    self.assertEqual(killed, [(name, count)])
                    self.assertIn(f'2 child processes died of {name}\n' if count == 2
                                  else f'dlpin: a child process died of {name}\n', text)
                    self.assertNotIn('clean', text)
                    self.assertIn('no findings in what was seen', text)

    def test_the_end_of_a_child_is_clean(self):
        for way in DEATHS:
            with self.subTest(way):
                killed, text = self.watch_deaths(way, 'status')
                self.assertEqual(killed, [])
                self.assertIn('clean: no findings', text)

    def test_a_death_that_nobody_can_ask_for(self):
        for how in (*SIGNALS, 'status'):
            with self.subTest(how):
                killed, _ = self.watch_deaths('ignored', how)
                self.assertEqual(killed, [])

    def test_a_thread_that_is_cancelled_while_it_waits(self):
        killed, _ = self.watch_deaths('cancelled', 'abort')
        self.assertEqual(killed, [('SIGABRT', 1)])

    def test_children_that_are_not_followed(self):
        killed, text = self.watch_deaths('wait', 'abort', DLPIN_OPTIONS='trace_children=0')
        self.assertEqual(killed, [])
        self.assertIn('clean: no findings', text)

    def test_nothing_is_left(self):
        temporary = self.folder / 'tmp'
        temporary.mkdir()
        self.watch(STARTS, 'some', SHOWS, PLUGIN, TMPDIR=str(temporary))
        self.assertEqual(list(temporary.iterdir()), [])

    def test_the_drop_box(self):
        text = self.run_in_folder(DLPIN, 'run', '--', 'sh', '-c', 'echo $DLPIN_OPTIONS').stdout
        path = re.search(r'log_path="([^"]*)"', text.decode()).group(1)
        self.assertRegex(path, r'/dlpin-run\.\w{6}/[0-9a-f]{32}/dlpin\.%p\.%e$')
        script = 'f=${DLPIN_OPTIONS#*log_path=?}; d=${f%/*}; stat -c "%a %u" $d ${d%/*}'
        modes = self.run_in_folder(DLPIN, 'run', '--', 'sh', '-c', script).stdout.decode()
        self.assertEqual(modes.split(), ['1733', str(os.getuid()), '711', str(os.getuid())])


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
