#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes large report files of several kinds, and measures how fast dlpin reads them and how much memory it takes,
beside jansson alone (parse_alone.c), which only parses the same file.

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


def write(path, kind, count):
    with open(path, "w") as out:
        out.write(header())
        out.write(module(HOST, "/nowhere/host"))
        out.write(module(LIBC, "/nowhere/libc.so.6"))
        out.write(module(PLUGIN, "/nowhere/plugins/plugin.so", state="unloaded"))
        out.writelines(KINDS[kind](count))
        out.write(record("summary", findings=0, ended="exit"))


def measured(command, stderr=None):
    """Seconds by the clock and of processors, and the peak of memory in MB, of the command and its children."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr)
    _, status, usage = os.wait4(process.pid, 0)
    elapsed = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: status {process.returncode}")
    return elapsed, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def compare(path, kind, arguments):
    size = os.path.getsize(path) / 1e6
    alone, reader = [], []
    for _ in range(arguments.turns):
        alone.append(measured([arguments.parse_alone, path]))
        reader.append(measured([arguments.dlpin, *arguments.command.split(), path]))
    wall, processor = (min(turn[part] for turn in alone) / min(turn[part] for turn in reader) for part in (0, 1))
    print(f"{kind:14} {size:6.0f} MB  jansson {size / min(turn[0] for turn in alone):5.0f} MB/s  "
          f"dlpin {size / min(turn[0] for turn in reader):5.0f} MB/s  ratio {wall:.2f}, by processor time "
          f"{processor:.2f}  peak {max(turn[2] for turn in reader):5.0f} MB", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dlpin", type=pathlib.Path)
    parser.add_argument("--parse-alone", type=pathlib.Path)
    parser.add_argument("--write", type=pathlib.Path)
    parser.add_argument("--command", default="check --fail-on=error",
                        help="of dlpin; the default reads and judges all, and shows no finding")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("-n", type=int, default=60000)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    arguments = parser.parse_args()
    if arguments.write:
        write(arguments.write, arguments.kinds[0], arguments.n)
        return
    with tempfile.TemporaryDirectory() as directory:
        for kind in arguments.kinds or KINDS:
            path = pathlib.Path(directory) / "report"
            write(path, kind, arguments.n)
            compare(path, kind, arguments)


if __name__ == "__main__":
    main()
