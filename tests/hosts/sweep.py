#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""All shared libraries of this machine under dlpin try, as a table: library, verdict, what, package.

    sweep.py --dlpin build/analyzer/dlpin [--table FILE] [FOLDER...]

The folders are looked through with all that is in them; without one, /usr/lib. With --subset, a fixed list of
libraries is tried instead, those of them that are there, and must have the verdicts that are known of them: that runs
as a test. The constructors of the libraries run."""

import argparse
import json
import os
import shutil
import subprocess
import sys

SKIPPED = 77
CHUNK = 100
FAILING = ('grows with each load', 'dangles')

# Of Debian 12 and 13; several verdicts where it depends on the release.
CLEAN, LEAVES, PINNED = 'clean', 'leaves something once', 'cannot be unloaded'
GROWS, DANGLES = FAILING
SUBSET = {}


def is_library(path):
    """A 64-bit shared object of this machine."""
    try:
        with open(path, 'rb') as file, open('/proc/self/exe', 'rb') as own:
            start, same = file.read(20), own.read(20)
    except OSError:
        return False
    return start[:5] == b'\x7fELF\x02' and start[16] == 3 and start[18:20] == same[18:20]


def libraries(folders):
    """Each file once, by the first of its names."""
    seen = set()
    for top in folders:
        for folder, inner, names in os.walk(top):
            inner.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                if '.so' not in name or not os.path.exists(path):
                    continue
                status = os.stat(path)
                if (status.st_dev, status.st_ino) not in seen and is_library(path):
                    seen.add((status.st_dev, status.st_ino))
                    yield path


def try_all(dlpin, paths, options):
    """The lines of dlpin try; a mistake where it fails itself."""
    done = subprocess.run([dlpin, 'try', '--format=json', *options, '-'], input='\n'.join(paths), text=True,
                          errors='replace', stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    try:
        rows = json.loads(done.stdout)['libraries']
    except ValueError:
        rows = None
    if rows is None or done.returncode not in (0, 1, 2) or (done.returncode == 2 and len(paths) == CHUNK):
        sys.exit(f'dlpin try failed with {done.returncode}: {done.stderr}\n{paths}')
    return rows


def package_of(path):
    """The package of Debian that a file belongs to, or -."""
    if not shutil.which('dpkg'):
        return '-'
    for name in (path, os.path.realpath(path), os.path.realpath(path).replace('/usr/lib', '/lib', 1)):
        done = subprocess.run(['dpkg', '-S', name], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return done.stdout.split(':')[0]
    return '-'


def merged(rows):
    """Other modules come in several chunks."""
    found = {}
    for row in rows:
        kept = found.setdefault(row['name'], row)
        if kept is not row and kept['came_with'] is not None and row['came_with'] is not None:
            kept['came_with'] += row['came_with']
        elif kept is not row and row['came_with'] is None:
            found[row['name']] = row
    return list(found.values())


def sweep(arguments):
    paths = list(libraries(arguments.folders or ['/usr/lib']))
    rows = []
    for first in range(0, len(paths), CHUNK):
        rows += try_all(arguments.dlpin, paths[first:first + CHUNK], arguments.option)
        print(f'{min(first + CHUNK, len(paths))} of {len(paths)}', file=sys.stderr)
    rows = merged(rows)
    counts = {}
    for row in rows:
        counts[row['verdict']] = counts.get(row['verdict'], 0) + 1
    with open(arguments.table, 'w', encoding='utf-8') if arguments.table else sys.stdout as out:
        for row in sorted(rows, key=lambda row: (row['verdict'], row['name'])):
            what = row['what'] + (f' (came with {row["came_with"]})' if row['came_with'] else '')
            known = row['verdict'] in ('clean', 'cannot be loaded')
            print(row['name'], row['verdict'], what, '' if known else package_of(row['name']), sep='\t', file=out)
    print(counts, file=sys.stderr)


def subset(arguments):
    names = [name for name in SUBSET if shutil.which('ldconfig') or os.path.exists(name)]
    rows = try_all(arguments.dlpin, names, arguments.option)
    tried, mistakes = 0, []
    for row in rows:
        if row['name'] not in SUBSET or 'cannot open shared object file' in row['what']:
            continue
        tried += 1
        if row['verdict'] not in SUBSET[row['name']]:
            mistakes.append(f'{row["name"]}: {row["verdict"]} ({row["what"]}), not {SUBSET[row["name"]]}')
    print(f'{tried} of {len(SUBSET)} libraries are there')
    print('\n'.join(mistakes))
    return 1 if mistakes else 0 if tried else SKIPPED


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--dlpin', required=True)
    parser.add_argument('--table')
    parser.add_argument('--subset', action='store_true')
    parser.add_argument('--option', action='append', default=[], help='of dlpin try')
    parser.add_argument('folders', nargs='*')
    arguments = parser.parse_args()
    sys.exit(subset(arguments) if arguments.subset else sweep(arguments))


if __name__ == '__main__':
    main()
