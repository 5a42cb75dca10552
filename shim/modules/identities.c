// SPDX-License-Identifier: MIT
#include "modules/identities.h"
#include "base/lock.h"

#include <string.h>

/* How often an identity was loaded. Never given back: load numbers go on. */
struct identity {
    UT_hash_handle hh;
    uint32_t loads;
    bool left_code;
    char name[];
};

static struct identity *identities;

uint32_t identity_next_load_locked(const char *name)
{
    struct identity *identity;
    size_t length = strlen(name);
    HASH_FIND(hh, identities, name, length, identity);
    if (!identity) {
        identity = arena_alloc(sizeof *identity + length + 1);
        if (!identity)
            return 1;
        memcpy(identity->name, name, length + 1);
        HASH_ADD_KEYPTR(hh, identities, identity->name, length, identity);
    }
    return ++identity->loads;
}

void identity_note_left_code(const struct module *module)
{
    struct identity *identity;
    if (!lock_acquire(&modules_lock))
        return;
    HASH_FIND_STR(identities, module->identity, identity);
    if (identity)
        identity->left_code = true;
    lock_release(&modules_lock);
}

bool identity_left_code(const struct module *module)
{
    struct identity *identity;
    if (!lock_acquire(&modules_lock))
        return false;
    HASH_FIND_STR(identities, module->identity, identity);
    bool left = identity && identity->left_code;
    lock_release(&modules_lock);
    return left;
}

const char *identity_of(const struct module *module)
{
    const char *slash = strrchr(module->path, '/');
    if (module->soname && *module->soname)
        return module->soname;
    return slash ? slash + 1 : module->path;
}
