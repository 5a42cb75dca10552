#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the manual pages: check.py DLPIN SHIM-FOLDER PAGE...

Every kind, verdict and severity of findings, every option of the library, every option of the command, every
common module, and every member of the JSON report has its place in them, and nothing else has; mandoc and man
have nothing to complain of.
"""

import json
import os
import re
import shutil
import subprocess
import sys

DLPIN, SHIM = sys.argv[1:3]
PAGES = {os.path.basename(path): path for path in sys.argv[3:]}
# Whether another page is there depends on the machine.
NOT_OURS = ('referenced manual not found', 'outdated mandoc.db')

problems = []


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def compare(what, page, there, needed):
    for name in sorted(set(needed) - set(there)):
        problems.append(f'{page}: {what} "{name}" is missing')
    for name in sorted(set(there) - set(needed)):
        problems.append(f'{page}: {what} "{name}" does not exist')


def section(page, begin, end):
    text = read(PAGES[page])
    return text[text.index(begin):text.index(end)]


def table(header, name):
    """The rows of an X macro, without its name and the comments."""
    match = re.search(rf'#define {name}\(X\)((?:.*\\\n)*.*\n)', read(os.path.join(SHIM, header)))
    return match.group(1)


def check_words():
    header = 'report/report_format.h'
    for name, begin, end in (('KINDS', '.Ss Kinds', '.Ss Reasons'),
                             ('REASONS', '.Ss Reasons', '.Ss When'),
                             ('VERDICTS', '.Ss Verdicts', '.Ss Kinds'),
                             ('SEVERITIES', '.Ss Severities', '.Ss Verdicts')):
        needed = re.findall(r'X\(\w+,\s*"([^"]+)"', table(header, 'DLPIN_' + name))
        there = re.findall(r'^\.It (?:Cm|Sy) (\S+)', section('dlpin-report.5', begin, end), re.M)
        compare(name.lower(), 'dlpin-report.5', there, needed)


def check_library_options():
    needed = re.findall(r'X\((?:BOOL|NUMBER|CHOICE|STRING), (\w+), (\w+),',
                        table('base/options.h', 'DLPIN_OPTIONS_TABLE'))
    text = section('libdlpin.7', '.Sh OPTIONS', '.Sh HOW')
    compare('option', 'libdlpin.7', re.findall(r'^\.It Cm (\w+)', text, re.M),
            [name for name, _ in needed])
    for name, default in needed:
        entry = re.search(rf'^\.It Cm {name} (.*?)(?=^\.It|^\.El)', text, re.M | re.S)
        value = 'none' if default == '0' else default
        if not default.isdigit():  # a choice: SCAN_FULL is "full"
            value = default.rsplit('_', 1)[-1].lower()
        if entry and not re.search(rf'Default:\s({value}|{default})\b', entry.group(1)):
            problems.append(f'libdlpin.7: option "{name}": its default is {default}')


def check_common_modules():
    lists = re.findall(r'const (?:runtimes|others)\[\] = \{(.*?)\};',
                       read(os.path.join(SHIM, 'ownership/common.c')), re.S)
    needed = [glob for text in lists for glob in re.findall(r'"([^"]+)"', text)]
    there = re.findall(r'^\.Pa (\S+)', section('libdlpin.7', '.It common module', '.Sh OPTIONS'), re.M)
    compare('common module', 'libdlpin.7', there, needed)


def check_functions():
    needed = re.findall(r'^INTERPOSE\((\w+),', read(os.path.join(SHIM, 'interpose/interposers.def')), re.M)
    there = re.findall(r'^\.Fn (\w+)', section('libdlpin.7', '.Sh HOW', '.Sh WHAT IT DOES'), re.M)
    # The others of its family go without saying.
    needed = [name for name in needed if name == 'execve' or not re.match(r'f?exec', name)]
    compare('function', 'libdlpin.7', [name for name in there if name not in ('reallocarray', 'strdup')],
            needed)


def check_registries():
    table = read(os.path.join(SHIM, 'rules/registry_rows_table.c')).split('registry_rows_built_in[] =')[1]
    rows = ''.join(re.findall(r'"(.*)"', table)).split('\\n')
    needed = {library for row in rows if row for library in row.split()[0].split(',')}
    there = re.findall(r'^\.Pa (\S+)', section('libdlpin.7', '.Sh REGISTRIES', '.Sh LETTING'), re.M)
    compare('library with registries', 'libdlpin.7', there, sorted(needed))


def check_api():
    text = read(os.path.join(SHIM, 'include/dlpin.h'))
    needed = re.findall(r'\b(dlpin_\w+)\(.*\) DLPIN_REFERENCE;', text)
    for macro in ('Nm', 'Fn'):
        there = set(re.findall(rf'^\.{macro} (dlpin_\w+)', read(PAGES['libdlpin.3']), re.M))
        compare(f'.{macro}', 'libdlpin.3', there, needed)


def check_command_options():
    shown = subprocess.run([DLPIN, '--help'], capture_output=True, text=True, check=True).stdout
    commands = re.findall(r'^  ([a-z]+) ', shown, re.M)
    for command, end in zip(commands, [f'.Ss dlpin {name}' for name in commands[1:]] + ['.Sh THE REPORT']):
        shown = subprocess.run([DLPIN, command, '--help'], capture_output=True, text=True,
                               check=False).stdout
        needed = re.findall(r'^  (?:-[a-zA-Z], )?(--[a-z-]+)', shown, re.M)
        text = section('dlpin.1', f'.Ss dlpin {command}', end)
        there = ['-' + name for line in re.findall(r'^\.It Fl (.*)', text, re.M)
                 for name in re.findall(r'(?<![\w-])-[a-z-]+', line)]
        # These two are described once, for all commands.
        compare(f'option of {command}', 'dlpin.1', there, [name for name in needed
                                                           if name not in ('--help', '--version')])


def members(schema):
    """All names of members, those of objects in objects too."""
    for name, member in schema.get('properties', {}).items():
        yield name
        yield from members(member)


def check_json():
    schema = json.loads(read(os.path.join(SHIM, '../analyzer/render/merged-report.schema.json')))
    needed = [*members(schema), *(name for part in schema['definitions'].values() for name in members(part))]
    there = re.findall(r'^\.It Sy (\S+)', section('dlpin-json.5', '.Ss The document', '.Sh FILES'), re.M)
    compare('member', 'dlpin-json.5', there, needed)
    if len(there) != len(needed):
        problems.append(f'dlpin-json.5: {len(there)} members, and {len(needed)} in the schema')


def check_form():
    commands = []
    if shutil.which('mandoc'):
        commands.append(['mandoc', '-T', 'lint'])
    # What man(1) formats with.
    if shutil.which('groff'):
        commands.append(['groff', '-mandoc', '-ww', '-b', '-z', '-Tutf8', '-Kutf8'])
    for path in PAGES.values():
        for command in commands:
            done = subprocess.run(command + [path], capture_output=True, text=True, check=False)
            problems.extend(line for line in (done.stdout + done.stderr).splitlines()
                            if not any(words in line for words in NOT_OURS))


check_words()
check_library_options()
check_common_modules()
check_functions()
check_registries()
check_api()
check_command_options()
check_json()
check_form()
for problem in problems:
    print(problem, file=sys.stderr)
sys.exit(bool(problems))
