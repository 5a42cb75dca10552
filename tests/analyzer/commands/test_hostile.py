# SPDX-License-Identifier: MIT
"""Hostile report files, and hostile files that a report names: nothing but regular files is opened, memory
and time stay bounded, nothing hidden reaches the terminal, and what is left out is said."""

import gzip
import json
import lzma
import os
import shutil
import subprocess
import sys
import threading
import unicodedata
import unittest

from support import DLPIN, SANITIZED, Case

BUILD_ID = "00112233445566778899aabbccddeeff00112233"
OTHER_ID = "ffeeddccbbaa99887766554433221100ffeeddcc"
MEMORY_MAX = (1200 if SANITIZED else 512) << 20
BOMB = 1 << 30

HEADER = {"type": "header", "format": "dlpin-report", "version": 1, "pid": 1}
FINDING = {"type": "finding", "pid": 1, "id": 1, "kind": "key", "verdict": "lost", "severity": "note",
           "module": 1, "message": "m"}


def module(path, build_id=BUILD_ID):
    return {"type": "module", "pid": 1, "id": 1, "path": str(path), "state": "unloaded", "build_id": build_id}


def framed(offset):
    return dict(FINDING, stack=[{"pc": "0x1", "module": 1, "offset": offset, "symbol": "as_it_was"}])


class Watched:
    """A FIFO, and a thread that waits until somebody opens it to read."""

    def __init__(self, path):
        self.path = str(path)
        os.mkfifo(self.path)
        self.opened = threading.Event()
        self.thread = threading.Thread(target=self.wait, daemon=True)
        self.thread.start()

    def wait(self):
        descriptor = os.open(self.path, os.O_WRONLY)
        self.opened.set()
        os.close(descriptor)

    def was_opened(self):
        """Asked once, at the end: it ends the thread."""
        opened = self.opened.is_set()
        while self.thread.is_alive():
            os.close(os.open(self.path, os.O_RDONLY | os.O_NONBLOCK))
            self.thread.join(0.01)
        return opened


class Hostile(Case):
    def report(self, *records):
        return self.file("report", "".join(json.dumps(record) + "\n" for record in records))

    def measured(self, *arguments):
        """Runs dlpin; its status, output and peak of memory, that of its children included."""
        script = ("import resource, subprocess, sys\n"
                  "r = subprocess.run(sys.argv[1:])\n"
                  "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)\n"
                  "sys.exit(r.returncode)")
        result = subprocess.run([sys.executable, "-c", script, DLPIN, *map(str, arguments)],
                                env=self.environment, capture_output=True, text=True, timeout=100)
        *_, peak = result.stderr.splitlines()
        return result, int(peak) * 1024

    def tool(self, *command):
        if shutil.which(command[0]) is None:
            self.skipTest(f"no {command[0]}")
        subprocess.run(list(map(str, command)), check=True, cwd=self.directory)

    def places(self, *strip):
        """A copy of the library of tests, and a return address in places_run."""
        if "DLPIN_TEST_PLACES" not in os.environ:
            self.skipTest("no C++ library")
        library = self.directory / "places.so"
        shutil.copy(os.environ["DLPIN_TEST_PLACES"], library)
        symbols = subprocess.run(["nm", "-D", library], capture_output=True, text=True, check=True).stdout
        line = next(s for s in symbols.splitlines() if s.endswith(" places_run"))
        if strip:
            self.tool(*strip, library)
        return library, int(line.split()[0], 16) + 4

    def named(self, library, offset, build_id=BUILD_ID):
        """The text report of a frame at this place."""
        result = self.dlpin("report", self.report(HEADER, module(library, build_id), framed(offset)))
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout


class NamedFiles(Hostile):
    """Files that a report names, or that such a file names."""

    def test_a_module_that_is_a_fifo(self):
        fifo = Watched(self.directory / "module.so")
        self.assertIn("#0 as_it_was", self.named(fifo.path, 1))
        self.assertFalse(fifo.was_opened())

    def test_a_module_that_leads_to_a_fifo(self):
        fifo = Watched(self.directory / "fifo")
        link = self.directory / "module.so"
        link.symlink_to(fifo.path)
        self.assertIn("#0 as_it_was", self.named(link, 1))
        self.assertFalse(fifo.was_opened())

    def link(self, path):
        """A stripped library whose .gnu_debuglink names this one."""
        library, offset = self.places()
        path.parent.mkdir(exist_ok=True)
        self.tool("objcopy", "--only-keep-debug", library, path)
        self.tool("strip", "-g", library)
        self.tool("objcopy", f"--add-gnu-debuglink={path}", library)
        return library, offset

    def test_a_linked_debug_file_is_used(self):
        for folder in ("", ".debug"):
            with self.subTest(folder):
                library, offset = self.link(self.directory / folder / "places.debug")
                self.assertIn("#0 places_run at ", self.named(library, offset))
                (self.directory / folder / "places.debug").unlink()

    def test_a_linked_debug_file_of_another_build_is_not(self):
        library, offset = self.link(self.directory / "places.debug")
        shutil.copy(os.environ["DLPIN_TEST_PLACES_NO_ID"], self.directory / "places.debug")
        self.assertIn("#0 places_run (", self.named(library, offset))

    def test_a_link_to_a_fifo(self):
        for folder in ("", ".debug"):
            with self.subTest(folder):
                path = self.directory / folder / "places.debug"
                library, offset = self.link(path)
                path.unlink()
                fifo = Watched(path)
                self.assertIn("#0 places_run (", self.named(library, offset))
                self.assertFalse(fifo.was_opened())
                path.unlink()

    def test_a_link_to_a_fifo_without_a_writer(self):
        library, offset = self.link(self.directory / "places.debug")
        (self.directory / "places.debug").unlink()
        os.mkfifo(self.directory / "places.debug")
        self.assertIn("#0 places_run (", self.named(library, offset))

    def test_an_alternate_file_that_is_a_fifo(self):
        for name in ("alternate", str(self.directory / "alternate")):
            with self.subTest(name):
                fifo = Watched(self.directory / "alternate")
                library, offset = self.places()
                section = self.directory / "section"
                section.write_bytes(name.encode() + b"\0" + bytes.fromhex(OTHER_ID))
                self.tool("objcopy", "--remove-section=.gnu_debugaltlink",
                          f"--add-section=.gnu_debugaltlink={section}", library)
                self.assertIn("#0 places_run at ", self.named(library, offset))
                self.assertFalse(fifo.was_opened())
                os.unlink(fifo.path)

    # A folder of compilation that is said in the alternate file alone.
    REFERENCE = """
        .file 1 "x.c"
        .text
        .globl f
        .type f, @function
f:      .loc 1 1
        .skip 64
        .size f, 64
        .section .debug_abbrev,"",@progbits
        .uleb128 1; .uleb128 0x11; .byte 0; .uleb128 0x10; .uleb128 0x17; .uleb128 0x1b; .uleb128 0x1f21
        .uleb128 0x11; .uleb128 1; .uleb128 0x12; .uleb128 0xb; .uleb128 0; .uleb128 0
        .byte 0
        .section .debug_info,"",@progbits
        .long end - start
start:  .value 4
        .long 0
        .byte 8
        .uleb128 1; .long lines; .long 0; .quad f; .byte 64
end:
        .section .debug_aranges,"",@progbits
        .long ranges_end - ranges
ranges: .value 2
        .long 0
        .byte 8, 0
        .long 0
        .quad f, 64, 0, 0
ranges_end:
        .section .debug_line,"",@progbits
lines:
        .section .gnu_debugaltlink,"",@progbits
        .asciz "ALTERNATE"
        .fill 20, 1, 0x77
"""

    def test_a_reference_into_an_alternate_file_that_is_a_fifo(self):
        fifo = Watched(self.directory / "alternate")
        self.file("reference.s", self.REFERENCE.replace("ALTERNATE", fifo.path))
        library, offset = self.assembled("reference")
        self.assertIn("#0 f ", self.named(library, offset))
        self.assertFalse(fifo.was_opened())

    def assembled(self, name):
        """A library of assembler code, and an address in its function f."""
        library = self.directory / (name + ".so")
        self.tool("gcc", "-shared", "-nostdlib", name + ".s", "-o", library, f"-Wl,--build-id=0x{BUILD_ID}")
        symbols = subprocess.run(["nm", library], capture_output=True, text=True, check=True).stdout
        line = next(s for s in symbols.splitlines() if s.endswith(" T f"))
        return library, int(line.split()[0], 16) + 4

    def test_a_split_file_that_is_a_fifo(self):
        self.file("split.c", "int f(void) { return 1; }\n")
        self.tool("gcc", "-g", "-gsplit-dwarf", "-O0", "-shared", "-fPIC", "split.c", "-o", "split.so",
                  f"-Wl,--build-id=0x{BUILD_ID}")
        split, = self.directory.glob("*.dwo")
        split.unlink()
        fifo = Watched(split)
        symbols = subprocess.run(["nm", self.directory / "split.so"], capture_output=True, text=True,
                                 check=True).stdout
        line = next(s for s in symbols.splitlines() if s.endswith(" f"))
        self.assertIn("#0 f ", self.named(self.directory / "split.so", int(line.split()[0], 16) + 4))
        self.assertFalse(fifo.was_opened())

    def bombs(self):
        """Files of a gigabyte of zeros, packed."""
        zeros = bytes(16 << 20)
        packed = self.directory / "zeros.gz"
        with gzip.open(packed, "wb", compresslevel=1) as file:
            for _ in range(BOMB // len(zeros)):
                file.write(zeros)
        yield packed
        packed = self.directory / "zeros.xz"
        with lzma.open(packed, "wb", preset=0) as file:
            for _ in range(BOMB // len(zeros)):
                file.write(zeros)
        yield packed

    def bounded(self, library, offset, wanted):
        result, peak = self.measured("report", self.report(HEADER, module(library), framed(offset)))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(wanted, result.stdout)
        self.assertLess(peak, MEMORY_MAX)

    def test_packed_zeros(self):
        library, offset = self.link(self.directory / "places.debug")
        plain = self.directory / "plain.so"
        for bomb in self.bombs():
            with self.subTest(module=bomb):
                self.bounded(bomb, 1, "#0 as_it_was")
            with self.subTest(link=bomb):
                shutil.copy(bomb, self.directory / "places.debug")
                self.bounded(library, offset, "#0 places_run (")
            if bomb.suffix == ".xz" and not SANITIZED:
                with self.subTest(section=bomb):
                    shutil.copy(library, plain)
                    self.tool("strip", plain)
                    self.tool("objcopy", f"--add-section=.gnu_debugdata={bomb}", plain)
                    self.bounded(plain, offset, "#0 places_run (")

    def test_a_sparse_file_without_end(self):
        sparse = self.directory / "sparse.so"
        with open(sparse, "wb") as file:
            file.write(b"\x7fELF\x02\x01\x01")
            file.truncate(1 << 37)
        self.bounded(sparse, 1, "#0 as_it_was")

    # Nested deeper than a stack is.
    DEEP = """
        .text
        .globl f
        .type f, @function
f:      .skip 64
        .size f, 64
        .section .debug_abbrev,"",@progbits
        .uleb128 1; .uleb128 0x11; .byte 1; .uleb128 0x11; .uleb128 1; .uleb128 0x12; .uleb128 0xb
        .uleb128 0; .uleb128 0
        .uleb128 2; .uleb128 0xb; .byte 1; .uleb128 0x11; .uleb128 1; .uleb128 0x12; .uleb128 0xb
        .uleb128 0; .uleb128 0
        .byte 0
        .section .debug_info,"",@progbits
        .long end - start
start:  .value 4
        .long 0
        .byte 8
        .uleb128 1; .quad f; .byte 64
        .rept 400000
        .uleb128 2; .quad f; .byte 64
        .endr
end:
        .section .debug_aranges,"",@progbits
        .long ranges_end - ranges
ranges: .value 2
        .long 0
        .byte 8, 0
        .long 0
        .quad f, 64, 0, 0
ranges_end:
"""

    def test_debug_information_that_ends_its_reader(self):
        self.file("deep.s", self.DEEP)
        library, offset = self.assembled("deep")
        result = self.dlpin("report", self.report(HEADER, module(library), framed(offset)))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("deep.so: its symbols ", result.stderr)
        self.assertIn("names are missing", result.stderr)
        self.assertIn("#0 as_it_was", result.stdout)


class ReportFiles(Hostile):
    def test_a_report_that_is_a_fifo(self):
        fifo = Watched(self.directory / "report.1")
        result = self.dlpin("check", fifo.path)
        self.assertEqual(result.returncode, 2)
        self.assertEqual(result.stderr, f"dlpin check: {fifo.path}: not a regular file\n")
        self.assertFalse(fifo.was_opened())

    def test_a_fifo_among_reports(self):
        fifo = Watched(self.temporary / "report.1")
        (self.temporary / "report.2").write_text(json.dumps(HEADER) + "\n")
        result = self.dlpin("check", "--unwatched=ok", self.temporary)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"{fifo.path}: skipped, it is not a regular file", result.stderr)
        self.assertFalse(fifo.was_opened())

    def test_a_device(self):
        for device in ("/dev/zero", "/dev/null", "/dev/full"):
            result = self.dlpin("check", device)
            self.assertEqual((result.returncode, result.stderr), (2, f"dlpin check: {device}: not a regular file\n"))

    def test_a_pipe_that_is_open_already(self):
        text = self.report(HEADER, FINDING).read_text()
        result = subprocess.run([DLPIN, "check", "--fail-on=note", "/dev/stdin"], input=text, text=True,
                                capture_output=True, env=self.environment, timeout=60)
        self.assertEqual(result.returncode, 1, result.stderr)

    def test_a_line_without_end(self):
        path = self.report(HEADER, FINDING)
        with open(path, "r+b") as file:
            file.truncate(BOMB)
        result, peak = self.measured("report", path)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"{path}:3: damaged record skipped", result.stderr)
        self.assertIn("1 note", result.stdout)
        self.assertLess(peak, MEMORY_MAX)

    DAMAGED = {
        "nesting": b'{"type":"x","a":' + b"[" * 100000 + b"]" * 100000 + b"}",
        "objects": b'{"a":' * 100000 + b"1" + b"}" * 100000,
        "a NUL": b'{"type":"mod\0ule"}',
        "a NUL as an escape": b'{"type":"x","a":"\\u0000"}',
        "NULs": bytes(100),
        "no UTF-8": b'{"type":"\xff\xfe"}',
        "a surrogate": b'{"type":"\\ud800"}',
        "an integer": b'{"type":"module","id":99999999999999999999999}',
        "a real": b'{"type":"module","id":1e99999}',
        "a key twice": b'{"type":"module","id":1,"id":2,"path":"/x","state":"loaded"}',
        "a long line": b'{"type":"' + b"x" * (9 << 20) + b'"}',
        "escapes": b'{"type":\x1b]0;evil\x07}',
    }

    def test_each_damaged_record_is_named_and_the_others_stay(self):
        for name, line in self.DAMAGED.items():
            with self.subTest(name):
                path = self.directory / "report"
                path.write_bytes(json.dumps(HEADER).encode() + b"\n" + line + b"\n" +
                                 json.dumps(FINDING).encode() + b"\n")
                result = self.dlpin("report", path)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
                self.assertTrue(result.stderr.startswith(f"dlpin report: {path}:2: damaged record skipped: "),
                                result.stderr)
                self.assertLess(len(result.stderr), 600)
                self.assertIn("1 note", result.stdout)
                self.assertIn("1 damaged record skipped", result.stdout)


# A character of each sort, beside all controls, formats and line separators of Unicode 3.2.
HIDDEN = "".join(chr(c) for c in range(1, 0x110000)
                 if unicodedata.ucd_3_2_0.category(chr(c)) in ("Cc", "Cf", "Zl", "Zp")) + \
    "\u202e\u2066\u2028\u2029\u200b\u200d\ufeff\u00ad\u061c\u180e\u3164\ufe0f\U000e0041\x1b\x9b"
VISIBLE = "grün → 日本 ✓"


class Text(Hostile):
    def hidden_in(self, text):
        return sorted({hex(ord(c)) for c in text if c != "\n" and c in HIDDEN})

    def hostile_report(self):
        evil = f"{VISIBLE}a{HIDDEN}b"
        return self.report(
            dict(HEADER, exe="/opt/" + evil, argv=[evil]),
            dict(module("/opt/" + evil, None), soname=evil),
            dict(FINDING, kind="kind" + evil, message=evil, label=evil, signature=evil, count=3,
                 subject={"function" + evil: {"pc": "0x1", "module": 1, "offset": 1, "symbol": evil}},
                 path=[{"from": {"what": "data", "symbol": evil, "module": 1},
                        "to": {"what": evil, "symbol": evil}}],
                 stack=[{"pc": "0x1", "module": 1, "offset": 1, "symbol": evil}]),
            {"type": "crash", "pid": 1, "signal": 11, "signal_name": evil, "address": "0x1", "module": 1,
             "symbol": evil},
            {"type": "coverage", "pid": 1, "unseen": [evil], "dropped": {evil: 1}, "hooks": {evil: False}})

    def test_nothing_hidden_in_text(self):
        report = self.hostile_report()
        for arguments in (["report", report], ["check", report], ["why", report, "nothing" + HIDDEN],
                          ["why", report, VISIBLE + "a" + HIDDEN + "b"]):
            result = self.dlpin(*arguments)
            self.assertEqual(self.hidden_in(result.stdout + result.stderr), [])
        self.assertIn(VISIBLE, self.dlpin("report", report).stdout)

    def test_nothing_hidden_in_json_and_nothing_lost(self):
        result = self.dlpin("report", "--format=json", self.hostile_report())
        self.assertEqual(self.hidden_in(result.stdout), [])
        self.assertIn(VISIBLE, result.stdout)
        document = json.loads(result.stdout)
        self.assertEqual(document["findings"][0]["message"], f"{VISIBLE}a{HIDDEN}b")

    def test_nothing_hidden_in_names_of_files(self):
        folder = self.directory / ("x" + HIDDEN.replace("/", ""))[:60]
        folder.mkdir()
        for name in ("a\u202egnp.exe", "b\x1b]0;x\x07", "c\u2028dlpin: clean"):
            (folder / name).write_text("rubbish\n")
        (folder / os.fsdecode(b"d\x9b31m")).write_text("{}\n")
        for arguments in (["check", folder], ["run", "--keep", folder / "a\u202egnp.exe" / "x", "true"],
                          ["run", folder / "no\u202esuch"], ["report", folder / "no\u202esuch"],
                          ["report", "-o", folder / "no\u202e" / "x", folder], ["leaks", "1\u202e"],
                          ["report", "--format=x\u202e", "x"], ["check", "--fail-on=\u202e", "x"]):
            with self.subTest(arguments):
                result = subprocess.run([DLPIN, *map(str, arguments)], env=self.environment,
                                        stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
                self.assertNotEqual(result.returncode, 0)
                text = result.stderr.decode("utf-8")  # all of it is UTF-8
                self.assertIn("dlpin", text)
                self.assertEqual(self.hidden_in(text), [])


class Identities(Hostile):
    """Records that have the id of another one."""

    MODULES = ({"path": "/b.so"}, {"base": "0x2000"}, {"load": 2})
    FIRST = {"type": "module", "pid": 1, "id": 1, "path": "/a.so", "base": "0x1000", "load": 1, "state": "loaded"}

    def test_a_module_with_the_id_of_another_one(self):
        for other in self.MODULES:
            with self.subTest(other):
                path = self.report(HEADER, self.FIRST, dict(self.FIRST, **other, state="unloaded"), FINDING)
                result = self.dlpin("report", path)
                self.assertIn(f"{path}:3: record left out: the id of module 1, /a.so, is given to another one",
                              result.stderr)
                self.assertIn("1 record with the id of another module or finding", result.stdout)
                self.assertIn("note: key: a.so: ", result.stdout)
                document = json.loads(self.dlpin("report", "--format=json", path).stdout)
                self.assertEqual(document["input"]["conflicts"], 1)

    def test_a_finding_with_the_id_of_another_one_counts_beside_it(self):
        for other in ({"kind": "key-destructor", "signature": "two"},
                      {"signature": "two", "subject": {"name": "another"}}):
            with self.subTest(other):
                path = self.report(HEADER, self.FIRST, dict(FINDING, signature="one"),
                                   dict(FINDING, **{"signature": "one", "severity": "error", **other}))
                result = self.dlpin("check", path)
                self.assertEqual(result.returncode, 1)
                self.assertIn(f"{path}:4: the id of finding 1, key, is given to another one", result.stderr)
                self.assertIn("1 error, 0 warnings, 1 note", result.stdout)
                document = json.loads(self.dlpin("report", "--format=json", path).stdout)
                self.assertEqual([f["instances"][0]["id"] for f in document["findings"]], [1, 1])

    def test_another_note_does_not_hide_an_error(self):
        path = self.report(HEADER, dict(FINDING, severity="error"), dict(FINDING, kind="handle"),
                           {"type": "resolved", "pid": 1, "finding": 1})
        # The record does not say which of the two is meant.
        self.assertIn("1 note", self.dlpin("report", path).stdout)

    def test_what_is_written_again_is_no_fault(self):
        path = self.report(HEADER, self.FIRST, dict(self.FIRST, state="closed", kept="fix"),
                           dict(self.FIRST, state="unloaded"), dict(self.FIRST, id=2, load=2),
                           dict(FINDING, pending=True, signature="s"),
                           dict(FINDING, severity="error", count=7, module=2, message="other", signature="s"))
        result = self.dlpin("report", path)
        self.assertEqual(result.stderr, "")
        self.assertNotIn("id of another", result.stdout)


FAKE = '''
import mmap, os, signal, sys
report, library = sys.argv[1:3]
signal.signal(signal.SIGUSR1, lambda *_: None)
with open(library, "r+b") as file:
    mapped = mmap.mmap(file.fileno(), 4096)
kept = os.open(report, os.O_WRONLY | os.O_APPEND)
print("ready", flush=True)
sys.stdin.read()
'''


class Processes(Hostile):
    """A process that only looks as if it ran under the library."""

    def ask(self, report):
        library = self.directory / "libdlpin.so"
        library.write_bytes(bytes(4096))
        with subprocess.Popen([sys.executable, "-c", FAKE, report, library], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            self.assertEqual(process.stdout.readline(), b"ready\n")
            result, peak = self.measured("leaks", "--timeout=1", process.pid)
            process.communicate()
        self.assertEqual(result.returncode, 2)
        self.assertLess(peak, MEMORY_MAX)
        return result.stderr

    def header(self):
        return json.dumps({"type": "header", "format": "dlpin-report", "version": 1,
                           "options": "check_signal=10"}, separators=(",", ":"))

    def test_a_header_without_end(self):
        report = self.directory / "report"
        report.write_text('{"type":"header","a":"')
        with open(report, "r+b") as file:
            file.truncate(BOMB)
        self.assertIn("was started without check_signal", self.ask(report))

    def test_a_line_without_end_behind_the_header(self):
        report = self.file("report", self.header() + "\n" + '{"type":"request"')
        with open(report, "r+b") as file:
            file.truncate(BOMB)
        self.assertIn("dlpin leaks: ", self.ask(report))

    def test_a_file_of_a_stranger(self):
        if os.getuid() != 0:
            self.skipTest("needs root")
        report = self.file("report", self.header() + "\n", mode=0o644)
        self.assertNotIn("was started without check_signal", self.ask(report))
        os.chown(report, 12345, 12345)
        self.assertIn("was started without check_signal", self.ask(report))

    def test_a_fifo_is_not_opened(self):
        # A process that has it open to read and write: a writer does not wait. So count the bytes.
        report = self.directory / "report"
        os.mkfifo(report)
        with open(os.open(report, os.O_RDWR), "r+b", buffering=0) as both:
            both.write(self.header().encode() + b"\n")
            self.assertIn("was started without check_signal", self.ask(report))
            os.set_blocking(both.fileno(), False)
            self.assertEqual(len(both.read(4096)), len(self.header()) + 1)


if __name__ == "__main__":
    unittest.main()
