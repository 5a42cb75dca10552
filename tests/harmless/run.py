#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs one program without and with a preloaded library, and compares all that can be observed.

The program and its files are laid out in an empty folder, once for each variant under the same name,
and run there: alone; under the library with default options; and with log_path= and check_signal= set.
Standard output, wait status, the files that the program wrote and the processes that it left must be the same, byte for
byte. On standard error only lines of the library itself may come in addition. In the last variant the
report files must exist and be readable.
"""

import argparse
import ctypes
import json
import os
import re
import resource
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TIME_LIMIT = float(os.environ.get('HARMLESS_TIME_LIMIT', '300'))
PR_SET_CHILD_SUBREAPER = 36
WAIT_ALL = 0x40000000  # __WALL: children without an exit signal, too


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--shim', help='the library; without it the pass-through one is compared')
    parser.add_argument('--pass-through', help='a library that only passes calls on, for comparison')
    parser.add_argument('--file', action='append', default=[], metavar='DEST=SOURCE')
    parser.add_argument('--env', action='append', default=[], metavar='NAME=VALUE')
    parser.add_argument('--status', default='exit 0', help='"exit N" or "signal N", expected')
    parser.add_argument('--close', action='append', type=int, default=[], metavar='FD')
    parser.add_argument('--limit-nofile', type=int)
    parser.add_argument('--limit-as', type=int, metavar='KIB')
    parser.add_argument('--set-user-id', action='store_true', help='run a set-user-ID copy')
    parser.add_argument('--may-find', default='', help='kinds of severity error that are no mistake')
    parser.add_argument('--must-find', default='', help='kinds that the report must have')
    parser.add_argument('--must-crash', help='a signal that there must be a crash record of')
    parser.add_argument('--must-say', help='a part of what the report says was not seen')
    parser.add_argument('--must-not-say', help='the same for what it must not say')
    parser.add_argument('--options', default='', help='more options of the library, for the report')
    parser.add_argument('--report', choices=['any', 'complete', 'each', 'started', 'none'], default='any')
    parser.add_argument('--compare-only', action='store_true', help='do not look for reports')
    parser.add_argument('program')
    parser.add_argument('arguments', nargs='*')
    return parser.parse_args()


def open_to_all(path):
    """True if another user's program can load this file."""
    folder = os.path.dirname(os.path.abspath(path))
    while os.stat(folder).st_mode & 0o001:
        if folder == '/':
            return True
        folder = os.path.dirname(folder)
    return False


def status_text(status):
    if os.WIFSIGNALED(status):
        core = ' (core)' if os.WCOREDUMP(status) else ''
        return f'signal {os.WTERMSIG(status)}{core}'
    return f'exit {os.WEXITSTATUS(status)}'


class Result:
    """The observations of one run."""

    def __init__(self):
        self.out = b''
        self.err = b''
        self.status = 'none'
        self.pid = 0
        self.files = {}
        self.orphans = 0
        self.hang = ''
        self.seconds = 0.0


class Stage:
    """The folder that a program runs in, made anew under the same name for each run."""

    def __init__(self, options, root):
        self.options = options
        self.folder = os.path.join(root, 'stage')
        self.reports = os.path.join(root, 'report')

    def prepare(self):
        for folder in (self.folder, self.reports):
            shutil.rmtree(folder, ignore_errors=True)
            os.mkdir(folder)
        if self.options.set_user_id:
            os.chmod(self.folder, 0o755)
            os.chmod(os.path.dirname(self.folder), 0o755)
            os.chmod(self.reports, 0o777)
        self.staged = set()
        name = os.path.basename(self.options.program)
        self.place(name, self.options.program)
        for item in self.options.file:
            self.place(*item.split('=', 1))
        return './' + name

    def place(self, name, source):
        target = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(source, target)
        self.staged.add(name)
        if self.options.set_user_id and source == self.options.program:
            os.chown(target, 65534, 65534)
            os.chmod(target, 0o4755)

    def written(self):
        """The files that are there now and were not placed: name to contents."""
        found = {}
        for folder, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(folder, name)
                relative = os.path.relpath(path, self.folder)
                if relative not in self.staged:
                    with open(path, 'rb') as file:
                        found[relative] = file.read()
        return found


def read_fields(pid):
    """Of a process, what the kernel says behind its name; proc(5). Nothing where there is none."""
    try:
        with open(f'/proc/{pid}/stat', encoding='ascii', errors='replace') as file:
            return file.read().rpartition(')')[2].split()
    except OSError:
        return []


def left_behind():
    """The processes that are ours now, with their state and the processor time that they had."""
    left = {}
    for name in filter(str.isdigit, os.listdir('/proc')):
        fields = read_fields(name)
        if fields and int(fields[1]) == os.getpid():
            left[int(name)] = (fields[0], fields[11], fields[12])
    return left


def reap_ended():
    """False: no process is left that has not ended."""
    try:
        while os.waitpid(-1, os.WNOHANG | WAIT_ALL)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def reap_orphans():
    """Ends and counts processes that the program left waiting for something. What dies with it, as
    the copy of a scan does, does not wait: it has its signal, and runs or is about to."""
    quiet, before = 0, {}
    while quiet < 40:
        if not reap_ended():
            return 0
        left = left_behind()
        is_quiet = left == before and all(fields[0] in 'ST' for fields in left.values())
        quiet = quiet + 1 if is_quiet else 0
        before = left
        time.sleep(0.005)
    count = 0
    while before:
        for pid in before:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, WAIT_ALL)
            count += 1
        before = left_behind()
    return count


def group_members(group):
    """The processes of a group, the youngest first: that is the one that the others wait for."""
    members = []
    for name in filter(str.isdigit, os.listdir('/proc')):
        fields = read_fields(name)
        if fields and int(fields[2]) == group and fields[0] != 'Z':
            members.append((int(fields[19]), int(name)))
    return [pid for _, pid in sorted(members, reverse=True)]


def describe_hang(pid):
    """Where the threads of a process stand that did not end."""
    text = 'no gdb: where it hangs is not known'
    if shutil.which('gdb'):
        command = ['gdb', '-batch', '-nx', '-p', str(pid), '-ex', 'thread apply all bt 12']
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False,
                                  env={'PATH': os.environ['PATH']})
            text = '\n'.join(line for line in done.stdout.splitlines()
                             if re.match(r'Thread|#\d', line)) or done.stderr
        except subprocess.TimeoutExpired:
            text = 'gdb takes too long'
    return text


def read_until_end(process, result):
    """Reads both streams until all writers have ended, or the time is over."""
    selector = selectors.DefaultSelector()
    selector.register(process.stdout, selectors.EVENT_READ, 'out')
    selector.register(process.stderr, selectors.EVENT_READ, 'err')
    until = time.monotonic() + TIME_LIMIT
    while selector.get_map():
        events = selector.select(max(0, until - time.monotonic()))
        if not events:
            result.hang = '\n'.join(describe_hang(pid)
                                    for pid in group_members(process.pid)[:2])
            os.killpg(process.pid, signal.SIGKILL)
            return
        for key, _ in events:
            data = os.read(key.fd, 65536)
            if data:
                setattr(result, key.data, getattr(result, key.data) + data)
            else:
                selector.unregister(key.fileobj)


def run_variant(stage, options, extra):
    command = stage.prepare()
    environment = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': '/', 'LC_ALL': 'C'}
    environment.update(item.split('=', 1) for item in options.env)
    environment.update(extra)

    def before_exec():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if options.limit_as:
            resource.setrlimit(resource.RLIMIT_AS, (options.limit_as * 1024,) * 2)
        if options.limit_nofile:
            resource.setrlimit(resource.RLIMIT_NOFILE, (options.limit_nofile,) * 2)
        for number in options.close:
            os.close(number)

    result = Result()
    began = time.monotonic()
    process = subprocess.Popen(
        [command, *options.arguments], cwd=stage.folder, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=before_exec)
    result.pid = process.pid
    read_until_end(process, result)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = status
    process.stdout.close()
    process.stderr.close()
    result.status = status_text(status)
    result.orphans = reap_orphans()
    result.seconds = time.monotonic() - began
    result.files = stage.written()
    return result


def without_own_lines(text):
    """Standard error without the library's lines: each starts with its name, or continues such a one."""
    kept = []
    own = False
    for line in text.splitlines(keepends=True):
        own = line.startswith(b'dlpin:') or (own and line[:1] in b' \t\n')
        if not own:
            kept.append(line)
    return b''.join(kept)


def first_difference(old, new):
    old_lines = old.decode(errors='replace').splitlines()
    new_lines = new.decode(errors='replace').splitlines()
    for number, (before, after) in enumerate(zip(old_lines, new_lines), 1):
        if before != after:
            return f'line {number}: {before!r} became {after!r}'
    longer = old_lines if len(old_lines) > len(new_lines) else new_lines
    number = min(len(old_lines), len(new_lines))
    what = 'missing' if longer is old_lines else 'added'
    return f'line {number + 1}: {what} {longer[number]!r}' if number < len(longer) else 'line ends'


def differences(base, other):
    """The changes by the preloaded library, as a list of lines."""
    found = []
    if other.hang:
        return ['it hangs:\n' + other.hang]
    if base.status != other.status:
        found.append(f'status: {base.status} became {other.status}')
    if base.out != other.out:
        found.append('stdout: ' + first_difference(base.out, other.out))
    if base.err != without_own_lines(other.err):
        found.append('stderr: ' + first_difference(base.err, without_own_lines(other.err)))
    for name in sorted(base.files.keys() | other.files.keys()):
        before, after = base.files.get(name), other.files.get(name)
        if before is None or after is None:
            found.append(f'file {name}: ' + ('added' if before is None else 'missing'))
        elif before != after:
            found.append(f'file {name}: ' + first_difference(before, after))
    if base.orphans != other.orphans:
        found.append(f'processes left behind: {base.orphans} became {other.orphans}')
    return found


def read_records(path, mistakes):
    records = []
    with open(path, 'rb') as file:
        for number, line in enumerate(file, 1):
            try:
                records.append(json.loads(line))
            except ValueError:
                # The last, of a process that was killed while it wrote; behind its summary nothing may come.
                summed_up = any(r.get('type') == 'summary' and r.get('ended') != 'exec' for r in records)
                if not line.endswith(b'\n') and not summed_up:
                    continue
                mistakes.append(f'{os.path.basename(path)} line {number} is no JSON: {line[:80]!r}')
    return records


def file_mistakes(name, records):
    """A file is of one process: one header, of the process in its name. There may be several summaries, where exec
    failed and the program ran on."""
    mistakes = []
    pid = name.split('.')[1]
    types = [record.get('type') for record in records]
    if str(records[0].get('pid')) != pid:
        mistakes.append(f'{name}: the header is of process {records[0].get("pid")}')
    if types.count('header') > 1:
        mistakes.append(f'{name}: {types.count("header")} headers')
    return mistakes


def report_mistakes(stage, options, result):
    """The faults of a run's report files; contract, sections 2, 3 and the end of 7."""
    mistakes = []
    kinds, unseen, crashes = set(), set(), set()
    own = None
    for name in sorted(os.listdir(stage.reports)):
        records = read_records(os.path.join(stage.reports, name), mistakes)
        if not records or records[0].get('type') != 'header':
            mistakes.append(f'{name}: does not begin with a header')
            continue
        if name == f'r.{result.pid}' or (own is None and name.startswith(f'r.{result.pid}.')):
            own = records
        mistakes += file_mistakes(name, records)
        if options.report == 'each' and records[-1].get('type') != 'summary':
            mistakes.append(f'{name} ends with {records[-1].get("type")}, not with a summary')
        unseen.update(*(record['unseen'] for record in records if record.get('type') == 'coverage'))
        crashes.update(record['signal_name'] for record in records if record.get('type') == 'crash')
        gone = {record.get('finding') for record in records if record.get('type') == 'resolved'}
        for record in records:
            if record.get('type') != 'finding' or record.get('id') in gone:
                continue
            kinds.add(record.get('kind'))
            if record.get('severity') == 'error' and record['kind'] not in options.may_find.split(','):
                mistakes.append(f'{name}: false error {record["kind"]}: {record.get("message")}')
    if options.report == 'none':
        return mistakes + ([f'{name}: should not be' for name in os.listdir(stage.reports)])
    if options.report != 'any' and own is None:
        return mistakes + ['no report file of the program']
    if options.report == 'complete' and own[-1].get('type') != 'summary':
        mistakes.append(f'the report ends with {own[-1].get("type")}, not with a summary')
    for kind in filter(None, options.must_find.split(',')):
        if kind not in kinds:
            mistakes.append(f'{kind} was not found')
    if options.must_crash and options.must_crash not in crashes:
        mistakes.append(f'no record of a crash by {options.must_crash}')
    if options.must_say and not any(options.must_say in sentence for sentence in unseen):
        mistakes.append(f'{options.must_say!r} is not among what was not seen: {sorted(unseen)}')
    if options.must_not_say and any(options.must_not_say in sentence for sentence in unseen):
        mistakes.append(f'not seen: {options.must_not_say}')
    return mistakes


def self_check(options, base):
    found = []
    if base.hang:
        return ['the program hangs by itself:\n' + base.hang]
    if base.status != options.status:
        found.append(f'the program by itself ends with {base.status}, not {options.status}')
    found += [line for line in base.out.decode(errors='replace').splitlines() if 'FAILED' in line]
    return found


def show(result):
    print(f'  {result.status}, {result.seconds:.2f} s, {result.orphans} processes left')
    for name in ('out', 'err'):
        text = getattr(result, name).decode(errors='replace')
        if text:
            print(f'  std{name}:\n' + '\n'.join('    ' + line for line in text.splitlines()[:60]))


def main():
    options = parse_arguments()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if options.shim:
        options.shim = os.path.abspath(options.shim)
    if options.pass_through:
        options.pass_through = os.path.abspath(options.pass_through)
    library = options.shim or options.pass_through
    if options.set_user_id and os.geteuid() != 0:
        print('needs root')
        return 77
    if options.set_user_id and not open_to_all(options.shim or options.pass_through):
        print('needs a build folder that other users can reach')
        return 77
    with tempfile.TemporaryDirectory(prefix='harmless-') as root:
        stage = Stage(options, root)
        base = run_variant(stage, options, {})
        if base.status == 'exit 77':
            print('skipped:', base.err.decode(errors='replace'))
            return 77
        mistakes = self_check(options, base)
        if mistakes:
            print('FAILED without any library:', *mistakes, sep='\n  ')
            show(base)
            return 1
        log_path = os.path.join(stage.reports, 'r.%p')
        variants = [('default options', {'LD_PRELOAD': library})]
        if options.shim:
            variants.append(('log_path', {'LD_PRELOAD': library,
                                          'DLPIN_OPTIONS': f'log_path={log_path}:check_signal=32'
                                                           f'{options.options}'}))
        failed = False
        print(f'alone: {base.status}, {base.seconds:.2f} s')
        for name, extra in variants:
            result = run_variant(stage, options, extra)
            found = differences(base, result)
            if 'DLPIN_OPTIONS' in extra and not options.compare_only:
                found += ['report: ' + line for line in report_mistakes(stage, options, result)]
            print(f'{name}: {result.status}, {result.seconds:.2f} s')
            if found:
                failed = True
                print(f'FAILED with {name}:', *found, sep='\n  ')
                show(result)
        if failed and options.shim:
            blame(stage, options, base)
    return 1 if failed else 0


def blame(stage, options, base):
    """Says whether the program itself, or any preloaded library, shows the difference, too."""
    again = differences(base, run_variant(stage, options, {}))
    if again:
        print('note: the program differs from run to run:', *again, sep='\n  ')
    if options.pass_through:
        passed = differences(base, run_variant(stage, options, {'LD_PRELOAD': options.pass_through}))
        if passed:
            print('note: it differs under a library that only passes calls on:', *passed, sep='\n  ')


if __name__ == '__main__':
    sys.exit(main())
