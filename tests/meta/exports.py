#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""libdlpin.so and the table of interposed functions agree, and the library takes nothing from others that
it must not.

 - What it exports is exactly interposers.def and include/dlpin.h; so is the version script; the rows of family TAIL are exactly
   what tail_*.S defines.
 - It needs libc.so.6 and nothing else but the loader itself (for _r_debug and __libc_stack_end).
 - Its thread-local variables are initial-exec: reading one never allocates. The loader then sets aside room
   at start, which DF_STATIC_TLS says; that is no harm in a library that is preloaded, never dlopen'ed, as
   long as it is little.
 - Our own object files refer to nothing that allocates, prints, exits or takes a lock of the loader; what
   libunwind refers to beyond that is listed apart.

Arguments: the tree, libdlpin.so."""

import glob
import os
import re
import sys

from common import finish, interposers, read, run, without_comments

NEEDED = {'libc.so.6', 'ld-linux-x86-64.so.2', 'ld-linux-aarch64.so.1'}
TLS_MAX = 256

# What the shim takes from libc, by the layers that take it.
CORE = set('''
    __errno_location environ _r_debug __libc_stack_end clock_gettime time
    memcmp memcpy memmem memmove memset strchr strcmp strcspn strlen strncmp strrchr strspn strstr strerrordesc_np
    fstat fstat64 getauxval getcwd getenv getppid getrlimit getrlimit64 gnu_get_libc_version madvise
    argp_program_version_hook error_print_progname obstack_alloc_failed_handler
    pthread_atfork __register_atfork pthread_sigmask readlink
    sigaddset sigemptyset sigismember sigpending
'''.split())
INTERPOSE = CORE | set('''
    dl_iterate_phdr dlerror on_exit at_quick_exit __cxa_at_quick_exit __environ
    __pthread_register_cancel __pthread_unregister_cancel __pthread_unwind_next __sigsetjmp
'''.split())
# LLVM's libunwind: messages and abort for what cannot happen, dladdr in a function that we never call, a
# lock around its cache of registered frames.
UNWIND = set('''
    abort dladdr fflush fprintf fwrite stderr snprintf
    pthread_rwlock_rdlock pthread_rwlock_unlock pthread_rwlock_wrlock __stack_chk_fail __stack_chk_guard
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


def tail_names(root, path):
    return set(re.findall(r'^\s+TAIL(?:_EARLY)?\s+(\w+), note_\w+(?:, early_\w+)?$', read(root, path), flags=re.M))


def api_names(root):
    return set(re.findall(r'\b(dlpin_\w+)\(.*\) DLPIN_REFERENCE;', read(root, 'shim/include/dlpin.h')))


def check_table(root, library):
    rows, api = interposers(root), api_names(root)
    tails = {name for name, family in rows.items() if family == 'TAIL'}
    mistakes = compare('exports', symbols(library, '-D', '--defined-only'), set(rows) | api)
    mistakes += compare('libdlpin.map', version_script(root), set(rows) | api)
    for path in sorted(glob.glob(os.path.join(root, 'shim/interpose/tail_*.S'))):
        mistakes += compare(os.path.basename(path), tail_names(root, path), tails)
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
        if not late:
            beyond |= used & interposed_in(defined)
        mistakes += [f'{name} uses {symbol}' for symbol in sorted(beyond)
                     if not re.match(r'__real_dl_iterate_phdr$|unw_', symbol)]
    if len(objects) < 20:
        mistakes.append(f'only {len(objects)} object files beside {library}')
    return mistakes


def interposed_in(defined):
    """What only the last layer defines."""
    late = [names for path, names in defined.items()
            if os.path.basename(path).startswith('interpose_')]
    return set().union(*late)


def check_imports(library):
    used = symbols(library, '-D', '--undefined-only')
    beyond = used - INTERPOSE - UNWIND - START_FILES
    mistakes = [f'the library uses {name}' for name in sorted(beyond)]
    if '__tls_get_addr' in used:
        mistakes.append('its thread-local variables are dynamic')
    for name in sorted(symbols(library, '-D', '--defined-only')):
        if OTHERS.match(name):
            mistakes.append(f'it exports {name}')
    return mistakes


def check(root, library):
    return check_table(root, library) + check_dynamic(library) + check_objects(library) + \
           check_imports(library)


if __name__ == '__main__':
    finish('exports and imports of ' + sys.argv[2], check(*sys.argv[1:]))
