#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs what dlpin-recipes(7) says, as it stands there, with a plug-in that leaves something behind and with its
clean twin: test_recipes.py PAGE DLPIN LIBRARY WAY-FROM-DLPIN-TO-LIBRARY SAMPLES"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PAGE, DLPIN, LIBRARY = (pathlib.Path(name).resolve() for name in sys.argv[1:4])
FROM_BINDIR = sys.argv[4]
SAMPLES = pathlib.Path(sys.argv[5]).resolve()

CMAKE = """cmake_minimum_required(VERSION 3.13)
project(host C)
enable_testing()
add_executable(host mini.c)
target_link_libraries(host dl)
add_library(plugin MODULE plugin.c)
set_target_properties(plugin PROPERTIES PREFIX "")
add_test(NAME host COMMAND host $<TARGET_FILE:plugin>)
"""
MESON = """project('host', 'c')
host = executable('host', 'mini.c', dependencies: meson.get_compiler('c').find_library('dl'))
test('host', host, args: shared_module('plugin', 'plugin.c', name_prefix: '', dependencies: dependency('threads')))
"""
PYTEST = """import _ctypes
import ctypes


def test_plugin():
    plugin = ctypes.CDLL("./plugin.so")
    assert plugin.start() == 0
    _ctypes.dlclose(plugin._handle)
"""


def recipes():
    """The blocks of the page, by name, as man shows them."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r'^\.\\" recipe: (\S+)\n\.Bd -literal -offset indent\n(.*?)^\.Ed$', text, re.M | re.S)
    return {name: block.replace(r"\e", "\\") for name, block in found}


RECIPES = recipes()


def python_has(module):
    return subprocess.run(["/usr/bin/python3", "-c", f"import {module}"], capture_output=True,
                          check=False).returncode == 0


def load_yaml(name):
    """By a reader that is not ours; the key "on" is a truth value in YAML 1.1."""
    try:
        import yaml  # pylint: disable=import-outside-toplevel
    except ImportError:
        raise unittest.SkipTest("no python3-yaml") from None
    return yaml.safe_load(RECIPES[name])


class Recipes(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dlpin-test."))
        self.addCleanup(shutil.rmtree, self.folder)
        binaries = self.folder / "installed" / "bin"
        library = pathlib.Path(os.path.normpath(binaries / FROM_BINDIR))
        for target in (binaries, library.parent):
            target.mkdir(parents=True, exist_ok=True)
        shutil.copy(DLPIN, binaries)
        shutil.copy(LIBRARY, library)
        self.library = library
        self.clean_stderr = None
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("DLPIN_", "LD_", "MESON"))}
        self.environment["CMAKE_GENERATOR"] = "Ninja"  # the build needs it anyhow; make may be absent
        self.environment["PATH"] = f"{binaries}:/usr/bin:{self.environment['PATH']}"

    def need(self, *commands):
        for command in commands:
            if not shutil.which(command):
                self.skipTest(f"no {command}")

    def project(self, plugin):
        """A folder with a small program, a plug-in, and how they are built."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        for name in ("common/mini.c", "common/plugin.h"):
            shutil.copy(SAMPLES / name, folder)
        shutil.copy(SAMPLES / "key-destructor" / f"{plugin}.c", folder / "plugin.c")
        (folder / "CMakeLists.txt").write_text(CMAKE, encoding="utf-8")
        (folder / "meson.build").write_text(MESON, encoding="utf-8")
        (folder / "test_plugin.py").write_text(PYTEST, encoding="utf-8")
        return folder

    def build(self, folder):
        for command in (["-o", "host", "mini.c", "-ldl"], ["-shared", "-fPIC", "-o", "plugin.so", "plugin.c"]):
            subprocess.run(["cc", "-g", *command], cwd=folder, check=True)

    def shell(self, script, folder, **environment):
        return subprocess.run(["bash", "-e", "-c", script], cwd=folder, capture_output=True, text=True, timeout=1200,
                              env={**self.environment, **environment}, check=False)

    def both(self, script, *, built=False, **environment):
        """The result and the folder of the plug-in that leaves a key behind; the twin's must be success."""
        folders = {plugin: self.project(plugin) for plugin in ("tidy", "plugin")}
        results = {}
        for plugin, folder in folders.items():
            if built:
                self.build(folder)
            results[plugin] = self.shell(script, folder, **environment)
        self.assertEqual(results["tidy"].returncode, 0, results["tidy"].stdout + results["tidy"].stderr)
        self.assertNotEqual(results["plugin"].returncode, 0, results["plugin"].stdout + results["plugin"].stderr)
        self.clean_stderr = results["tidy"].stderr
        return results["plugin"], folders["plugin"]

    def test_ctest(self):
        self.need("cmake", "ninja")
        version = re.search(r"version (\d+)\.(\d+)", self.shell("cmake --version", self.folder).stdout)
        is_new = tuple(map(int, version.groups())) >= (3, 29)
        result, _ = self.both(RECIPES["ctest-launcher" if is_new else "ctest"])
        self.assertIn("key-destructor: plugin.so", result.stdout)
        self.assertIn("0% tests passed", result.stdout)

    def test_the_two_of_ctest_differ_in_the_variable(self):
        older = RECIPES["ctest"].replace("CMAKE_CROSSCOMPILING_EMULATOR", "CMAKE_TEST_LAUNCHER")
        self.assertEqual(older, RECIPES["ctest-launcher"])

    def test_meson(self):
        self.need("meson", "ninja")
        result, _ = self.both(RECIPES["meson"])
        self.assertIn("key-destructor: plugin.so", result.stdout)

    def test_pytest(self):
        if not python_has("pytest"):
            self.skipTest("no python3-pytest")
        _, folder = self.both(RECIPES["pytest"], built=True)
        self.assertIn("test_plugin.py::test_plugin", (folder / "dlpin.xml").read_text(encoding="utf-8"))

    def test_github(self):
        self.need("meson", "ninja")
        job = load_yaml("github.yml")["jobs"]["unload"]
        steps = [step["run"] for step in job["steps"] if "run" in step]
        self.assertEqual(len(steps), 2)
        result, folder = self.both("\n".join(steps))
        self.assertIn("::error file=plugin.c,line=", result.stdout)
        upload = job["steps"][-1]
        self.assertTrue(upload["uses"].startswith("github/codeql-action/upload-sarif@"))
        sarif = json.loads((folder / upload["with"]["sarif_file"]).read_text(encoding="utf-8"))
        self.assertEqual([r["ruleId"] for r in sarif["runs"][0]["results"]], ["key-destructor"])

    def test_gitlab(self):
        self.need("meson", "ninja")
        job = load_yaml("gitlab.yml")["unload"]
        result, folder = self.both("\n".join(job["script"]))
        self.assertIn("key-destructor: plugin.so", result.stdout)
        reports = job["artifacts"]["reports"]
        quality = json.loads((folder / reports["codequality"]).read_text(encoding="utf-8"))
        self.assertEqual([entry["location"]["path"] for entry in quality], ["plugin.c"])
        self.assertIn("<failure", (folder / reports["junit"]).read_text(encoding="utf-8"))

    def test_autopkgtest(self):
        fields = dict(line.split(": ", 1) for line in RECIPES["control"].splitlines())
        self.assertEqual(fields["Tests"], "unload")
        (self.folder / "artifacts").mkdir()
        (self.folder / "unload").write_text(RECIPES["autopkgtest"], encoding="utf-8")
        (self.folder / "unload").chmod(0o755)
        host = self.folder / "installed" / "bin" / "host"
        host.write_text('#!/bin/sh\nexec ./host ./plugin.so\n', encoding="utf-8")
        host.chmod(0o755)
        result, _ = self.both(str(self.folder / "unload"), built=True,
                              AUTOPKGTEST_ARTIFACTS=str(self.folder / "artifacts"))
        self.assertEqual(self.clean_stderr, "")
        self.assertIn("key-destructor: plugin.so", result.stdout)

    def service(self, logs):
        """The variables of the drop-in, for this installation and this folder of logs."""
        lines = RECIPES["dlpin.conf"].splitlines()
        self.assertEqual(lines[:2], ["[Service]", "LogsDirectory=dlpin"])
        values = dict(line.removeprefix("Environment=").split("=", 1) for line in lines[2:])
        self.assertRegex(values["LD_PRELOAD"], "/dlpin/libdlpin.so$")
        values["LD_PRELOAD"] = str(self.library)
        values["DLPIN_OPTIONS"] = values["DLPIN_OPTIONS"].replace("/var/log/dlpin", str(logs)).replace("%%", "%")
        return values

    def test_systemd(self):
        for plugin, status in (("tidy", 0), ("plugin", 1)):
            folder, logs = self.project(plugin), self.folder / plugin
            self.build(folder)
            logs.mkdir()
            result = self.shell("./host ./plugin.so", folder, **self.service(logs))
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertTrue(list(logs.glob("host.*")))
            self.assertEqual(self.shell(f"dlpin check {logs}", folder).returncode, status)

    def test_systemd_takes_the_file(self):
        self.need("systemd-analyze")
        unit = self.folder / "example.service"
        unit.write_text("[Service]\nExecStart=/bin/true\n", encoding="utf-8")
        (self.folder / "example.service.d").mkdir()
        drop_in = self.folder / "example.service.d" / "dlpin.conf"
        verify = f"SYSTEMD_UNIT_PATH={self.folder}: systemd-analyze --man=no --no-pager verify {unit}"
        drop_in.write_text(RECIPES["dlpin.conf"].replace("Environment=", "Environmental="), encoding="utf-8")
        wrong = self.shell(verify, self.folder)
        if "Environmental" not in wrong.stderr:
            self.skipTest("systemd-analyze does not verify here: " + wrong.stderr[:200])
        drop_in.write_text(RECIPES["dlpin.conf"], encoding="utf-8")
        self.assertNotIn("dlpin.conf", self.shell(verify, self.folder).stderr)

    def test_container(self):
        """The settings and mounts of docker, with folders of this system."""
        words = RECIPES["docker"].replace("\\\n", " ").splitlines()[0].split()
        library = str(self.library.parent)
        mounts = {name: source for source, name in re.findall(r'-v "?([^ :"]+):(/[^ :"]+)', " ".join(words))}
        self.assertTrue(mounts["/dlpin"].endswith("/dlpin"))
        values = dict(word.split("=", 1) for before, word in zip(words, words[1:]) if before == "-e")
        for plugin, status in (("tidy", 0), ("plugin", 1)):
            folder = self.project(plugin)
            self.build(folder)
            (folder / "reports").mkdir()
            here = {name: value.replace("/dlpin/", library + "/").replace("/reports", str(folder / "reports"))
                    for name, value in values.items()}
            self.assertEqual(self.shell("./host ./plugin.so", folder, **here).returncode, 0)
            check = RECIPES["docker"].splitlines()[-1]
            self.assertEqual(self.shell(check, folder).returncode, status)

    def test_image(self):
        """The commands of the image exist in the tree."""
        text = RECIPES["Dockerfile"]
        self.assertTrue(text.startswith("FROM debian:12\nCOPY . /src/dlpin\nRUN cd /src/dlpin \\\n"))
        self.assertTrue(os.access(SAMPLES / "demo", os.X_OK))
        options = (SAMPLES.parent / "meson_options.txt").read_text(encoding="utf-8")
        for option in re.findall(r"-D(\w+)=", text):
            self.assertIn(f"'{option}'", options)


if __name__ == "__main__":
    sys.argv[1:] = sys.argv[6:]
    unittest.main(verbosity=2)
