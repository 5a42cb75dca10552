# SPDX-License-Identifier: MIT
"""Own code and that of third parties: --own, --source-root and --own-only, in the text, the gate and the formats."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from formats import HEADER, SUMMARY, finding, frame, module
from support import Case

BUILD_ID = "00112233445566778899aabbccddeeff00112233"


class Own(Case):
    """Two modules: a plug-in with a warning, and a library with an error."""

    def setUp(self):
        super().setUp()
        self.source = self.directory / "source"
        self.source.mkdir()

    def report(self, *more, plugin="/opt/plugin.so", library="/usr/lib/libother.so.3"):
        records = (HEADER, module(plugin, 1), module(library, 2, soname="libother.so.3"),
                   finding(1, "error", "key-destructor", "dangling", module=2), finding(2), *more, SUMMARY)
        return self.file("report", "".join(json.dumps(record) + "\n" for record in records))

    def headings(self, *arguments):
        """The first line of each finding in the text, up to its module."""
        result = self.dlpin("report", *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        pattern = r"((?:error|warning|note): [\w-]+: \S+(?: \([^)]*\))?): "
        return re.findall(pattern, result.stdout)

    ALL_OWN = ["error: key-destructor: libother.so.3", "warning: key: plugin.so"]
    OTHER = ["warning: key: plugin.so", "error: key-destructor: libother.so.3 (third-party)"]

    def test_without_options_nothing_is_of_a_third_party(self):
        self.assertEqual(self.headings(self.report()), self.ALL_OWN)
        document = json.loads(self.dlpin("report", "--format=json", self.report()).stdout)
        self.assertEqual([f["third_party"] for f in document["findings"]], [False, False])

    def test_patterns(self):
        for globs in (["/opt/*"], ["plugin.so"], ["plug?n*"], ["nothing", "*.so"]):
            with self.subTest(globs):
                self.assertEqual(self.headings(*(f"--own={glob}" for glob in globs), self.report()), self.OTHER)
        self.assertEqual(self.headings("--own=plugin.so", "--own=libother.so.3", self.report()), self.ALL_OWN)
        self.assertEqual([line.endswith(" (third-party)") for line in self.headings("--own=opt", self.report())],
                         [True, True])

    def test_a_module_in_the_folder_of_the_sources(self):
        plugin = self.source / "build" / "plugin.so"
        root = f"--source-root={self.source}"
        self.assertEqual(self.headings(root, self.report(plugin=str(plugin))), self.OTHER)
        self.assertEqual(self.headings(root, self.report(plugin=f"{self.source}/x/../plugin.so")), self.OTHER)
        beside = self.headings(root, self.report(plugin=f"{self.source}-other/plugin.so"))
        self.assertIn("warning: key: plugin.so (third-party)", beside)

    def test_a_module_behind_a_link(self):
        (self.source / "plugin.so").touch()
        (self.directory / "link").symlink_to(self.source)
        self.assertEqual(self.headings(f"--source-root={self.source}",
                                       self.report(plugin=str(self.directory / "link" / "plugin.so"))), self.OTHER)

    @unittest.skipUnless("DLPIN_TEST_PLACES" in os.environ, "no C++ library")
    def test_a_module_that_was_built_elsewhere_from_the_sources(self):
        library = os.environ["DLPIN_TEST_PLACES"]
        symbols = subprocess.run(["nm", "-D", library], capture_output=True, text=True, check=True).stdout
        address = int(next(s for s in symbols.splitlines() if s.endswith(" places_run")).split()[0], 16)
        # Each finding of it is own, not only the one whose frame says so.
        path = self.report({**module(library, 3), "build_id": BUILD_ID},
                           finding(3, module=3, stack=[frame(None, 3, address + 4)]),
                           finding(4, kind="timer", module=3))
        root = pathlib.Path(__file__).parents[1]
        lines = self.headings(f"--source-root={root}", path)
        self.assertEqual(sum("third-party" in line for line in lines if "libplaces" in line), 0, lines)
        self.assertEqual(sum("third-party" in line for line in lines), 2, lines)

    PLUGIN = "int started; void start(void) { started = 1; }\n"
    OWN = "error: key-destructor: plugin.so"

    def built(self, folder, *options):
        """A plug-in from the folder of the sources whose findings have no frames, and its report."""
        if shutil.which("gcc") is None:
            self.skipTest("no gcc")
        folder.mkdir(parents=True, exist_ok=True)
        (self.source / "plugin.c").write_text(self.PLUGIN)
        plugin = folder / "plugin.so"
        subprocess.run(["gcc", "-shared", "-fPIC", f"-Wl,--build-id=0x{BUILD_ID}", *options, self.source / "plugin.c",
                        "-o", plugin], check=True)
        other = module("/usr/lib/x86_64-linux-gnu/libother.so.3", 1)
        return self.file("built", "".join(json.dumps(record) + "\n" for record in (
            HEADER, other, module(str(plugin), 2, build_id=BUILD_ID),
            finding(1, "error", "key-destructor", "dangling", module=2), finding(2), SUMMARY)))

    def test_a_module_whose_debug_information_names_the_sources(self):
        path = self.built(self.directory / "elsewhere", "-g")
        lines = [self.OWN, "warning: key: libother.so.3 (third-party)"]
        self.assertEqual(self.headings(f"--source-root={self.source}", path), lines)
        self.assertEqual(self.headings(f"--source-root={self.temporary}", path)[0], self.OWN + " (third-party)")
        path = self.built(self.directory / "elsewhere")
        self.assertEqual(self.headings(f"--source-root={self.source}", path)[0], self.OWN + " (third-party)")

    def test_a_module_in_a_build_tree(self):
        """Without debug information: CMake and Meson keep a note of the folder of the sources."""
        build = self.directory / "build"
        for name, text in (("CMakeCache.txt", "# x\nCMAKE_HOME_DIRECTORY:INTERNAL={}\n"),
                           ("meson-info/meson-info.json", '{{"directories": {{"source": "{}", "build": "x"}}}}')):
            for sources, own in ((self.source, True), (self.source / "part", True), (self.directory, False),
                                 (f"{self.source}-other", False)):
                with self.subTest(name, sources=sources):
                    shutil.rmtree(build, ignore_errors=True)
                    note = build / name
                    note.parent.mkdir(parents=True)
                    note.write_text(text.format(sources))
                    heading, = [line for line in self.headings(f"--source-root={self.source}",
                                                               self.built(build / "src" / "plugins"))
                                if "plugin.so" in line]
                    self.assertEqual(heading, self.OWN if own else self.OWN + " (third-party)")

    def test_a_note_of_a_build_tree_that_is_none(self):
        build = self.directory / "build"
        (build / "meson-info").mkdir(parents=True)
        path = self.built(build)
        for text in ("", "{", "[]", '{"directories": 7}', '{"directories": {"source": 7}}', "\0" * 100):
            (build / "meson-info" / "meson-info.json").write_text(text)
            (build / "CMakeCache.txt").write_text(text)
            self.assertIn("(third-party)", self.headings(f"--source-root={self.source}", path)[0])
        (build / "CMakeCache.txt").unlink()
        os.mkfifo(build / "CMakeCache.txt")
        self.assertIn("(third-party)", self.headings(f"--source-root={self.source}", path)[0])

    def test_all_modules_of_an_identity_are_own_or_none_is(self):
        records = [HEADER, module("/opt/copies/libone.so.1", 1, soname="libone.so"),
                   module(str(self.source / "libone.so.2"), 2, soname="libone.so"),
                   finding(1, "error", "key-destructor", "dangling", module=1), finding(2, module=2), SUMMARY]
        path = self.file("two", "".join(json.dumps(record) + "\n" for record in records))
        for root in (f"--source-root={self.source}", "--own=/opt/*"):
            lines = self.headings(root, path)
            self.assertEqual(lines, ["error: key-destructor: libone.so", "warning: key: libone.so"])

    def test_the_gate(self):
        library = ("--own=plugin.so", self.report())
        self.assertEqual(self.dlpin("check", "--fail-on=error", *library).returncode, 1)
        self.assertEqual(self.dlpin("check", "--fail-on=error", "--own-only", *library).returncode, 0)
        self.assertEqual(self.dlpin("check", "--own-only", *library).returncode, 1)
        # A gate that passes says what it left out.
        spared = "dlpin: 1 of third parties would fail the gate without --own-only\n"
        self.assertIn(spared, self.dlpin("check", "--fail-on=error", "--own-only", *library).stdout)
        self.assertNotIn(spared, self.dlpin("check", "--fail-on=error", *library).stdout)
        # Before --fail-on as behind it.
        self.assertEqual(self.dlpin("check", "--own-only", "--fail-on=error,growth", *library).returncode, 0)
        empty = self.file("empty", json.dumps(HEADER) + "\n" + json.dumps(SUMMARY) + "\n")
        self.assertEqual(self.dlpin("diff", "--fail-on=error", "--own-only", "--own=plugin.so", empty,
                                    self.report()).returncode, 0)

    def test_a_gate_that_nothing_could_fail_does_not_pass(self):
        """A pattern with a mistake in it: all is of third parties."""
        words = "failed: --own-only, and by --own and --source-root no module is own code"
        for option in ("--own=", "--own=plugim.so", f"--source-root={self.temporary}"):
            for arguments in (("check",), ("diff", self.file("empty", json.dumps(HEADER) + "\n" + json.dumps(SUMMARY)))):
                with self.subTest(option, command=arguments[0]):
                    result = self.dlpin(*arguments, "--own-only", option, self.report())
                    self.assertEqual(result.returncode, 2)
                    self.assertIn(words, result.stderr)
        # Other modules that were loaded may be own, and then nothing of them is left.
        result = self.dlpin("check", "--own-only", "--own=own.so", self.report(module("/opt/own.so", 3)))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        # Where nothing would fail without the option either, it is no mistake.
        result = self.dlpin("check", "--fail-on=timer", "--own-only",
                            "--own=own.so", self.report())
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_a_crash_fails_the_gate_wherever_it_is(self):
        path = self.report({"type": "crash", "pid": 1, "time": 1, "signal": 11, "signal_name": "SIGSEGV",
                            "address": "0x9", "module": 2, "offset": 9, "stack": []})
        self.assertEqual(self.dlpin("check", "--fail-on=error", "--own-only", "--own=plugin.so", path).returncode, 1)

    def test_a_finding_without_a_module_is_own(self):
        path = self.report(finding(3, "error", "handle", "pinned", module=None))
        self.assertEqual(self.dlpin("check", "--fail-on=handle", "--own-only", "--own=plugin.so", path).returncode, 1)

    def test_a_handle_is_of_who_opened_it(self):
        path = self.report(finding(3, "note", "handle", "pinned", module=2, subject={"requester": 1}),
                           finding(4, "note", "handle", "pinned", module=1, subject={"requester": 2}))
        lines = [line for line in self.headings("--own=plugin.so", path) if "handle" in line]
        self.assertEqual(lines, ["note: handle: libother.so.3",
                                 "note: handle: plugin.so (third-party)"])

    def test_own_only_needs_to_know_what_is_own(self):
        result = self.dlpin("check", "--own-only", self.report())
        self.assertEqual(result.returncode, 2)
        self.assertIn("--own-only needs --own=GLOB or --source-root=DIR", result.stderr)
        result = self.dlpin("run", "--own-only", "true")
        self.assertEqual(result.returncode, 125)

    def test_what_is_left_out_may_be_worse(self):
        more = [finding(i, "note", stack=[frame(f"f{i}", 1, i)]) for i in range(3, 30)]
        path = self.report(*more)
        for arguments, words in (((), ", none of them worse"),
                                 (("--own=plugin.so",), ", none of them both own code and worse")):
            text = self.dlpin("report", "--format=github", *arguments, path).stdout
            self.assertIn(f"more are in the report{words}\n", text)
        self.assertNotIn("::error", text)

    def test_the_formats(self):
        path = self.report()
        document = json.loads(self.dlpin("report", "--own=plugin.so", "--format=json", path).stdout)
        self.assertEqual([f["third_party"] for f in document["findings"]], [False, True])
        results = json.loads(self.dlpin("report", "--own=plugin.so", "--format=sarif", path).stdout)["runs"][0]["results"]
        self.assertEqual([r["properties"]["thirdParty"] for r in results], [False, True])
        for form in ("github", "junit", "markdown"):
            self.assertIn("third", self.dlpin("report", "--own=plugin.so", f"--format={form}", path).stdout, form)


@unittest.skipUnless(shutil.which("gcc") and shutil.which("objcopy"), "no gcc, or no objcopy")
class Packages(Case):
    """Of a library of a third party, by its note and in the databases of a system below a folder."""

    def setUp(self):
        super().setUp()
        self.root = self.directory / "root"
        self.path = "/usr/lib/x86_64-linux-gnu/libother.so.3.1"

    def tool(self, *command):
        subprocess.run(list(map(str, command)), check=True, cwd=self.directory, capture_output=True)

    def library(self, note=None, build_id=BUILD_ID):
        """Such a file in the system below the folder."""
        self.file("other.c", "int other(void) { return 1; }\n")
        inside = self.root / self.path[1:]
        inside.parent.mkdir(parents=True, exist_ok=True)
        self.tool("gcc", "-shared", "-fPIC", "-nostdlib", "other.c", "-o", inside, f"-Wl,--build-id=0x{build_id}")
        if note is not None:
            text = note + b"\0" * (4 - len(note) % 4)
            section = self.directory / "note"
            section.write_bytes((4).to_bytes(4, "little") + len(text).to_bytes(4, "little") +
                                (0xcafe1a7e).to_bytes(4, "little") + b"FDO\0" + text)
            self.tool("objcopy", f"--add-section=.note.package={section}",
                      "--set-section-flags=.note.package=alloc,readonly", "--set-section-alignment",
                      ".note.package=4", inside)
        return inside

    def dpkg(self, **lists):
        folder = self.root / "var" / "lib" / "dpkg"
        (folder / "info").mkdir(parents=True)
        for name, lines in lists.items():
            (folder / "info" / (name.replace("_", ":") + ".list")).write_text("\n".join(lines) + "\n")
        (folder / "status").write_text(
            "Package: other\nStatus: install ok installed\nArchitecture: amd64\nVersion: 9\n\n"
            "Package: libother3\nStatus: install ok installed\nArchitecture: i386\nVersion: 1:3.0-1\n\n"
            "Package: libother3\nStatus: install ok installed\nMulti-Arch: same\nArchitecture: amd64\n"
            "Version: 1:3.1-2+b1\nConffiles:\n /etc/x 123\n\nPackage: zlib1g\nVersion: 7\n")

    def package(self, *more, path=None, **keywords):
        report = self.file("report", "".join(json.dumps(record) + "\n" for record in (
            HEADER, module(path or self.path, 1, soname="libother.so.3", build_id=BUILD_ID), finding(1), SUMMARY)))
        arguments = ("--own=plugin.so", f"--sysroot={self.root}", *more, report)
        document = json.loads(self.dlpin("report", "--format=json", *arguments, **keywords).stdout)
        text = self.dlpin("report", *arguments, **keywords).stdout.splitlines()[0]
        found = document["findings"][0]["package"]
        words = "third-party" if found is None else "third-party, " + " ".join(filter(None, found.values()))
        self.assertTrue(text.startswith(f"warning: key: libother.so.3 ({words}): "), text)
        sarif = json.loads(self.dlpin("report", "--format=sarif", *arguments, **keywords).stdout)
        self.assertEqual(sarif["runs"][0]["results"][0]["properties"].get("package"),
                         None if found is None else f"{found['name']} {found['version']}".rstrip())
        return found and (found["name"], found["version"])

    def test_the_note_of_the_module(self):
        self.library(b'{"type":"deb","os":"debian","name":"libother3","version":"3.1-2"}')
        self.dpkg(**{"wrong_amd64": [self.path]})
        self.assertEqual(self.package(), ("libother3", "3.1-2"))

    def test_a_note_without_a_version(self):
        self.library(b'{"name":"libother3"}')
        self.assertEqual(self.package(), ("libother3", ""))

    def test_a_note_that_says_nothing(self):
        for note in (b"", b"{", b"[]", b'{"name":7}', b'{"name":""}', b'{"name":"x' + b"y" * 70000, b"\xff" * 40):
            with self.subTest(note[:20]):
                self.library(note)
                self.assertIsNone(self.package())

    def test_hidden_characters_in_a_note(self):
        self.library(json.dumps({"name": "a\u202eb", "version": "\x1b[31m"}).encode())
        result = self.dlpin("report", "--own=x", f"--sysroot={self.root}", self.file("report", "".join(
            json.dumps(record) + "\n" for record in (HEADER, module(self.path, 1, build_id=BUILD_ID), finding(1)))))
        self.assertNotIn("\u202e", result.stdout)
        self.assertNotIn("\x1b", result.stdout)

    def test_the_database_of_dpkg(self):
        self.library()
        self.dpkg(other=["/.", "/usr"], libother3_amd64=["/.", "/usr", self.path],
                  libother3_i386=["/usr/lib/i386-linux-gnu/libother.so.3.1"])
        self.assertEqual(self.package(), ("libother3", "1:3.1-2+b1"))

    def test_a_package_from_before_the_folders_were_merged(self):
        self.library()
        self.dpkg(libother3_amd64=[self.path.removeprefix("/usr")])
        self.assertEqual(self.package(), ("libother3", "1:3.1-2+b1"))

    def test_a_link_to_what_a_package_has(self):
        self.library()
        (self.root / "opt").mkdir()
        (self.root / "opt" / "libother.so").symlink_to(self.path)
        self.dpkg(libother3_amd64=[self.path])
        self.assertEqual(self.package(path="/opt/libother.so"), ("libother3", "1:3.1-2+b1"))

    def test_a_file_of_no_package(self):
        self.library()
        self.dpkg(libother3_amd64=[self.path + "x", "/" + self.path])
        self.assertIsNone(self.package())

    def test_a_file_that_was_replaced_has_another_version(self):
        self.library(b'{"name":"libother3","version":"3.2"}', build_id="ffeeddccbbaa99887766554433221100ffeeddcc")
        self.dpkg(libother3_amd64=[self.path])
        self.assertIsNone(self.package())

    def test_the_database_of_rpm(self):
        self.library()
        (self.root / "var" / "lib" / "rpm").mkdir(parents=True)
        tools = self.directory / "tools"
        tools.mkdir()
        rpm = tools / "rpm"
        rpm.write_text(f"""#!/bin/sh
[ "$1" = --root={self.root} ] && [ "$2" = -qf ] && [ "$4" = -- ] || exit 3
[ "$5" = {self.path} ] || {{ echo "file $5 is not owned by any package"; exit 1; }}
printf '%b' "$(echo "$3" | sed 's/--queryformat=//; s/%{{NAME}}/other-libs/; s/%{{VERSION}}/3.1/; s/%{{RELEASE}}/2.fc40/')"
""")
        rpm.chmod(0o755)
        with_rpm = {"PATH": f"{tools}:{self.environment['PATH']}"}
        self.assertEqual(self.package(environment=with_rpm), ("other-libs", "3.1-2.fc40"))
        rpm.write_text("#!/bin/sh\necho not owned\nexit 1\n")
        self.assertIsNone(self.package(environment=with_rpm))
        rpm.unlink()
        self.assertIsNone(self.package())

    def test_the_packages_of_this_system(self):
        if not os.path.exists("/var/lib/dpkg/status"):
            self.skipTest("no dpkg")
        path = next((line for line in subprocess.run(["dpkg", "-L", "libc6"], capture_output=True, text=True,
                                                     check=False).stdout.splitlines() if line.endswith("/libc.so.6")),
                    None)
        if path is None or shutil.which("readelf") is None:
            self.skipTest("no libc6, or no readelf")
        notes = subprocess.run(["readelf", "-n", path], capture_output=True, text=True, check=True).stdout
        build_id = notes.split("Build ID: ")[1].split()[0]
        version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "libc6"], capture_output=True, text=True,
                                 check=True).stdout
        report = self.file("report", "".join(json.dumps(record) + "\n" for record in (
            HEADER, module(path, 1, build_id=build_id), finding(1), SUMMARY)))
        document = json.loads(self.dlpin("report", "--format=json", "--own=x", report).stdout)
        package = document["findings"][0]["package"]
        self.assertEqual((package["name"], package["version"]), ("libc6", version))


if __name__ == "__main__":
    unittest.main()
