# SPDX-License-Identifier: MIT
"""Large report files: memory follows signatures and not the size of the file, and the finding that speaks for a
group is the right one though only few findings keep their records."""

import json
import os
import pathlib
import pty
import select
import subprocess
import sys
import time
import unittest

from support import DLPIN, SANITIZED, SUMMARY, Case, lines

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import reports  # noqa: E402

HEADER = {"type": "header", "format": "dlpin-report", "version": 1, "pid": "@P", "exe": "/nowhere/host"}


def module(number):
    return {"type": "module", "pid": "@P", "id": number, "path": "/p.so", "load": number, "state": "unloaded"}


def finding(number, **more):
    return {"type": "finding", "pid": "@P", "id": number, "kind": "key", "verdict": "lost", "severity": "warning",
            "module": number, "message": f"message {number}", "signature": "s", "count": 1, **more}


def resolved(number):
    return {"type": "resolved", "pid": "@P", "finding": number, "how": "key deleted"}


class Memory(Case):
    # Per record of the file, whose records have 500 to 3,000 bytes; jansson takes nine times as much.
    BYTES_MAX = 400
    FEW, MANY = 1000, 10000

    def peak(self, kind, count):
        path = self.directory / "report"
        reports.write(path, kind, count)
        script = ("import resource, subprocess, sys\n"
                  "status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode\n"
                  "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
                  "sys.exit(status)")
        result = subprocess.run([sys.executable, "-c", script, DLPIN, "report", path], env=self.environment,
                                capture_output=True, text=True, timeout=600)
        self.assertEqual(result.returncode, 0, result.stderr)
        return int(result.stdout) * 1024

    def test_it_does_not_follow_the_size_of_the_file(self):
        if SANITIZED:
            self.skipTest("a sanitizer's own memory is not what is measured")
        for kind in ("repeats", "keys", "again", "resolved", "left_by_loads", "members"):
            with self.subTest(kind):
                more = self.peak(kind, self.MANY) - self.peak(kind, self.FEW)
                self.assertLess(more, self.BYTES_MAX * (self.MANY - self.FEW))


@unittest.skipIf(len(os.sched_getaffinity(0)) < 2, "one processor")
class Threads(Case):
    """Several processors read as one does: files large and small, good and bad, come in their order."""

    FORMATS = ("text", "json", "sarif", "junit", "github", "gitlab", "markdown", "dot", "html")

    def setUp(self):
        super().setUp()
        self.folder = self.directory / "reports"
        self.folder.mkdir()
        for number in range(60):
            text = lines(HEADER, module(1), finding(1, signature=f"s{number % 7}"), SUMMARY).replace("@P", str(number))
            if number % 10 == 4:
                text = text.replace('{"type": "finding"', "damaged", 1)
            if number % 10 == 7:
                text = ("x" if number == 7 else "") + text.replace('"version": 1', '"version": 99')
            (self.folder / f"r.{number}").write_text(text)
        reports.write(self.folder / "r.30", "signatures", 1000)
        reports.write(self.folder / "r.31", "left_by_loads", 1000)

    def run_on(self, processors, *arguments):
        result = self.dlpin(*arguments, self.folder, self.directory / "missing",
                            preexec_fn=lambda: os.sched_setaffinity(0, processors))
        return result.returncode, result.stdout, result.stderr

    def test_the_result_is_the_same(self):
        all_of_them = os.sched_getaffinity(0)
        one = {min(all_of_them)}
        for command in [("report", f"--format={name}") for name in self.FORMATS] + [("check",)]:
            with self.subTest(" ".join(command)):
                expected = self.run_on(one, *command)
                self.assertEqual(self.run_on(all_of_them, *command), expected)

    def test_messages_come_in_the_order_of_the_files(self):
        status, _, messages = self.run_on(os.sched_getaffinity(0), "report")
        self.assertEqual(status, 2)
        named = [line.split(": ")[1].split(":")[0] for line in messages.splitlines()]
        paths = [str(self.folder / f"r.{number}") for number in (7, 4, 14, 17, 24, 27, 34, 37, 44, 47, 54, 57)]
        self.assertEqual(named, [*paths, str(self.directory / "missing")], messages)


class Pipes(Case):
    """A pipe cannot be read again, so every finding keeps its record: the report is the same."""

    def text(self):
        """A few megabytes, with damage in between."""
        path = self.directory / "report"
        reports.write(path, "resolved", 2000)
        # A hundred findings are true at the end; of none of them is the one before it.
        parts = [part for number, part in enumerate(path.read_text().splitlines(keepends=True))
                 if '"resolved"' not in part or number % 20 != 5]
        for place in (5, 1000, 1001, 1800):
            parts.insert(place, f"damage at {place}\n")
        parts.insert(1500, json.dumps({"type": "unknown"}) + "\n")
        return "".join(parts)

    def compare(self, text):
        path = self.file("report", text)
        by_file = self.dlpin("report", "--format=json", path)
        by_pipe = subprocess.run([DLPIN, "report", "--format=json", "/dev/stdin"], input=text, capture_output=True,
                                 text=True, env=self.environment, timeout=600)
        self.assertEqual(by_file.returncode, by_pipe.returncode)
        self.assertEqual(by_file.stderr.replace(str(path), "/dev/stdin"), by_pipe.stderr)
        self.assertEqual(by_file.stdout.replace(str(path), "/dev/stdin"), by_pipe.stdout)
        return by_file

    def test_a_file_and_a_pipe(self):
        result = self.compare(self.text())
        self.assertEqual(result.returncode, 0)
        self.assertEqual(result.stderr.count("damaged record skipped"), 4)
        # Of a hundred signatures ten are true at the end; the others came back nine times.
        self.assertEqual(json.loads(result.stdout)["resolved"], 90)

    def test_nothing_is_taken_behind_a_header_of_another_version(self):
        parts = self.text().splitlines(keepends=True)
        parts.insert(1600, lines(dict(HEADER, version=9)).replace("@P", "1"))
        result = self.compare("".join(parts))
        self.assertEqual(result.returncode, 2)
        self.assertIn("1601: report version 9 is newer", result.stderr)

    def test_a_line_without_an_end(self):
        result = self.compare(self.text() + '{"type":"finding"')
        self.assertIn("incomplete", result.stderr)


class Progress(Case):
    """A line on a terminal, for what takes longer than a second. Lines come until it is there."""

    def feed(self, terminal, enough):
        """Writes records to a dlpin that reads a pipe until enough(output so far); returns all of the output."""
        process = subprocess.Popen([DLPIN, "report", "/dev/stdin"], env=self.environment, stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=terminal[1])
        line = lines({"type": "summary", "pid": 1}).encode() * 100
        output = b""
        process.stdin.write(lines(HEADER).replace("@P", "1").encode())
        while not enough(output):
            process.stdin.write(line)
            if select.select([terminal[0]], [], [], 0)[0]:
                output += os.read(terminal[0], 4096)
        process.stdin.write(b"damaged\n")
        process.stdin.close()
        self.assertEqual(process.wait(60), 0)
        os.close(terminal[1])
        try:
            while more := os.read(terminal[0], 4096):
                output += more
        except OSError:
            pass  # a terminal that nobody writes to any more
        os.close(terminal[0])
        return output.decode()

    def test_on_a_terminal(self):
        output = self.feed(pty.openpty(), lambda output: b" MB" in output)
        self.assertIn("\r\x1b[Kdlpin: reading /dev/stdin: ", output)
        self.assertRegex(output, r"MB\r\x1b\[Kdlpin report: /dev/stdin:\d+: damaged record skipped: ")
        self.assertNotIn("reading", output.rsplit("\r\x1b[K", 1)[1])

    def test_in_a_file(self):
        end = time.monotonic() + 1.5
        output = self.feed(os.pipe(), lambda _: time.monotonic() > end)
        self.assertNotIn("reading", output)
        self.assertNotIn("\x1b", output)


class Reloads(Case):
    """Loads that are only counted."""

    def check(self, *records):
        path = self.file("report", lines(HEADER, module(1), *records).replace("@P", "1"))
        return self.dlpin("check", path)

    def reloads(self, number, count):
        return {"type": "reloads", "pid": "@P", "module": number, "count": count}

    def test_they_are_unloaded(self):
        self.assertIn("5000 modules unloaded", self.check(self.reloads(1, 4999)).stdout)

    def test_the_last_count_is_the_present_one(self):
        self.assertIn("8 modules unloaded", self.check(self.reloads(1, 9), self.reloads(1, 7)).stdout)

    def test_counts_of_several_files(self):
        result = self.check(self.reloads(1, 9), {**module(2), "path": "/q.so"}, self.reloads(2, 10))
        self.assertIn("21 modules unloaded", result.stdout)

    def test_of_a_module_that_is_not_there(self):
        self.assertIn("1 module unloaded", self.check(self.reloads(7, 9)).stdout)

    def test_large_numbers(self):
        self.assertIn("4294967296 modules unloaded", self.check(self.reloads(1, 1 << 62)).stdout)

    def test_damage(self):
        for count in (-1, "9", None):
            self.assertIn("damaged record skipped", self.check(self.reloads(1, count)).stderr)


class Speaking(Case):
    """Which finding of a group is shown."""

    def shown(self, *records):
        path = self.file("report", lines(HEADER, *records).replace("@P", "1"))
        result = self.dlpin("report", "--format=json", path)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return json.loads(result.stdout)

    def message(self, *records):
        (shown,) = self.shown(module(1), module(2), module(3), *records)["findings"]
        return shown["message"]

    def test_the_first(self):
        self.assertEqual(self.message(finding(1), finding(2), finding(3)), "message 1")

    def test_the_next_where_the_first_is_resolved(self):
        self.assertEqual(self.message(finding(1), finding(2), finding(3), resolved(1)), "message 2")

    def test_of_two_that_are_resolved_the_third(self):
        self.assertEqual(self.message(finding(1), finding(2), resolved(1), finding(3), resolved(2)), "message 3")

    def test_the_first_again_once_it_is_true_again(self):
        again = finding(1, message="again")
        self.assertEqual(self.message(finding(1), finding(2), resolved(1), again), "again")

    def test_the_severest(self):
        self.assertEqual(self.message(finding(1), finding(2, severity="error"), finding(3)), "message 2")

    def test_the_first_where_the_severest_became_milder(self):
        severe, milder = finding(2, severity="error"), finding(2, message="milder")
        self.assertEqual(self.message(finding(1), severe, finding(3), milder), "message 1")

    def test_what_is_said_of_it_last(self):
        self.assertEqual(self.message(finding(1), finding(2), finding(1, message="last")), "last")

    def test_through_a_pipe(self):
        text = lines(HEADER, module(1), module(2), finding(1), finding(2), resolved(1)).replace("@P", "1")
        result = subprocess.run([DLPIN, "report", "/dev/stdin"], input=text, text=True, capture_output=True,
                                env=self.environment, timeout=60)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("message 2", result.stdout)

    def test_a_thousand_are_listed_and_the_rest_is_counted(self):
        (shown,) = self.shown(module(1), *(finding(number, module=1) for number in range(1, 1502)))["findings"]
        self.assertEqual((shown["count"], len(shown["instances"]), shown["more_instances"]), (1501, 1000, 501))

    def test_what_predicted_a_crash(self):
        crash = {"type": "crash", "pid": "@P", "time": 9, "signal": 11, "address": "0x1", "module": 1,
                 "predicted_by": 2, "stack": []}
        report = self.shown(module(1), module(2), finding(1), finding(2, severity="note"), crash)
        self.assertEqual(report["crashes"][0]["predicted_by"]["severity"], "note")
        text = self.dlpin("report", self.directory / "report").stdout
        self.assertIn("Predicted by this note (key):\n    message 2", text)

    def test_the_module_may_be_described_later(self):
        """No file of the library has that; two modules must not become one for it."""
        frame = {"pc": "0x1", "module": 2, "offset": 1, "symbol": "f"}
        report = self.shown(finding(1, stack=[dict(frame, module=1)]), finding(2, stack=[frame]),
                            dict(module(1), build_id="aa"), dict(module(2), path="/q.so", build_id="bb"))
        self.assertEqual(sorted(shown["module"] for shown in report["findings"]), ["p.so", "q.so"])


if __name__ == "__main__":
    unittest.main()
