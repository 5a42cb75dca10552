#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Doubles one dimension of report files after another, and prints how much more time of a processor and memory dlpin
takes: about twice as much, or less, where it is linear.

    linear.py --dlpin build/analyzer/dlpin [--format FORMAT] [--count COUNT] [DIMENSION...]
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import reports
from reports import FIRST_LOAD, HOST, LIBC, PLUGIN, finding, frame, measured, module, record


def one(*records):
    """The records of one file."""
    return [[reports.header(), module(HOST, "/nowhere/host"), module(LIBC, "/nowhere/libc.so.6"),
             module(PLUGIN, "/nowhere/plugins/plugin.so", state="unloaded"), *records,
             record("summary", findings=0, ended="exit")]]


def findings(n):
    return one(*reports.repeats(n))


def signatures(n):
    return one(*reports.signatures(n))


def resolved(n):
    return one(*reports.resolved(n))


def records_of_a_finding(n):
    return one(*(finding(1, 1, count=number + 1) for number in range(n)))


def loads_of_a_finding(n):
    return one(*(finding(number + 1, 1, loads=list(range(1, n // 100 + 1))) for number in range(100)))


def loads(n):
    return one(*reports.loads(n))


def loads_that_leave(n):
    return one(*reports.left_by_loads(n))


def modules(n):
    return one(*reports.modules(n))


def modules_with_findings(n):
    parts = []
    for number in range(n // 2):
        parts.append(module(FIRST_LOAD + number, f"/nowhere/plugins/plugin-{number}.so", state="unloaded"))
        parts.append(finding(number + 1, 1, about=FIRST_LOAD + number))
    return one(*parts)


def copies(n):
    return one(*(module(FIRST_LOAD + number, f"/nowhere/plugins/{number}/plugin.so", build_id="ab" * 20)
                 for number in range(n)))


def key_findings(n):
    return one(*reports.keys(n))


def files(n):
    return [one(finding(1, number % 100))[0] for number in range(n // 20)]


def processes(n):
    parts = []
    for number in range(n // 2):
        parts.append(finding(1, number % 100).replace('"pid":4711', f'"pid":{10000 + number}'))
        parts.append(record("summary", findings=0, ended="exit").replace('"pid":4711', f'"pid":{10000 + number}'))
    return one(*parts)


def stack(n):
    frames = [frame(PLUGIN, 16 * number, f"function_{number}") for number in range(n // 100)]
    return one(*(finding(number + 1, number, stack=frames) for number in range(100)))


def path(n):
    def block(number):
        return {"what": "block", "address": hex(0x10000 + 64 * number), "bytes": 64}
    steps = [{"from": block(number), "via": 8, "to": block(number + 1)} for number in range(n // 100)]
    return one(*(finding(number + 1, number, kind="pointer", path=steps) for number in range(100)))


def members(n):
    names = [{"name": f"member_{number}", "count": 1, "module": PLUGIN} for number in range(n // 100)]
    return one(*(finding(number + 1, number, kind="handle", count=n, members=names) for number in range(100)))


def labels(n):
    return one(*(finding(number + 1, number % 100, label=f"tests/test_{number}.py::test") for number in range(n)))


def one_cause(n):
    target = frame(PLUGIN, 0x1140, "end")
    return one(*(finding(number + 1, number, kind="pointer", subject={"object": "pointer", "target": "code",
                                                                      "function": target}) for number in range(n)))


def crashes(n):
    return one(finding(1, 1), *(record("crash", signal=11, address="0x7f0000301140", module=PLUGIN, offset=0x1140,
                                       predicted_by=1, stack=[frame(PLUGIN, 0x1140, "end")]) for number in range(n)))


def damage(n):
    return one(*("damaged\n" for number in range(n)))


def suppressions(n):
    return one(*reports.signatures(100)), "suppressions", "".join(f"key:other{number}.so\n" for number in range(n))


def signatures_suppressed(n):
    return one(*reports.signatures(n)), "suppressions", "".join(f"sig:{number:012x}\n" for number in range(n))


def baseline(n):
    return one(*reports.signatures(100)), "baseline", "# dlpin/1\n" + "".join(
        f"sig:{number:012x} kind=key module=plugin.so function=f{number}\n" for number in range(n))


DIMENSIONS = {function.__name__: function for function in (
    findings, signatures, resolved, records_of_a_finding, loads_of_a_finding, loads, loads_that_leave, modules,
    modules_with_findings, copies, key_findings, files, processes, stack, path, members, labels, one_cause, crashes,
    damage, suppressions, signatures_suppressed, baseline)}


def write(folder, name, n):
    made = DIMENSIONS[name](n)
    parts, option, text = made if isinstance(made, tuple) else (made, None, None)
    (folder / "reports").mkdir()
    for number, records in enumerate(parts):
        (folder / "reports" / f"r.{number}").write_text("".join(records))
    if option:
        (folder / option).write_text(text)


def measure(arguments, name, n):
    """Seconds of a processor and megabytes. A process of its own makes the files: the peak of dlpin begins with what
    its parent has."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, __file__, "--write", folder, "--count", str(n), name], check=True)
        options = [f"--{name}={folder}/{name}" for name in ("suppressions", "baseline")
                   if os.path.exists(f"{folder}/{name}")]
        command = [arguments.dlpin, "report", f"--format={arguments.format}", *options, f"{folder}/reports"]
        turns = [measured(command, stderr=subprocess.DEVNULL) for _ in range(arguments.turns)]
    return min(turn[1] for turn in turns), max(turn[2] for turn in turns)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dlpin", type=pathlib.Path)
    parser.add_argument("--format", default="text")
    parser.add_argument("--count", type=int, default=20000)
    parser.add_argument("--write", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("dimensions", nargs="*", metavar="DIMENSION", help=", ".join(DIMENSIONS))
    arguments = parser.parse_args()
    for name in arguments.dimensions or DIMENSIONS:
        if arguments.write:
            write(arguments.write, name, arguments.count)
            continue
        (once, room), (twice, twice_room) = (measure(arguments, name, times * arguments.count) for times in (1, 2))
        print(f"{name:22} {once:6.2f} s, twice as many {twice:6.2f} s  ratio {twice / max(once, 0.001):5.2f}  "
              f"peak {room:4.0f} MB, {twice_room:4.0f} MB", flush=True)


if __name__ == "__main__":
    main()
