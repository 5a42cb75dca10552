#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the samples: each case once as it is and once under the shim (see README.md)."""

import argparse
import glob
import os
import signal
import subprocess
import sys
import tempfile

import expected
from compare import compare, compare_crashes, describe, same_place
from report import Report, identity
from vocabulary import Vocabulary

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SECRET = b"hunter2"  # stands in every block that a sample leaves behind
GATE_STATUS = 23


class Runner:
    """Runs cases of one sample folder."""

    def __init__(self, options, sample):
        self.shim, self.dlpin, self.plain = options.shim, options.via_dlpin, options.plain
        self.source = _source(sample)
        self.folder = os.path.join(options.build, os.path.relpath(self.source, ROOT))
        self.common = os.path.join(options.build, "samples", "common")
        self.words = Vocabulary(ROOT)
        self.keep = options.verbose

    def run(self, case):
        """Runs one case both ways; returns what is wrong, a sentence each."""
        with tempfile.TemporaryDirectory(prefix="dlpin-e2e-") as tmp:
            plain = self._execute(case, self._folder(tmp, "plain"), [], {})
            problems = ["without the shim: " + text for text in self._outcome(case, plain)]
            if self.plain or problems:
                return problems
            if self.dlpin:
                return self._run_gate(case, self._folder(tmp, "gate"))
            return self._run_shim(case, plain, self._folder(tmp, "shim"))

    @staticmethod
    def _folder(tmp, name):
        os.mkdir(os.path.join(tmp, name))
        return os.path.join(tmp, name)

    def _execute(self, case, tmp, prefix, variables):
        program = os.path.join(self.folder, case.command[0])
        if not os.path.exists(program):
            program = os.path.join(self.common, case.command[0])
        words = [word.replace("@tmp@", tmp) for word in case.command[1:]]
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("LD_PRELOAD", "DLPIN_OPTIONS", "LD_BIND_NOW")}
        environment.update(variables, LC_ALL="C")
        result = subprocess.run(prefix + [os.path.abspath(program)] + words, cwd=self.folder,
                                env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, timeout=case.timeout, check=False)
        result.tmp = tmp
        return result

    @staticmethod
    def _outcome(case, result, status=None):
        status = case.exit if status is None else status
        wanted = "".join(line + "\n" for line in case.stdout)
        if result.returncode != status:
            yield "exit status %s, not %s%s" % (_status(result.returncode), _status(status),
                                                _quote(result.stderr))
        got = result.stdout.decode().replace(result.tmp, "@tmp@")
        if got != wanted and (status >= 0 or wanted):
            yield "stdout is '%s', not '%s'" % (got, wanted)

    # ---- under the shim ----

    def _run_shim(self, case, plain, tmp):
        result = self._execute(case, tmp, [], {
            "LD_PRELOAD": self.shim,
            "DLPIN_OPTIONS": "log_path=%s/r.%%p:%s" % (tmp, case.options.replace("@source@", self.source))})
        problems = list(self._outcome(case, result))
        files = sorted(glob.glob(os.path.join(tmp, "r.*")))
        if len(files) != (2 if case.ended == "exec" else 1) + case.forks:
            return problems + ["%d report files%s" % (len(files), _quote(result.stderr))]
        if case.forks:
            files.sort(key=os.path.getmtime, reverse=True)  # the parent ends last
        for path in files[1:]:  # of the program that an exec started, of children
            other = Report(path, self.words)
            problems += other.problems
            problems += ["a child has: " + describe(other, one) for one in other.confirmed()]
        report = Report(files[0], self.words, self.folder, case.files_change)
        problems += report.problems + compare(report, case)
        problems += compare_crashes(report, case, result.stderr.decode(errors="replace"))
        problems += self._check_texts(report, plain, result, files[0])
        problems += self._check_end(case, report)
        problems += ["coverage does not say: " + text for text in case.unseen
                     if not any(text in one for one in report.unseen)]
        if case.reuse and not same_place(report, case.reuse):
            print("  (%s: the two did not come to lie at one address)" % case.name)
        if self.keep or problems:
            self._show(report, result)
        return problems

    @staticmethod
    def _check_end(case, report):
        ended = report.summary["ended"] if report.summary else "never"
        wanted = case.ended or ("exit" if case.exit >= 0 else None)
        if wanted and ended != wanted:
            yield "by its summary it ended by '%s', not '%s'" % (ended, wanted)

    @staticmethod
    def _check_texts(report, plain, result, path):
        """Standard error must have each finding, nothing else, and nothing of the program's memory."""
        text = result.stderr.decode(errors="replace")
        findings = [f for f in report.confirmed()
                    if f["kind"] != "handle" or f["at"] != "exit"  # these are in the file alone
                    if not report.died_pending(f)]
        for finding in findings:
            module = report.modules.get(finding["module"])
            if finding["kind"] not in text or (module and identity(module) not in text):
                yield "not on stderr: " + describe(report, finding)
        if not findings and result.stderr != plain.stderr:
            yield "no finding, and yet on stderr:%s" % _quote(result.stderr)
        with open(path, "rb") as file:
            if SECRET in file.read() or SECRET in result.stderr:
                yield "contents of memory are in the report"

    @staticmethod
    def _show(report, result):
        for finding in report.findings.values():
            print("    found: " + describe(report, finding))
        print("    stderr:" + _quote(result.stderr))

    # ---- under dlpin run --gate ----

    def _run_gate(self, case, tmp):
        gates = case.gates()
        if gates is None:
            return ["a gate's verdict is open here: choose another case"]
        status = GATE_STATUS if gates and case.exit == 0 else case.exit
        result = self._execute(case, tmp, [self.dlpin, "run", "--gate", "--"], {})
        problems = list(self._outcome(case, result, status))
        text = result.stderr.decode(errors="replace")
        for one in case.expectations:
            if one.required and not one.resolved and one.kind not in text:
                problems.append("not in the report on stderr: %s%s" % (one, _quote(result.stderr)))
        return problems


def _status(number):
    return signal.Signals(-number).name if number < 0 else str(number)


def _quote(text):
    lines = text.decode(errors="replace").splitlines()
    return "".join("\n      | " + line for line in lines[:40])


def _source(sample):
    """The folder of a sample, or of a test of the same form beside this file."""
    beside = os.path.join(HERE, sample)
    return beside if os.path.isdir(beside) else os.path.join(ROOT, "samples", sample)


def _selected(options):
    """The samples with the cases that were asked for: "key", or "key:defect" for one case."""
    for word in options.samples:
        sample, _, name = word.partition(":")
        cases = expected.read(os.path.join(_source(sample), "expected"))
        chosen = [case for case in cases if name in ("", case.name)]
        if not chosen:
            raise expected.FormatError("%s: no such case" % word)
        yield sample, chosen


def _parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="meson's build folder")
    parser.add_argument("--shim", help="the library (default: BUILD/shim/libdlpin.so)")
    parser.add_argument("--via-dlpin", metavar="PATH", help="run through 'PATH run --gate --'")
    parser.add_argument("--plain", action="store_true", help="only as they are, without the shim")
    parser.add_argument("--verbose", action="store_true", help="show each report")
    parser.add_argument("samples", nargs="+", metavar="SAMPLE[:CASE]")
    options = parser.parse_args()
    options.build = os.path.abspath(options.build)
    options.shim = os.path.abspath(options.shim or options.build + "/shim/libdlpin.so")
    needed = options.via_dlpin or options.shim
    if not options.plain and not os.path.exists(needed):
        parser.error("%s is not there (--plain runs without it)" % needed)
    return options


def main():
    options = _parse()
    failed = run = 0
    for sample, cases in _selected(options):
        runner = Runner(options, sample)
        for case in cases:
            if not all(os.path.exists(os.path.join(runner.folder, name)) for name in case.needs):
                print("skip %s:%s (not built: %s)" % (sample, case.name, " ".join(case.needs)))
                continue
            try:
                problems = runner.run(case)
            except subprocess.TimeoutExpired:
                problems = ["not over after %d seconds" % case.timeout]
            run += 1
            failed += bool(problems)
            print("%s %s:%s" % ("FAIL" if problems else "ok  ", sample, case.name), flush=True)
            for text in problems:
                print("    " + text)
    print("%d cases, %d failed" % (run, failed))
    return 1 if failed or not run else 0


if __name__ == "__main__":
    sys.exit(main())
