# SPDX-License-Identifier: MIT
"""Programs in which the shim can see little or nothing: dlpin run says so, and the gate is not green."""

import json
import os
import shutil
import subprocess
import unittest

from support import COVERAGE, ERROR, OWN_MALLOC, PLAIN, STATIC, SUMMARY, Case, lines

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
        # A line for a shell, which is no reader of it.
        with open(foreign, "ab") as elf:
            elf.write(b"\ntouch read-by-a-shell\n")
        self.environment["PATH"] += f":{self.directory}"
        for name in (foreign, "foreign"):
            result = self.dlpin("run", name, cwd=self.temporary)
            self.assertIn("of another architecture than libdlpin.so", result.stderr)
            self.assertRegex(result.stderr, "foreign: Exec format error")
            self.assertEqual((result.returncode, os.listdir(self.temporary)), (126, []))

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


class Files(Case):
    """dlpin check of report files that say themselves that something was missed."""

    UNFOLLOWED = dict(COVERAGE, unfollowed=[{"program": "/bin/busybox", "why": "static", "count": 1}])
    LOST = dict(COVERAGE, dropped={"records": 2})
    HEADER = {"type": "header", "format": "dlpin-report", "version": 1, "pid": "@P", "ppid": 1, "exe": "/opt/host"}

    def report(self, *records, pid=100, parent=1, options=""):
        text = lines(dict(self.HEADER, ppid=parent, options=options), *records).replace("@P", str(pid))
        return self.file(f"report.{pid}", text)

    def check(self, *arguments, status, says=""):
        result = self.dlpin("check", *arguments)
        self.assertEqual((result.returncode, says in result.stderr, says == "" and result.stderr),
                         (status, True, says == "" and ""), result.stderr)

    def test_a_program_that_was_not_followed(self):
        path = self.report(self.UNFOLLOWED, SUMMARY)
        self.check(path, status=2, says="check: failed: not followed: /bin/busybox")
        self.check("--unwatched=fail", path, status=2, says="--unwatched=ok accepts that")
        self.check("--unwatched=ok", path, status=0)
        self.check("--unwatched=maybe", path, status=2, says="it must be fail or ok")
        # It is in the report, which has been read to its end.
        self.assertEqual(self.dlpin("report", path).returncode, 0)

    def test_findings_come_first(self):
        self.check(self.report(ERROR, self.UNFOLLOWED, SUMMARY), status=1, says="failed: 1 finding")

    def test_records_that_were_not_written(self):
        path = self.report(self.LOST, SUMMARY)
        for arguments in ([], ["--unwatched=ok"]):
            self.check(*arguments, path, status=2, says="check: failed: 2 records could not be written")

    def test_a_report_without_a_summary(self):
        whole = self.report(COVERAGE, SUMMARY)
        self.check(whole, status=0)
        path = self.report(COVERAGE, pid=200)
        self.check(whole, path, status=2, says="check: failed: the report of process 200 (host) has no summary")
        self.check("--unwatched=ok", whole, path, status=0)
        # What another one started may have been killed by it, or still run.
        self.check(whole, self.report(COVERAGE, pid=200, parent=100), status=0)
        self.check(self.report(COVERAGE, pid=200, parent=100), status=2, says="no summary")
        # dlpin run notes which process it started itself: another one may have lost its parent.
        by_run = "log_root=1:log_path=x:log_root=100"
        self.check(self.report(COVERAGE, SUMMARY, options=by_run), self.report(pid=200, options=by_run), status=0)
        self.check(self.report(COVERAGE, options=by_run), self.report(SUMMARY, pid=200, options=by_run), status=2,
                   says="the report of process 100 (host) has no summary")
        # Two that name each other started nobody knows how: this must end.
        self.check(self.report(pid=200, parent=201), self.report(pid=201, parent=200), status=0)

    def test_children_that_died_of_a_signal(self):
        one, two = ({"signal": 6, "signal_name": "SIGABRT", "count": count} for count in (1, 2))
        paths = [self.report(dict(COVERAGE, killed=[one]), SUMMARY),
                 self.report(dict(COVERAGE, killed=[two, dict(one, signal_name="SIGRTMIN+02")]), SUMMARY, pid=200),
                 self.report(dict(COVERAGE, killed=[7, {}, dict(one, count=-1), dict(one, signal_name=6)]), SUMMARY,
                             pid=300)]
        self.check(*paths, status=0)
        lines = self.dlpin("report", *paths).stdout.splitlines()
        self.assertEqual(lines, ["dlpin: 3 child processes died of SIGABRT", "dlpin: a child process died of SIGRTMIN+02",
                                 "dlpin: no findings in what was seen; 3 processes, 0 modules unloaded"])
        for form in ("html", "sarif", "json"):
            self.assertIn("SIGRTMIN+02", self.dlpin("report", f"--format={form}", *paths).stdout)
        self.assertNotIn("clean", self.dlpin("report", "--format=markdown", *paths).stdout)

    def test_of_the_new_reports_of_diff(self):
        whole, cut = self.report(COVERAGE, SUMMARY), self.report(COVERAGE, pid=200)
        missed = self.report(self.UNFOLLOWED, SUMMARY, pid=300)
        for new, says in ((cut, "diff: failed: the report of process 200 (host) has no summary"),
                          (missed, "diff: failed: not followed: /bin/busybox")):
            result = self.dlpin("diff", whole, new)
            self.assertEqual((result.returncode, says in result.stderr), (2, True), result.stderr)
            self.assertEqual(self.dlpin("diff", "--unwatched=ok", whole, new).returncode, 0)
            self.assertEqual(self.dlpin("diff", new, whole).returncode, 0)

    def test_requirements(self):
        gone = {"type": "module", "pid": "@P", "id": 2, "path": "/p.so", "load": 1, "state": "unloaded"}
        path = self.report(gone, COVERAGE, SUMMARY)
        for need, status in (("unload", 0), ("unload=2", 2), ("heap", 0)):
            self.check(f"--require={need}", path, status=status, says=f"--require={need}, and 1" if status else "")
        self.check("--require=heap", path, self.report(dict(COVERAGE, hooks={"heap": False}), SUMMARY, pid=200),
                   status=2, says="heap blocks were not seen")
        self.check("--require=heap", self.report(SUMMARY), status=2, says="heap blocks were not seen")


if __name__ == "__main__":
    unittest.main()
