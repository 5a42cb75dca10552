# SPDX-License-Identifier: MIT
"""Symbols: inlined functions, separate debug files, --sysroot, --debug-path, servers of debug information, files
that were replaced, and names of C++, Rust and D in the text and for programs."""

import ctypes
import html
import http.server
import json
import os
import shutil
import struct
import subprocess
import threading
import unittest

from support import Case

BUILD_ID = "00112233445566778899aabbccddeeff00112233"
OTHER_ID = "ffeeddccbbaa99887766554433221100ffeeddcc"

HEADER = {"type": "header", "format": "dlpin-report", "version": 1, "pid": 1, "started": "2020-01-01T00:00:00Z"}
FINDING = {"type": "finding", "pid": 1, "id": 1, "kind": "key", "verdict": "lost", "severity": "note",
           "module": 1, "message": "m"}

NESTED = """\
extern "C" int plug_outside(int);
namespace plug {
static inline int inner(int number)
{
    return plug_outside(number) * 3; // line 5
}
static inline int middle(int number)
{
    return inner(number + 1) + 7; // line 9
}
}
extern "C" __attribute__((noinline)) int plug_outside(int number) { __asm__("" : "+r"(number)); return number; }
extern "C" int plug_outer(int number)
{
    return plug::middle(number) - 2; // line 15
}
"""

PLAIN = 'int plug_run(int number)\n{\n    return number + 1;\n}\n'


@unittest.skipUnless(shutil.which("gcc") and shutil.which("objcopy"), "no gcc, or no objcopy")
class Symbols(Case):
    def tool(self, *command):
        return subprocess.run(list(map(str, command)), check=True, cwd=self.directory, capture_output=True,
                              text=True).stdout

    def library(self, source=PLAIN, name="plug.so", build_id=BUILD_ID, flags=("-O2", "-g"), stem="plug"):
        """A library of this source."""
        suffix = "cpp" if "extern \"C\"" in source else "s" if ".globl" in source else "c"
        self.file(f"{stem}.{suffix}", source)
        library = self.directory / name
        library.parent.mkdir(parents=True, exist_ok=True)
        self.tool("gcc", *flags, "-shared", "-fPIC", "-nostdlib", f"{stem}.{suffix}", "-o", library,
                  f"-Wl,--build-id=0x{build_id}")
        return library

    def addresses(self, library, name):
        line = next(s for s in self.tool("nm", "-S", library).splitlines() if s.endswith(f" {name}"))
        start, size = (int(number, 16) for number in line.split()[:2])
        return range(start, start + size)

    def report(self, library, offsets, build_id=BUILD_ID, name="report"):
        module = {"type": "module", "pid": 1, "id": 1, "path": str(library), "state": "unloaded",
                  "build_id": build_id}
        stack = [{"pc": "0x1", "module": 1, "offset": offset, "symbol": "as_it_was"} for offset in offsets]
        return self.file(name, "".join(json.dumps(record) + "\n" for record in (
            HEADER, module, dict(FINDING, stack=stack))))

    def named(self, library, offset, *arguments, build_id=BUILD_ID, **keywords):
        """The first frame in the text, and the messages."""
        result = self.dlpin("report", *arguments, self.report(library, [offset], build_id), **keywords)
        self.assertEqual(result.returncode, 0, result.stderr)
        line = next(line for line in result.stdout.splitlines() if line.startswith("    #0 "))
        return line.removeprefix("    #0 "), result.stderr

    def split(self, debug, library=None):
        """A stripped library, whose debug information is in another file."""
        library = library or self.library()
        address = self.addresses(library, "plug_run")[1]
        debug.parent.mkdir(parents=True, exist_ok=True)
        self.tool("objcopy", "--only-keep-debug", library, debug)
        self.tool("strip", library)
        return library, address

    def by_id(self, folder, build_id=BUILD_ID):
        return folder / ".build-id" / build_id[:2] / f"{build_id[2:]}.debug"


class Inlined(Symbols):
    def stack(self):
        library = self.library(NESTED)
        return self.report(library, self.addresses(library, "plug_outer"))

    def test_each_is_a_frame_of_its_own(self):
        document = json.loads(self.dlpin("report", "--format=json", self.stack()).stdout)
        frames = document["findings"][0]["stack"]
        found = {tuple((f["function"], f["line"], f["inlined"]) for f in frames[i:i + 3])
                 for i in range(len(frames) - 2) if frames[i]["pc"] == frames[i + 2]["pc"]}
        self.assertIn((("inner", 5, True), ("middle", 9, True), ("plug_outer", 15, False)), found)
        symbols = {f["symbol"] for f in frames if f["inlined"]}
        self.assertEqual(symbols, {None})

    def test_those_of_the_standard_library_are_folded(self):
        mark = '#line 5 "/usr/include/c++/12/bits/plug.h"\n    return plug_outside'
        source = NESTED.replace("    return plug_outside", mark).replace(
            "static inline int middle", '#line 7 "plug.cpp"\nstatic inline int middle')
        library = self.library(source)
        report = self.report(library, self.addresses(library, "plug_outer"))
        text = self.dlpin("report", report).stdout
        self.assertIn(" in std\n", text)
        self.assertNotIn(" inner at ", text)
        self.assertNotIn("module, in inner", text)
        self.assertIn(" inner at /usr/include/c++/12/bits/plug.h:5 ",
                      self.dlpin("report", "--verbose", report).stdout)

    def test_those_of_the_library_of_rust_are_folded(self):
        grow, core = "_ZN5alloc7raw_vec4grow17h0123456789abcdefE", "_ZN4core4grow17h0123456789abcdefE"
        source = (f'#line 1 "/rust/raw_vec.rs"\nint grow(int) __asm__("{grow}"); int grow(int n) {{ return n; }}\n'
                  f'#line 1 "plug.cc"\nint core(int) __asm__("{core}"); int core(int n) {{ return grow(n) + 1; }}\n'
                  '#line 7 "plug.rs"\nint plug_start(int n) { return core(n) + 1; }\n')
        library = self.library(source, flags=("-O0", "-g"))
        text = self.dlpin("report", self.report(library, [self.addresses(library, name)[9]
                                                          for name in (grow, core, "plug_start")])).stdout
        self.assertIn("    … 1 frame in std\n    #1 core::grow at ", text)
        self.assertIn(" #2 plug_start at ", text)

    def test_they_are_marked_in_the_text(self):
        lines = self.dlpin("report", self.stack()).stdout.splitlines()
        first = next(i for i, line in enumerate(lines) if " inner at " in line and "plug.cpp:5 " in line)
        self.assertRegex(lines[first], r"#\d+ inner at \S+/plug\.cpp:5 \(plug\.so\+0x[0-9a-f]+, inlined\)$")
        self.assertRegex(lines[first + 1], r"#\d+ middle at \S+/plug\.cpp:9 \(plug\.so\+0x[0-9a-f]+, inlined\)$")
        self.assertRegex(lines[first + 2], r"#\d+ plug_outer at \S+/plug\.cpp:15 \(plug\.so\+0x[0-9a-f]+\)$")
        numbers = [int(line.split()[0][1:]) for line in lines if line.startswith("    #")]
        self.assertEqual(numbers, list(range(len(numbers))))

    def test_as_another_reader_has_them(self):
        if shutil.which("addr2line") is None:
            self.skipTest("no addr2line")
        library = self.library(NESTED)
        for offset in self.addresses(library, "plug_outer"):
            with self.subTest(offset=hex(offset)):
                # A return address belongs to the call before it.
                lines = self.tool("addr2line", "-i", "-f", "-e", library, hex(offset - 1)).splitlines()
                # addr2line names the innermost function by its symbol.
                wanted = [place.split()[0].rsplit("/", 1)[-1] for place in lines[1::2]]
                document = json.loads(self.dlpin("report", "--format=json", self.report(library, [offset])).stdout)
                frames = document["findings"][0]["stack"]
                if lines[0] != "??":
                    self.assertEqual([f"{f['file'].rsplit('/', 1)[-1]}:{f['line']}" for f in frames], wanted)
                    self.assertEqual([f["function"] for f in frames[1:]], lines[2::2])

    def test_a_chain_without_end_is_cut(self):
        inline = "static inline __attribute__((always_inline)) int "
        chain = "".join(f"{inline}f{i}(int n) {{ return f{i - 1}(n) + 1; }}\n" for i in range(1, 300))
        source = f"int plug_outside(int);\n{inline}f0(int n) {{ return plug_outside(n) * 3; }}\n{chain}"
        source += "int plug_outside(int n) { return n; }\nint plug_outer(int n) { return f299(n); }\n"
        library = self.library(source, flags=("-O1", "-g", "-fno-inline-functions-called-once", "-fno-ipa-icf"))
        longest = []
        for offset in self.addresses(library, "plug_outer"):
            document = json.loads(self.dlpin("report", "--format=json", self.report(library, [offset])).stdout)
            longest = max(longest, document["findings"][0]["stack"], key=len)
        self.assertEqual(len(longest), 101)
        self.assertEqual([f["function"] for f in longest[:3]], ["f0", "f1", "f2"])
        self.assertEqual((longest[-1]["function"], longest[-1]["line"]), ("plug_outer", 303))

    def test_the_location_is_the_first_frame_in_the_sources(self):
        for folder in ("lib", "src"):
            (self.directory / folder).mkdir()
        self.file("lib/other.h", "static inline int other(int n) { return plug_outside(n) * 3; }\n")
        source = NESTED.replace("return plug_outside(number) * 3; // line 5", "return other(number);")
        library = self.library(source.replace("namespace", '#include "lib/other.h"\nnamespace', 1), stem="src/plug",
                               flags=("-O2", "-g", "-I."))
        for offset in self.addresses(library, "plug_outer"):
            report = self.report(library, [offset])
            document = json.loads(self.dlpin("report", "--format=json", report).stdout)
            if document["findings"][0]["stack"][0]["function"] == "other":
                break
        for folder, wanted in (("lib", ["other.h", 1]), ("src", ["plug.cpp", 6]), (".", ["lib/other.h", 1])):
            result = self.dlpin("report", "--format=sarif", f"--source-root={self.directory / folder}", report)
            place = json.loads(result.stdout)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
            self.assertEqual([place["artifactLocation"]["uri"], place["region"]["startLine"]], wanted)


class Mapped(Symbols):
    """Paths that the compiler was told to make relative."""

    def place(self, root, module):
        """Where SARIF has a finding of this module, whose stack has a frame of the library."""
        report = self.report(self.library, [self.addresses(self.library, "plug_run")[1]])
        report.write_text(report.read_text().replace('"module": 1, "message"', f'"module": {module}, "message"'))
        result = self.dlpin("report", "--format=sarif", f"--source-root={root}", report)
        place = json.loads(result.stdout)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        return place["artifactLocation"]["uri"]

    def setUp(self):
        super().setUp()
        self.library = super().library(flags=("-O2", "-g", f"-ffile-prefix-map={self.directory}=."))

    def test_of_the_module_itself_they_are_in_the_root(self):
        for root in (self.directory, self.temporary):
            self.assertEqual(self.place(root, 1), "plug.c")

    def test_of_another_module_they_must_be_there(self):
        self.assertEqual(self.place(self.directory, 7), "plug.c")
        self.assertEqual(self.place(self.temporary, 7), "%3F")


class Separate(Symbols):
    def test_a_folder_of_debug_information(self):
        library, address = self.split(self.by_id(self.directory / "debug"))
        self.assertEqual(self.named(library, address)[0], f"plug_run (plug.so+{address:#x})")
        for path in (f"{self.directory}/debug", f"{self.temporary}:{self.directory}/debug"):
            self.assertRegex(self.named(library, address, f"--debug-path={path}")[0],
                             r"^plug_run at \S+/plug\.c:[123] \(plug\.so\+")
        twice = (f"--debug-path={self.temporary}", f"--debug-path={self.directory}/debug")
        self.assertIn("plug_run at ", self.named(library, address, *twice)[0])

    def test_the_module_itself_need_not_be_there(self):
        library, address = self.split(self.by_id(self.directory / "debug"))
        library.unlink()
        self.assertIn("plug_run at ", self.named(library, address, f"--debug-path={self.directory}/debug")[0])

    def test_a_linked_file_in_a_folder_of_debug_information(self):
        for place in (self.directory / "debug" / "plug.debug", None):
            with self.subTest(place):
                library = self.library()
                place = place or self.directory / "debug" / str(library.parent)[1:] / "plug.debug"
                library, address = self.split(place, library)
                self.tool("objcopy", f"--add-gnu-debuglink={place}", library)
                self.assertIn("plug_run at ",
                              self.named(library, address, f"--debug-path={self.directory}/debug")[0])
                place.unlink()

    def test_a_debug_file_of_another_build(self):
        debug = self.by_id(self.directory / "debug")
        library, address = self.split(debug)
        shutil.copy(self.library(build_id=OTHER_ID, name="other.so"), debug)
        self.assertIn("plug_run (", self.named(library, address, f"--debug-path={self.directory}/debug")[0])

    def test_a_folder_that_is_none(self):
        for option in ("--debug-path=/nonexistent", "--debug-path=/:/etc/passwd", "--sysroot=/nonexistent",
                       "--sysroot=/etc/passwd", "--debug-path="):
            result = self.dlpin("report", option, "x")
            self.assertEqual(result.returncode, 2)
            self.assertRegex(result.stderr, rf"^dlpin report: {option.split('=')[0]}=[^:]*: ")


def has_openat2():
    """RESOLVE_IN_ROOT needs Linux 5.6, and some containers do not let it through."""
    libc = ctypes.CDLL(None, use_errno=True)
    how = struct.pack("QQQ", os.O_PATH | os.O_CLOEXEC, 0, 0x10)
    descriptor = libc.syscall(437, -100, b"/", how, len(how))
    if descriptor >= 0:
        os.close(descriptor)
    return descriptor >= 0


class Sysroot(Symbols):
    def setUp(self):
        super().setUp()
        self.root = self.directory / "root"

    def two(self, here, there):
        """A library here, and one at the same path in another system, with these build IDs."""
        library = self.library(name="lib/plug.so", build_id=here)
        inside = self.root / str(library)[1:]
        inside.parent.mkdir(parents=True)
        shutil.copy(self.library(name="copy.so", build_id=there), inside)
        return library, self.addresses(library, "plug_run")[1]

    def test_another_file_of_the_same_path_here(self):
        library, address = self.two(OTHER_ID, BUILD_ID)
        self.assertIn("as_it_was (", self.named(library, address)[0])
        name, messages = self.named(library, address, f"--sysroot={self.root}")
        self.assertIn("plug_run at ", name)
        self.assertEqual(messages, "")

    def test_another_file_of_the_same_path_there(self):
        library, address = self.two(BUILD_ID, OTHER_ID)
        name, messages = self.named(library, address, f"--sysroot={self.root}")
        self.assertIn("plug_run at ", name)
        self.assertEqual(messages, "")

    @unittest.skipUnless(has_openat2(), "no openat2")
    def test_links_lead_to_files_there(self):
        inside = self.root / "opt" / "real"
        inside.mkdir(parents=True)
        shutil.move(self.library(), inside / "plug.so")
        (self.root / "opt" / "link").symlink_to("/opt/real")
        address = self.addresses(inside / "plug.so", "plug_run")[1]
        self.assertIn("plug_run at ", self.named("/opt/link/plug.so", address, f"--sysroot={self.root}")[0])

    @unittest.skipUnless(has_openat2(), "no openat2")
    def test_nothing_leads_out(self):
        self.root.mkdir()
        library = self.library()
        (self.root / "plug.so").symlink_to(f"../{library.name}")
        address = self.addresses(library, "plug_run")[1]
        self.assertIn("as_it_was (", self.named("/plug.so", address, f"--sysroot={self.root}")[0])

    def test_debug_information_there(self):
        library, address = self.split(self.by_id(self.root / "usr" / "lib" / "debug"))
        self.assertIn("plug_run at ", self.named(library, address, f"--sysroot={self.root}")[0])

    def test_a_linked_file_there(self):
        library = self.library()
        debug = self.root / str(library.parent)[1:] / "plug.debug"
        library, address = self.split(debug, library)
        self.tool("objcopy", f"--add-gnu-debuglink={debug}", library)
        shutil.move(library, debug.parent / "plug.so")
        self.assertIn("plug_run at ", self.named(library, address, f"--sysroot={self.root}")[0])


class Replaced(Symbols):
    SENTENCE = "this is not the file that was loaded, it was replaced since: its symbols are not used"

    def test_a_file_with_another_build_id_is_not_used_and_that_is_said(self):
        library = self.library(build_id=OTHER_ID)
        name, messages = self.named(library, self.addresses(library, "plug_run")[1])
        self.assertIn("as_it_was (", name)
        self.assertEqual(messages, f"dlpin report: {library}: {self.SENTENCE}\n")

    def test_it_is_said_once_for_each_module(self):
        library = self.library(build_id=OTHER_ID)
        offsets = self.addresses(library, "plug_run")
        self.report(library, offsets, BUILD_ID, "report.1")
        self.report(library, offsets, "ab" * 20, "report.2")
        self.report(library, offsets, BUILD_ID, "report.3")
        result = self.dlpin("report", *(self.directory / f"report.{i}" for i in (1, 2, 3)))
        self.assertEqual(result.stderr, f"dlpin report: {library}: {self.SENTENCE}\n")

    def test_it_is_not_said_where_the_symbols_are_found(self):
        library, address = self.split(self.by_id(self.directory / "debug"))
        self.library(build_id=OTHER_ID)
        name, messages = self.named(library, address, f"--debug-path={self.directory}/debug")
        self.assertIn("plug_run at ", name)
        self.assertEqual(messages, "")

    def test_missing_files_are_not_reported_as_changed(self):
        self.assertEqual(self.named("/nonexistent/plug.so", 1), ("as_it_was (plug.so+0x1)", ""))

    def test_a_file_without_a_build_id_that_was_changed(self):
        self.file("plug.c", PLAIN)
        self.tool("gcc", "-shared", "-fPIC", "-nostdlib", "plug.c", "-o", "plug.so", "-Wl,--build-id=none")
        library = self.directory / "plug.so"
        self.assertIn(self.SENTENCE, self.named(library, self.addresses(library, "plug_run")[1], build_id="")[1])


class Once(Symbols):
    def test_every_finding_that_why_shows(self):
        library = self.library()
        offset = self.addresses(library, "plug_run").start + 1
        report = self.report(library, [offset])
        handle = dict(FINDING, kind="handle", verdict="held", signature="s",
                      stack=[{"pc": "0x1", "module": 1, "offset": offset, "symbol": "as_it_was"}])
        header, module = report.read_text().splitlines()[:2]
        program = {"type": "module", "pid": 1, "id": 2, "path": "/opt/host", "state": "loaded"}
        report.write_text("\n".join((json.dumps({**json.loads(header), "exe": "/opt/host"}),
                                     json.dumps({**json.loads(module), "state": "loaded"}), json.dumps(program),
                                     json.dumps(handle), json.dumps({**handle, "id": 2}), "")))
        result = self.dlpin("why", report, "plug.so")
        self.assertEqual(result.stdout.count(f"#0 plug_run at {self.directory}/plug.c:3 "), 2, result)
        self.assertIn("it is the program itself", self.dlpin("why", report, "host").stdout)

    def test_a_module_is_opened_as_often_for_many_frames_as_for_one(self):
        if shutil.which("strace") is None:
            self.skipTest("no strace")
        library = self.library()
        offset = self.addresses(library, "plug_run")[1]
        counts = []
        for frames in (1, 500):
            trace = self.directory / "trace"
            result = subprocess.run(["strace", "-f", "-qq", "-e", "trace=openat,open,openat2", "-o", trace,
                                     os.environ["DLPIN_TEST_COMMAND"], "report", "-v",
                                     self.report(library, [offset] * frames)],
                                    env=self.environment, capture_output=True, text=True, timeout=600)
            if result.returncode != 0:
                self.skipTest(f"strace: {result.stderr}")
            lines = [line for line in result.stdout.splitlines() if line.startswith("    #")]
            self.assertEqual(sum(" plug_run at " in line for line in lines), frames)
            counts.append(trace.read_text().count(str(library)))
        self.assertEqual(counts[0], counts[1])
        self.assertEqual(counts[0], 1)


class Server(Symbols):
    """A server of debug information, and what it was asked for."""

    def serve(self, files):
        asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                data = files.get(self.path)
                self.send_response(200 if data is not None else 404)
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                self.wfile.write(data or b"")

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return {"DEBUGINFOD_URLS": f"http://127.0.0.1:{server.server_port}", "DEBUGINFOD_TIMEOUT": "20"}, asked

    def need_client(self):
        if subprocess.run(["sh", "-c", "ldconfig -p | grep -q libdebuginfod.so.1"], check=False,
                          env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}).returncode != 0:
            self.skipTest("no libdebuginfod.so.1")

    def test_it_is_asked_where_one_is_named(self):
        self.need_client()
        debug = self.directory / "kept.debug"
        library, address = self.split(debug)
        environment, asked = self.serve({f"/buildid/{BUILD_ID}/debuginfo": debug.read_bytes()})
        self.assertRegex(self.named(library, address, environment=environment)[0], r"^plug_run at \S+/plug\.c:[123] ")
        self.assertEqual(asked, [f"/buildid/{BUILD_ID}/debuginfo"])

    def test_the_module_is_asked_for_too(self):
        self.need_client()
        library = self.library()
        address = self.addresses(library, "plug_run")[1]
        environment, asked = self.serve({f"/buildid/{BUILD_ID}/executable": library.read_bytes()})
        library.unlink()
        self.assertIn("plug_run at ", self.named(library, address, environment=environment)[0])
        self.assertEqual(asked, [f"/buildid/{BUILD_ID}/{kind}" for kind in ("debuginfo", "executable")])

    def test_a_file_of_another_build_from_there_is_not_used(self):
        self.need_client()
        debug = self.directory / "kept.debug"
        library, address = self.split(debug)
        other = self.library(build_id=OTHER_ID, name="other.so").read_bytes()
        environment, _ = self.serve({f"/buildid/{BUILD_ID}/debuginfo": other})
        self.assertIn("plug_run (", self.named(library, address, environment=environment)[0])

    def test_nothing_is_asked_that_is_here(self):
        self.need_client()
        library = self.library()
        environment, asked = self.serve({})
        self.assertIn("plug_run at ", self.named(library, self.addresses(library, "plug_run")[1],
                                                 environment=environment)[0])
        self.assertEqual(asked, [])

    def test_without_a_name_there_is_no_network(self):
        if shutil.which("strace") is None:
            self.skipTest("no strace")
        library, address = self.split(self.directory / "kept.debug")
        for urls in (None, "", "  "):
            with self.subTest(urls=urls):
                environment = dict(self.environment, **({} if urls is None else {"DEBUGINFOD_URLS": urls}))
                trace = self.directory / "trace"
                result = subprocess.run(["strace", "-f", "-qq", "-e", "trace=openat,socket,connect", "-o", trace,
                                         os.environ["DLPIN_TEST_COMMAND"], "report",
                                         self.report(library, [address])],
                                        env=environment, capture_output=True, text=True, timeout=600)
                if result.returncode != 0:
                    self.skipTest(f"strace: {result.stderr}")
                text = trace.read_text()
                self.assertIn(str(library), text)
                for word in ("socket(", "connect(", "libdebuginfod", "libcurl"):
                    self.assertNotIn(word, text)


class Names(Symbols):
    # A symbol, the name for programs and the name for people.
    ROWS = (
        ("_ZN4plug3runENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE",
         "plug::run(std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >)",
         "plug::run(std::string)"),
        ("_ZN4plug3runENSt3__112basic_stringIcNS0_11char_traitsIcEENS0_9allocatorIcEEEE",
         "plug::run(std::__1::basic_string<char, std::__1::char_traits<char>, std::__1::allocator<char> >)",
         "plug::run(std::string)"),
        ("_ZNSt6vectorIiSaIiEE9push_backEOi", "std::vector<int, std::allocator<int> >::push_back(int&&)",
         "std::vector<int>::push_back(int&&)"),
        ("_ZNSt3mapIiiSt4lessIiESaISt4pairIKiiEEE5clearEv",
         "std::map<int, int, std::less<int>, std::allocator<std::pair<int const, int> > >::clear()",
         "std::map<int, int>::clear()"),
        ("_ZN4plug4init17h05af221e174051e9E", "plug::init", "plug::init"),
        ("_RNvNtCsbmNqQUJIY6D_4plug6worker3run", "plug::worker::run", "plug::worker::run"),
        ("_D4plug6worker3runFiZv", "plug.worker.run(int)", "plug.worker.run(int)"),
        ("plain_c", "plain_c", "plain_c"),
    )

    def setUp(self):
        super().setUp()
        source = ".text\n" + "".join(
            f'.globl "{symbol}"\n.type "{symbol}", @function\n"{symbol}": .skip 16\n.size "{symbol}", 16\n'
            for symbol, _, _ in self.ROWS)
        library = self.library(source, flags=())
        self.path = self.report(library, [self.addresses(library, symbol)[1] for symbol, _, _ in self.ROWS])

    def test_whole_for_programs(self):
        document = json.loads(self.dlpin("report", "--format=json", self.path).stdout)
        # An older demangler has no blank in "> >", and a newer one no crate's hash.
        self.assertEqual([f["function"].replace(">>", "> >") for f in document["findings"][0]["stack"]],
                         [whole for _, whole, _ in self.ROWS])

    def test_short_for_people(self):
        lines = [line.split(" ", 5)[5] for line in self.dlpin("report", "--verbose", self.path).stdout.splitlines()
                 if line.startswith("    #")]
        self.assertEqual([line.rsplit(" (", 1)[0] for line in lines], [short for _, _, short in self.ROWS])

    def test_short_in_a_comment_on_a_pull_request(self):
        symbol, whole, _ = self.ROWS[0]
        library = self.library(f'.text\n.globl "{symbol}"\n.type "{symbol}", @function\n"{symbol}": .skip 16\n'
                               f'.size "{symbol}", 16\n', flags=("-g",))
        report = self.report(library, [self.addresses(library, symbol)[1]])
        text = self.dlpin("report", "--format=markdown", f"--source-root={self.directory}", report).stdout
        summary = html.unescape(text[text.index("<summary>"):text.index("</summary>")])
        self.assertIn("plug::run(std::string)", summary)
        self.assertIn(whole, self.dlpin("report", "--format=sarif", report).stdout.replace(">>", "> >"))


if __name__ == "__main__":
    unittest.main()
