#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the checks themselves: a copy of the tree is damaged in one place, and the check must say so.
Arguments: the tree, libdlpin.so, the processor, the compiler's command."""

import os
import shutil
import sys
import tempfile
import unittest

import circles
import exercised
import exports
import format as formatting
import headers
import house
import kinds
import layers
import locks
import page
import tails
import times
import wording
from common import run

ROOT, LIBRARY, PROCESSOR, *COMPILER = sys.argv[1:]

FAKE = """
__attribute__((visibility("default"))) void _Unwind_Fake(void) {}
__attribute__((visibility("default"))) void *other(void);
__thread int counter; int big[4];
int *other_counter(void) { return &counter; }
void *other(void) { extern void *malloc(unsigned long); return malloc(1); }
"""


class Damaged(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        self.root = self.place.name
        for name in ('shim', 'analyzer', 'samples', 'man'):
            shutil.copytree(os.path.join(ROOT, name), os.path.join(self.root, name))

    def tearDown(self):
        self.place.cleanup()

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, 'w', encoding='utf-8') as file:
            file.write(text)

    def change(self, path, old, new):
        with open(os.path.join(self.root, path), encoding='utf-8') as file:
            text = file.read()
        self.assertIn(old, text)
        self.write(path, text.replace(old, new))

    def says(self, mistakes, word):
        self.assertTrue(any(word in mistake for mistake in mistakes), mistakes)

    def test_layers(self):
        self.assertEqual(layers.check(self.root), [])
        self.change('shim/base/lock.c', '#include "base/lock.h"', '#include "report/report.h"')
        self.says(layers.check(self.root), 'later layer')

    def test_layers_of_the_analyzer(self):
        self.change('analyzer/main.c', '#include', '#include "modules/modules.h"\n#include')
        self.says(layers.check(self.root), 'not the analyzer')

    def test_a_file_in_no_layer(self):
        self.write('shim/util/util.c', 'int util;\n')
        self.says(layers.check(self.root), 'no known layer')

    def test_locks(self):
        self.assertEqual(locks.check(self.root), [])
        self.change('shim/report/log.c', 'static bool closed', 'static struct lock log_lock;\nstatic bool closed')
        self.says(locks.check(self.root), 'log_lock is not in the order')
        self.says(locks.check(self.root), 'log_lock is not in shim/lifecycle/locks.c')

    def test_order_of_locks(self):
        self.change('shim/base/lock.h', 'modules  >  key_stubs', 'key_stubs  >  modules')
        self.says(locks.check(self.root), 'lifecycle/locks.c [')

    def test_times(self):
        self.assertEqual(times.check(self.root), [])
        self.change('shim/base/lock.c', 'clock_wait(', 'usleep(1);\n        clock_wait(')
        self.write('tests/x.c', 'alarm(3);\n')
        self.write('tests/x.py', 'import random\nprint(random.Random(3).uniform(0, 1), random.' + 'uniform(0, 1))\n')
        self.write('tests/meson.build', "test('x', x,\n  timeout: 30)\n  test('y', y)\n")
        self.says(times.check(self.root), 'lock.c: usleep past')
        self.says(times.check(self.root), 'x.c: alarm')
        self.says(times.check(self.root), 'x.py: chance')
        self.says(times.check(self.root), "for test('x')")
        self.says(times.check(self.root), "for test('y')")

    def test_headers(self):
        self.change('shim/base/arena.h', '#include <stddef.h>', '')
        self.change('shim/base/arena.h', '#include "base/lock.h"', '')
        self.says(headers.check(self.root, COMPILER), 'shim/base/arena.h')

    def test_table_and_version_script(self):
        self.assertEqual(exports.check_table(self.root, LIBRARY), [])
        self.change('shim/libdlpin.map', 'pvalloc;', '')
        self.says(exports.check_table(self.root, LIBRARY), 'libdlpin.map: pvalloc')

    def test_table_and_exports(self):
        self.change('shim/interpose/interposers.def', 'INTERPOSE(tss_set, OPTIONAL)', '')
        self.says(exports.check_table(self.root, LIBRARY), 'exports: tss_set')

    def test_trampolines_that_are_missing(self):
        self.assertEqual(tails.check(self.root, PROCESSOR, *COMPILER), [])
        self.change(f'shim/interpose/tail_{PROCESSOR}.S', '#include "interpose/tails.def"', 'TAIL system, note_system')
        self.says(tails.check(self.root, PROCESSOR, *COMPILER), 'dlmopen')

    def test_trampolines_that_do_not_assemble(self):
        self.change(f'shim/interpose/tail_{PROCESSOR}.S', '.cfi_startproc', '.cfi_nonsense')
        self.says(tails.check(self.root, PROCESSOR, *COMPILER), 'nonsense')

    def test_a_library_with_everything_wrong(self):
        self.write('fake/fake.c', FAKE)
        library = os.path.join(self.root, 'fake.so')
        result = run(*COMPILER, '-shared', '-fPIC', '-O0', '-Wl,--no-as-needed', '-lm', '-o', library,
                     os.path.join(self.root, 'fake/fake.c'))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.says(exports.check_imports(library), '_Unwind_Fake')
        self.says(exports.check_imports(library), 'uses malloc')
        self.says(exports.check_dynamic(library), 'libm.so')
        self.says(exports.check_dynamic(library), 'never to be unloaded')
        if PROCESSOR == 'x86_64':
            self.says(exports.check_dynamic(library), 'not initial-exec')

    def test_objects(self):
        self.assertEqual(exports.check_objects(LIBRARY), [])
        self.write('fake.so.p/base_fake.c.o.c', FAKE)
        run(*COMPILER, '-c', '-fPIC', '-o', os.path.join(self.root, 'fake.so.p/base_fake.c.o'),
            os.path.join(self.root, 'fake.so.p/base_fake.c.o.c'))
        self.says(exports.check_objects(os.path.join(self.root, 'fake.so')), 'uses malloc')

    def compile(self, path, text):
        self.write(path, text)
        full = os.path.join(self.root, path)
        result = run(*COMPILER, '-c', '-fPIC', '-o', full.removesuffix('.c') + '.o', full)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_circles(self):
        library = os.path.join(self.root, 'fake.so')
        shutil.copytree(os.path.abspath(LIBRARY) + '.p', library + '.p', copy_function=os.symlink)
        known = [set(files) for files in circles.circles(circles.references(library))]
        self.assertEqual(circles.check(library, known), [])
        self.says(circles.check(library, known + [{'base/a.c', 'base/b.c'}]), 'no such circle any more')
        for name, text in {'one': 'extern int two; int one(void) { return two; }',
                           'two': 'void *three(void); void *two[] = {three};',
                           'three': 'int one(void); void *three(void) { return one() ? 0 : three; }'}.items():
            self.compile(f'fake.so.p/interpose_{name}.c.c', text)
        self.says(circles.check(library, known), 'a circle: interpose/one.c, interpose/three.c, interpose/two.c')
        self.compile('fake.so.p/interpose_two.c.c', 'int two;')
        self.assertEqual(circles.check(library, known), [])
        # libc has an abort, too.
        self.compile('fake.so.p/base_four.c.c', 'extern int two; void abort(void); void *four[] = {&two, abort};')
        self.says(circles.check(library, known), 'base/four.c uses two of interpose/two.c')
        self.says(circles.check(library, known), 'base/four.c uses abort of interpose/sent.c')

    def test_libunwind(self):
        archive = os.path.join(os.path.dirname(LIBRARY), 'libunwind_alone.a')
        self.assertEqual(exports.check_libunwind(self.root, archive), [])
        self.change(exports.CALLS, 'abort libunwind_abort\n', '')
        self.says(exports.check_libunwind(self.root, archive), 'uses libunwind_abort')
        self.says(exports.check_libunwind(self.root, LIBRARY), 'uses getenv')

    def test_exercised(self):
        build = os.path.dirname(os.path.dirname(LIBRARY))
        self.change('shim/interpose/interposers.def', 'INTERPOSE(malloc, REQUIRED)',
                    'INTERPOSE(malloc, REQUIRED)\nINTERPOSE(never_called, REQUIRED)')
        self.says(exercised.check(self.root, build), 'never_called')

    def test_kinds(self):
        self.assertEqual(kinds.check_rules(self.root), [])
        self.assertEqual(kinds.check_samples(self.root), [])
        self.change('shim/report/report_format.h', '#define DLPIN_KINDS(X) ',
                    '#define DLPIN_KINDS(X) X(NEW, "new-kind", "new", "key", "lost note") ')
        self.says(kinds.check_rules(self.root), 'new-kind')
        self.says(kinds.check_samples(self.root), 'new-kind')
        self.change('shim/rules/key_rules.c', 'rule_KEY =', 'rule_LOCK =')
        self.says(kinds.check_rules(self.root), 'key has no rule_KEY')
        self.says(kinds.check_rules(self.root), 'rule_LOCK')

    def test_a_sample_without_its_twin(self):
        os.remove(os.path.join(self.root, 'samples/key/tidy.c'))
        self.says(kinds.check_samples(self.root), 'key: no clean twin')

    def test_manual_pages(self):
        self.write('man/dlpin-report.5', '.TP\n.B key\\-destructor\n')
        self.says(kinds.check_report_page(self.root), 'key-orphan')
        self.assertNotIn('key-destructor', ' '.join(kinds.check_report_page(self.root)))
        self.write('man/libdlpin.7', '.B log_path\n')
        self.says(kinds.check_options(self.root), 'verbosity')
        self.assertNotIn('log_path', ' '.join(kinds.check_options(self.root)))

    def test_house(self):
        self.assertEqual(house.check(self.root), [])
        self.write('notes.txt', 'x\n')
        self.write('shim/README', 'see /' + 'home/someone/file\n')
        self.says(house.check(self.root), 'notes.txt')
        self.says(house.check(self.root), 'shim/README:1')

    def test_wording(self):
        self.assertEqual(wording.check(self.root), [])
        self.change('shim/base/lock.h', '/*\n * A futex mutex', '/*\n * Whether a futex mutex')
        self.change('shim/base/lock.h', '/* In a fork child only', '/* It is free: in a fork child only')
        self.write('shim/x.c', 'const char *x = "/* What";\n// Items.\n// One\nint y; // Those of x\n')
        self.assertEqual(wording.check(self.root), [
            'shim/base/lock.h:3: begins with Whether', 'shim/base/lock.h:37: begins with It',
            'shim/x.c:4: begins with Those'])
        words = ('What', 'Whether', 'It', 'That', 'One', 'Those')
        self.write('shim/y.c', ''.join(f'/* {word} is so. */\nint {word.lower()};\n' for word in words))
        self.assertEqual([line.split()[-1] for line in wording.check(self.root) if line.startswith('shim/y.c')],
                         list(words))

    def test_page(self):
        self.assertEqual(page.check(self.root), [])
        self.change(page.STYLE, '  color: var(--pale);', '  color: #123456;\n  background: url(x);')
        self.change(page.STYLE, '    --good:', '    --fine:')
        self.change(page.STYLE, '.verdict {', '.nobody {')
        self.change(page.SCRIPT, '"use strict";', 'document.body.innerHTML = "";')
        for word in ('#123456', 'url(', '--good', '--fine', 'nobody', 'innerHTML', 'not strict'):
            self.says(page.check(self.root), word)

    @unittest.skipUnless(shutil.which('node'), 'no node')
    def test_script_that_node_cannot_read(self):
        self.change(page.SCRIPT, '"use strict";', '"use strict"; (')
        self.says(page.check(self.root), 'node: ')

    @unittest.skipUnless(shutil.which('clang-format'), 'no clang-format')
    def test_format(self):
        shutil.copy(os.path.join(ROOT, '.clang-format'), self.root)
        self.write('tests/x.c', 'int f( void ){return 1;}\n')
        self.says(formatting.check(self.root), 'tests/x.c')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=2)
