# SPDX-License-Identifier: MIT
"""Reads a report file and checks what must be true of every report file, whatever it found."""

import functools
import json
import os
import re
import stat

from elf import ElfFile

HEX = re.compile(r"^0x[0-9a-f]+$")
HAS_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
RFC3339 = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
LOADS_KEPT = 64  # a finding names no more of the loads that it comes from
INTEGER, TEXT, OPTIONAL_TEXT = (int,), (str,), (str, type(None))

NODES = ("data", "tls", "stack", "value", "argument", "signal-stack", "kernel", "mapping", "block", "image")

FIELDS = {
    "header": {"format": TEXT, "version": INTEGER, "tool": TEXT, "pid": INTEGER, "ppid": INTEGER,
               "exe": TEXT, "argv": (list,), "started": TEXT, "arch": TEXT, "libc": TEXT,
               "options": (str, dict)},
    "module": {"pid": INTEGER, "time": INTEGER, "id": INTEGER, "path": TEXT, "base": TEXT,
               "end": TEXT, "load": INTEGER, "state": TEXT},
    "reloads": {"pid": INTEGER, "time": INTEGER, "module": INTEGER, "count": INTEGER},
    "finding": {"pid": INTEGER, "time": INTEGER, "id": INTEGER, "kind": TEXT, "verdict": TEXT,
                "severity": TEXT, "module": INTEGER, "module_path": TEXT, "message": TEXT,
                "cause": TEXT, "consequence": TEXT, "fix": TEXT, "at": TEXT, "count": INTEGER, "loads": (list,), "subject": (dict,),
                "stack": (list,), "signature": TEXT},
    "crash": {"pid": INTEGER, "time": INTEGER, "signal": INTEGER, "signal_name": TEXT,
              "address": TEXT, "module": INTEGER, "offset": INTEGER, "symbol": OPTIONAL_TEXT,
              "predicted_by": (int, type(None)), "stack": (list,)},
    "resolved": {"pid": INTEGER, "time": INTEGER, "finding": INTEGER, "how": TEXT},
    "coverage": {"pid": INTEGER, "time": INTEGER, "hooks": (dict,), "dropped": (dict,),
                 "unseen": (list,)},
    "summary": {"pid": INTEGER, "time": INTEGER, "findings": INTEGER, "kinds": (dict,),
                "verdicts": (dict,), "severities": (dict,), "ended": TEXT},
}


@functools.lru_cache(maxsize=None)
def elf_file(path, _written):
    """The ELF file, read once for all reports that name it, or None. A rewritten file is another one."""
    try:
        return ElfFile(path)
    except (OSError, ValueError):
        return None


def identity(module):
    """The name of a module across loads."""
    return module.get("soname") or os.path.basename(module["path"])


def crash_place(crash):
    """Where it crashed, as a frame."""
    return {"pc": crash["address"], "module": crash["module"], "offset": crash["offset"],
            "symbol": crash["symbol"]}


def once(members):
    """A dict of them; readers take a name that comes twice for damage."""
    record = dict(members)
    if len(record) < len(members):
        raise ValueError("a name comes twice: " + ", ".join(name for name, _ in members))
    return record


class Report:
    """A report file. "problems" has its faults, a sentence each."""

    def __init__(self, path, vocabulary, folder=".", files_change=False):
        self.path, self.words, self.folder = path, vocabulary, folder
        self.files_change = files_change
        self.problems = []
        self.header = self.summary = None
        self.unseen = []
        self.modules, self.findings, self.resolved = {}, {}, {}
        self.crashes = []
        self.reloads = {}  # module → loads of its file that have no records
        self._loads = {}  # identity → numbers of loads
        self._latest = {}  # signature → id of the last finding with it
        self._read()
        if self.header:
            for finding in self.findings.values():
                self._check_finding(finding)
            for crash in self.crashes:
                self._check_crash(crash)
            self._check_loads()
            self._check_summary()

    def confirmed(self):
        """The findings without those that were only expected to become true, and did not: written
        before an unmapping ("pending"), and resolved before it was over. One that was resolved and
        came back has a new id, and is one finding: the latest."""
        return [f for f in self.findings.values()
                if f["id"] == self._latest[f["signature"]]
                and not (f.get("pending") and f["id"] in self.resolved)]

    def died_pending(self, finding):
        """True if the process died before it was certain: only the file has it then."""
        return finding.get("pending") and not self.summary

    def wrong(self, text, *values):
        self.problems.append(text % values)

    # ---- reading ----

    def _read(self):
        mode = stat.S_IMODE(os.stat(self.path).st_mode)
        if mode != 0o600:
            self.wrong("the mode of the file is %o", mode)
        with open(self.path, "rb") as file:
            data = file.read()
        if not data.endswith(b"\n"):
            self.wrong("the last record has no end of line")
        records = 0
        for number, line in enumerate(data.splitlines(), 1):
            try:
                record = json.loads(line.decode("utf-8"), object_pairs_hook=once)
            except ValueError as error:
                self.wrong("line %d is not JSON: %s", number, error)
                continue
            records += 1
            self._take(record, number)
        if not records or not self.header:
            self.wrong("there is no header")

    def _take(self, record, number):
        kind = record.get("type") if isinstance(record, dict) else None
        if kind not in FIELDS:
            self.wrong("line %d: unknown record type %r", number, kind)
            return
        for name, types in FIELDS[kind].items():
            if not isinstance(record.get(name), types) or isinstance(record.get(name), bool):
                self.wrong("line %d: %s.%s is %r", number, kind, name, record.get(name))
                return
        if (kind == "header") != (number == 1):
            self.wrong("line %d: the header comes first, and once", number)
        if self.summary:
            self.wrong("line %d: a record behind the summary", number)
        if self.header and record["pid"] != self.header["pid"]:
            self.wrong("line %d: the pid is another", number)
        if record.get("time", 0) < 0:
            self.wrong("line %d: time %d", number, record["time"])
        getattr(self, "_take_" + kind)(record, number)

    def _take_header(self, record, number):
        self.header = record
        if record["format"] != "dlpin-report" or record["version"] != self.words.version:
            self.wrong("line %d: format %s version %s", number, record["format"], record["version"])
        if not RFC3339.match(record["started"]):
            self.wrong("line %d: started '%s'", number, record["started"])

    def _take_module(self, record, number):
        before = self.modules.get(record["id"])
        if record["state"] not in self.words.states:
            self.wrong("line %d: module state '%s'", number, record["state"])
        for name in ("base", "end"):
            if not HEX.match(record[name]):
                self.wrong("line %d: %s is '%s'", number, name, record[name])
                return
        if int(record["base"], 16) >= int(record["end"], 16):
            self.wrong("line %d: an empty module", number)
        if before:
            self._check_same_module(before, record, number)
        else:
            self._check_new_module(record, number)
        self.modules[record["id"]] = record
        if record.get("opener"):
            self._check_frame(record["opener"], "opener of module %d" % record["id"])

    def _check_same_module(self, before, record, number):
        for name in ("path", "soname", "build_id", "base", "end", "load"):
            if before.get(name) != record.get(name):
                self.wrong("line %d: %s of module %d has changed", number, name, record["id"])
        if before["state"] == "unloaded":
            self.wrong("line %d: module %d was unloaded before", number, record["id"])

    def _check_new_module(self, record, number):
        loads = self._loads.setdefault(identity(record), set())
        if record["load"] in loads:
            self.wrong("line %d: %s: load %d is there twice", number, identity(record), record["load"])
        loads.add(record["load"])
        elf = self._elf_of(record)
        if elf and record.get("build_id") != elf.build_id:
            self.wrong("line %d: build ID of %s is %s, in the file %s", number, record["path"],
                       record.get("build_id"), elf.build_id)

    def _take_reloads(self, record, number):
        if record["module"] not in self.modules:
            self.wrong("line %d: reloads of the unknown module %d", number, record["module"])
        self.reloads[record["module"]] = record["count"]

    def _check_loads(self):
        """Each load is listed or counted. Later ones than those that are listed may be counted. In a forked process, where
        not each first load is there, those that the parent unloaded are neither."""
        if any(1 not in loads for loads in self._loads.values()):
            return
        for name, loads in self._loads.items():
            counted = sum(count for number, count in self.reloads.items()
                          if identity(self.modules[number]) == name)
            known = len(loads) + counted
            if self.summary and (known < max(loads) or (counted == 0 and known > max(loads))):
                self.wrong("%s: load %d, and %d are listed, %d counted", name, max(loads), len(loads), counted)

    def _take_finding(self, record, number):
        before = self.findings.get(record["id"])
        if before and (before["kind"], before["signature"]) != (record["kind"],
                                                                record["signature"]):
            self.wrong("line %d: finding %d is another one now", number, record["id"])
        if record["id"] in self.resolved:
            self.wrong("line %d: finding %d was resolved before", number, record["id"])
        latest = self._latest.setdefault(record["signature"], record["id"])
        if latest != record["id"] and latest not in self.resolved:
            self.wrong("line %d: finding %d is finding %d once more", number, record["id"], latest)
        self._latest[record["signature"]] = record["id"]
        self.findings[record["id"]] = record

    def _take_resolved(self, record, number):
        if record["finding"] not in self.findings:
            self.wrong("line %d: resolves the unknown finding %d", number, record["finding"])
        if not record["how"]:
            self.wrong("line %d: does not say how", number)
        self.resolved[record["finding"]] = record

    def _take_crash(self, record, number):
        if self.crashes:
            self.wrong("line %d: it crashed before", number)
        self.crashes.append(record)

    def _take_coverage(self, record, number):
        if not all(isinstance(value, bool) for value in record["hooks"].values()):
            self.wrong("line %d: hooks are true or false", number)
        if not all(isinstance(value, int) for value in record["dropped"].values()):
            self.wrong("line %d: dropped events are counted", number)
        self.unseen = record["unseen"]
        if not all(isinstance(value, str) and value for value in record["unseen"]):
            self.wrong("line %d: what is unseen is said in sentences", number)

    def _take_summary(self, record, number):
        self.summary = record
        if record["ended"] not in ("exit", "_exit", "quick_exit", "exec", "confined"):
            self.wrong("line %d: ended by '%s'", number, record["ended"])

    # ---- findings ----

    def _check_finding(self, finding):
        name = "finding %d (%s)" % (finding["id"], finding["kind"])
        self._check_words(finding, name)
        module = self.modules.get(finding["module"])
        if not module:
            self.wrong("%s: there is no module %s", name, finding["module"])
            return
        if finding["module_path"] != module["path"]:
            self.wrong("%s: is about %s, which is %s", name, finding["module_path"], module["path"])
        if finding["verdict"] == "dangling" and module["state"] != "unloaded":
            if finding["id"] not in self.resolved and not self.died_pending(finding):
                self.wrong("%s: dangling, but %s is %s", name, module["path"], module["state"])
        self._check_count(finding, module, name)
        self._check_subject(finding, name)
        for i, frame in enumerate(finding["stack"]):
            self._check_frame(frame, "%s: frame %d" % (name, i), returns=True)
        self._check_path(finding, name)

    # ---- crashes ----

    def _check_crash(self, crash):
        """The crash is at an address of an unloaded module, and findings that still held then foretold it."""
        module = self.modules.get(crash["module"])
        if not module or module["state"] != "unloaded":
            self.wrong("crash: its module is %r", module)
            return
        # A handler of the program's own may end it in these ways.
        if self.summary and self.summary["ended"] not in ("exit", "_exit", "quick_exit"):
            self.wrong("crash: and yet there is a summary")
        self._check_frame(crash_place(crash), "crash")
        if int(crash["address"], 16) >= int(module["end"], 16):
            self.wrong("crash: %s is behind %s", crash["address"], module["path"])
        by = crash["predicted_by"]
        if by is not None and (by not in self.findings or by in self.resolved
                               or self.findings[by]["verdict"] != "dangling"):
            self.wrong("crash: predicted by finding %d", by)
        for i, frame in enumerate(crash["stack"]):
            self._check_frame(frame, "crash: frame %d" % i, returns=i > 0)

    # ---- paths ----

    def _check_path(self, finding, name):
        """Each step begins where the last one ended, at a root the first, and its pointer lies in
        what it comes from."""
        before = None
        for step in finding.get("path") or []:
            if isinstance(step, dict) and isinstance(step.get("skipped"), int):
                before = None
                continue
            if not isinstance(step, dict) or not {"from", "via", "to"} <= set(step):
                self.wrong("%s: a step of the path is %r", name, step)
                return
            if before and step["from"] != before:
                self.wrong("%s: the path jumps from %r to %r", name, before, step["from"])
            before = step["to"]
            self._check_node(step["from"], step["via"], name)
            self._check_node(step["to"], 0, name)
        if finding.get("path") and finding["path"][0]["from"]["what"] in ("block", "image"):
            self.wrong("%s: the path begins with a %s", name, finding["path"][0]["from"]["what"])

    def _check_node(self, node, via, name):
        what = node.get("what")
        if what not in NODES or not HEX.match(str(node.get("address"))):
            self.wrong("%s: a node of the path is %r", name, node)
            return
        address = int(node["address"], 16)
        if what == "block" and not 0 <= via < max(node["bytes"], 1):
            self.wrong("%s: the pointer lies at %r of a block of %r bytes", name, via, node["bytes"])
        if what in ("data", "image") and node.get("module") is not None:
            module = self.modules.get(node["module"])
            if not module or not int(module["base"], 16) <= address < int(module["end"], 16):
                self.wrong("%s: %r is not in its module", name, node)
        if node.get("frame"):
            self._check_frame(node["frame"], "%s: path" % name, returns=True)

    def _check_words(self, finding, name):
        kind = finding["kind"]
        if kind not in self.words.kinds:
            self.wrong("%s: unknown kind", name)
        elif (finding["verdict"], finding["severity"]) not in self.words.combinations[kind]:
            self.wrong("%s: %s and %s do not go together", name, finding["verdict"],
                       finding["severity"])
        if finding["at"] not in self.words.occasions:
            self.wrong("%s: made at '%s'", name, finding["at"])
        self._check_message(finding, name)
        if not finding["signature"] or HAS_ADDRESS.search(finding["signature"]):
            self.wrong("%s: the signature is '%s'", name, finding["signature"])
        if finding.get("pending") and self.summary and finding["id"] not in self.resolved:
            self.wrong("%s: still pending at the end", name)

    def _check_message(self, finding, name):
        """A sentence of cause, one of consequence, and how to mend it. Nothing kills a process that
        is still there."""
        parts = [finding[part] for part in ("cause", "consequence", "fix")]
        if " ".join(parts) != finding["message"]:
            self.wrong("%s: the message is not its parts: %r", name, finding["message"])
        for part in parts:
            if not re.search(r"\w.*[^.]\.$", part):
                self.wrong("%s: says nothing: %r", name, part)
        for part in parts[:2]:
            if re.search(r"[a-z)]\. [A-Z]", part):
                self.wrong("%s: more than one sentence: %s", name, part)
        if finding["verdict"] in ("held", "pinned") and "process dies" in parts[1].lower():
            self.wrong("%s: is %s, and yet the process dies", name, finding["verdict"])

    def _check_count(self, finding, module, name):
        loads = finding["loads"]
        if finding["count"] < 1 or not loads or len(loads) > finding["count"]:
            self.wrong("%s: %d times, from loads %r", name, finding["count"], loads)
        if module["load"] not in loads and len(loads) < LOADS_KEPT:
            self.wrong("%s: is about load %d, not among %r", name, module["load"], loads)

    def _check_subject(self, finding, name):
        subject = finding["subject"]
        wanted = self.words.subjects.get(finding["kind"])
        if subject.get("object") != wanted:
            self.wrong("%s: the subject is a %s", name, subject.get("object"))
            return
        needed = {"key": ("key",), "value": ("key", "tid", "address", "where"),
                  "thread": ("tid",), "pointer": ("slot", "in", "address", "where", "target"),
                  "entry": ("slot", "in", "address", "where", "target", "library", "call"),
                  "frame": ("tid", "address", "where") if "address" in subject else
                           ("tid", "returns_to", "unwound"),
                  "wait": ("tid", "call", "address", "where", "function"),
                  "mutex": ("tid", "address", "where", "function"),
                  "registration": ("call",),
                  "signal": ("signal", "signal_name", "function"),
                  "heap": ("address", "blocks", "bytes", "hanging_blocks",
                           "hanging_bytes"),
                  "task": ("key", "tid", "address", "task", "tasks"),
                  "descriptor": ("number", "call", "name"),
                  "mapping": ("address", "bytes", "call"),
                  "module": ("reasons",)}[wanted]
        for field in needed:
            if subject.get(field) is None:
                self.wrong("%s: the %s has no %s", name, wanted, field)
        for field in ("owner", "requester"):
            if subject.get(field) is not None and subject[field] not in self.modules:
                self.wrong("%s: its %s is the unknown module %r", name, field, subject[field])
        for field in ("function", "destructor", "via"):
            if subject.get(field) is not None:
                self._check_frame(subject[field], "%s: %s" % (name, field),
                                  entry=subject.get("target") in (None, "code"))

        for reason in subject.get("reasons", ()):
            self._check_reason(reason, name)
        if subject.get("returns_to") is not None:
            self._check_frame(subject["returns_to"], "%s: returns_to" % name, returns=True)

    def _check_reason(self, reason, name):
        word = reason.get("reason")
        needed = {"handle": ("handles", "opens"), "dependency": ("module",),
                  "relocation": ("module", "symbol"), "nodelete": ("by",),
                  "unique-symbol": ("symbol",), "tls-destructor": ("pending",),
                  }.get(word, ())
        if word not in self.words.reasons:
            self.wrong("%s: unknown reason '%s'", name, word)
        for field in needed:
            if reason.get(field) is None:
                self.wrong("%s: the reason %s has no %s", name, word, field)
        if reason.get("module") is not None and reason["module"] not in self.modules:
            self.wrong("%s: reason %s: the unknown module %r", name, word, reason["module"])

    # ---- frames ----

    def _check_frame(self, frame, name, returns=False, entry=False):
        if not isinstance(frame, dict) or not HEX.match(str(frame.get("pc"))):
            self.wrong("%s: is %r", name, frame)
            return
        number = frame.get("module")
        if number is None:
            return
        module = self.modules.get(number)
        if not module or not isinstance(frame.get("offset"), int) or frame["offset"] < 0:
            self.wrong("%s: is %r", name, frame)
            return
        pc = int(frame["pc"], 16)
        if not int(module["base"], 16) <= pc <= int(module["end"], 16):
            self.wrong("%s: %s is not in %s", name, frame["pc"], module["path"])
        self._check_symbol(frame, module, name, returns, entry)

    def _check_symbol(self, frame, module, name, returns, entry):
        elf = self._elf_of(module)
        if not elf or not self._is_sample(module):
            return
        names = self.names_of(frame, returns)
        if entry and not elf.names_of_entry(frame["offset"]):
            self.wrong("%s: no function of %s begins at %#x", name, module["path"], frame["offset"])
        symbol = frame.get("symbol")
        if symbol and names and symbol not in names and not symbol.startswith("_Z"):
            if not any(one.startswith("_Z") for one in names):
                self.wrong("%s: is called %s, in the file %s", name, symbol, sorted(names))

    def names_of(self, frame, returns=False):
        """The names of a frame's function, by the file's own symbol table."""
        module = self.modules.get(frame.get("module"))
        elf = module and self._elf_of(module)
        if elf:
            return elf.names_at(frame["offset"] - (1 if returns else 0))
        return {frame["symbol"]} if frame.get("symbol") else set()

    def _is_sample(self, module):
        return os.path.dirname(self._file_of(module)).startswith(
            os.path.dirname(os.path.abspath(self.folder)))

    def _file_of(self, module):
        return os.path.join(os.path.abspath(self.folder), module["path"])

    def _elf_of(self, module):
        path = self._file_of(module)
        if self.files_change or not os.path.exists(path):
            return None
        status = os.stat(path)
        return elf_file(path, (status.st_ino, status.st_mtime_ns))

    # ---- the end ----

    def _check_summary(self):
        if not self.summary:
            return
        open_findings = [f for f in self.findings.values() if f["id"] not in self.resolved]
        if self.summary["findings"] != len(open_findings):
            self.wrong("the summary counts %d findings, there are %d", self.summary["findings"],
                       len(open_findings))
        for name, words in (("kind", self.words.kinds), ("verdict", self.words.verdicts),
                            ("severity", self.words.severities)):
            counts = self.summary["severities" if name == "severity" else name + "s"]
            for word in set(counts) - set(words):
                self.wrong("the summary counts the unknown %s '%s'", name, word)
            for word in words:
                true = sum(1 for f in open_findings if f[name] == word)
                if counts.get(word, 0) != true:
                    self.wrong("the summary counts %s %s, there are %d", counts.get(word, 0), word,
                               true)
