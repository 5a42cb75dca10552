#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the sections of dlpin-report(5): examples.py DLPIN SHIM-FOLDER SAMPLES PAGE

Every kind has a section, in the order of the table in the shim; every section has the same parts in the same
order; and its example is what `dlpin run` prints of the kind's sample, up to the fix. SAMPLES is the folder in
the build."""

import os
import re
import shlex
import subprocess
import sys
import tempfile

PARTS = ['Verdicts', 'Meaning', 'Consequence', 'Fix', 'Example']


def kinds(shim):
    """(name, ["verdict", …]) of each row of the table."""
    with open(os.path.join(shim, 'report/report_format.h'), encoding='utf-8') as file:
        table = re.search(r'#define DLPIN_KINDS\(X\)(.*?)/\*', file.read(), re.S).group(1)
    rows = re.findall(r'X\(\w+,\s*"([^"]+)",.*?"([^"]*)"\)', table.replace('\\\n', ' '), re.S)
    return [(name, pairs.split(', ')) for name, pairs in rows]


def sections(page):
    """(name, text) of each kind's section."""
    text = page[page.index('.Sh KINDS'):]
    text = text[:text.index('\n.Sh ', 1)]
    parts = re.split(r'^\.Ss (\S+)\n', text, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


def example(section):
    """The command and what it prints, or None."""
    match = re.search(r'^\.Bd -literal\n\$ (.*?)\n(.*?)^\.Ed$', section.replace('\\e\n', ''), re.M | re.S)
    return match.groups() if match else None


def printed(dlpin, folder, sources, command, kind):
    """The block of the kind's first finding up to its fix, as the command prints it. A file that the command
    names is in the folder of the sample's sources."""
    with tempfile.NamedTemporaryFile(mode='r', encoding='utf-8') as report:
        words = shlex.split(command.replace('=registries ', f'={sources}/{kind}/registries '))
        subprocess.run([dlpin, 'run', f'--report=text:{report.name}', *words[2:]], cwd=folder, timeout=600,
                       stdin=subprocess.DEVNULL, capture_output=True, check=False)
        text = report.read()
    for block in text.split('\n\n'):
        if re.match(rf'\w+: {kind}: ', block):
            return re.split(r'\n  \d+ time', block)[0] + '\n'
    return ''


def same(block):
    """Without what differs between builds and runs: line breaks, with the mark in front of the place in a
    headline; folders, lines of files, addresses, numbers of threads and descriptors' files, sizes."""
    text = ' '.join(block.replace(',', '').replace(':', '').split())
    for pattern, replacement in ((r'\S*/([\w.-]+\.(?:c|h|cpp))\d+', r'\1'), (r'\b([\w-]+\.(?:c|h|cpp))\d+', r'\1'),
                                 (r'\+?0x[0-9a-f]+', '0x0'), (r'thread \d+', 'thread 0'), (r'\[\d+\]', '[0]'),
                                 (r'\d+ KB', '0 KB')):
        text = re.sub(pattern, replacement, text)
    return text


def check(dlpin, shim, samples, page):
    there, problems = sections(page), []
    if [name for name, _ in there] != [name for name, _ in kinds(shim)]:
        problems.append('the sections are not those of the table of kinds, in its order')
    verdicts = dict(kinds(shim))
    for name, text in there:
        parts = re.findall(r'^\.It Sy (.*)', text, re.M)
        if [part for part in parts if part in PARTS] != PARTS:
            problems.append(f'{name}: the parts are {parts}')
        known = {pair.split()[0] for pair in verdicts.get(name, [])}
        listed = text[text.find('.It Sy Verdicts'):text.find('.It Sy Meaning')]
        for verdict in set(re.findall(r'(\w+):', listed)) - known:
            problems.append(f'{name}: no such finding is {verdict}')
        shown = example(text)
        if not shown:
            problems.append(f'{name}: there is no example')
            continue
        now = printed(dlpin, os.path.join(samples, name), os.path.join(shim, '../samples'), shown[0], name)
        if same(now) != same(shown[1]):
            problems.append(f'{name}: {shown[0]} prints\n{now}and the page says\n{shown[1]}')
    return problems


def main():
    dlpin, shim, samples, path = map(os.path.abspath, sys.argv[1:])
    with open(path, encoding='utf-8') as file:
        problems = check(dlpin, shim, samples, file.read())
    for problem in problems:
        print(problem, file=sys.stderr)
    return bool(problems)


if __name__ == '__main__':
    sys.exit(main())
