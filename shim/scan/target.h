// SPDX-License-Identifier: MIT
/*
 * The target of a stored word: the image of a module that was unloaded or closed, or a block that
 * such a module made.
 */
#ifndef DLPIN_SCAN_TARGET_H
#define DLPIN_SCAN_TARGET_H

#include "registry/heap.h"

enum target_kind { TARGET_NONE, TARGET_IMAGE, TARGET_BLOCK };

struct target {
    enum target_kind kind;
    struct module *module;   /* the one that was left; holds a reference */
    struct heap_block block; /* TARGET_BLOCK: */
    const struct site *site;
};

/*
 * The word `address`, which was stored at `epoch` (modules_epoch). With TARGET_NONE there is
 * nothing to give back; else target_release. Takes the modules' lock; may be called under the
 * registry lock.
 */
struct target target_of(uintptr_t address, uint64_t epoch);

void target_release(struct target *target);

/* The module that the block's finding is about: its owner if that is unloaded, else the requester,
 * else NULL. */
struct module *site_unloaded(const struct site *site);

/* The same, or one that was closed. */
struct module *site_left(const struct site *site);

/*
 * True if all makers of a block of this site were unloaded before `module` was loaded. Then an
 * address of the module in such a block belongs to an earlier load there: addresses are used again,
 * and blocks that nobody frees keep their contents.
 */
bool site_is_older(const struct site *site, const struct module *module);

/* True if a maker of a block of this site was loaded after `module` was unloaded. Then a word in
 * the block that leads to `module` was copied from elsewhere, or lay there before. */
bool site_is_younger(const struct site *site, const struct module *module);

/* True if a block is memory that the loader, or a common library, deals out in pieces, of which
 * nobody can tell which are in use. `owner` is its site's, or NULL. */
bool target_is_pool(const struct module *owner, uintptr_t start, size_t size);

#endif
