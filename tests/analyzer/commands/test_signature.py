# SPDX-License-Identifier: MIT
"""Signatures of real findings: the same after each change that is none of the plug-in's functions.

A host and a plug-in are compiled several times, run with the real library, and compared."""

import json
import os
import shutil
import subprocess
import unittest

from support import SHIM, Case

HELPER = """
int helper(int number) { return number + 1; }
"""

HOST = """
#include <dlfcn.h>
int helper(int number);
static __attribute__((noinline)) int run(const char *path)
{
    void *plugin = dlopen(path, RTLD_NOW);
    void (*start)(void);
    if (!plugin)
        return 1;
    start = (void (*)(void))dlsym(plugin, "start");
    start();
    return dlclose(plugin);
}
int main(int argc, char **argv)
{
    return run(argv[1]) + helper(-1);
}
"""

# No function is inlined or left with a jump, so that any optimisation level has these frames.
PLUGIN = """
#include <pthread.h>
#include <stdlib.h>
#define OWN __attribute__((noinline, noipa))
static volatile int done;
static void *volatile table;
static OWN void session_end(void *value) { free(value); done++; }
static OWN void make_key(void (*destructor)(void *))
{
    pthread_key_t key;
    pthread_key_create(&key, destructor);
    done++;
}
static OWN void make_table(size_t size) { table = malloc(size); done++; }
static OWN void one(void) { make_key(NULL); done++; }
static OWN void two(void) { make_key(session_end); done++; }
static OWN void three(void) { make_table(5000); done++; }
OWN void four(void) { pthread_key_t key; pthread_key_create(&key, NULL); done++; }
OWN void start(void) { one(); two(); three(); four(); table = NULL; done++; }
"""

CXX = """
#include <pthread.h>
#include <map>
#include <string>
namespace {
volatile int done;
template <class Map> __attribute__((noinline, noipa)) void fill(const Map &)
{
    pthread_key_t key;
    pthread_key_create(&key, nullptr);
    done = done + 1;
}
}
extern "C" void start(void)
{
    fill(std::map<std::string, int>());
    fill(std::map<int, std::string>());
}
"""


class Built(Case):
    """A case with a host and a plug-in."""

    def setUp(self):
        super().setUp()
        if shutil.which("cc") is None:
            self.skipTest("no compiler")
        self.environment["DLPIN_LIBRARY"] = SHIM
        self.helper()
        self.host()

    def compile(self, source, output, *options, compiler="cc"):
        name = output + (".cpp" if compiler == "c++" else ".c")
        self.file(name, source)
        # Relative names: a build elsewhere has the same debug information.
        subprocess.run([compiler, "-o", output, name, *options], check=True, cwd=self.directory)
        return self.directory / output

    def helper(self, source=HELPER):
        self.compile(source, "libhelper.so", "-shared", "-fPIC", "-g", "-O1")

    def host(self, source=HOST, *options):
        self.compile(source, "host", *(options or ("-g", "-O1")), "libhelper.so", "-Wl,-rpath,$ORIGIN",
                     "-ldl")

    def plugin(self, source=PLUGIN, *options, compiler="cc"):
        self.compile(source, "plugin.so", "-shared", "-fPIC", *(options or ("-g", "-O1")), "-lpthread",
                     compiler=compiler)


class Signatures(Built):
    def findings(self):
        """Of a run: {signature: (kind, function, unstable)}."""
        out = self.directory / "out.json"
        result = self.dlpin("run", "--format=json", "-o", out, self.directory / "host",
                            self.directory / "plugin.so")
        self.assertEqual(result.returncode, 0, result.stderr)
        document = json.loads(out.read_text())
        self.assertEqual(document["signatures"], "dlpin/1")
        for finding in document["findings"]:
            self.assertRegex(finding["signature"], r"^[0-9a-f]{12}$")
        return {f["signature"]: (f["kind"], f["function"], f["unstable"]) for f in document["findings"]}

    EXPECTED = [("heap-lost", "make_table", False), ("key", "four", False), ("key", "make_key", False),
                ("key-destructor", "session_end", False)]

    def start(self):
        self.plugin()
        before = self.findings()
        self.assertEqual(sorted(before.values()), self.EXPECTED)
        self.assertEqual(len({signature[:8] for signature in before}), 4)
        return before

    def test_another_build_with_the_same_options(self):
        before = self.start()
        self.plugin()
        self.assertEqual(self.findings(), before)

    def test_lines_are_added(self):
        before = self.start()
        self.host(HOST.replace("int main", "\nint more(void) { return helper(1) * helper(2); }\n\nint main")
                  .replace("    start();", "    helper(5);\n    start();"))
        self.assertEqual(self.findings(), before, "to the host")
        self.plugin(PLUGIN.replace("static OWN void one",
                                   "OWN int more(int a) { return a * 77 + done; }\n\nstatic OWN void one")
                    .replace("    pthread_key_t key;\n", "    pthread_key_t key;\n    done += 40;\n"))
        self.assertEqual(self.findings(), before, "to the plug-in")

    def test_another_optimisation_level(self):
        before = self.start()
        self.plugin(PLUGIN, "-O2", "-g")
        self.assertEqual(self.findings(), before)
        self.host(HOST, "-O2", "-s")
        self.assertEqual(self.findings(), before)

    def test_another_host_of_the_plugin(self):
        before = self.start()
        self.host(HOST.replace("run(", "load_and_unload("))
        self.assertEqual(self.findings(), before)

    def test_split_debug_files(self):
        before = self.start()
        for where in ("plugin.so.debug", ".debug/plugin.so.debug"):
            with self.subTest(where):
                self.plugin()
                (self.directory / where).parent.mkdir(exist_ok=True)
                for command in (["objcopy", "--only-keep-debug", "plugin.so", where],
                                ["strip", "plugin.so"],
                                ["objcopy", f"--add-gnu-debuglink={where}", "plugin.so"]):
                    subprocess.run(command, check=True, cwd=self.directory)
                self.assertEqual(self.findings(), before)
                os.remove(self.directory / where)

    def test_an_update_of_a_library_that_has_no_part_in_it(self):
        before = self.start()
        self.helper("int first(int n) { return n * n; }\n" + HELPER + "int last(int n) { return n - 1; }\n")
        self.assertEqual(self.findings(), before)

    def test_without_names(self):
        """Only a finding without names has an unstable signature; the others are as before."""
        before = self.start()
        subprocess.run(["strip", self.directory / "plugin.so"], check=True)
        after = self.findings()
        self.assertEqual(sorted((kind, unstable) for kind, _, unstable in after.values()),
                         [("heap-lost", True), ("key", False), ("key", True), ("key-destructor", True)])
        for signature, (_, function, unstable) in after.items():
            self.assertEqual(signature in before, not unstable, function)
        self.assertIn(" (unstable: its function has no name)", self.dlpin(
            "run", self.directory / "host", self.directory / "plugin.so").stderr)

    def test_another_path_to_the_function_changes_the_last_part_only(self):
        before = self.start()
        self.plugin(PLUGIN.replace("static OWN void one(void) { make_key(NULL); done++; }",
                                   "static OWN void zero(void) { make_key(NULL); done++; }\n"
                                   "static OWN void one(void) { zero(); done++; }"))
        after = self.findings()
        self.assertEqual(len(set(before) & set(after)), 3)
        self.assertEqual({s[:8] for s in before}, {s[:8] for s in after})

    def test_leaks_in_different_functions_differ(self):
        before = self.start()
        self.plugin(PLUGIN.replace("session_end", "session_stop").replace("make_table", "make_tables")
                    .replace("make_key", "new_key").replace("four", "fourth"))
        self.assertEqual({s[:8] for s in self.findings()} & {s[:8] for s in before}, set())

    def test_several_of_one_function_are_one(self):
        self.plugin(PLUGIN.replace("OWN void four(void) {",
                                   "OWN void four(void) { pthread_key_t more; pthread_key_create(&more, NULL);"))
        self.assertEqual(sorted(self.findings().values()), self.EXPECTED)
        self.assertIn("and another one in four at ", self.dlpin(
            "run", self.directory / "host", self.directory / "plugin.so").stderr)

    def test_names_of_templates(self):
        if shutil.which("c++") is None:
            self.skipTest("no C++ compiler")
        self.plugin(CXX, "-g", "-O1", compiler="c++")
        before = self.findings()
        functions = [function for kind, function, _ in before.values() if kind == "key"]
        self.assertEqual(len(functions), 2)
        for function in functions:
            self.assertIn("fill<std::map<", function)
            self.assertNotRegex(function, "allocator|less|__cxx11|char_traits")
        self.plugin(CXX, "-O2", compiler="c++")
        self.assertEqual(self.findings(), before)


class OfTheLibrary(Built):
    """The option suppressions= of libdlpin.so reads the same file, and applies lines of modules."""

    def run_with(self, lines, *arguments):
        self.plugin()
        options = f"suppressions={self.file('s', lines)}:exitcode=9:log_path={self.directory}/log"
        for report in self.directory.glob("log.*"):
            report.unlink()
        result = subprocess.run([self.directory / "host", self.directory / "plugin.so"], capture_output=True, text=True,
                                env={**self.environment, "LD_PRELOAD": SHIM, "DLPIN_OPTIONS": options})
        report, = self.directory.glob("log.*")
        return result, self.dlpin("report", *arguments, report)

    def test_lines_of_modules(self):
        for lines, status, printed, suppressed in (
            ("# none\n", 9, 4, 0),
            ("key-destructor:plugin.so reason=a key-destructor:\n", 9, 3, 1),
            ("*:plug*|*/plugin.so", 0, 0, 4),
            ("key:plugin.so\nkey-destructor:nothing\nheap-lost:*.so until=9999-01-01", 9, 1, 3),
            ("*:plugin.so until=2001-01-01\n", 9, 4, 0),
            ("*:plugin.so|start\n*:start\nsig:0123456789ab\n*:plugin.so until=x\n*:\nkeys:*\n*:|plugin.so\n", 9, 4, 0),
        ):
            with self.subTest(lines):
                result, report = self.run_with(lines)
                self.assertEqual(result.returncode, status, result.stderr)
                self.assertEqual(result.stderr.count("dlpin: ERROR: ") + result.stderr.count("dlpin: WARNING: "),
                                 printed, result.stderr)
                if suppressed:
                    self.assertIn(f"dlpin: {suppressed} suppressed\n", report.stdout)
                else:
                    self.assertNotIn("suppressed", report.stdout)

    def test_what_is_suppressed_is_in_the_report_file(self):
        _, report = self.run_with("*:plugin.so", "--format=json")
        document = json.loads(report.stdout)
        self.assertEqual((document["findings"], {h["by"] for h in document["hidden"]}), ([], {"library"}))
        self.assertEqual(len(document["hidden"]), 4)

    def test_a_file_that_cannot_be_read(self):
        fifo = self.directory / "fifo"
        os.mkfifo(fifo)
        for path in (fifo, "/nonexistent", "/dev/zero", self.directory):
            for quiet in (0, 1):
                with self.subTest(path, quiet=quiet):
                    options = f"suppressions={path}:quiet={quiet}"
                    result = subprocess.run(["true"], capture_output=True, text=True, timeout=600,
                                            env={**self.environment, "LD_PRELOAD": SHIM, "DLPIN_OPTIONS": options})
                    self.assertEqual(result.returncode, 0)
                    line = f"dlpin: suppressions={path}: it cannot be read\n"
                    self.assertEqual(result.stderr, "" if quiet else line)


if __name__ == "__main__":
    unittest.main()
