#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""All shared libraries of this machine under dlpin try, as a table: library, verdict, what, package.

    sweep.py --dlpin build/analyzer/dlpin [--table FILE] [--keep FOLDER] [FOLDER...]

The folders are searched with all their subfolders; without one, /usr/lib. With --subset, a fixed list of libraries is
tried instead, those of them that are there, and must have the verdicts that are known of them: that runs as a test.
The constructors of the libraries run."""

import argparse
import glob
import json
import os
import subprocess
import sys

SKIPPED = 77
CHUNK = 100
ORDER = ('clean', 'cannot be loaded', 'leaves something once', 'cannot be unloaded', 'grows with each load', 'dangles')
# Nothing of these is red, but for those whose fault is known, and which may be mended one day.
GREEN = """
libz.so.1 libm.so.6 libbz2.so.1.0 liblzma.so.5 libzstd.so.1 libexpat.so.1 libxml2.so.2 libsqlite3.so.0 libcurl.so.4
libssl.so.3 libcrypto.so.3 libgnutls.so.30 libgcrypt.so.20 libglib-2.0.so.0 libgobject-2.0.so.0 libgio-2.0.so.0
libGL.so.1 libstdc++.so.6 libgcc_s.so.1 libcap.so.2 libuuid.so.1 libffi.so.8 libpcre2-8.so.0 libX11.so.6 libxcb.so.1
libdbus-1.so.3 libasound.so.2 libpulse.so.0 libjpeg.so.62 libpng16.so.16 libfreetype.so.6 libcairo.so.2 libreadline.so.8
libkrb5.so.3 libsasl2.so.2 libpq.so.5
""".split()
RED = {'libEGL.so.1': 'dangles', 'libgomp.so.1': 'grows with each load', 'libpixman-1.so.0': 'grows with each load',
       'libobjc.so.4': 'grows with each load'}


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


def try_all(dlpin, paths, options, keep=None):
    """The lines of dlpin try; a mistake where it fails itself. The file `keep` gets the whole report."""
    done = subprocess.run([dlpin, 'try', '--format=json', *options, '-'], input='\n'.join(paths), text=True,
                          errors='replace', stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if keep:
        with open(keep, 'w', encoding='utf-8') as file:
            file.write(done.stdout)
    try:
        rows = json.loads(done.stdout)['libraries']
    except ValueError:
        rows = None
    if rows is None or done.returncode not in (0, 1, 2):
        sys.exit(f'dlpin try failed with {done.returncode}: {done.stderr}\n{paths}')
    return rows


def packages():
    """Path -> package of Debian, of all libraries; empty on another system."""
    found = {}
    for path in glob.glob('/var/lib/dpkg/info/*.list'):
        with open(path, encoding='utf-8') as file:
            for line in file:
                if '.so' in line:
                    found[os.path.realpath(line.strip())] = os.path.basename(path)[:-len('.list')].split(':')[0]
    return found


def merged(rows):
    """A line for each file: other modules come in several chunks, and by other names."""
    found = {}
    for row in rows:
        key = os.path.realpath(row['name'])
        kept = found.setdefault(key, row)
        if kept is row:
            continue
        users = (kept['came_with'] or 0) + (row['came_with'] or 0)
        worst = max(kept, row, key=lambda row: ORDER.index(row['verdict']))
        name = kept['name'] if row['came_with'] else row['name']
        found[key] = dict(worst, name=name, came_with=users)
    return list(found.values())


def sweep(arguments):
    paths = list(libraries(arguments.folders or ['/usr/lib']))
    rows = []
    for first in range(0, len(paths), CHUNK):
        keep = os.path.join(arguments.keep, f'{first}.json') if arguments.keep else None
        rows += try_all(arguments.dlpin, paths[first:first + CHUNK], arguments.option, keep)
        print(f'{min(first + CHUNK, len(paths))} of {len(paths)}', file=sys.stderr)
    rows, owners = merged(rows), packages()
    counts = {}
    for row in rows:
        counts[row['verdict']] = counts.get(row['verdict'], 0) + 1
    with open(arguments.table, 'w', encoding='utf-8') if arguments.table else sys.stdout as out:
        for row in sorted(rows, key=lambda row: (row['verdict'], row['name'])):
            what = row['what'] + (f' (came with {row["came_with"]})' if row['came_with'] else '')
            known = row['verdict'] in ('clean', 'cannot be loaded')
            print(row['name'], row['verdict'], what, '' if known else owners.get(os.path.realpath(row['name']), '-'), sep='\t', file=out)
    print(counts, file=sys.stderr)


def subset(arguments):
    mistakes, there = [], 0
    for row in try_all(arguments.dlpin, [*GREEN, *RED], arguments.option):
        if row['name'] not in RED and row['name'] not in GREEN:
            continue  # it came with others
        if row['verdict'] == 'cannot be loaded' and 'cannot open shared object file' in row['what']:
            continue
        there += 1
        if row['verdict'] not in ('clean', 'cannot be unloaded', RED.get(row['name'])):
            mistakes.append(f'{row["name"]}: {row["verdict"]}: {row["what"]}')
    print(f'{there} of {len(GREEN) + len(RED)} libraries are there')
    print('\n'.join(mistakes))
    return 1 if mistakes else 0 if there else SKIPPED


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--dlpin', required=True)
    parser.add_argument('--table')
    parser.add_argument('--keep', help='a folder for the reports')
    parser.add_argument('--subset', action='store_true')
    parser.add_argument('--option', action='append', default=[], help='of dlpin try')
    parser.add_argument('folders', nargs='*')
    arguments = parser.parse_args()
    sys.exit(subset(arguments) if arguments.subset else sweep(arguments))


if __name__ == '__main__':
    main()
