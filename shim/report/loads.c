// SPDX-License-Identifier: MIT
#include "report/loads.h"
#include "base/options.h"
#include "modules/named.h"

#include <string.h>

/* Small counts are written one by one; later a killed process loses one load in so many. */
enum { LOST_OF = 16 };

/* A file that loads came from, in the build that it last had. */
struct file_loads {
    UT_hash_handle hh;
    struct file_loads *next_changed;
    uint32_t first; /* the module of it that was listed first; 0: none yet */
    unsigned listed, counted, written;
    bool changed;
    unsigned build_id_length;
    unsigned char build_id[BUILD_ID_MAX];
    char path[];
};

static struct file_loads *files, *first_changed;

static struct file_loads *new_file(const struct module *module, size_t length)
{
    struct file_loads *file = arena_alloc(sizeof *file + length + 1);
    if (!file)
        return NULL;
    file->build_id_length = module->build_id_length;
    memcpy(file->build_id, module->build_id, module->build_id_length);
    memcpy(file->path, module->path, length + 1);
    HASH_ADD_KEYPTR(hh, files, file->path, length, file);
    return file;
}

static bool is_build_of(const struct file_loads *file, const struct module *module)
{
    return file->build_id_length == module->build_id_length &&
           !memcmp(file->build_id, module->build_id, module->build_id_length);
}

/* NULL: no memory. Another build at a path is another file. */
static struct file_loads *file_of(const struct module *module)
{
    struct file_loads *file;
    size_t length = strlen(module->path);
    HASH_FIND(hh, files, module->path, length, file);
    if (file && is_build_of(file, module))
        return file;
    if (file)
        HASH_DELETE(hh, files, file);
    return new_file(module, length);
}

static void change_count(struct file_loads *file, unsigned count)
{
    file->counted = count;
    if (file->changed)
        return;
    file->changed = true;
    file->next_changed = first_changed;
    first_changed = file;
}

static struct file_loads *counted_with(const struct module *module)
{
    return module->counted_in == modules_listing ? module->counted : NULL;
}

static bool is_of_note(const struct file_loads *file, const struct module *module)
{
    return !file || file->listed < options.list_loads || module->startup ||
           module->reported == MODULE_CLOSED || atomic_load(&module->kept) != KEPT_NOT;
}

void loads_note(struct module *module, enum module_state state, uint64_t time)
{
    if (!module->loaded_at)
        module->loaded_at = time;
    module->changed_at = time;
    module->reported = state;
}

bool loads_take(struct module *module)
{
    struct file_loads *file = file_of(module);
    if (is_of_note(file, module))
        return true;
    if (module->reported == MODULE_UNLOADED && !counted_with(module)) {
        module->counted = file;
        module->counted_in = modules_listing;
        change_count(file, file->counted + 1);
    }
    return false;
}

void loads_list(struct module *module)
{
    struct file_loads *counted = counted_with(module), *file = counted;
    if (counted)
        change_count(counted, counted->counted - 1);
    else
        file = file_of(module);
    module->counted_in = 0;
    module->listed_in = modules_listing;
    if (!file)
        return;
    file->listed++;
    if (!file->first)
        file->first = module->id;
}

static bool is_pending(const struct file_loads *file)
{
    unsigned lost = file->counted - file->written;
    return file->counted < file->written || lost > file->written / LOST_OF;
}

bool loads_take_count(bool all, uint32_t *module, unsigned *count)
{
    struct file_loads **at = &first_changed, *file;
    while (*at && !all && !is_pending(*at))
        at = &(*at)->next_changed;
    file = *at;
    if (!file)
        return false;
    *at = file->next_changed;
    file->changed = false;
    file->written = file->counted;
    *module = file->first;
    *count = file->counted;
    return true;
}

void loads_forget(void)
{
    struct file_loads *file, *next;
    HASH_ITER (hh, files, file, next) {
        HASH_DELETE(hh, files, file);
        arena_free(file, sizeof *file + strlen(file->path) + 1);
    }
    first_changed = NULL;
    modules_list_anew();
}
