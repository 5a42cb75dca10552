# SPDX-License-Identifier: MIT
"""dlpin report, dlpin check, and the command as such: exit statuses and what is said."""

import fcntl
import json
import os
import pty
import shutil
import struct
import subprocess
import termios
import unittest

from support import DATA, DLPIN, ERROR, Case, lines

# file: (exit status of check, part of its standard output, part of its standard error)
CHECKS = {
    "clean.jsonl": (0, "clean: no findings; 1 process, 1 module unloaded", ""),
    "good.jsonl": (1, "2 errors, 1 warning, 1 note", "check: failed: 3 findings"),
    "note-only.jsonl": (0, "0 errors, 0 warnings, 1 note", ""),
    "members.jsonl": (1, "all with this cause: libplug.so, host", "failed: 1 finding"),
    "warning-only.jsonl": (1, "warning: key: libplug.so: pthread key left by the module", "failed: 1 finding"),
    "retention.jsonl": (1, "-> virtual function table: vtable for (anonymous namespace)::Widget", ""),
    "damaged-path.jsonl": (1, "dlpin: 2 damaged paths left out, the findings are there",
                           "damaged path left out: \"what\" is missing"),
    "crash.jsonl": (1, "host (process 100) crashed with SIGSEGV in on_thread_end (libplug.so+0x1149), "
                       "1.204 s after\n  libplug.so was unloaded", "failed: 1 crash, 2 findings"),
    "crash-unpredicted.jsonl": (1, "crashed with signal 7 when it read or wrote ?? (libplug.so+0x4020)",
                                "failed: 2 crashes, 0 findings"),
    "duplicates.jsonl": (0, "libplug.so was mapped 2 times at once, each with variables of its own (one build "
                            "ID): /opt/host/plugins/libplug.so, /tmp/reload.1/libplug.so\n"
                            "dlpin: clean: no findings; 1 process, 0 modules unloaded, 1 closed and "
                            "still mapped", ""),
    "resolved.jsonl": (0, "1 finding was not true any more later", ""),
    "resolved-then-again.jsonl": (1, "2 times", ""),
    "replaced.jsonl": (1, "5 times, loads 1-3, 5, growing with each load", ""),
    "pending-last.jsonl": (1, "reported before the module was unmapped", ""),
    "pending-confirmed.jsonl": (1, "thread-routine: libplug.so: thread left that runs the module's code", ""),
    "pending-resolved.jsonl": (0, "clean: no findings", ""),
    "no-summary.jsonl": (1, "process 100 (host) did not end normally, or still runs", ""),
    "two-pids.jsonl": (1, "2 times, load 1, process 100 (and 1 more): ", ""),
    "unknown.jsonl": (1, "error: brand-new-kind", ""),
    "no-header.jsonl": (1, "key-destructor", "the header is missing or damaged"),
    "wild-numbers.jsonl": (1, "9223372036854775807 times", ""),
    "damaged.jsonl": (1, "24 damaged records skipped", "damaged.jsonl:4: damaged record skipped"),
    "higher-version.jsonl": (2, "", "report version 2 is newer than this dlpin"),
    "other-format.jsonl": (2, "", "not a dlpin report"),
    "not-a-report.txt": (2, "", "not a dlpin report"),
    "empty.jsonl": (2, "", "empty: the process that made it wrote nothing"),
    "mixed": (1, "5 times, loads 1-3, growing with each load, process 100 (and 1 more): ", "README: skipped"),
    "no-such-file": (2, "", "No such file or directory"),
}


class Check(Case):
    def test_every_example(self):
        for name, (status, out, err) in CHECKS.items():
            with self.subTest(name):
                result = self.dlpin("check", DATA / name)
                self.assertEqual(result.returncode, status, result.stderr)
                self.assertIn(out, result.stdout)
                self.assertIn(err, result.stderr)
                self.assertNotIn("Sanitizer", result.stderr)

    def test_there_are_no_other_examples(self):
        self.assertEqual(set(os.listdir(DATA)) - set(CHECKS) - {"escapes.jsonl"}, set())

    def test_fail_on(self):
        good = DATA / "good.jsonl"
        for fail_on, status in {
            "error": 1, "warning": 1, "note": 1, "key-orphan": 0, "key-orphan,key-foreign": 0,
            "thread-requested": 1, "key-orphan,error": 1, "errors": 2, "": 2, "error,": 2,
        }.items():
            with self.subTest(fail_on):
                result = self.dlpin("check", f"--fail-on={fail_on}", good)
                self.assertEqual(result.returncode, status, result.stderr)
        for fail_on, status in {"error": 1, "note": 1, "key-orphan": 0, "key-orphan,error": 1}.items():
            with self.subTest(crash=fail_on):
                result = self.dlpin("check", f"--fail-on={fail_on}", DATA / "crash-unpredicted.jsonl")
                self.assertEqual(result.returncode, status, result.stderr)
        self.assertEqual(self.dlpin("check", "--fail-on=note", DATA / "note-only.jsonl").returncode, 1)
        self.assertEqual(
            self.dlpin("check", "--fail-on=error", DATA / "warning-only.jsonl").returncode, 0)

    def test_shows_only_what_fails(self):
        result = self.dlpin("check", "--fail-on=error", DATA / "good.jsonl")
        self.assertIn("error: key-destructor", result.stdout)
        self.assertNotIn("warning: key:", result.stdout)

    def test_resolved_findings_can_be_asked_for(self):
        result = self.dlpin("check", "--resolved", DATA / "resolved.jsonl")
        self.assertEqual(result.returncode, 1)
        self.assertIn("no longer true", result.stdout)

    def test_unreadable_input_wins_over_findings(self):
        result = self.dlpin("check", DATA / "good.jsonl", "/nonexistent")
        self.assertEqual(result.returncode, 2)
        self.assertIn("key-destructor", result.stdout)

    def test_an_empty_directory_is_not_green(self):
        result = self.dlpin("check", self.temporary)
        self.assertEqual(result.returncode, 2)
        self.assertIn("no report files in it", result.stderr)

    def test_a_directory_of_something_else_is_a_few_lines(self):
        for number in range(20):
            self.file(f"x{number}", "x")
        result = self.dlpin("check", self.directory)
        self.assertEqual(result.returncode, 2)
        self.assertEqual(len(result.stderr.splitlines()), 12)
        self.assertIn(f"{self.directory}: 10 more files skipped\n", result.stderr)

    def test_a_fifo_in_a_directory_does_not_block(self):
        os.mkfifo(self.temporary / "fifo")
        self.assertEqual(self.dlpin("check", self.temporary).returncode, 2)

    def test_a_report_from_a_pipe(self):
        with open(DATA / "good.jsonl", encoding="utf-8") as report:
            result = self.dlpin("check", "/dev/stdin", stdin=report)
        self.assertEqual(result.returncode, 1)

    def test_json(self):
        document = json.loads(self.dlpin("check", "--format=json", DATA / "good.jsonl").stdout)
        self.assertEqual(len(document["findings"]), 3)

    def test_usage(self):
        for arguments in ([], ["--nonsense", "x"], ["--format=toml", "x"]):
            with self.subTest(arguments):
                self.assertEqual(self.dlpin("check", *arguments).returncode, 2)


class Report(Case):
    def test_findings_do_not_change_the_status(self):
        self.assertEqual(self.dlpin("report", DATA / "good.jsonl").returncode, 0)

    def test_unreadable_input_does(self):
        for name in ("higher-version.jsonl", "no-such-file", "not-a-report.txt"):
            with self.subTest(name):
                self.assertEqual(self.dlpin("report", DATA / name).returncode, 2)

    def test_json(self):
        result = self.dlpin("report", "--format=json", DATA / "mixed")
        document = json.loads(result.stdout)
        self.assertEqual(document["format"], "dlpin-merged-report")
        self.assertEqual(document["counts"], {"error": 1, "warning": 1, "note": 0})
        first = document["findings"][0]
        self.assertEqual((first["count"], first["loads"], first["growing"]), (5, [1, 2, 3], True))
        self.assertEqual([i["pid"] for i in first["instances"]], [100, 200])
        self.assertEqual(first["stack"][0]["function"], "plug_start")
        self.assertEqual(first["subject"]["destructor"]["module"], "libplug.so")
        self.assertEqual(sorted(p["ended"] for p in document["processes"]), ["_exit", "exit", "exit"])
        self.assertEqual(document["coverage"]["unseen"],
                         [{"text": "static TLS of the program", "processes": 2}])
        self.assertEqual(document["input"]["files"], 3)

    def test_json_of_every_example_is_json(self):
        for name in os.listdir(DATA):
            with self.subTest(name):
                json.loads(self.dlpin("report", "--format=json", DATA / name).stdout)

    def test_json_of_duplicates(self):
        document = json.loads(
            self.dlpin("report", "--format=json", DATA / "duplicates.jsonl").stdout)
        duplicate, = document["duplicates"]
        self.assertEqual((duplicate["processes"], duplicate["pid"]), (1, 100))
        self.assertEqual([(m["path"], m["state"]) for m in duplicate["modules"]],
                         [("/opt/host/plugins/libplug.so", "closed"),
                          ("/tmp/reload.1/libplug.so", "loaded")])

    def test_several_reports(self):
        text, document = self.directory / "a:b.txt", self.directory / "b.json"
        result = self.dlpin("report", f"--report=text:{text}", f"--report=json:{document}",
                            DATA / "good.jsonl")
        self.assertEqual((result.returncode, result.stdout), (0, ""))
        self.assertIn("2 errors", text.read_text())
        self.assertEqual(json.loads(document.read_text())["counts"]["error"], 2)

    def test_to_a_file(self):
        out = self.directory / "out"
        result = self.dlpin("report", "-o", out, DATA / "good.jsonl")
        self.assertEqual((result.returncode, result.stdout), (0, ""))
        self.assertIn("2 errors", out.read_text())

    def test_messages_never_get_into_a_report(self):
        out = self.directory / "out"
        subprocess.run(["sh", "-c", '"$@" 2>&-', "sh", DLPIN, "report", "-o", out,
                        DATA / "damaged.jsonl"], env=self.environment, check=True)
        self.assertIn("24 damaged records skipped", out.read_text())
        self.assertNotIn("damaged.jsonl:4", out.read_text())

    def test_what_cannot_be_written(self):
        for target in ("/nonexistent/x", "/dev/full"):
            with self.subTest(target):
                result = self.dlpin("report", f"--report=text:{target}", DATA / "good.jsonl")
                self.assertEqual(result.returncode, 2)
                self.assertIn(f"cannot write {target}", result.stderr)

    def test_a_long_stack_is_cut(self):
        for frames, end in ((20, "    #19 f (plug.so+0x1)"), (21, "    #20 f (plug.so+0x1)"),
                            (22, "    … 2 more frames (--verbose)"), (500, "    … 480 more frames (--verbose)")):
            with self.subTest(frames):
                path = self.file("deep", lines(
                    {"type": "header", "format": "dlpin-report", "version": 1, "pid": 1},
                    {"type": "module", "pid": 1, "id": 2, "path": "/plug.so", "state": "unloaded"},
                    {**ERROR, "pid": 1, "stack": [{"pc": "0x1", "module": 2, "offset": 1, "symbol": "f"}] * frames}))
                self.assertIn(end + "\n  sig:", self.dlpin("report", path).stdout)
                self.assertIn(f"    #{frames - 1} f (plug.so+0x1)\n", self.dlpin("report", "-v", path).stdout)

    def test_the_place_is_in_the_module_even_where_that_is_common(self):
        path = self.file("common", lines(
            {"type": "header", "format": "dlpin-report", "version": 1, "pid": 1},
            {"type": "module", "pid": 1, "id": 1, "path": "/host", "state": "loaded"},
            {"type": "module", "pid": 1, "id": 2, "path": "/libglib-2.0.so.0", "state": "closed", "common": True},
            {**ERROR, "pid": 1, "stack": [{"pc": "0x1", "module": 2, "offset": 1, "symbol": "g_private_get"},
                                          {"pc": "0x2", "module": 1, "offset": 2, "symbol": "main"}]}))
        self.assertIn("\n  in g_private_get (libglib-2.0.so.0+0x1)\n", self.dlpin("report", path).stdout)

    def test_its_own_files_are_no_reports(self):
        reports = self.directory / "reports"
        reports.mkdir()
        shutil.copy(DATA / "good.jsonl", reports)
        for _ in range(2):
            for name, text in (("out", "2 errors"), ("json", '"error": 2')):
                result = self.dlpin("report", f"--format={'text' if name == 'out' else name}", "-o",
                                    reports / name, reports)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertNotIn(f"{reports / name}:", result.stderr)
                self.assertIn(text, (reports / name).read_text())

    def test_a_report_file_is_never_overwritten(self):
        path = self.directory / "report"
        shutil.copy(DATA / "good.jsonl", path)
        before = path.read_text()
        (self.directory / "link").symlink_to(path)
        for command in ("report", "check", "diff", "run"):
            for target in (path, self.directory / "link"):
                with self.subTest(command, target=target):
                    inputs = ["true"] if command == "run" else [path] * (1 + (command == "diff"))
                    result = self.dlpin(command, "-o", target, *inputs)
                    self.assertEqual(result.returncode, 125 if command == "run" else 2)
                    self.assertIn(f"cannot write {target}: it is the report file of a process", result.stderr)
                    self.assertEqual(path.read_text(), before)

    def test_two_reports_do_not_go_into_one_file(self):
        out = self.directory / "out"
        result = self.dlpin("report", "-o", out, f"--report=json:{self.directory}/../{self.directory.name}/out",
                            DATA / "good.jsonl")
        self.assertEqual(result.returncode, 2)
        self.assertIn("out: another report goes there", result.stderr)
        result = self.dlpin("report", "-o", "/dev/null", "--report=json:/dev/null", DATA / "good.jsonl")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_usage(self):
        for arguments in ([], ["--format=toml", "x"], ["--report=x", "x"], ["--nonsense", "x"]):
            with self.subTest(arguments):
                self.assertEqual(self.dlpin("report", *arguments).returncode, 2)

    def test_no_escape_sequences_reach_the_terminal(self):
        for name in ("escapes.jsonl", "damaged.jsonl"):
            result = self.dlpin("report", DATA / name)
            text = (result.stdout + result.stderr).replace("\n", "")
            self.assertTrue(all(ord(c) >= 32 and not 127 <= ord(c) < 160 for c in text))


class Color(Case):
    def on_terminal(self, columns=0, **environment):
        try:
            leader, follower = pty.openpty()
        except OSError as error:
            self.skipTest(f"no terminal to be had: {error}")
        fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen([DLPIN, "report", DATA / "good.jsonl"], stdout=follower,
                                   env={**self.environment, **environment})
        os.close(follower)
        text = b""
        try:
            while chunk := os.read(leader, 4096):
                text += chunk
        except OSError:
            pass  # the other end of the terminal is closed
        os.close(leader)
        process.wait()
        return text

    def test_sentences_take_its_width(self):
        for columns, environment in ((60, {"COLUMNS": ""}), (80, {"COLUMNS": "80"})):
            lines = self.on_terminal(60, **environment).decode().splitlines()
            sentences = [line for line in lines if line.startswith("  ") and "(" not in line]
            longest = max(map(len, sentences))
            self.assertTrue(columns - 15 < longest <= columns, longest)

    def test_on_a_terminal_only(self):
        self.assertIn(b"\033[31merror", self.on_terminal())
        self.assertNotIn(b"\033", self.on_terminal(NO_COLOR="1"))
        self.assertNotIn("\033", self.dlpin("report", DATA / "good.jsonl").stdout)


class Usage(Case):
    """Every command's options come out of one table: so do messages, help and completions."""

    COMMANDS = {"run": 125, "report": 2, "check": 2, "leaks": 2, "why": 2, "completions": 2}

    def test_messages_name_the_command_and_where_to_read_on(self):
        for command, status in self.COMMANDS.items():
            for arguments in (["--nonsense"], ["--nonsense=1"], ["-x"], [], ["--help=1"], ["--versionx"]):
                with self.subTest(command, arguments=arguments):
                    result = self.dlpin(command, *arguments)
                    self.assertEqual((result.returncode, result.stdout), (status, ""))
                    self.assertRegex(result.stderr, rf"^dlpin {command}: [^\n]*; see dlpin {command} --help, "
                                                    r"or dlpin\(1\)\n$")

    def test_values(self):
        for arguments, text in (
            (["check", "--format"], "--format needs a value: FORMAT"),
            (["check", "--resolved=1", "x"], "--resolved takes no value"),
            (["check", "--fo=toml", "x"], 'unknown format "toml": it must be one of text, json, junit, '),
            (["check", "--re", "x"], "--re: not the whole option: --require, --report, --resolved;"),
            (["check", "--=x", "x"], "--: unknown option"),
            (["why", "--timeout=0", "-p", "1", "x"], "--timeout=0: it must be a number from 1 to 86400"),
            (["why", "-p"], "--pid needs a value: PID"),
            (["why", "-p1", "x", "y"], "name one module"),
            (["leaks", "1", "2"], "name one process"),
            (["completions", "fish"], "only bash and zsh"),
        ):
            with self.subTest(arguments):
                result = self.dlpin(*arguments)
                self.assertEqual(result.returncode, 2)
                self.assertIn(text, result.stderr)

    def test_options_behind_arguments_and_short_forms(self):
        good, out = DATA / "good.jsonl", self.directory / "out"
        for arguments in ([good, "--output", out], [f"-o{out}", good], ["--out", out, "--", good],
                          ["-o", out, "--form=text", good]):
            with self.subTest(arguments):
                result = self.dlpin("report", *arguments)
                self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
                self.assertIn("2 errors", out.read_text())
                out.unlink()

    def test_what_is_no_report_is_one_line(self):
        document = self.directory / "document"
        self.dlpin("report", "--format=json", "-o", document, DATA / "good.jsonl")
        binary = self.directory / "binary"
        binary.write_bytes(b"\x7fELF\0\1")
        for path in ("/etc/passwd", document, binary):
            with self.subTest(path):
                result = self.dlpin("report", path)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertEqual(result.stderr, f"dlpin report: {path}: not a dlpin report: report files are "
                                                "those that dlpin run --keep leaves\n")

    def test_bash_completes(self):
        script = self.file("script", self.dlpin("completions", "bash").stdout)
        for words, expected in (
            (["che"], ["check"]),
            (["check", "--res"], ["--resolved"]),
            (["check", "--form"], ["--format="]),
            (["check", "--format", "=", "js"], ["json"]),
            (["check", "--format", "="],
             ["text", "json", "junit", "github", "sarif", "markdown", "gitlab", "dot", "html"]),
            (["run", "--fail-on", "=", "error,key-o"], ["error,key-orphan"]),
            (["run", "--trace-children", "="], ["yes", "no"]),
            (["why", "--time"], ["--timeout="]),
            (["leaks", "--keep"], []),
            (["run", "--keep", "=", f"{self.directory}/t"], [f"{self.directory}/tmp"]),
            (["report", f"{self.directory}/scr"], [str(script)]),
            (["run", "-o", f"{self.directory}/scr"], [str(script)]),
            (["leaks", "--timeout", "=", ""], []),
        ):
            with self.subTest(words):
                quoted = " ".join(f"'{word}'" for word in ["dlpin", *words])
                result = subprocess.run(
                    ["bash", "--norc", "-c", f". '{script}'; COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; "
                     "_dlpin; printf '%s\\n' \"${COMPREPLY[@]}\""],
                    capture_output=True, text=True, env=self.environment)
                self.assertEqual(result.stderr, "")
                self.assertEqual(result.stdout.split(), expected)

    def test_zsh_can_read_its_script(self):
        script = self.file("_dlpin", self.dlpin("completions", "zsh").stdout)
        self.assertIn("'*--format=[", script.read_text())
        if shutil.which("zsh"):
            subprocess.run(["zsh", "-n", script], check=True)


class Command(Case):
    def test_help(self):
        self.assertIn("run a program", self.dlpin("--help").stdout)
        for command in ("run", "report", "check", "leaks", "why", "completions"):
            with self.subTest(command):
                for arguments in ([command, "--help"], ["help", command], ["--help", command]):
                    result = self.dlpin(*arguments)
                    self.assertEqual(result.returncode, 0)
                    self.assertIn(f"Usage: dlpin {command}", result.stdout)
                    self.assertEqual(result.stderr, "")
                    self.assertLess(max(map(len, result.stdout.splitlines())), 101)

    def test_version(self):
        for arguments in (["--version"], ["-V"], ["run", "--version"], ["check", "-V"]):
            with self.subTest(arguments):
                result = self.dlpin(*arguments)
                self.assertRegex(result.stdout, r"^dlpin \d+\.\d+\.\d+\n$")
                self.assertEqual(result.returncode, 0)

    def test_usage(self):
        for arguments in ([], ["nonsense"], ["--nonsense"], ["help", "nonsense"]):
            with self.subTest(arguments):
                result = self.dlpin(*arguments)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertNotEqual(result.stderr, "")


if __name__ == "__main__":
    unittest.main()
