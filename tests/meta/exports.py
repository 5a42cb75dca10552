#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""libdlpin.so and the table of interposed functions agree, and the library takes nothing from others that
it must not.

 - What it exports is exactly interposers.def and include/dlpin.h; so is the version script.
 - It needs libc.so.6 and nothing else but the loader itself (for _r_debug and __libc_stack_end).
 - Its thread-local variables are initial-exec: reading one never allocates. The loader then sets aside room
   at start, which DF_STATIC_TLS says; that is no harm in a library that is preloaded, never dlopen'ed, as
   long as it is little.
 - It imports nothing but what is listed here, and all of that. Our own object files refer to nothing that
   allocates, prints, exits or takes a lock of the loader.
 - libunwind, as it is linked, refers to functions of ours, and of others only to what is listed here: all
   else is in libunwind_calls.txt.

Arguments: the tree, libdlpin.so."""

import glob
import os
import re
import sys

from common import finish, interposers, read, run, without_comments

NEEDED = {'libc.so.6', 'ld-linux-x86-64.so.2', 'ld-linux-aarch64.so.1'}
TLS_MAX = 256
CALLS = 'shim/ownership/libunwind_calls.txt'

# The symbols that the shim takes from libc, by the layers that take them.
CORE = set('''
    __errno_location environ _r_debug __libc_stack_end clock_gettime time
    memcmp memcpy memmem memmove memset strchr strcmp strcspn strlen strncmp strrchr strspn strstr strerrordesc_np
    fstat fstat64 getauxval getcwd getenv getppid getrlimit getrlimit64 gnu_get_libc_version
    argp_program_version_hook error_print_progname obstack_alloc_failed_handler
    pthread_atfork __register_atfork pthread_self pthread_sigmask readlink
    sigaddset sigemptyset sigismember sigpending
'''.split())
LOADER = {'dl_iterate_phdr'}  # in shim/modules alone: it takes a lock of the loader
INTERPOSE = CORE | set('''
    at_quick_exit dl_iterate_phdr dladdr __environ pthread_attr_getdetachstate pthread_attr_getstack
    __pthread_register_cancel __pthread_unregister_cancel __pthread_unwind_next __sigsetjmp
'''.split())
# LLVM's libunwind. The guard of aarch64 is a variable of the loader.
UNWIND = set('__errno_location memcpy memset strcmp strlen __stack_chk_guard'.split())
# Present where the C library or the processor has the other name for it.
OTHERWISE = set('''
    at_quick_exit fstat getrlimit pthread_atfork __register_atfork __environ __stack_chk_guard
'''.split())
LINKER = {'_GLOBAL_OFFSET_TABLE_', '_DYNAMIC'}
START_FILES = set('_ITM_deregisterTMCloneTable _ITM_registerTMCloneTable __gmon_start__ '
                  '__cxa_finalize'.split())
OTHERS = re.compile(r'^(_Unwind_|__?unw_|__(de)?register_frame|__gxx|lzma_)')


def symbols(path, *options):
    """Names as nm shows them, without versions."""
    result = run('nm', *options, path)
    lines = [line.split() for line in result.stdout.splitlines()]
    return {words[-1].split('@')[0] for words in lines if len(words) > 1 and words[-2] != 'A'}


def compare(what, found, wanted):
    return [f'{what}: {name} is missing' for name in sorted(wanted - found)] + \
           [f'{what}: {name} is in no table' for name in sorted(found - wanted)]


def version_script(root):
    text = without_comments(read(root, 'shim/libdlpin.map'))
    return set(re.findall(r'(\w+);', text.split('global:')[1].split('local:')[0]))


def api_names(root):
    return set(re.findall(r'\b(dlpin_\w+)\(.*\) DLPIN_REFERENCE;', read(root, 'shim/include/dlpin.h')))


def check_table(root, library):
    rows, api = interposers(root), api_names(root)
    mistakes = compare('exports', symbols(library, '-D', '--defined-only'), rows | api)
    mistakes += compare('libdlpin.map', version_script(root), rows | api)
    if len(rows) < 30 or len(api) < 4:
        mistakes.append('interposers.def could not be read')
    return mistakes


def check_dynamic(library):
    text = run('readelf', '-dlrW', library).stdout
    needed = set(re.findall(r'\(NEEDED\).*\[(.*)\]', text))
    mistakes = [f'it needs {name}' for name in sorted(needed - NEEDED)]
    if re.search(r'\((RPATH|RUNPATH|TEXTREL|SYMBOLIC)\)', text):
        mistakes.append('it has a search path, text relocations or DT_SYMBOLIC')
    if 'NODELETE' not in text:
        mistakes.append('it is not marked as never to be unloaded')
    if re.search(r'DTPMOD|TLSDESC|TLS_DESC', text):
        mistakes.append('it has thread-local variables that are not initial-exec')
    sizes = [int(size, 16) for size in re.findall(r'^\s+TLS(?:\s+\w+){4}\s+(0x\w+)', text, flags=re.M)]
    if sum(sizes) > TLS_MAX or not sizes:
        mistakes.append(f'its thread-local variables are {sum(sizes)} bytes')
    return mistakes


def check_objects(library):
    """Each of our object files against what its layer may use."""
    objects = sorted(glob.glob(library + '.p/*.o'))
    defined = {path: symbols(path, '--defined-only', '--extern-only') for path in objects}
    own = set().union(*defined.values(), LINKER)
    mistakes = []
    for path in objects:
        name, used = os.path.basename(path), symbols(path, '-u')
        late = name.startswith('interpose_')
        # An interposer may refer to others of its kind; what comes before must not know of them.
        beyond = used - (INTERPOSE if late else CORE) - own
        if name.startswith('modules_'):
            beyond -= LOADER
        if not late:
            beyond |= used & interposed_in(defined)
        mistakes += [f'{name} uses {symbol}' for symbol in sorted(beyond)
                     if not symbol.startswith('unw_')]
    if len(objects) < 20:
        mistakes.append(f'only {len(objects)} object files beside {library}')
    return mistakes


def interposed_in(defined):
    """The symbols that only the last layer defines."""
    late = [names for path, names in defined.items()
            if os.path.basename(path).startswith('interpose_')]
    return set().union(*late)


def check_imports(library):
    used = symbols(library, '-D', '--undefined-only')
    mistakes = [f'the library uses {name}' for name in sorted(used - INTERPOSE - UNWIND - START_FILES)]
    mistakes += [f'the library does not use {name}' for name in sorted(INTERPOSE - OTHERWISE - used)]
    if '__tls_get_addr' in used:
        mistakes.append('its thread-local variables are dynamic')
    for name in sorted(symbols(library, '-D', '--defined-only')):
        if OTHERS.match(name):
            mistakes.append(f'it exports {name}')
    return mistakes


def check_libunwind(root, archive):
    rows = [line.split() for line in read(root, CALLS).splitlines() if line and not line.startswith('#')]
    ours = {ours for _, ours in rows}
    beyond = symbols(archive, '-u') - symbols(archive, '--defined-only') - ours - UNWIND - LINKER
    mistakes = [f'libunwind uses {name}' for name in sorted(beyond)]
    if len(rows) < 15 or not symbols(archive, '-u') & ours:
        mistakes.append(f'{CALLS} or {archive} could not be read')
    return mistakes


def check(root, library):
    return check_table(root, library) + check_dynamic(library) + check_objects(library) + \
           check_imports(library) + \
           check_libunwind(root, os.path.join(os.path.dirname(library), 'libunwind_alone.a'))


if __name__ == '__main__':
    finish('exports and imports of ' + sys.argv[2], check(*sys.argv[1:]))
