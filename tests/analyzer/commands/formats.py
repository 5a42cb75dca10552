# SPDX-License-Identifier: MIT
"""Common parts of the tests of the formats: reports of many sorts, each of which every format must be able to hold.

A format's test derives from Format and Case, and gives the name of the format and read(), which reads a
document with a reader that is not ours and complains of what is wrong. What a document must say is its own."""

import json
import os
import pathlib
import shutil
import subprocess

from support import DATA, SANITIZED, SHIM

SAMPLES = pathlib.Path(os.environ["DLPIN_TEST_SAMPLES"])
SOURCES = pathlib.Path(os.environ["DLPIN_TEST_SAMPLE_SOURCES"])

HEADER = {"type": "header", "format": "dlpin-report", "version": 1, "pid": 1, "exe": "/opt/host"}
SUMMARY = {"type": "summary", "pid": 1, "ended": "exit"}

# Each would be something else in one of the formats, if it came through as it is.
HOSTILE = ("]]>", "-->", "</failure></pre></code><script>", "&amp;&#0;", "`x` ```", "::error::pwned",
           "a\n::error::b", "%0A::error::c", "##[error]d", "\x1b[31mred\x07", "\x00nul", "\ufffe\uffff",
           "\u202eright", "\"'\\", "a|b|c",
           "[text](http://x)", "operator[](int)", "{0} {lambda()#1}", "@everyone #1 ![x](y)", "../../etc/passwd",
           "file:///etc", "%20%zz", "\\N\\l\\\"];x[", "n" * 70000)


def module(path="/opt/libplug.so", number=1, **more):
    return {"type": "module", "pid": 1, "id": number, "path": path, "soname": None, "load": 1,
            "state": "unloaded", **more}


def reloads(count=9, number=1):
    return {"type": "reloads", "pid": 1, "time": 9, "module": number, "count": count}


def finding(number, severity="warning", kind="key", verdict="lost", **more):
    return {"type": "finding", "pid": 1, "id": number, "kind": kind, "verdict": verdict, "severity": severity,
            "module": 1, "message": "left a key", "signature": str(number), "at": "dlclose", "count": 1,
            "loads": [1], "subject": {}, **more}


def frame(symbol, number=1, offset=8):
    return {"pc": "0x9", "module": number, "offset": offset, "symbol": symbol}


def hostile_records():
    """Every hostile text in every place that has a name."""
    yield HEADER
    for i, text in enumerate(HOSTILE, 1):
        yield module("/opt/" + text.replace("/", "_"), i, soname=text)
        yield finding(i, "error", message=text, label=text, module=i, stack=[frame(text, i)],
                      path=[{"from": {"what": "data", "address": "0x9", "module": i, "offset": 1, "symbol": text},
                             "via": 8,
                             "to": {"what": "image", "address": "0x9", "module": i, "offset": 32, "symbol": text,
                                    "target": text}}])
    yield {"type": "crash", "pid": 1, "time": 1, "signal": 11, "signal_name": HOSTILE[2], "address": "0x9",
           "module": 3, "offset": 9, "symbol": HOSTILE[0], "predicted_by": 3, "stack": [frame(HOSTILE[6], 3)]}
    yield {"type": "coverage", "pid": 1, "hooks": {}, "dropped": {}, "unseen": list(HOSTILE)}
    yield SUMMARY


class Format:
    """Needs FORMAT and read(text)."""

    def render(self, *arguments, status=0, **keywords):
        result = self.dlpin("report", f"--format={self.FORMAT}", *arguments, **keywords)
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertNotIn("Sanitizer", result.stderr)
        return result.stdout

    def rendered(self, *records, arguments=()):
        """A report of these records, read by the format's reader."""
        path = self.file("report.jsonl", "".join(json.dumps(record) + "\n" for record in records))
        return self.read(self.render(*arguments, path))

    def real(self, *command, folder="key-destructor", root=SOURCES):
        """The report of a sample under the library itself: what is written, to be read, and its output."""
        if SANITIZED:
            self.skipTest("the library does not go in front of a program with a sanitizer")
        report = self.directory / "real"
        result = self.dlpin("run", f"--source-root={root}", f"--report={self.FORMAT}:{report}", "--", *command,
                            environment={"DLPIN_LIBRARY": SHIM}, cwd=SAMPLES / folder)
        self.assertIn("dlpin: ", result.stderr)
        return report.read_text()

    def real_finding(self, **keywords):
        """A key's destructor in plugin.c, in session_end, of a key made in start."""
        return self.read(self.real("../common/mini", "./plugin.so", **keywords))

    def line_of(self, text, name="key-destructor/plugin.c"):
        """The number of the first line of a sample with this text."""
        lines = (SOURCES / name).read_text().splitlines()
        return next(i for i, line in enumerate(lines, 1) if text in line)

    def need(self, command):
        if shutil.which(command) is None:
            self.skipTest(f"no {command}")

    def filter(self, text, *command):
        """The output of a program that gets the text on its standard input."""
        self.need(command[0])
        result = subprocess.run(command, input=text, capture_output=True, text=True, timeout=600)
        self.assertEqual(result.returncode, 0, result.stderr[:2000])
        return result.stdout

    def test_every_example(self):
        for name in os.listdir(DATA):
            with self.subTest(name):
                result = self.dlpin("report", f"--format={self.FORMAT}", DATA / name)
                self.assertNotIn("Sanitizer", result.stderr)
                self.read(result.stdout)

    def test_hostile_names(self):
        text = self.render(self.file("hostile", "".join(json.dumps(r) + "\n" for r in hostile_records())))
        self.assertTrue(all(c in "\n\t" or ord(c) >= 32 and not 127 <= ord(c) < 160 for c in text))
        self.assertNotIn("\u202e", text)
        self.read(text)

    def many(self, count=10000):
        """Findings of different functions, a third of each severity: the worst are not the first."""
        severities = ("note", "warning", "error")
        return [HEADER, module(),
                *(finding(i, severities[i % 3], stack=[frame(f"function_{i:05}", 1, 8 * i)])
                  for i in range(1, count + 1)),
                SUMMARY]
