// SPDX-License-Identifier: MIT
/*
 * Names of functions and variables, from a module's file, at the time of a finding.
 *
 * Not by dladdr: it takes the loader's lock, and the module may be unmapped already. A damaged file
 * gives no name. No locks; opens and closes a descriptor (modules/elf_file.h).
 */
#ifndef DLPIN_MODULES_SYMBOLS_H
#define DLPIN_MODULES_SYMBOLS_H

#include "modules/modules.h"

enum { SYMBOL_MAX = 256 };

/*
 * The symbol that covers an address of the module: `name` as in the file (mangled), cut to
 * SYMBOL_MAX. False: not known. A return address should be given less 1.
 */
bool symbol_find(const struct module *module, uintptr_t address, char name[static SYMBOL_MAX]);

/* The same, and where it begins: an address. */
bool symbol_find_start(const struct module *module, uintptr_t address, char name[static SYMBOL_MAX],
                       uintptr_t *start);

/* True if the address lies in any section of the file that is mapped; true where that is not known.
 */
bool symbol_is_in_section(const struct module *module, uintptr_t address);

/* True: among the dynamic symbols that the module's file leaves undefined is one whose name
 * `chosen` accepts. */
typedef bool symbol_chooser(const char *name, void *data);
bool symbol_any_import(const struct module *module, symbol_chooser *chosen, void *data);

/* The thread-local variable at an offset into the module's TLS segment, and the offset at which it
 * begins. */
bool symbol_find_tls(const struct module *module, uintptr_t offset, char name[static SYMBOL_MAX],
                     uintptr_t *start);

#endif
