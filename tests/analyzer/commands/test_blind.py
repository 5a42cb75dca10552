# SPDX-License-Identifier: MIT
"""Programs in which the shim can see little or nothing: dlpin run says so, and the gate is not green."""

import json
import os
import shutil
import subprocess
import unittest

from support import COVERAGE, OWN_MALLOC, PLAIN, STATIC, SUMMARY, Case

SOURCE = "#include <stdlib.h>\nint main(void) { free(malloc(10)); return 0; }\n"


class Blind(Case):
    def test_static(self):
        for arguments, status in (([], 0), (["--gate"], 24)):
            result = self.dlpin("run", *arguments, STATIC)
            self.assertEqual(result.returncode, status)
            self.assertIn("statically linked", result.stderr)
            self.assertNotIn("was not loaded into it", result.stderr)

    def test_static_keeps_its_status(self):
        self.assertEqual(self.dlpin("run", "--gate", STATIC, 3).returncode, 3)

    def test_a_script_of_a_static_interpreter(self):
        script = self.file("script", f"#!{STATIC}\n", 0o755)
        self.assertIn("statically linked", self.dlpin("run", script).stderr)

    def test_a_file_without_interpreter_line_runs_as_with_env(self):
        script = self.file("script", "exit 9\n", 0o755)
        self.assertEqual(self.dlpin("run", script).returncode, 9)

    def test_remarks_are_in_the_json(self):
        result = self.dlpin("run", f"--report=json:{self.directory}/j", STATIC)
        self.assertEqual(result.returncode, 0)
        document = json.loads((self.directory / "j").read_text())
        self.assertIn("statically linked", document["remarks"][0])

    def test_another_architecture(self):
        foreign = self.directory / "foreign"
        shutil.copy(PLAIN, foreign)
        with open(foreign, "r+b") as elf:
            elf.seek(18)  # e_machine
            elf.write(b"\x14\x00")  # PowerPC
        result = self.dlpin("run", foreign)
        self.assertIn("of another architecture than libdlpin.so", result.stderr)

    def test_set_user_id(self):
        if os.getuid() != 0:
            self.skipTest("needs root")
        if os.statvfs(self.directory).f_flag & os.ST_NOSUID:
            self.skipTest("the temporary directory is mounted nosuid")
        program = self.directory / "suid"
        shutil.copy(PLAIN, program)
        self.directory.chmod(0o755)
        os.chown(program, 65534, 65534)
        program.chmod(0o4755)
        result = self.dlpin("run", "--gate", program)
        self.assertEqual(result.returncode, 24)
        self.assertIn("set-user-ID", result.stderr)

    def test_own_malloc_is_coverage(self):
        environment = self.records(COVERAGE, SUMMARY)
        for arguments, status in ((["--gate"], 0), (["--require=heap"], 24)):
            result = self.dlpin("run", *arguments, OWN_MALLOC, environment=environment)
            self.assertEqual(result.returncode, status, result.stderr)
            self.assertIn("defines its own malloc: heap blocks are not seen", result.stderr)

    def test_musl_is_left_alone(self):
        if shutil.which("musl-gcc") is None:
            self.skipTest("no musl-gcc")
        self.file("program.c", SOURCE)
        subprocess.run(["musl-gcc", "program.c", "-o", "program"], cwd=self.directory, check=True)
        for arguments, status in (([], 0), (["--gate"], 24)):
            result = self.dlpin("run", *arguments, self.directory / "program")
            self.assertEqual(result.returncode, status, result.stderr)
            self.assertIn("linked with musl", result.stderr)


class Sanitizers(Case):
    def built(self, compiler, *options):
        if shutil.which(compiler) is None:
            self.skipTest(f"no {compiler}")
        self.file("program.c", SOURCE)
        result = subprocess.run([compiler, *options, "program.c", "-o", "program"], cwd=self.directory,
                                capture_output=True)
        if result.returncode != 0:
            self.skipTest(f"{compiler} cannot build with {options}")
        return self.directory / "program"

    def accepted(self, compiler, *options):
        program = self.built(compiler, *options)
        if subprocess.run([program], env=self.environment, capture_output=True).returncode != 0:
            self.skipTest("does not run here, not even alone")
        result = self.dlpin("run", "--gate", program, environment=self.records(COVERAGE, SUMMARY))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("clean: no findings", result.stderr)

    def refused(self, name, compiler, *options):
        program = self.built(compiler, *options)
        result = self.dlpin("run", program)
        self.assertEqual(result.returncode, 125, result.stderr)
        self.assertIn(f"built with {name}, which cannot run together", result.stderr)

    def test_address(self):
        self.accepted("gcc", "-fsanitize=address")
        self.accepted("gcc", "-fsanitize=address", "-static-libasan")
        self.accepted("gcc", "-fsanitize=address", "-static-libasan", "-s")

    def test_address_of_clang(self):
        self.accepted("clang", "-fsanitize=address")
        self.accepted("clang", "-fsanitize=address", "-s")
        self.accepted("clang", "-fsanitize=address", "-shared-libasan")

    def test_thread(self):
        self.accepted("gcc", "-fsanitize=thread")
        self.accepted("clang", "-fsanitize=thread")

    def test_memory(self):
        self.accepted("clang", "-fsanitize=memory")

    def test_hardware_assisted_address(self):
        self.refused("HWAddressSanitizer", "clang", "-fsanitize=hwaddress")

    def test_undefined(self):
        self.accepted("gcc", "-fsanitize=undefined")
        self.accepted("gcc", "-fsanitize=undefined", "-static-libubsan")

    def test_undefined_of_clang(self):
        self.accepted("clang", "-fsanitize=undefined")

    def test_leak(self):
        self.accepted("gcc", "-fsanitize=leak")
        self.accepted("clang", "-fsanitize=leak")


if __name__ == "__main__":
    unittest.main()
