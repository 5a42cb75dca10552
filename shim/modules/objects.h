// SPDX-License-Identifier: MIT
/*
 * Objects with virtual functions, and type descriptions (typeinfo), among a module's variables.
 *
 * After the unmapping nobody knows what lay at an address of the module. So the objects are noted
 * when its __cxa_finalize begins, before its destructors change them: by their first words, which
 * lead to a virtual function table, of the module or of a library whose class the object is, or to
 * that of a kind of typeinfo in the C++ library.
 */
#ifndef DLPIN_MODULES_OBJECTS_H
#define DLPIN_MODULES_OBJECTS_H

#include "modules/modules.h"

enum object_found { OBJECT_NOT_FOUND, OBJECT_VIRTUAL, OBJECT_TYPEINFO };

/* A module of the C++ library was loaded. Under the modules' lock. */
void objects_note_library(const struct module *library);

/* The module is mapped, and stays so meanwhile; in no two threads at once. Takes the arena's lock.
 */
void objects_note(struct module *module);

/* The kind of object that begins at an address of an unloaded module, if it was noted. */
enum object_found objects_find(const struct module *module, uintptr_t address);

#endif
