// SPDX-License-Identifier: MIT
#include "modules/tls_counts.h"
#include "base/sys.h"

enum { MAP_WORDS = 384 }; /* of four bytes; struct link_map has about 290 of them in glibc 2.36 */

struct tls_words {
    size_t count;
    uint32_t word[MAP_WORDS];
};

static _Atomic size_t count_offset; /* in a link map; 0: not known */

bool tls_counts_are_known(void)
{
    return atomic_load_explicit(&count_offset, memory_order_relaxed) != 0;
}

static struct tls_words *read_words(const struct module *module)
{
    struct tls_words *words = arena_alloc(sizeof *words);
    if (!words)
        return NULL;
    ssize_t length = sys_copy_memory(module->handle, words->word, sizeof words->word);
    words->count = length > 0 ? (size_t)length / sizeof words->word[0] : 0;
    return words;
}

struct tls_words *tls_counts_registering(const struct module *module)
{
    return tls_counts_are_known() || !module->handle ? NULL : read_words(module);
}

/* Other threads may change others of the map's words meanwhile, even by one; then there are two
 * candidates, and a later registration decides. */
static size_t find_counter(const struct tls_words *before, const struct tls_words *after)
{
    size_t found = 0;
    for (size_t i = 0; i < before->count && i < after->count; i++) {
        if (after->word[i] != before->word[i] + 1)
            continue;
        if (found)
            return 0;
        found = i * sizeof before->word[0];
    }
    return found;
}

void tls_counts_registered(const struct module *module, struct tls_words *before, bool failed)
{
    struct tls_words *after = before && !failed ? read_words(module) : NULL;
    if (after && !tls_counts_are_known())
        atomic_store(&count_offset, find_counter(before, after));
    if (after)
        arena_free(after, sizeof *after);
    if (before)
        arena_free(before, sizeof *before);
}

unsigned tls_counts_pending(const struct module *module)
{
    uint32_t count;
    size_t offset = atomic_load_explicit(&count_offset, memory_order_relaxed);
    if (offset && module->handle &&
        sys_copy_memory((const char *)module->handle + offset, &count, sizeof count) ==
            (ssize_t)sizeof count)
        return count;
    return atomic_load(&module->tls_pending);
}
