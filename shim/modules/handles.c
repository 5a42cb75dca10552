// SPDX-License-Identifier: MIT
#include "modules/handles.h"
#include "base/sys.h"
#include "modules/link_maps.h"
#include "modules/object_at.h"
#include "modules/serials.h"
#include "modules/sightings.h"

#include <dlfcn.h>

enum {
    MAP_WORDS = 384, /* of four bytes; struct link_map has about 290 of them in glibc 2.36 */
    OPENED_MAX = 64,
};

static _Atomic size_t count_offset; /* in a link map; 0: not known */
static _Atomic bool was_tried;

struct words {
    size_t count;
    uint32_t word[MAP_WORDS];
};

static void read_words(const void *map, struct words *words)
{
    ssize_t length = sys_read_memory(map, words->word, sizeof words->word);
    words->count = length > 0 ? (size_t)length / sizeof words->word[0] : 0;
}

/* The only word that rose by one with another handle, and fell by one without it. 0: none. */
static size_t find_counter(const struct words *opened, const struct words *twice,
                           const struct words *closed, const struct words *before)
{
    size_t found = 0;
    for (size_t i = 0; i < before->count; i++) {
        uint32_t handles = before->word[i];
        if (opened->word[i] != handles + 1 || twice->word[i] != handles + 2 ||
            closed->word[i] != handles + 1)
            continue;
        if (found)
            return 0;
        found = i * sizeof before->word[0];
    }
    return found;
}

bool handles_are_known(void)
{
    return atomic_load_explicit(&count_offset, memory_order_relaxed) != 0;
}

/* Under the loader's list lock, so that the map is there: no read needs a system call. */
static unsigned count_in(const struct link_map *map)
{
    size_t offset = atomic_load_explicit(&count_offset, memory_order_relaxed);
    return *(const unsigned *)(const void *)((const char *)map + offset);
}

/* When the process ends, the loader takes a handle of everything (elf/dl-fini.c, _dl_fini), so that
 * nothing is unloaded while it runs destructors. The shim's own count shows this, because nobody
 * else takes a handle of the shim. The count before is learned at the start: 0 for a preloaded
 * object. */
static const struct link_map *own;
static unsigned own_before;

static bool is_shim(const struct link_map *map)
{
    const struct module *module = modules_find((uintptr_t)map->l_ld);
    return module && module->is_shim;
}

static void learn_own(void *unused)
{
    for (const struct link_map *map = link_maps_first(0); map && !own; map = map->l_next)
        if (is_shim(map)) {
            own_before = count_in(map);
            own = map;
        }
}

/* The shim is never unloaded, so its map is there. Its destructors run before those of others, and
 * the loader gives back each handle after the destructors of its module. */
static enum ending { NOT_ENDING, ALL_TAKEN, SOME_TAKEN } how_far_ended(void)
{
    static _Atomic bool was_taken;
    bool taken = own && count_in(own) > own_before;
    if (taken)
        atomic_store(&was_taken, true);
    return taken ? ALL_TAKEN : atomic_load(&was_taken) ? SOME_TAKEN : NOT_ENDING;
}

/* Without the handle that the loader has taken. */
static unsigned without_loaders(unsigned handles, enum ending ending)
{
    return handles > 0 && ending == ALL_TAKEN ? handles - 1 : handles;
}

bool handles_learn(handles_opener *open, handles_closer *close)
{
    static const char libc[] = "libc.so.6";
    struct words opened, twice, closed, before;
    void *map = atomic_exchange(&was_tried, true) ? NULL : open(libc, RTLD_LAZY | RTLD_NOLOAD);
    if (!map)
        return false;
    read_words(map, &opened);
    void *again = open(libc, RTLD_LAZY | RTLD_NOLOAD);
    read_words(map, &twice);
    if (again)
        close(again);
    read_words(map, &closed);
    close(map);
    read_words(map, &before);
    if (again == map && opened.count == before.count && twice.count == before.count &&
        closed.count == before.count)
        atomic_store(&count_offset, find_counter(&opened, &twice, &closed, &before));
    if (handles_are_known())
        link_maps_hold(learn_own, NULL);
    return handles_are_known();
}

struct question {
    const struct module *module;
    int count;
};

/* Another load may have the same link map by now. */
static bool is_load(const struct module *module, const struct link_map *map)
{
    return module->handle == map && sighting_is_load(module, serials_of(map));
}

static void read_handles_of(void *data)
{
    struct question *question = data;
    const struct module *module = question->module;
    if (sighting_has_map(module->start, module->handle) && is_load(module, module->handle))
        question->count = (int)count_in(module->handle);
}

static bool can_count(const struct module *module)
{
    return handles_are_known() && module->handle && !module_is_unloaded(module);
}

int handles_count(const struct module *module)
{
    uint32_t count;
    size_t offset = atomic_load_explicit(&count_offset, memory_order_relaxed);
    if (!can_count(module) || sys_copy_memory((const char *)module->handle + offset, &count,
                                              sizeof count) != (ssize_t)sizeof count)
        return HANDLES_UNKNOWN;
    return (int)count;
}

/* The same where the loader's list lock may be taken. */
static int count_handles(const struct module *module)
{
    struct question question = {module, HANDLES_UNKNOWN};
    if (!object_at_works())
        return handles_count(module);
    if (can_count(module))
        link_maps_hold(read_handles_of, &question);
    return question.count;
}

struct opened {
    unsigned count;
    struct module *modules[OPENED_MAX]; /* each holds a reference */
};

static void note_handles(const struct link_map *map, enum ending ending, struct opened *opened)
{
    struct module *module = modules_find((uintptr_t)map->l_ld);
    if (!module || !is_load(module, map) || module_is_unloaded(module))
        return;
    unsigned handles = without_loaders(count_in(map), ending);
    unsigned before = atomic_exchange(&module->handles, handles);
    if (handles > before && opened->count < OPENED_MAX)
        opened->modules[opened->count++] = module_ref(module);
}

static void note_all(void *data)
{
    const struct link_map *map;
    enum ending ending = how_far_ended();
    for (unsigned n = 0; ending != SOME_TAKEN && (map = link_maps_first(n)) != NULL; n++)
        for (; map; map = map->l_next)
            note_handles(map, n == 0 ? ending : NOT_ENDING, data);
}

static int count_of_program(const struct module *module)
{
    int handles = count_handles(module);
    return handles > 0 ? (int)without_loaders((unsigned)handles, how_far_ended()) : handles;
}

/* Counts only the handles of modules loaded since the last call. */
static void note_new(struct opened *opened)
{
    static _Atomic uint32_t seen;
    struct module *module;
    while (opened->count < OPENED_MAX && (module = modules_after(atomic_load(&seen))) != NULL) {
        int handles = count_of_program(module);
        atomic_store(&seen, module->id);
        if (handles > 0 && (unsigned)handles > atomic_exchange(&module->handles, (unsigned)handles))
            opened->modules[opened->count++] = module;
        else
            module_unref(module);
    }
}

void handles_each_opened(bool all, handles_visitor *visit, void *data)
{
    struct opened opened = {0};
    if (!handles_are_known())
        return;
    note_new(&opened);
    if (all || opened.count == 0)
        link_maps_hold(note_all, &opened);
    for (unsigned i = 0; i < opened.count; i++) {
        visit(opened.modules[i], data);
        module_unref(opened.modules[i]);
    }
}

bool handles_closing(struct module *module)
{
    int handles = count_handles(module);
    if (handles <= 0)
        return false;
    if (atomic_fetch_add(&module->closing, 1) == 0) {
        atomic_store(&module->closed, 0);
        if (how_far_ended() == NOT_ENDING)
            atomic_store(&module->handles, (unsigned)handles);
    }
    return true;
}

/* The number of handles after so many were closed, of the number before. While the process ends,
 * the loader's own handles hide it. */
static int count_closed(const struct module *module, unsigned closed)
{
    unsigned before = atomic_load(&module->handles);
    if (how_far_ended() == NOT_ENDING)
        return count_handles(module);
    return before > closed ? (int)(before - closed) : 0;
}

bool handles_closed(struct module *module, handles_keeper *is_kept)
{
    unsigned closed = 0;
    int now = HANDLES_UNKNOWN;
    if (module_is_undeletable(module))
        atomic_fetch_add(&module->uncounted, 1);
    else
        closed = atomic_fetch_add(&module->closed, 1) + 1;
    if (atomic_fetch_sub(&module->closing, 1) == 1)
        now = count_closed(module, closed);
    /* Another thread's dlclose has begun meanwhile: the number may fall soon. */
    if (now == HANDLES_UNKNOWN || atomic_load(&module->closing) > 0)
        return false;
    unsigned before = atomic_exchange(&module->handles, (unsigned)now);
    if (closed > 0 && (unsigned)now >= before && is_kept(module))
        atomic_fetch_add(&module->uncounted, closed);
    return true;
}

void handles_took_own(struct module *module)
{
    atomic_fetch_add(&module->uncounted, 1);
}

unsigned handles_left(const struct module *module)
{
    unsigned counted = atomic_load(&module->handles), uncounted = atomic_load(&module->uncounted);
    return counted > uncounted ? counted - uncounted : 0;
}
