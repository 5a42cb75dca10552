# SPDX-License-Identifier: MIT
"""Suppressions, baselines, dlpin diff, --min-severity: what counts, and what is said of the rest."""

import json
import os
import stat
import unittest

from support import COVERAGE, DATA, ERROR, PLAIN, SUMMARY, Case

GOOD = DATA / "good.jsonl"
CLEAN = DATA / "clean.jsonl"  # libplug.so was unloaded, and left nothing
DAY = "--today=2026-06-15"


class Exceptions(Case):
    def signatures(self, report=GOOD):
        document = json.loads(self.dlpin("report", "--format=json", report).stdout)
        return {(f["kind"], f["function"]): f["signature"] for f in document["findings"]}

    def check(self, *arguments, status, command="check"):
        result = self.dlpin(command, DAY, *arguments)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result


class Suppressions(Exceptions):
    def suppressed(self, text, *more, status=1, report=GOOD):
        return self.check("--suppressions", self.file("s", text), *more, report, status=status)

    def test_by_kind_and_patterns(self):
        for lines, status, suppressed in (
            ("", 1, 0),
            ("key-destructor:libplug.so\n", 1, 1),
            ("key-destructor:*\nthread-routine:*|plug::worker*\nkey:/opt/*\n", 0, 3),
            ("*:libplug.so", 0, 4),
            ("key-destructor:plug_start\nkey:plug_start\n", 1, 2),
        ):
            with self.subTest(lines):
                result = self.suppressed(lines, status=status)
                if suppressed:
                    self.assertIn(f"dlpin: {suppressed} suppressed\n", result.stdout)
                else:
                    self.assertNotIn("suppressed", result.stdout)
                self.assertNotIn("matched nothing", result.stdout)

    def test_one_member_of_several(self):
        """A finding about two modules is hidden by what names both, and lost by nothing else."""
        lines = [json.loads(line) for line in (DATA / "note-only.jsonl").read_text().splitlines()]
        finding = next(line for line in lines if line["type"] == "finding")
        module = next(line for line in lines
                      if line["type"] == "module" and line["id"] == finding["module"])
        other = {**module, "id": module["id"] + 100, "path": "/opt/other.so", "soname": "other.so"}
        finding["members"] = [{"name": "a", "count": 1, "module": module["id"]},
                              {"name": "b", "count": 1, "module": other["id"]}]
        lines.insert(lines.index(module), other)
        report = self.file("members.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
        for pattern, hidden in ((module["soname"], False), ("other.so", False), ("*.so*", True)):
            with self.subTest(pattern):
                result = self.suppressed(f"*:{pattern}\n", report=report, status=0)
                self.assertEqual("1 suppressed" in result.stdout, hidden, result.stdout)

    def test_by_signature(self):
        sig = self.signatures()["thread-routine", "plug::worker(void*)"]
        self.assertIn("1 suppressed", self.suppressed(f"sig:{sig}").stdout)
        other = sig[:8] + f"{int(sig[8:], 16) ^ 1:04x}"
        result = self.suppressed(f"# first\nsig:{other.upper()} reason=x\n")
        self.assertIn("1 suppressed", result.stdout)
        self.assertRegex(result.stdout, r"suppression that matched another stack: \S*/s:2: sig:")

    def test_several_files(self):
        first, second = self.file("1", "key:*"), self.file("2", "key-destructor:*")
        result = self.check(f"--suppressions={first}", "--suppressions", second, GOOD, status=1)
        self.assertIn("2 suppressed", result.stdout)

    def test_what_matched_nothing_is_named(self):
        result = self.suppressed("# one\n\nkey:libother.so\nkey:*\n")
        self.assertIn(f"suppression that matched nothing: {self.directory}/s:3: key:libother.so", result.stdout)
        self.assertEqual(result.stdout.count("matched nothing"), 1)

    def test_those_that_matched_can_be_named(self):
        result = self.suppressed("key:* reason=ours\nkey-orphan:*", "--print-suppressions")
        self.assertIn(f"suppression that matched: {self.directory}/s:1: key:* reason=ours", result.stdout)
        self.assertNotIn("that matched: ", self.suppressed("key:*").stdout)

    def test_until(self):
        for day, status in (("2026-06-14", 1), ("2026-06-15", 0), ("2030-01-01", 0)):
            with self.subTest(day):
                result = self.suppressed(f"*:libplug.so until={day} reason=third party", status=status)
                over = f"  hidden until {day} by {self.directory}/s:1: third party\n"
                self.assertEqual(result.stdout.count(over), 3 if status else 0)
                self.assertNotIn("matched nothing", result.stdout)

    def test_damaged_lines_are_named_and_the_others_hold(self):
        damaged = ["nonsense", "keys:x", "key:", "key:a||b", "key:x until=2026-02-30", "sig:12", "key:x module=y",
                   "key:\x1b[31m until=x", "sig:0123456789ab until=2026-01-01 until=2026-01-01", ":", "sig"]
        for line in damaged:
            with self.subTest(line):
                result = self.suppressed(f"key:*\n{line}\nkey-destructor:*\n")
                self.assertIn("2 suppressed", result.stdout)
                message, *rest = result.stderr.splitlines()
                self.assertRegex(message, rf"^dlpin check: {self.directory}/s:2: line left out: .")
                self.assertNotIn("\x1b", message)
                self.assertEqual(rest, ["dlpin check: failed: 1 finding"])

    def test_files_that_cannot_be_read(self):
        for path, text in ((self.directory / "none", "No such file"), (self.directory, "directory"),
                           ("/dev/zero", "not a regular file"), (self.file("zero", "key:*\n\0\n"), "zero:2: a zero byte"),
                           (self.file("later", "# dlpin/2\nsig:0123456789ab\n"), "later:1: its signatures are not")):
            with self.subTest(path):
                for option in ("--suppressions", "--baseline"):
                    result = self.check(option, path, GOOD, status=2)
                    self.assertEqual(result.stdout, "")
                    self.assertIn(text, result.stderr)
                    self.assertEqual(len(result.stderr.splitlines()), 1)
                    ran = self.directory / "ran"
                    result = self.dlpin("run", option, path, "touch", ran)
                    self.assertEqual((result.returncode, ran.exists()), (125, False))

    def test_run_and_report(self):
        file = self.file("s", "key-destructor:*")
        environment = self.records(ERROR, COVERAGE, SUMMARY)
        for arguments, status in (([], 23), (["--suppressions", file], 0)):
            result = self.dlpin("run", "--gate", *arguments, PLAIN, environment=environment)
            self.assertEqual(result.returncode, status, result.stderr)
        self.assertIn("1 suppressed", result.stderr)
        self.assertIn("1 suppressed", self.check("--suppressions", file, GOOD, status=0, command="report").stdout)

    def test_json(self):
        file = self.file("s", "key:* until=2026-06-15 reason=why\nkey-destructor:* until=2025-01-01\nkey-orphan:x\n")
        document = json.loads(self.check("--suppressions", file, "--format=json", GOOD, status=1).stdout)
        hidden, = document["hidden"]
        self.assertEqual((hidden["kind"], hidden["function"], hidden["by"]), ("key", "plug_start", "suppression"))
        self.assertEqual({name: hidden["entry"][name] for name in ("file", "line", "until", "reason")},
                         {"file": str(file), "line": 1, "until": "2026-06-15", "reason": "why"})
        self.assertEqual([f["kind"] for f in document["findings"]], ["key-destructor", "thread-routine"])
        self.assertEqual(document["findings"][0]["expired"]["line"], 2)
        self.assertIsNone(document["findings"][1]["expired"])
        self.assertEqual([entry["line"] for entry in document["exceptions"]["unmatched"]], [3])
        self.assertEqual(document["counts"], {"error": 2, "warning": 0, "note": 0})


class Baseline(Exceptions):
    def setUp(self):
        super().setUp()
        self.path = self.directory / "baseline"

    def written(self):
        self.check("--baseline", self.path, "--write-baseline", GOOD, status=0)
        return self.path.read_text()

    def test_is_written_and_known_from_then_on(self):
        text = self.written()
        lines = text.splitlines()
        self.assertEqual(lines[0], "# dlpin/1")
        self.assertEqual({line.split()[0] for line in lines if line[0] != "#"},
                         {"sig:" + signature for signature in self.signatures().values()})
        self.assertIn(" kind=key-destructor module=libplug.so function=on_thread_end\n", text)
        result = self.check("--baseline", self.path, GOOD, status=0)
        self.assertIn(f"dlpin: 4 known: {self.path}\n", result.stdout)
        self.assertNotIn("error: ", result.stdout)
        self.assertEqual(self.path.read_text(), text)

    def test_only_what_it_lacks_gates(self):
        text = self.written()
        self.path.write_text("".join(line for line in text.splitlines(True) if "thread-routine" not in line))
        result = self.check("--baseline", self.path, GOOD, status=1)
        self.assertIn("failed: 1 finding", result.stderr)
        self.assertIn("error: thread-routine", result.stdout)
        self.assertNotIn("key-destructor", result.stdout)

    def test_what_it_hides_can_be_shown(self):
        self.written()
        result = self.check("--baseline", self.path, "--no-baseline", GOOD, status=1)
        self.assertIn("failed: 3 findings", result.stderr)
        self.assertEqual(result.stdout.count(f"  known: {self.path}:"), 3)

    def test_writing_adds_and_keeps(self):
        mine = "# mine\nsig:000000000000 reason=kept\n\n# end"
        self.path.write_text(mine)
        self.path.chmod(0o640)
        text = self.written()
        self.assertTrue(text.startswith(mine + "\nsig:"))
        self.assertEqual(len(text.splitlines()), 8)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o640)
        self.assertEqual(self.written(), text, "nothing twice")

    def test_one_without_findings(self):
        self.check("--baseline", self.path, "--write-baseline", CLEAN, status=0)
        self.assertEqual(self.path.read_text().count("\n"), 2)
        self.check("--baseline", self.path, GOOD, status=1)

    def test_an_update_removes_what_is_fixed_and_nothing_else(self):
        elsewhere = "sig:000000000000 kind=key module=libelse.so function=f\n"
        damaged = "sig:12\n"
        text = self.written() + "# a comment\n" + elsewhere + damaged
        self.path.write_text(text)
        result = self.check("--baseline", self.path, CLEAN, status=0)
        self.assertEqual(result.stdout.count("dlpin: fixed: "), 4)
        self.assertIn("1 line was not seen again, without an unloading that could tell", result.stdout)
        self.assertEqual(self.path.read_text(), text, "it is not written unasked")
        result = self.check("--baseline", self.path, "--update-baseline", CLEAN, status=0)
        self.assertIn(f"{self.path}:9: line left out: ", result.stderr)
        self.assertIn("0 lines added, 4 removed", result.stdout)
        self.assertEqual(self.path.read_text(),
                         "".join(text.splitlines(True)[:2]) + "# a comment\n" + elsewhere + damaged)

    def test_an_update_adds_nothing(self):
        text = "# dlpin/1\n# none\n"
        self.path.write_text(text)
        self.check("--baseline", self.path, "--update-baseline", GOOD, status=1)
        self.assertEqual(self.path.read_text(), text)

    def test_reports_that_are_not_whole_change_nothing(self):
        text = self.written()
        for report in (DATA / "damaged.jsonl", DATA / "empty.jsonl", self.directory / "none"):
            for option in ("--write-baseline", "--update-baseline"):
                with self.subTest(report, option=option):
                    result = self.check("--baseline", self.path, option, report, status=2)
                    self.assertIn("not written: the reports are not whole", result.stderr)
                    self.assertEqual(self.path.read_text(), text)

    def test_another_stack(self):
        sig = self.signatures()["key", "plug_start"]
        self.path.write_text(f"sig:{sig[:8]}0000 kind=key module=libplug.so function=plug_start\n")
        result = self.check("--baseline", self.path, "--fail-on=key", GOOD, status=0)
        self.assertIn(f"dlpin: known with another stack: {self.path}:1: ", result.stdout)

    def test_an_expired_entry_gates_again(self):
        text = self.written()
        self.path.write_text(text.replace("function=plug_start", "function=plug_start until=2026-06-14 reason=x"))
        result = self.check("--baseline", self.path, GOOD, status=1)
        self.assertIn(f"  hidden until 2026-06-14 by {self.path}:5: x\n", result.stdout)
        self.assertIn("failed: 1 finding\n", result.stderr)

    def test_a_file_of_something_else_is_refused(self):
        text = "".join(f"root:x:{n}\n" for n in range(20))
        path = self.file("passwd", text)
        for options in (["--baseline", path], ["--baseline", path, "--write-baseline"], ["--suppressions", path]):
            with self.subTest(options):
                result = self.check(*options, GOOD, status=2)
                self.assertEqual(result.stdout, "")
                self.assertEqual(len(result.stderr.splitlines()), 12)
                self.assertIn(f"{path}: 10 more lines left out\n", result.stderr)
                self.assertIn(f"{path}: no suppressions or baseline: none of its lines is an entry\n", result.stderr)
                self.assertEqual(path.read_text(), text)

    def test_a_symbolic_link_stays_one(self):
        target = self.directory / "target"
        target.write_text("# there\n")
        self.path.symlink_to(target)
        self.written()
        self.assertTrue(self.path.is_symlink())
        self.assertIn("sig:", target.read_text())
        self.assertEqual(sorted(os.listdir(self.directory)), ["baseline", "target", "tmp"])

    def test_what_cannot_be_written(self):
        for option, status in (("--write-baseline", 2),):
            result = self.check("--baseline", "/nonexistent/b", option, GOOD, status=status)
            self.assertIn("cannot write /nonexistent/b: No such file", result.stderr)
            self.assertNotIn("added", result.stdout)
            self.assertNotIn("known", result.stdout)
            self.assertIn("error: key-destructor", result.stdout)
        environment = self.records(COVERAGE, SUMMARY)
        result = self.dlpin("run", "--baseline=/nonexistent/b", "--write-baseline", PLAIN, environment=environment)
        self.assertEqual(result.returncode, 24)

    def test_usage(self):
        for option in ("--write-baseline", "--update-baseline"):
            self.assertIn("needs --baseline=FILE", self.check(option, GOOD, status=2).stderr)
        for day in ("2026-02-30", "today", ""):
            self.assertIn("it must be a day", self.dlpin("check", f"--today={day}", GOOD).stderr)

    def test_run(self):
        environment = self.records(ERROR, COVERAGE, SUMMARY)
        for arguments, status in (
            (["--baseline", self.path, "--write-baseline"], 0),
            (["--baseline", self.path], 0),
            (["--baseline", self.path, "--no-baseline"], 23),
            (["--baseline", self.path, "--no-baseline", "--fail-on=key"], 0),
        ):
            with self.subTest(arguments):
                result = self.dlpin("run", "--gate", *arguments, PLAIN, environment=environment)
                self.assertEqual(result.returncode, status, result.stderr)

    def test_a_crash_is_not_hidden(self):
        report = DATA / "crash.jsonl"
        result = self.check("--baseline", self.path, "--write-baseline", report, status=1)
        self.assertIn("failed: 1 crash, 0 findings", result.stderr)

    def test_json(self):
        self.written()
        document = json.loads(self.check("--baseline", self.path, "--format=json", CLEAN, status=0).stdout)
        self.assertEqual(len(document["exceptions"]["fixed"]), 4)
        self.assertEqual(document["exceptions"]["fixed"][0]["module"], "libplug.so")
        document = json.loads(self.check("--baseline", self.path, "--format=json", GOOD, status=0).stdout)
        self.assertEqual({h["by"] for h in document["hidden"]}, {"baseline"})
        self.assertEqual((document["exceptions"]["known"], document["findings"]), (4, []))


class Diff(Exceptions):
    def test_new_fixed_persisting(self):
        for old, new, status, shown in (
            (GOOD, GOOD, 0, {"persisting": 4, "fixed": 0, "new": 0}),
            (CLEAN, GOOD, 1, {"persisting": 0, "fixed": 0, "new": 4}),
            (GOOD, CLEAN, 0, {"persisting": 0, "fixed": 4, "new": 0}),
            (DATA / "warning-only.jsonl", GOOD, 1, {"persisting": 1, "fixed": 0, "new": 3}),
        ):
            with self.subTest(old, new=new):
                result = self.check(old, new, status=status, command="diff")
                self.assertEqual(result.stdout.count("dlpin: persisting: "), shown["persisting"])
                self.assertEqual(result.stdout.count("dlpin: fixed: "), shown["fixed"])
                self.assertEqual(result.stdout.count("  sig:"), shown["new"])

    def test_what_is_not_unloaded_is_not_fixed(self):
        new = self.directory / "new"
        new.write_text("".join(line for line in CLEAN.read_text().splitlines(True) if "libplug.so" not in line))
        result = self.check(GOOD, new, status=0, command="diff")
        self.assertNotIn("fixed: ", result.stdout)
        self.assertIn("4 findings were not seen again", result.stdout)

    def test_fail_on_and_suppressions(self):
        self.check("--fail-on=key-orphan", CLEAN, GOOD, status=0, command="diff")
        self.check("--suppressions", self.file("s", "*:libplug.so"), CLEAN, GOOD, status=0, command="diff")

    def test_what_cannot_be_read(self):
        for arguments in ((GOOD, "/nonexistent"), ("/nonexistent", GOOD), (GOOD,), (GOOD, GOOD, GOOD)):
            self.assertNotIn("not seen again", self.check(*arguments, status=2, command="diff").stdout)

    def test_json(self):
        document = json.loads(self.check("--format=json", DATA / "warning-only.jsonl", GOOD, status=1,
                                         command="diff").stdout)
        self.assertEqual(len(document["findings"]), 3)
        self.assertEqual([h["kind"] for h in document["hidden"]], ["key"])


class MinSeverity(Exceptions):
    def test_what_is_lower_is_counted_only(self):
        for severity, shown, hidden in (("note", 4, 0), ("warning", 3, 1), ("error", 2, 2)):
            result = self.check(f"--min-severity={severity}", GOOD, status=0, command="report")
            self.assertEqual(result.stdout.count("  sig:"), shown)
            self.assertIn("2 errors, 1 warning, 1 note", result.stdout)
            line = f"dlpin: {hidden} of lower severity than {severity} not shown\n"
            self.assertEqual(line in result.stdout, hidden > 0)

    def test_what_gates_is_shown(self):
        environment = self.records(dict(ERROR, severity="note"), COVERAGE, SUMMARY)
        for arguments, status, shown in ((["--gate"], 0, 0), (["--fail-on=note"], 23, 1)):
            result = self.dlpin("run", "--min-severity=error", *arguments, PLAIN, environment=environment)
            self.assertEqual((result.returncode, result.stderr.count("  sig:")), (status, shown))

    def test_usage(self):
        self.assertIn("it must be note, warning or error",
                      self.check("--min-severity=high", GOOD, status=2, command="report").stderr)


if __name__ == "__main__":
    unittest.main()
