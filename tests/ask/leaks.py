#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""dlpin leaks: programs are asked while they wait, and must not notice.

Arguments: dlpin, libdlpin.so, the program "waits", and which part: a call that it waits in, or "flagged",
"python", "suppose", "holders", "storm", "namespace", "cancel", "others"."""

import contextlib
import json
import os
import platform
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

DLPIN, SHIM, WAITS, PLUGIN = (os.path.abspath(path) for path in sys.argv[1:5])
PART = sys.argv[5]
REFUSED = ('poll-span', 'nanosleep')
SIGNALLED = ('pause', 'sigwait')
TIMED = ('ppoll-span', 'select-span', 'sleep', 'sleep-span', 'semaphore', 'condition', *REFUSED)
SPANS = (1.5, 6, 24, 96)  # seconds; the later ones for a machine that is very slow
LONG = 600  # seconds that an answer may take
SKIPPED = 77


class Asked:
    """A program under the library, in a folder of its own."""

    def __init__(self, command, options='check_signal=32', preload=True, **more):
        self.folder = tempfile.mkdtemp()
        self.call = command[1] if command[0] == WAITS else ''
        environment = {name: value for name, value in os.environ.items()
                       if name not in ('LD_PRELOAD', 'DLPIN_OPTIONS')}
        if preload:
            environment['LD_PRELOAD'] = SHIM
        environment['DLPIN_OPTIONS'] = \
            f'log_path={self.folder}/report.%p:quiet=1:{options}'
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=environment, **more)
        assert self.line() == 'ready'

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder)

    def line(self):
        return self.process.stdout.readline().strip()

    def ask(self, *options, pid=None):
        return subprocess.run([DLPIN, 'leaks', f'--timeout={LONG}', *options, str(pid or self.process.pid)],
                              capture_output=True, text=True, check=False, timeout=600,
                              env={**os.environ, 'LC_ALL': 'C'})

    def answers(self):
        """How many requests were served."""
        path = f'{self.folder}/report.{self.process.pid}'
        if not os.path.exists(path):
            return 0
        with open(path, encoding='utf-8') as file:
            records = [json.loads(line) for line in file]
        return sum(record['type'] == 'request' and record['state'] == 'done' for record in records)

    def end(self):
        """The rest of the output, after what the program waits for."""
        if self.call in SIGNALLED:
            self.process.send_signal(signal.SIGALRM)
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write('x')
            self.process.stdin.close()
        rest = self.process.stdout.read().strip()
        return rest, self.process.wait(LONG)


def settle(pid):
    """Until the main thread waits: for input, a signal, or the end of its time."""
    state = ''
    while state != 'S':
        time.sleep(0.001)
        with open(f'/proc/{pid}/stat', encoding='utf-8') as file:
            state = file.read().rsplit(')', 1)[1].split()[0]


def check(what, found, wanted):
    if found != wanted:
        sys.exit(f'{what}: {found!r}, not {wanted!r}')


class TooSlow(Exception):
    """The time was over before that could be judged."""


def ask_waiting(call, act):
    """Does something with the program while it waits in the call. A sleep is longer each time until there was
    enough time."""
    for span in SPANS if call in TIMED else (0,):
        with Asked([WAITS, call, *([str(round(span * 1000))] if span else [])]) as asked:
            settle(asked.process.pid)
            try:
                act(asked, span)
                return
            except (AssertionError, TooSlow) as error:
                if not span or (time.monotonic() < asked.started + span and not isinstance(error, TooSlow)):
                    raise
                reason = error
    sys.exit(f'with each of {SPANS} seconds: {reason}')


def expect(what, found, wanted):
    assert found == wanted, f'{what}: {found!r}, not {wanted!r}'


def end_well(asked, span, asked_at=None):
    """A sleep that began anew when it was asked ends so long after that."""
    said, status = asked.end()
    words = said.split()
    check('the program', (words[:1], status), (['good'], 0))
    if asked_at and span and int(words[1]) / 1000 >= asked_at + span:
        raise TooSlow(f'it ended {int(words[1]) / 1000 - asked_at:.3f} s after it was asked')


def wait_in(call):
    can_be_set_back = platform.machine() == 'x86_64'

    def act(asked, span):
        time.sleep(span / 3)
        asked_at = time.monotonic()
        for _ in range(3):
            answer = asked.ask()
            if not can_be_set_back and answer.returncode == 2:
                sys.exit(SKIPPED)
            expect('status, ' + answer.stderr, answer.returncode, 0)
            expect('output', answer.stdout.splitlines()[-1][:24], 'dlpin: clean: no finding')
        expect('answers', asked.answers(), 3)
        if span and time.monotonic() >= asked.started + span:
            raise TooSlow('it was asked for too long')
        end_well(asked, span, asked_at)

    ask_waiting(call, act)


def refuse(call):
    """Whoever would notice is not asked, unless forced: then it does notice."""
    def ask(asked, span):
        answer = asked.ask()
        expect('status', answer.returncode, 2)
        if 'would fail with EINTR' not in answer.stderr:
            raise AssertionError(f'it says {answer.stderr!r}')
        expect('answers', asked.answers(), 0)
        end_well(asked, span)

    def force(asked, _):
        expect('forced', asked.ask('--force').returncode, 0)
        expect('the program', asked.end()[1], 1)

    ask_waiting(call, ask)
    ask_waiting(call, force)


def flagged():
    """A signal of the program's own ends its call, also while it is asked."""
    chance = random.Random(13)
    with Asked([WAITS, 'flagged']) as asked:
        settle(asked.process.pid)
        for number in range(1, 41):
            ask = subprocess.Popen([DLPIN, 'leaks', f'--timeout={LONG}', str(asked.process.pid)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0, 0.012))
            asked.process.send_signal(signal.SIGUSR1)
            check('flag', asked.line(), str(number))
            check('status', ask.wait(), 0 if number < 40 else ask.returncode)
        check('the program', asked.end(), ('good', 0))
        if asked.answers() < 30:
            sys.exit(f'only {asked.answers()} answers')


HOST = '''
import _ctypes, ctypes, sys, threading, time
plugin = ctypes.CDLL(sys.argv[1])
plugin.start()
_ctypes.dlclose(plugin._handle)
threads = [threading.Thread(target=time.sleep, args=(0.3,)) for _ in range(4)]
for thread in threads:
    thread.start()
print('ready', flush=True)
sys.stdin.read(1)
for thread in threads:
    thread.join()
print('good')
'''


def python():
    with Asked([shutil.which('python3', path='/usr/bin:/bin') or sys.executable, '-c', HOST,
                PLUGIN]) as asked:
        answer = asked.ask()
        check('status, ' + answer.stderr, answer.returncode, 1)
        first = answer.stdout.splitlines()[0]
        check('first line', first, 'plugin.so, load 1 (unloaded): error key-destructor')
        if 'created at:' not in answer.stdout:
            sys.exit('it does not say the cause')
        findings = json.loads(asked.ask('--format=json').stdout)
        check('findings', len(findings['findings']), 1)
        check('the program', asked.end(), ('good', 0))


def namespace():
    """A process that has another number by its own report."""
    samples = os.path.dirname(os.path.dirname(PLUGIN))
    outer = ['unshare', '--pid', '--fork']
    others = ['unshare', '--user']  # which the kernel refuses in a chroot
    if any(subprocess.run([*command, 'true'], capture_output=True, check=False).returncode for command in (outer, others)):
        sys.exit(SKIPPED)
    steps = 'open plugin call plugin start open tidy call tidy start close plugin input'.split()
    with Asked([*outer, os.path.join(samples, 'common', 'host'), *steps],
               cwd=os.path.join(samples, 'key-destructor')) as asked:
        with open(f'/proc/{asked.process.pid}/task/{asked.process.pid}/children', encoding='utf-8') as file:
            pid = file.read().strip()
        answer = asked.ask(pid=pid)
        check('first line, ' + answer.stderr, answer.stdout.splitlines()[:1],
              ['plugin.so, load 1 (unloaded): error key-destructor'])
        answer = asked.ask('--as-if-unloaded=tidy.so', pid=pid)
        check('supposed, ' + answer.stderr, answer.returncode, 1)
        check('the program', asked.end(), ('', 0))
    # A request cannot come there.
    with Asked([*others, WAITS, 'read']) as asked:
        answer = asked.ask()
        check('user namespace', (answer.returncode, 'another user namespace' in answer.stderr), (2, True))
        check('the program', asked.end(), ('good', 0))


def cancel():
    """The C library's own handler of the signal comes with the first pthread_cancel."""
    samples = os.path.dirname(os.path.dirname(PLUGIN))
    steps = 'thread worker send worker pause await cancel worker open plugin call plugin start close plugin input'
    with Asked([os.path.join(samples, 'common', 'host'), *steps.split()],
               cwd=os.path.join(samples, 'key-destructor')) as asked:
        check('status', asked.ask().returncode, 1)
        check('the program', asked.end(), ('', 0))


def others():
    """Processes that cannot be asked."""
    with Asked([WAITS, 'read'], options='quiet=1') as asked:
        answer = asked.ask()
        check('does not listen', (answer.returncode, asked.answers()), (2, 0))
        check('the program', asked.end(), ('good', 0))
    with Asked([WAITS, 'read'], preload=False) as asked:
        answer = asked.ask()
        check('not under the library', answer.returncode, 2)
        check('the program', asked.end(), ('good', 0))
        check('has ended', asked.ask().returncode, 2)
        check('no number', asked.ask(pid='nobody').returncode, 2)
    # No file before there is something to say.
    with Asked([WAITS, 'read'], options='check_signal=32:log_empty=0') as asked:
        check('status', asked.ask().returncode, 0)
        check('answers', asked.answers(), 1)
        check('the program', asked.end(), ('good', 0))
    # One that is stopped would serve the request when nobody asks any more.
    with Asked([WAITS, 'read']) as asked:
        asked.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, asked.process.pid, os.WSTOPPED | os.WNOWAIT)
        answer = asked.ask()
        check('stopped', (answer.returncode, 'is stopped' in answer.stderr), (2, True))
        asked.process.send_signal(signal.SIGCONT)
        check('goes on', (asked.ask().returncode, asked.answers()), (0, 1))
        check('the program', asked.end(), ('good', 0))
    # A signal that is no request reaches the handler that it would reach without the shim.
    with Asked([WAITS, 'read']) as asked:
        os.kill(asked.process.pid, 32)
        check('killed', asked.process.wait(LONG), -32)


# sample, steps of the host, what is found.
SUPPOSITIONS = (
    ('key-destructor', 'open plugin call plugin start', 'error key-destructor'),
    ('key-destructor', 'open tidy call tidy start call tidy stop', ''),
    ('pointer', 'open plugin call plugin use_table', 'warning pointer'),
    ('heap-held', 'open plugin call plugin use_list', 'note heap-held (88 bytes)'),
    ('heap-lost', 'open plugin call plugin use_one', 'warning heap-lost (104 bytes)'),
    ('thread-routine', 'open plugin call plugin start', 'error thread-routine'),
    ('key-value', 'key none thread w open plugin in w call plugin use_deep_image', 'error key-value'),
    ('key-value', 'key none thread w open plugin in w call plugin use_image', 'error key-value'),
    ('pointer', 'open plugin open tidy call plugin use_table', 'warning pointer'),
    ('exit-handler', 'open plugin call plugin start', 'error exit-handler'),
    ('async-io', 'open plugin call plugin start', 'error async-io'),
    ('handle', 'open plugin call plugin start', 'note handle'),
)


def state_of(process):
    """The parts of a process's state that must not change."""
    with open(f'/proc/{process}/maps', encoding='utf-8') as file:
        images = sorted(line.split(maxsplit=5)[5] for line in file if line.count('/') and '.so' in line)
    files = sorted(os.readlink(f'/proc/{process}/fd/{name}') for name in os.listdir(f'/proc/{process}/fd'))
    with open(f'/proc/{process}/task/{process}/children', encoding='utf-8') as file:
        return images, files, file.read(), len(os.listdir(f'/proc/{process}/task'))


def holders():
    """The holders of a module are a tree, in which common parts of two findings appear once; as graph and page, too."""
    samples = os.path.dirname(os.path.dirname(PLUGIN))
    steps = 'open plugin call plugin use_table call plugin use_list close plugin input'
    with Asked([os.path.join(samples, 'common', 'host'), *steps.split()],
               cwd=os.path.join(samples, 'pointer')) as asked:
        answer = asked.ask()
        lines = [re.sub(r'(open_session|make_entry)[^,]*', r'\1', line) for line in answer.stdout.splitlines()[:5]]
        check('tree, ' + answer.stderr, lines,
              ['plugin.so, load 1 (unloaded): warning pointer, warning pointer', '`-- code: open_session',
               '    |-- drivers[1].function in host', '    `-- a block of 24 bytes, made in make_entry, at +0x8',
               '        `-- entries in host'])
        for form, start in (('dot', 'digraph dlpin {'), ('html', '<!DOCTYPE html>')):
            answer = asked.ask(f'--format={form}')
            check(form, (answer.returncode, answer.stdout.splitlines()[0]), (1, start))
        check('the program', asked.end(), ('', 0))
    # The finding is that of all loads, but its way is that of the latest.
    steps = ' '.join(['open plugin call plugin use_list close plugin'] * 2) + ' input'
    with Asked([os.path.join(samples, 'common', 'host'), *steps.split()],
               cwd=os.path.join(samples, 'heap-held')) as asked:
        lines = asked.ask().stdout.splitlines()[:3]
        check('two loads', [re.sub(r', made.*', '', line) for line in lines],
              ['plugin.so, load 1 (unloaded): note heap-held (88 bytes)',
               'plugin.so, load 2 (unloaded): note heap-held (88 bytes)', '`-- a block of 88 bytes'])
        check('the program', asked.end(), ('', 0))


def suppose():
    """As if a module were unloaded: it is said what would be, and nothing is different afterwards."""
    samples = os.path.dirname(os.path.dirname(PLUGIN))
    for sample, steps, found in SUPPOSITIONS:
        folder = os.path.join(samples, sample)
        with Asked([os.path.join(samples, 'common', 'host'), *steps.split(), 'input'],
                   cwd=folder) as asked:
            before = state_of(asked.process.pid)
            module = 'tidy.so' if 'tidy' in steps and 'plugin' not in steps else 'plugin.so'
            answer = asked.ask('--as-if-unloaded', module)
            check('status, ' + answer.stderr, answer.returncode, 1 if found else 0)
            if found:
                lines = answer.stdout.splitlines()
                check(steps, lines[2], f'plugin.so, load 1 (loaded): {found}')
                check('said first', 'this is what would be' in lines[0] and lines.count(lines[0]), 1)
            # A copy that takes its time to exit is left, and reaped by the next one (shim/scan/copy.h).
            for _ in range(100):
                check('as it is', asked.ask().returncode, 0)
                if state_of(asked.process.pid) == before:
                    break
            check('state', state_of(asked.process.pid), before)
            for name in ('libc.so.6', 'nothing.so'):
                check(name, asked.ask('--as-if-unloaded=' + name).returncode, 2)
            check('the program', asked.end(), ('', 0))
            reports = subprocess.run([DLPIN, 'report', '--format=json', asked.folder],
                                     capture_output=True, text=True, check=True).stdout
            findings = json.loads(reports)['findings']
            check('report', [f for f in findings if f['kind'] != 'handle'], [])


def storm():
    """A busy process is asked again and again."""
    samples = os.path.dirname(os.path.dirname(PLUGIN))
    kept = os.path.join(samples, 'classic-own-key', 'plugin.so')
    with Asked([os.path.join(os.path.dirname(WAITS), 'storm'), kept,
                os.path.join(samples, 'key-destructor', 'tidy.so')]) as asked:
        for more in ((), ('--as-if-unloaded', kept)) * 10:
            answer = asked.ask(*more)
            check('status, ' + answer.stderr, answer.returncode, 0)
        check('the program', asked.end(), ('good', 0))


if PART == 'python':
    python()
elif PART == 'storm':
    storm()
elif PART == 'suppose':
    suppose()
elif PART == 'holders':
    holders()
elif PART == 'namespace':
    namespace()
elif PART == 'cancel':
    cancel()
elif PART == 'others':
    others()
elif PART == 'flagged':
    flagged()
elif PART in REFUSED:
    refuse(PART)
else:
    wait_in(PART)
