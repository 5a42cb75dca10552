#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Why modules stay mapped, against what the loader itself says of it (LD_DEBUG, ld.so(8)).

Every case of samples/still-mapped runs under the shim with LD_DEBUG. Each reason that is named must
be in the loader's words or in the files, and each that the loader speaks of must be named."""

import glob
import os
import re
import subprocess
import sys
import tempfile

import expected
from report import Report, identity
from vocabulary import Vocabulary

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(sys.argv[1])
FOLDER = os.path.join(BUILD, "samples", "still-mapped")

# elf/dl-lookup.c, elf/dl-open.c
UNIQUE = re.compile(r"marking (\S+) \[\d+\] as NODELETE due to unique symbol")
NODELETE = re.compile(r"activating NODELETE for (\S+) \[")
RELOCATION = re.compile(r"file=(\S+) \[\d+\];  needed by (\S+) \[\d+\] \(relocation dependency\)")


def run(case, tmp):
    """The report of a case, and what the loader said while it ran."""
    program = os.path.join(FOLDER, case.command[0])
    if not os.path.exists(program):
        program = os.path.join(BUILD, "samples", "common", case.command[0])
    words = [word.replace("@tmp@", tmp) for word in case.command[1:]]
    environment = {**os.environ, "LC_ALL": "C", "LD_DEBUG": "files,bindings", "LD_DEBUG_OUTPUT": tmp + "/said",
                   "LD_PRELOAD": os.path.join(BUILD, "shim", "libdlpin.so"),
                   "DLPIN_OPTIONS": "quiet=1:log_path=%s/r.%%p" % tmp}
    subprocess.run([program, *words], cwd=FOLDER, env=environment, check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, timeout=case.timeout)
    with open(glob.glob(tmp + "/said.*")[0], encoding="utf-8", errors="replace") as file:
        said = file.read()
    return Report(glob.glob(tmp + "/r.*")[0], Vocabulary(ROOT), FOLDER, case.files_change), said


def name(path):
    return os.path.basename(path)


def needed(path):
    """The names in a file's DT_NEEDED entries."""
    text = subprocess.run(["readelf", "-dW", path], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", text)


class Case:
    """Compares the loader's messages during a case with its findings."""

    def __init__(self, case, tmp):
        self.report, said = run(case, tmp)
        self.case, self.compared, self.problems = case, 0, []
        self.unique = {name(path) for path in UNIQUE.findall(said)}
        self.nodelete = {name(path) for path in NODELETE.findall(said)} - self.unique
        self.bound = {(name(what), name(to)) for what, to in RELOCATION.findall(said)}
        for finding in self.report.findings.values():
            if finding["kind"] == "still-mapped":
                self.check(finding)

    def check(self, finding):
        path = self.report.modules[finding["module"]]["path"]
        reasons = finding["subject"]["reasons"]
        words = {reason["reason"] for reason in reasons}
        self.same("unique-symbol", "unique-symbol" in words, name(path) in self.unique)
        self.same("nodelete", "nodelete" in words, name(path) in self.nodelete)
        holders = self.holders(reasons, "relocation")
        self.same("relocation", {name(holder) for holder in holders},
                  {to for what, to in self.bound if what == name(path)})
        for holder in self.holders(reasons, "dependency"):
            full = os.path.join(FOLDER, holder)
            self.same("dependency of " + name(holder), identity(self.report.modules[finding["module"]]) in needed(full),
                      True)

    def holders(self, reasons, wanted):
        return {self.report.modules[reason["module"]]["path"] for reason in reasons if reason["reason"] == wanted}

    def same(self, what, ours, loaders):
        self.compared += bool(ours) or bool(loaders)
        if ours != loaders:
            self.problems.append("%s: %s: we say %r, the loader %r" % (self.case.name, what, ours, loaders))


def main():
    problems, compared = [], 0
    for case in expected.read(os.path.join(ROOT, "samples", "still-mapped", "expected")):
        if not all(os.path.exists(os.path.join(FOLDER, file)) for file in case.needs):
            continue
        with tempfile.TemporaryDirectory(prefix="dlpin-loader-") as tmp:
            one = Case(case, tmp)
        problems += one.problems
        compared += one.compared
    print("%d reasons compared" % compared)
    if compared < 15:
        problems.append("fewer than the samples have")
    print("\n".join(problems))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
