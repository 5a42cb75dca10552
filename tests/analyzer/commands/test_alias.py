# SPDX-License-Identifier: MIT
"""--alias: a program that copies its plug-in to a new name before each load, and unloads it again."""

import json
import os
import shutil
import subprocess
import unittest

from formats import HEADER, SUMMARY, finding, module
from support import SANITIZED, SHIM, Case

# Links have the same contents, but the loader takes them for one file: so these are copies.
HOST = """
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
static __attribute__((noinline)) int reload(const char *path)
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
    int failed = 0;
    for (int i = 1; i <= 3; i++) {
        char path[64], command[128];
        snprintf(path, sizeof path, "./copies/plugin-%d.so", i);
        snprintf(command, sizeof command, "cp plugin.so %s", path);
        failed |= system(command) || reload(path);
    }
    return failed;
}
"""

DEFECT = """
#include <pthread.h>
static pthread_key_t key;
static volatile int done;
static void session_end(void *value) { done++; }
void start(void) { pthread_key_create(&key, session_end); done++; }
"""
CLEAN = DEFECT + "__attribute__((destructor)) static void stop(void) { pthread_key_delete(key); }\n"

ALIAS = "--alias=plugin-*.so=plugin.so"


@unittest.skipIf(shutil.which("cc") is None, "no compiler")
@unittest.skipIf(SANITIZED, "the library does not go in front of a program with a sanitizer")
class Reloads(Case):
    def setUp(self):
        super().setUp()
        self.environment["DLPIN_LIBRARY"] = SHIM
        (self.directory / "copies").mkdir()
        self.compile(HOST, "host", "-ldl")

    def compile(self, source, output, *options):
        self.file("source.c", source)
        subprocess.run(["cc", "-g", "-O1", "-o", output, "source.c", *options], check=True, cwd=self.directory)

    def plugin(self, source=DEFECT, *options):
        self.compile(source, "plugin.so", "-shared", "-fPIC", "-lpthread", *options)

    def run_host(self, *arguments, **keywords):
        return self.dlpin("run", *arguments, "--", "./host", cwd=self.directory, **keywords)

    def document(self, *arguments, **keywords):
        out = self.directory / "out.json"
        result = self.run_host(f"--report=json:{out}", *arguments, **keywords)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(out.read_text())

    def test_loads_of_one_module(self):
        self.plugin()
        self.assertEqual([f["module"] for f in self.document()["findings"]],
                         ["plugin-1.so", "plugin-2.so", "plugin-3.so"])
        document = self.document(ALIAS)
        found, = document["findings"]
        self.assertEqual((found["module"], found["count"], found["loads"], found["growing"]),
                         ("plugin.so", 3, [1, 2, 3], True))
        loads = [(m["identity"], m["path"].rsplit("/", 1)[-1], m["load"]) for m in document["processes"][0]["modules"]
                 if "plugin" in m["path"]]
        self.assertEqual(loads, [("plugin.so", f"plugin-{i}.so", i) for i in (1, 2, 3)])
        text = self.run_host(ALIAS).stderr
        self.assertIn("error: key-destructor: plugin.so: ", text)
        self.assertIn("3 times, loads 1-3, growing with each load", text)

    def test_by_whatever_name(self):
        self.plugin()
        for alias in ("*/copies/*=plugin.so", "plugin-?.so=plugin.so", "x=y", "plugin-1*=plugin.so"):
            with self.subTest(alias):
                loads = [f["loads"] for f in self.document(f"--alias={alias}", "--alias=plugin-[=z",
                                                           "--alias=plugin-[23]*=z")["findings"]]
                self.assertEqual(loads, [[1, 2, 3]] if "?" in alias or "/" in alias else [[1], [1], [1]])
        self.assertEqual([f["module"] for f in self.document("--alias=plugin-1*=a", "--alias=plugin-*=b")["findings"]],
                         ["a", "b"])
        # A module that says its name itself.
        self.plugin(DEFECT, "-Wl,-soname,libself.so")
        self.assertEqual([f["module"] for f in self.document()["findings"]], ["libself.so"])
        self.assertEqual([f["module"] for f in self.document("--alias=libself*=a")["findings"]], ["a"])
        self.assertEqual([f["module"] for f in self.document("--alias=plugin-*=b")["findings"]], ["b"])

    def test_the_clean_twin(self):
        self.plugin(CLEAN)
        result = self.run_host("--gate", "--require=unload=3", ALIAS)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_signature_for_all_of_them(self):
        """What one run noted is known in the next, and in files that were recorded without the option."""
        self.plugin()
        baseline = self.directory / "baseline"
        self.assertEqual(self.run_host(ALIAS, f"--baseline={baseline}", "--write-baseline", "--gate").returncode, 0)
        self.assertEqual(baseline.read_text().count("sig:"), 1)
        self.assertIn("module=plugin.so", baseline.read_text())
        reports = self.directory / "reports"
        self.run_host(f"--keep={reports}")
        self.assertEqual(self.dlpin("check", f"--baseline={baseline}", reports).returncode, 1)
        for command in (["check", f"--baseline={baseline}"], ["diff", reports]):
            with self.subTest(command):
                result = self.dlpin(*command, ALIAS, reports)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("error: key-destructor: plugin.so: ", self.dlpin("report", ALIAS, reports).stdout)
        # Files that were recorded with it need no option.
        aliased = self.directory / "aliased"
        self.run_host(ALIAS, f"--keep={aliased}")
        self.assertEqual(self.dlpin("check", f"--baseline={baseline}", aliased).returncode, 0)
        report, = (path for path in aliased.iterdir() if ".host" in path.name)
        for path, arguments in ((report, []), (next(path for path in reports.iterdir() if ".host" in path.name), [ALIAS])):
            result = self.dlpin("why", *arguments, path, "plugin.so")
            self.assertEqual((result.returncode, result.stderr), (1, ""))
            self.assertIn("plugin.so, load", result.stdout)

    def test_a_kept_module(self):
        """What one copy left is a reason to keep the next one."""
        self.plugin()
        for alias, kept in (([ALIAS], 2), ([], 0)):
            modules = self.document("--options=fix=keep", *alias)["processes"][0]["modules"]
            self.assertEqual(sum(m["state"] != "unloaded" for m in modules if "/plugin-" in m["path"]), kept)

    def test_without_dlpin_run(self):
        self.plugin()
        for options, complaints in (("alias=plugin-*=p", ""), ("alias=plugin-*=p:quiet=1", ""),
                                    ("alias=plugin-*=p,x:quiet=1", ""),
                                    ("alias='x,plugin-*=p,=y'",
                                     "dlpin: DLPIN_OPTIONS: bad value 'x' for 'alias': GLOB=NAME is needed\n"
                                     "dlpin: DLPIN_OPTIONS: bad value '=y' for 'alias': GLOB=NAME is needed\n")):
            with self.subTest(options):
                log = self.directory / "log"
                result = subprocess.run(["./host"], cwd=self.directory, capture_output=True, text=True, check=False, env={
                    **self.environment, "LD_PRELOAD": SHIM,
                    "DLPIN_OPTIONS": f"{options}:trace_children=0:log_path={log}"})
                self.assertEqual(result.returncode, 0)
                said = [line for line in result.stderr.splitlines(True) if "DLPIN_OPTIONS" in line]
                self.assertEqual("".join(said), complaints)
                report, = self.directory.glob("log.*")
                found, = json.loads(self.dlpin("report", "--format=json", report).stdout)["findings"]
                self.assertEqual((found["module"], found["loads"]), ("p", [1, 2, 3]))
                report.unlink()

    def test_modules_that_act_for_others_keep_their_names(self):
        """Else the C library would not be known any more."""
        self.plugin()
        document = self.document("--alias=*=all")
        names = {m["identity"] for m in document["processes"][0]["modules"] if "libc.so" in m["path"]}
        self.assertEqual(names, {"libc.so.6"})
        self.assertEqual([f["module"] for f in document["findings"]], ["all"])


class Arguments(Case):
    BAD = ("", "x", "=x", "x=", "a=b/c", "a,b=c", "a:b=c", 'a"=c')

    def test_what_is_wrong_is_one_line(self):
        report = self.file("report", "".join(json.dumps(record) + "\n" for record in
                                             (HEADER, module(), finding(1), SUMMARY)))
        for bad in self.BAD:
            for status, command in ((125, ["run", "true"]), (2, ["report", report]), (2, ["check", report]),
                                    (2, ["diff", report, report]), (2, ["why", report, "x"]), (2, ["leaks", "1"])):
                with self.subTest(bad, command=command[0]):
                    result = self.dlpin(command[0], f"--alias={bad}", *command[1:])
                    self.assertEqual((result.returncode, result.stdout), (status, ""))
                    self.assertRegex(result.stderr, rf"^dlpin {command[0]}: --alias=.*: it must be GLOB=NAME.*\n"
                                                    r"(Try .*\n)?$")

    def test_what_the_library_would_refuse(self):
        self.environment["DLPIN_LIBRARY"] = SHIM
        for bad in ("x", "=x", "x=", "a=b/c", "a=b,c"):
            for arguments, environment in (([f"--options=alias={bad}"], {}), ([], {"DLPIN_OPTIONS": f"alias={bad}"})):
                result = self.dlpin("run", *arguments, "true", environment=environment)
                self.assertEqual(result.returncode, 125)
                self.assertIn("alias=", result.stderr)
                self.assertIn("it must be GLOB=NAME", result.stderr)

    def test_a_glob_may_have_an_equals_sign(self):
        report = self.file("report", "".join(json.dumps(record) + "\n" for record in (
            HEADER, module("/opt/p=1.so"), finding(1), SUMMARY)))
        document = json.loads(self.dlpin("report", "--alias=p=*=p", "--format=json", report).stdout)
        self.assertEqual(document["findings"][0]["module"], "p")

    def test_a_name_in_a_report_that_is_empty_or_hidden(self):
        for name, shown in (("", "libplug.so"), ("a\u202eb", "a?b")):
            report = self.file("report", "".join(json.dumps(record) + "\n" for record in (
                HEADER, module(identity=name), finding(1), SUMMARY)))
            self.assertIn(f"warning: key: {shown}: ", self.dlpin("report", report).stdout)


if __name__ == "__main__":
    unittest.main()
