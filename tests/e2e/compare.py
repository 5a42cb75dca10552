# SPDX-License-Identifier: MIT
"""Compares the findings of a report with what a case expects."""

from fnmatch import fnmatch

from report import crash_place, identity


def describe(report, finding):
    """A finding in the words of an "expected" file."""
    module = report.modules.get(finding["module"], {"path": "?"})
    text = "%s %s %s %s %s at=%s count=%d" % (
        finding["kind"], finding["verdict"], finding["severity"], identity(module),
        ",".join(str(load) for load in finding["loads"]), finding["at"], finding["count"])
    if finding["id"] in report.resolved:
        text += " resolved"
    return text


def _function(report, finding):
    subject = finding["subject"]
    if subject.get("returns_to"):
        return report.names_of(subject["returns_to"], returns=True)
    frame = subject.get("function") or subject.get("destructor")
    if subject.get("target") == "data":  # a variable: the table that is read here has functions
        return {frame["symbol"]}
    return report.names_of(frame) if frame else set()


def _stack(report, finding):
    names = set()
    for frame in finding["stack"]:
        names |= report.names_of(frame, returns=True)
    return names


def _node(report, node):
    """A node of a path as "data:drivers", "tls:slot", "block:make_entry", "value", …"""
    names = set()
    if node["what"] in ("data", "tls", "image"):
        names = {node["symbol"]} if node["symbol"] else set()
    elif node.get("frame"):
        names = report.names_of(node["frame"], returns=True)
    return {node["what"]} | {"%s:%s" % (node["what"], name) for name in names}


def _follows(report, finding, wanted):
    """WANTED is "data:entries>block:make_entry>image:open_session"; "..." stands for any steps."""
    steps = finding.get("path") or []
    nodes = [{"..."} if "skipped" in step else _node(report, step["from"]) for step in steps]
    if steps:
        nodes.append(_node(report, steps[-1]["to"]))
    wanted = wanted.split(">")
    return len(nodes) == len(wanted) and all(w in n for w, n in zip(wanted, nodes))


def _reasons(report, subject):
    """Why a module stays, as "nodelete", "dependency:libneeder.so", "relocation:taker.so:symbol"."""
    for reason in subject.get("reasons", ()):
        words = [reason["reason"]]
        if reason.get("module") in report.modules:
            words.append(identity(report.modules[reason["module"]]))
        if reason.get("symbol"):
            words.append(reason["symbol"])
        yield ":".join(words)


def misfit(report, finding, expected):
    """Why FINDING is not what is EXPECTED; None if it is."""
    module = report.modules.get(finding["module"])
    subject = finding["subject"]
    name = identity(module) if module else ""
    if finding["kind"] != expected.kind or not any(fnmatch(name, m) for m in expected.modules):
        return "is about something else"
    actual = {
        "verdict": finding["verdict"] == expected.verdict,
        "severity": finding["severity"] in expected.severities,
        "loads": expected.loads in (None, finding["loads"]),
        "resolved": (finding["id"] in report.resolved) == expected.resolved,
        "a stack": bool(finding["stack"]) or expected.no_stack,
    }
    tests = {
        "at": lambda value: finding["at"] == value,
        "count": lambda value: finding["count"] == int(value),
        "where": lambda value: subject.get("where") == value,
        "thread": lambda value: subject.get("thread_name") == value,
        "blocks": lambda value: finding.get("blocks") == int(value),
        "bytes": lambda value: finding.get("bytes") == int(value),
        "hanging": lambda value: subject.get("hanging_blocks") == int(value),
        "slot": lambda value: subject.get("slot_symbol") == value,
        "target": lambda value: subject.get("target") == value,
        "path": lambda value: _follows(report, finding, value),
        "function": lambda value: value in _function(report, finding),
        "reasons": lambda value: value.split(",") == sorted(
            {reason["reason"] for reason in subject["reasons"]}),
        "reason": lambda value: value in _reasons(report, subject),
        "pending": lambda value: value == ",".join(
            sorted(str(reason.get("pending")) for reason in subject["reasons"])),
        "retained": lambda value: str(subject.get("retained_blocks", "none")) == value,
        "retained-bytes": lambda value: subject.get("retained_bytes") == int(value),
        "says": lambda value: value in finding["message"],
        "silent-on": lambda value: value not in finding["message"],
        "fix": lambda value: value in finding["fix"],
        "members": lambda value: value == ",".join(
            sorted(member["name"] for member in finding.get("members", ()))),
        "by": lambda value: value in {reason.get("by") for reason in subject["reasons"]},
        "growing": lambda value: str(finding.get("growing", False)).lower() == value,
        "call": lambda value: subject.get("call") == value,
        "remove": lambda value: subject.get("remove") == value,
        "reopened": lambda value: str(subject.get("reopened", False)).lower() == value,
        "replaced": lambda value: str(subject.get("replaced", False)).lower() == value,
        "stack": lambda value: bool(set(value.split("|")) & _stack(report, finding)),
    }
    for name, value in expected.wanted.items():
        actual["%s=%s" % (name, value)] = tests[name](value)
    wrong = [name for name, right in actual.items() if not right]
    return "differs in " + ", ".join(wrong) if wrong else None


def _is_left_open(finding):
    """Most cases leave some library or plug-in open to the end, and are about something else."""
    return finding["kind"] == "handle" and finding["at"] == "exit"


def compare(report, case):
    """The faults, a sentence each."""
    problems = []
    left = report.confirmed()
    for expected in case.expectations:
        found = next((f for f in left if misfit(report, f, expected) is None), None)
        if found and expected.required:
            left.remove(found)
        elif expected.required:
            near = [f for f in left if f["kind"] == expected.kind]
            why = "; ".join("%s: %s" % (describe(report, f), misfit(report, f, expected))
                            for f in near)
            problems.append("not found: %s%s" % (expected, " (but: %s)" % why if why else ""))
    allowed = [one for one in case.expectations if not one.required]
    left = [f for f in left if all(misfit(report, f, one) for one in allowed)]
    if not any(one.kind == "handle" for one in case.expectations):
        left = [f for f in left if not _is_left_open(f)]
    for finding in left:
        if not (case.allow_notes and finding["severity"] == "note"):
            problems.append("not expected: %s" % describe(report, finding))
    return problems


def _crash_misfit(report, crash, expected):
    module = report.modules.get(crash["module"], {"path": "?", "load": 0})
    by = report.findings.get(crash["predicted_by"], {"kind": "none"})
    stack = [report.names_of(frame, returns=i > 0) for i, frame in enumerate(crash["stack"])]
    tests = {
        "function": lambda value: value in report.names_of(crash_place(crash)),
        "by": lambda value: by["kind"] == value,
        "stack": lambda value: any(value in names for names in stack),
        "innermost": lambda value: bool(stack) and value in stack[0],
        "signal": lambda value: crash["signal_name"] == value,
    }
    wrong = [] if fnmatch(identity(module), expected.module) else ["the module"]
    wrong += [] if module["load"] == expected.load else ["the load"]
    return wrong + ["%s=%s" % (name, value) for name, value in expected.wanted.items()
                    if not tests[name](value)]


def compare_crashes(report, case, stderr):
    """The same for the report on the death of the process."""
    if not case.crash:
        for crash in report.crashes:
            yield "a crash record that is not expected: %r" % crash
        if "dlpin: CRASH" in stderr:
            yield "a crash on stderr that is not expected"
        return
    if not report.crashes and not case.crash.required:
        return
    if not report.crashes:
        yield "no record of the crash: %s" % case.crash.text
        return
    wrong = _crash_misfit(report, report.crashes[0], case.crash)
    if wrong:
        yield "the crash differs in %s: %r" % (", ".join(wrong), report.crashes[0])
    if "dlpin: CRASH: " + report.crashes[0]["signal_name"] not in stderr:
        yield "the crash is not on stderr"


def same_place(report, names):
    """True if the two modules of that identity lay, at some time, at the same address."""
    bases = [{m["base"] for m in report.modules.values() if identity(m) == name} for name in names]
    return bool(bases[0] & bases[1])
