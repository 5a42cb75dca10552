# SPDX-License-Identifier: MIT
"""dlpin run, with a shim that only pretends: statuses, signals, environment, files, gate."""

import json
import os
import shutil
import signal
import subprocess
import sys
import unittest

from support import (COVERAGE, DLPIN, ERROR, FAKE_SHIM, LIBRARY_FROM_BINDIR, NOTE, PLAIN, SHIM, SUMMARY,
                     Case, lines)

CLEAN = (COVERAGE, SUMMARY)


class Status(Case):
    def test_is_that_of_the_program(self):
        for status in (0, 1, 3, 23, 125, 255):
            with self.subTest(status):
                result = self.dlpin("run", "--", PLAIN, status)
                self.assertEqual(result.returncode, status)

    def test_with_a_gate_too(self):
        environment = self.records(ERROR, *CLEAN)
        self.assertEqual(self.dlpin("run", "--gate", PLAIN, "7", environment=environment).returncode, 7)

    def test_death_by_signal_is_repeated(self):
        for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGINT, signal.SIGPIPE,
                       signal.SIGUSR1, signal.SIGABRT):
            with self.subTest(number):
                result = self.dlpin("run", "--gate", "--", "sh", "-c", f"kill -{int(number)} $$",
                                    environment=self.records(ERROR))
                self.assertEqual(result.returncode, -number)
                self.assertIn("error: key-destructor", result.stderr)

    def test_no_core_file_of_dlpin(self):
        # The program itself dumps nothing here (its limit is 0); dlpin must not either.
        script = (f'ulimit -c unlimited; cd {self.directory}; '
                  f'{DLPIN} run -- sh -c "ulimit -c 0; kill -SEGV \\$\\$"; ls core* 2>/dev/null')
        result = subprocess.run(["bash", "-c", script], env=self.environment, capture_output=True,
                                text=True)
        self.assertEqual(result.stdout, "")

    def test_125_126_127(self):
        plain_file = self.file("file", "")
        for arguments, status, text in (
            ([], 125, "name the program"),
            (["--nonsense", "true"], 125, "nonsense"),
            (["--format=toml", "true"], 125, "unknown format"),
            (["--fail-on=x", "true"], 125, "neither a severity"),
            (["--error-exitcode=0", "true"], 125, "from 1 to 255"),
            (["--error-exitcode=256", "true"], 125, "from 1 to 255"),
            (["--error-exitcode=", "true"], 125, "from 1 to 255"),
            (["--require=stack", "true"], 125, "must be heap or unload"),
            (["--require=unload=0", "true"], 125, "from 1 to"),
            (["--require=unloaded", "true"], 125, "must be heap or unload"),
            (["--unwatched=maybe", "true"], 125, "fail or ok"),
            (["--trace-children-skip=a:b", "true"], 125, "cannot hold"),
            (["--trace-children=maybe", "true"], 125, "yes or no"),
            (["-o", "/nonexistent/x", "true"], 125, "cannot write /nonexistent/x"),
            (["--keep=/dev/null", "true"], 125, "--keep=/dev/null: Not a directory"),
            ([f"--keep={plain_file}", "true"], 125, f"--keep={plain_file}: Not a directory"),
            (["--", plain_file], 126, "Permission denied"),
            (["--", self.directory], 126, "Permission denied"),
            (["--", "/nonexistent"], 127, "No such file or directory"),
            (["--", "no-such-program"], 127, "No such file or directory"),
        ):
            with self.subTest(arguments):
                result = self.dlpin("run", *arguments)
                self.assertEqual(result.returncode, status, result.stderr)
                self.assertIn(text, result.stderr)
        self.assertEqual(os.listdir(self.temporary), [])

    def test_a_missing_library(self):
        result = self.dlpin("run", "true", environment={"DLPIN_LIBRARY": "/nonexistent.so"})
        self.assertEqual(result.returncode, 125)
        self.assertIn("DLPIN_LIBRARY=/nonexistent.so: No such file", result.stderr)


class Gate(Case):
    def gate(self, *arguments, records=(), program=("--", PLAIN)):
        return self.dlpin("run", *arguments, *program, environment=self.records(*records))

    def test_clean(self):
        result = self.gate("--gate", records=CLEAN)
        self.assertEqual(result.returncode, 0)
        self.assertIn("clean: no findings", result.stderr)

    def test_findings(self):
        for arguments, records, status in (
            (["--gate"], [ERROR], 23),
            (["--gate"], [NOTE], 0),
            ([], [ERROR], 0),
            (["--error-exitcode=9"], [ERROR], 9),
            (["--fail-on=note"], [NOTE], 23),
            (["--fail-on=error"], [dict(ERROR, severity="warning")], 0),
            (["--fail-on=key-destructor"], [dict(ERROR, severity="note")], 23),
            (["--fail-on=key"], [ERROR], 0),
        ):
            with self.subTest(arguments):
                result = self.gate(*arguments, records=[*records, *CLEAN])
                self.assertEqual(result.returncode, status, result.stderr)

    def test_a_shim_that_was_not_loaded(self):
        for arguments, status in (([], 0), (["--gate"], 24)):
            result = self.dlpin("run", *arguments, PLAIN, environment={"FAKE_SILENT": "1"})
            self.assertEqual(result.returncode, status)
            self.assertIn("libdlpin.so was not loaded into it", result.stderr)
            self.assertIn("nothing was seen", result.stderr)

    def test_what_runs_after_an_exec_must_be_seen(self):
        became = self.records(COVERAGE, dict(SUMMARY, ended="exec"))
        result = self.dlpin("run", "--gate", "env", "-u", "LD_PRELOAD", "true", environment=became)
        self.assertEqual(result.returncode, 24)
        self.assertIn("the program that it became by exec", result.stderr)

    def test_an_exec_that_is_seen(self):
        environment = self.records(COVERAGE, dict(SUMMARY, ended="exec"))
        clean = self.directory / "clean"
        clean.write_text(lines(*CLEAN))
        result = self.dlpin("run", "--gate", "env", f"FAKE_RECORDS={clean}", PLAIN,
                            environment=environment)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_shim_of_another_version(self):
        result = self.dlpin("run", "--gate", PLAIN, environment={"FAKE_VERSION": "2"})
        self.assertEqual(result.returncode, 24)
        self.assertIn("is newer than this dlpin", result.stderr)

    def test_a_child_with_a_shim_of_another_version(self):
        result = self.dlpin("run", "--gate", "sh", "-c", f"FAKE_VERSION=2 {PLAIN}; true",
                            environment={"FAKE_CHILDREN": "1", **self.records(*CLEAN)})
        self.assertEqual(result.returncode, 24)
        self.assertIn("failed: a report file could not be read", result.stderr)

    def test_require_heap(self):
        unseen = dict(COVERAGE, hooks={"heap": False})
        for records, status in (([COVERAGE], 0), ([unseen], 24), ([], 24)):
            result = self.gate("--require=heap", records=records)
            self.assertEqual(result.returncode, status)


class Environment(Case):
    def test_is_extended(self):
        result = self.dlpin("run", "--options=verbosity=1", "--trace-children=no", "--", "sh", "-c",
                            'echo "$LD_PRELOAD"; echo "$DLPIN_OPTIONS"; echo $$',
                            environment={"LD_PRELOAD": FAKE_SHIM, "DLPIN_OPTIONS": "exitcode=3"})
        preload, options, pid = result.stdout.splitlines()
        self.assertEqual(preload, f"{FAKE_SHIM}:{FAKE_SHIM}")
        self.assertRegex(options, r"^exitcode=3:quiet=1:log_empty=0:check_signal=32:trace_children=0:verbosity=1:"
                                  rf'log_path="{self.temporary}/dlpin-run\.\w+/[0-9a-f]{{32}}/dlpin\.%p\.%e":'
                                  rf"log_root={pid}$")

    def test_a_temporary_directory_with_a_colon(self):
        strange = self.directory / "a:b c"
        strange.mkdir()
        result = self.dlpin("run", "--gate", PLAIN,
                            environment={"TMPDIR": str(strange), **self.records(*CLEAN)})
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_everything_else_is_as_without(self):
        script = ("import os, signal, sys; print(sorted(os.listdir('/proc/self/fd')), os.getcwd(), "
                  "[l for l in open('/proc/self/status') if l.startswith(('SigB', 'SigI', 'SigC'))], "
                  "sorted(k for k in os.environ), os.environ.get('DEBUGINFOD_URLS'))")
        environment = {"DEBUGINFOD_URLS": "http://127.0.0.1:1", "LD_PRELOAD": FAKE_SHIM,
                       "DLPIN_OPTIONS": "quiet=1"}
        plain = subprocess.run([sys.executable, "-c", script], text=True, capture_output=True,
                               stdin=subprocess.DEVNULL, env={**self.environment, **environment})
        ours = self.dlpin("run", sys.executable, "-c", script, environment=environment)
        self.assertEqual(plain.stdout, ours.stdout)

    def test_ignored_and_blocked_signals_stay_so(self):
        def ignore():
            for number in (signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE):
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])

        script = ["grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status"]
        plain = subprocess.run(script, preexec_fn=ignore, capture_output=True, text=True,
                               env=self.environment)
        ours = self.dlpin("run", *script, preexec_fn=ignore)
        self.assertEqual(ours.returncode, 0, "SIGCHLD was ignored, and the status is known")
        self.assertEqual(plain.stdout, ours.stdout)

    def test_closed_standard_descriptors_stay_closed(self):
        for closed in ([0], [2], [0, 1, 2]):
            with self.subTest(closed):
                out = self.directory / "fds"
                shell = " ".join(f"{n}>&-" for n in closed)
                subprocess.run(
                    ["sh", "-c", f'"$@" {shell}', "sh", DLPIN, "run", "--", sys.executable, "-c",
                     "import os; open(os.environ['OUT'], 'w').write(repr([n for n in range(9) "
                     "if os.path.exists(f'/proc/self/fd/{n}')]))"],
                    env={**self.environment, "OUT": str(out)}, stdin=subprocess.DEVNULL)
                opened = [n for n in range(3) if n not in closed]
                lowest = next(n for n in range(4) if n not in opened)
                self.assertEqual(out.read_text(), repr(sorted([*opened, lowest])))


class Signals(Case):
    def start(self, script, ready):
        # A shell cannot trap what was ignored when it began, as SIGHUP is under nohup(1).
        process = subprocess.Popen([DLPIN, "run", "--", "sh", "-c", script], env=self.environment,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
        self.assertEqual(process.stdout.readline().strip(), ready)
        return process

    def test_term_and_hup_are_passed_on(self):
        for number, name in ((signal.SIGTERM, "TERM"), (signal.SIGHUP, "HUP")):
            with self.subTest(name):
                process = self.start(
                    f"trap 'echo got; exit 5' {name}; echo ready; while :; do sleep 0.05; done",
                    "ready")
                process.send_signal(number)
                out, err = process.communicate(timeout=600)
                self.assertEqual((process.returncode, out), (5, "got\n"))
                self.assertIn("no findings", err)

    def test_the_keyboards_are_the_programs_alone(self):
        process = self.start("echo ready; read line; exit 6", "ready")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGQUIT)
        process.communicate("go on\n", timeout=600)
        self.assertEqual(process.returncode, 6)

    def test_nobody_reads_the_report(self):
        read, write = os.pipe()
        os.close(read)
        result = subprocess.run([DLPIN, "run", PLAIN, "4"], env=self.environment, stderr=write)
        os.close(write)
        self.assertEqual(result.returncode, 4)


class Files(Case):
    def test_the_private_directory_is_removed(self):
        self.dlpin("run", PLAIN, environment=self.records(ERROR))
        self.assertEqual(os.listdir(self.temporary), [])

    def test_a_daemon_may_still_run(self):
        fifo = self.directory / "fifo"
        os.mkfifo(fifo)
        # Not before its report has begun: an empty file is one that could not be written.
        script = (f"FAKE_RECORDS= cat {fifo} >/dev/null 2>&1 </dev/null & "
                  f"until find {self.temporary} -name 'dlpin.*.cat' -size +0 | grep -q .; do sleep 0.01; done")
        result = self.dlpin("run", "--gate", "sh", "-c", script,
                            environment={"FAKE_CHILDREN": "1", **self.records(*CLEAN)})
        with open(fifo, "w"):
            pass  # it runs until then
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("did not end normally, or still runs", result.stderr)

    def test_keep(self):
        kept = self.directory / "kept"
        environment = self.records(ERROR, *CLEAN)
        for times in (1, 2):
            result = self.dlpin("run", f"--keep={kept}", PLAIN, environment=environment)
            self.assertEqual(result.returncode, 0)
            self.assertIn("1 error, 0 warnings, 0 notes; 1 process", result.stderr)
            self.assertEqual(len(os.listdir(kept)), times, "earlier files are none of this run")
        self.assertEqual(self.dlpin("check", kept).returncode, 1)

    def test_reports(self):
        text, document = self.directory / "text", self.directory / "json"
        result = self.dlpin("run", "-o", text, f"--report=json:{document}", PLAIN,
                            environment=self.records(ERROR, *CLEAN))
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        self.assertIn("error: key-destructor", text.read_text())
        self.assertEqual(json.loads(document.read_text())["counts"]["error"], 1)

    def test_a_report_that_cannot_be_written_is_no_success(self):
        for status, expected in ((0, 24), (3, 3)):
            result = self.dlpin("run", "-o", "/dev/full", PLAIN, status)
            self.assertEqual(result.returncode, expected)

    def test_children_are_merged(self):
        result = self.dlpin("run", "--format=json", "sh", "-c", f"{PLAIN}; {PLAIN}; true",
                            environment={"FAKE_CHILDREN": "1", **self.records(ERROR, *CLEAN)})
        document = json.loads(result.stderr)
        self.assertEqual(len(document["findings"]), 1)
        self.assertEqual(len(document["findings"][0]["instances"]), 3)


class Location(Case):
    """Where libdlpin.so is found, without DLPIN_LIBRARY."""

    def tree(self, command, library):
        for source, place in ((DLPIN, command), (FAKE_SHIM, library)):
            target = self.directory / "tree" / place
            target.parent.mkdir(parents=True)
            shutil.copy(source, target)
        del self.environment["DLPIN_LIBRARY"]
        return self.directory / "tree" / command

    def preload(self, command):
        result = subprocess.run([command, "run", "sh", "-c", "echo $LD_PRELOAD"], text=True,
                                env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("no findings", result.stderr)
        return result.stdout.strip()

    def test_an_installed_tree_works_wherever_it_lies(self):
        command = self.tree("bin/dlpin", f"bin/{LIBRARY_FROM_BINDIR}")
        self.assertEqual(self.preload(command),
                         os.path.realpath(self.directory / "tree/bin" / LIBRARY_FROM_BINDIR))

    def test_a_build_tree(self):
        command = self.tree("analyzer/dlpin", "shim/libdlpin.so")
        self.assertEqual(self.preload(command),
                         os.path.realpath(self.directory / "tree/shim/libdlpin.so"))

    def test_a_link_to_the_command(self):
        command = self.tree("bin/dlpin", f"bin/{LIBRARY_FROM_BINDIR}")
        (self.directory / "link").symlink_to(command)
        self.preload(self.directory / "link")


class Options(Case):
    def test_the_librarys_options_are_checked_before_the_program_starts(self):
        ran = self.directory / "ran"
        for options, text in (("verbose=1", '"verbose" is no option of libdlpin.so'),
                              ("verbosity", '"verbosity" has no value'),
                              ("verbosity=1:", None), ("", None), (":verbosity=1", None),
                              ("label_env='a:b':verbosity=0", None),
                              ("label_env='a:b':scann=0", '"scann" is no option'),
                              ("scan=maybe", "scan=maybe: it must be one of: off values full"),
                              ("scan=off=x", "scan=off=x: it must be one of"),
                              ("scan=", "scan=: it must be one of"),
                              ("scan=off:fix=guard", None), ("fix=keep=a*", None), ('"scan"="off"', None),
                              ("fix=guard=a*", "fix=guard=a*: it must be one of: off guard keep"),
                              ("quiet=yes", "quiet=yes: it must be a number in the range 0-1"),
                              ("scan_limit_ms=1s:quiet=1", "scan_limit_ms=1s: it must be a number"),
                              ("check_signal=99", "check_signal=99: it must be a number in the range 0-64"),
                              ("malloc_context_size=0", "the range 1-32"), ("malloc_context_size=32", None),
                              ("registries=/nonexistent", "registries=/nonexistent: No such file"),
                              ("suppressions='/non:existent'", "suppressions=/non:existent: No such file"),
                              ("registries=/dev/null", None)):
            with self.subTest(options):
                result = self.dlpin("run", f"--options={options}", "touch", ran,
                                    environment={"DLPIN_LIBRARY": SHIM} if SHIM else {})
                self.assertEqual(result.returncode, 125 if text else 0, result.stderr)
                self.assertIn(text or "", result.stderr)
                self.assertEqual(ran.exists(), text is None)
                ran.unlink(missing_ok=True)

    def test_so_are_those_of_the_environment(self):
        for options, status in (("scan=maybe", 125), ("verbose=1", 125), ("scan=off", 0), ("", 0)):
            environment = {"DLPIN_OPTIONS": options} | ({"DLPIN_LIBRARY": SHIM} if SHIM else {})
            result = self.dlpin("run", "true", environment=environment)
            self.assertEqual(result.returncode, status, result.stderr)
            self.assertEqual("dlpin run: DLPIN_OPTIONS: " in result.stderr, status == 125)

    def test_a_library_without_a_list_takes_all(self):
        self.assertEqual(self.dlpin("run", "--options=verbose=1", "true").returncode, 0)

    def test_the_programs_options_are_its_own(self):
        for separator in ([], ["--"]):
            result = self.dlpin("run", *separator, "echo", "--gate", "-o", "--help")
            self.assertEqual(result.stdout, "--gate -o --help\n")


if __name__ == "__main__":
    unittest.main()
