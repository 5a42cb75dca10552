#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes large report files of several kinds, and measures how fast dlpin reads them and how much memory it takes,
beside jansson alone (parse_alone.c), which only parses the same files with one thread; and how much sooner it ends with
all processors than with one.

    reports.py --dlpin build/analyzer/dlpin --parse-alone build/tests/bench/bench_parse_alone [-n COUNT] [KIND...]
    reports.py --write FILE [-n COUNT] KIND
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

HOST, LIBC, PLUGIN = 1, 2, 3
FIRST_LOAD = 10
SIGNATURES = 100
FILES, FINDINGS_OF_A_FILE = "files", 10


def record(record_type, **members):
    return json.dumps({"type": record_type, "pid": 4711, "time": 1000000, **members}, separators=(",", ":")) + "\n"


def header():
    return record("header", format="dlpin-report", version=1, tool="dlpin 0.1.0", ppid=1, exe="/nowhere/host",
                  argv=["host"], started="2026-01-01T00:00:00Z", arch="x86_64", libc="glibc 2.36", options="")


def module(number, path, load=1, state="loaded", build_id=None):
    base = 0x7f0000000000 + (number << 20)
    return record("module", id=number, path=path, soname=path.rsplit("/", 1)[1],
                  build_id=build_id or f"{hash_of(path):040x}", base=hex(base), end=hex(base + 0x5000), load=load,
                  opener=frame(HOST, 0x10df, None), state=state)


def hash_of(path):
    return int.from_bytes(path.encode()[-16:], "big")


def frame(number, offset, symbol):
    return {"pc": hex(0x7f0000000000 + (number << 20) + offset), "module": number, "offset": offset, "symbol": symbol}


def finding(number, site, about=PLUGIN, kind="heap-lost", **more):
    """A finding of the size that the library writes; `site` makes its signature."""
    stack = [frame(about, 0x1000 + 16 * site, f"make_{site}"), frame(about, 0x800, "start"),
             frame(HOST, 0x10fd, "load_plugin"), frame(HOST, 0x1200, "main"), frame(LIBC, 160330, None),
             frame(LIBC, 160517, "__libc_start_main"), frame(HOST, 4449, "_start")]
    members = {
        "id": number, "kind": kind, "verdict": "lost", "severity": "warning", "module": about,
        "module_path": "/nowhere/plugins/plugin.so",
        "message": f"plugin.so was unloaded, and {number % 7 + 1} blocks that it made at make_{site} are still "
                   "allocated, though nothing leads to them any more. Each further load of the module loses as much. "
                   "Free them in the module's stop function or in a destructor.",
        "at": "dlclose", "count": 1, "bytes": 56, "blocks": 1, "loads": [1],
        "subject": {"object": "heap", "address": hex(0x7f1000000000 + 64 * number), "blocks": 1, "bytes": 56,
                    "hanging_blocks": 0, "hanging_bytes": 0, "owner": about, "requester": about},
        "stack": stack, "signature": f"{kind}|plugin.so|plugin.so+{0x1000 + 16 * site:#x}|plugin.so+0x800"}
    members.update(more)
    return record("finding", **members)


def repeats(count):
    for number in range(count):
        yield finding(number + 1, number % SIGNATURES)


def signatures(count):
    for number in range(count):
        yield finding(number + 1, number)


def keys(count):
    for number in range(count):
        yield finding(number + 1, number % SIGNATURES, kind="key", count=2, loads=[1, 2], growing=True,
                      subject={"object": "key", "key": number % 1024, "keys_live": 5, "keys_max": 1024,
                               "owner": PLUGIN, "requester": PLUGIN})


def again(count):
    for number in range(count):
        yield finding(number % SIGNATURES + 1, number % SIGNATURES, count=number // SIGNATURES + 1,
                      loads=list(range(1, min(number // SIGNATURES + 2, 16))), growing=True)


def resolved(count):
    for number in range(count // 2):
        yield finding(number + 1, number % SIGNATURES)
        yield record("resolved", finding=number + 1, how="freed")


def loads(count):
    for number in range(count // 2):
        yield module(FIRST_LOAD + number, "/nowhere/plugins/again.so", load=number + 1)
        yield module(FIRST_LOAD + number, "/nowhere/plugins/again.so", load=number + 1, state="unloaded")


def left_by_loads(count):
    for number in range(count // 2):
        yield module(FIRST_LOAD + number, "/nowhere/plugins/again.so", load=number + 1, state="unloaded")
        yield finding(number + 1, number % SIGNATURES, about=FIRST_LOAD + number, loads=[number + 1])


def modules(count):
    for number in range(count):
        yield module(FIRST_LOAD + number, f"/nowhere/plugins/plugin-{number}.so")


def members(count):
    names = [{"name": f"_ZN4host6plugin5thing{number}Ev", "count": 2, "module": PLUGIN} for number in range(32)]
    for number in range(count):
        yield finding(number + 1, number % SIGNATURES, kind="handle", count=64, members=names, more_members=3)


KINDS = {function.__name__: function for function in
         (repeats, signatures, keys, again, resolved, loads, left_by_loads, modules, members)}


def write_file(path, findings):
    with open(path, "w") as out:
        out.write(header())
        out.write(module(HOST, "/nowhere/host"))
        out.write(module(LIBC, "/nowhere/libc.so.6"))
        out.write(module(PLUGIN, "/nowhere/plugins/plugin.so", state="unloaded"))
        out.writelines(findings)
        out.write(record("summary", findings=0, ended="exit"))


def write(path, kind, count):
    """A file; for FILES a folder of files of small processes."""
    if kind != FILES:
        write_file(path, KINDS[kind](count))
        return
    path = pathlib.Path(path)
    path.mkdir()
    for number in range(count // FINDINGS_OF_A_FILE):
        write_file(path / f"r.{number}", repeats(FINDINGS_OF_A_FILE))


def measured(command, stderr=None, processors=None):
    """Seconds by the clock and of processors, and the peak of memory in MB, of the command and its children."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr,
                               preexec_fn=processors and (lambda: os.sched_setaffinity(0, processors)))
    _, status, usage = os.wait4(process.pid, 0)
    elapsed = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: status {process.returncode}")
    return elapsed, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def compare(path, kind, arguments):
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    size = sum(os.path.getsize(file) for file in files) / 1e6
    everywhere = os.sched_getaffinity(0)
    command = [arguments.dlpin, *arguments.command.split(), path]
    alone, on_one, on_all = [], [], []
    for _ in range(arguments.turns):
        alone.append(measured([arguments.parse_alone, *files]))
        on_one.append(measured(command, processors={min(everywhere)}))
        on_all.append(measured(command, processors=everywhere))

    def least(turns, part):
        return min(turn[part] for turn in turns)

    print(f"{kind:14} {size:6.0f} MB  jansson {size / least(alone, 0):5.0f} MB/s  "
          f"dlpin {size / least(on_one, 0):5.0f} MB/s  ratio {least(alone, 0) / least(on_one, 0):.2f}, by processor time "
          f"{least(alone, 1) / least(on_one, 1):.2f}  {len(everywhere)} processors "
          f"{size / least(on_all, 0):5.0f} MB/s, {least(on_one, 0) / least(on_all, 0):.2f} times one, processor time "
          f"{least(on_all, 1) / least(on_one, 1):.2f} times  peak {max(turn[2] for turn in on_all):5.0f} MB", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dlpin", type=pathlib.Path)
    parser.add_argument("--parse-alone", type=pathlib.Path)
    parser.add_argument("--write", type=pathlib.Path)
    parser.add_argument("--command", default="check --fail-on=error",
                        help="of dlpin; the default reads and judges all, and shows no finding")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("-n", type=int, default=60000)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join((*KINDS, FILES)))
    arguments = parser.parse_args()
    if arguments.write:
        write(arguments.write, arguments.kinds[0], arguments.n)
        return
    with tempfile.TemporaryDirectory() as directory:
        for kind in arguments.kinds or (*KINDS, FILES):
            path = pathlib.Path(directory) / kind
            write(path, kind, arguments.n)
            compare(path, kind, arguments)
            if path.is_file():
                path.unlink()


if __name__ == "__main__":
    main()
