// SPDX-License-Identifier: MIT
#include "classify/own.h"

#include "base/glob.h"
#include "base/memory.h"
#include "classify/build_tree.h"
#include "symbolize/source_path.h"
#include "symbolize/worker.h"

#include <stdlib.h>
#include <string.h>

/* A path or an identity of modules, whichever processes had them and however often. */
struct judged {
    const char *name; /* borrowed from the model */
    bool own;
    UT_hash_handle hh;
};

struct judge {
    const struct own *own;
    const struct source_root *root;
    const struct search *search;
    struct judged *paths, *identities;
    double seconds; /* that are left to read debug information */
};

bool own_is_known(const struct own *own, const struct source_root *root)
{
    return own->glob_count > 0 || root->given;
}

static bool matches(const struct own *own, const struct module *module)
{
    const char *path = module->data->path, *slash = strrchr(path, '/');
    const char *const names[] = {path, slash != NULL ? slash + 1 : path, module_identity(module)};

    for (size_t i = 0; i < own->glob_count; i++) {
        for (size_t name = 0; name < sizeof names / sizeof *names; name++) {
            if (glob_matches(own->globs[i], strlen(own->globs[i]), names[name]))
                return true;
        }
    }
    return false;
}

static bool is_in(const struct source_root *root, const char *path)
{
    return root->given && path[0] == '/' && source_root_below(root, path) != NULL;
}

/* The path as it was given to dlopen(), or what it leads to. */
static bool lies_in(const struct source_root *root, const char *path)
{
    char *tidy = source_path(path, NULL), *real = path[0] == '/' ? realpath(path, NULL) : NULL;
    bool lies = is_in(root, tidy) || (real != NULL && is_in(root, real));

    free(tidy);
    free(real);
    return lies;
}

/* Its sources may be there though no frame of a finding is, and its file elsewhere. */
static bool is_built_from(struct judge *judge, const struct process *process,
                          const struct module *module)
{
    const char *build_id = module->data->build_id;
    const struct image_file file = {judge->search, module->data->path,
                                    build_id != NULL ? build_id : "", process_started(process)};

    return judge->root->given && (build_tree_has(judge->root, module->data->path) ||
                                  worker_is_built_from(&file, judge->root, &judge->seconds));
}

static struct judged *need_judged(struct judged **set, const char *name)
{
    struct judged *judged;

    HASH_FIND_STR(*set, name, judged);
    if (judged != NULL)
        return judged;
    judged = memory_zeroed(sizeof *judged);
    judged->name = name;
    HASH_ADD_KEYPTR(hh, *set, judged->name, strlen(judged->name), judged);
    return judged;
}

/* An identity is own if one of its files is: copies, and links, are the same code. */
static void judge_module(struct judge *judge, const struct process *process,
                         const struct module *module)
{
    const char *path = module->data->path;
    struct judged *identity = need_judged(&judge->identities, module_identity(module));
    unsigned before = HASH_COUNT(judge->paths);
    struct judged *judged = need_judged(&judge->paths, path);

    if (HASH_COUNT(judge->paths) > before && !identity->own)
        judged->own = matches(judge->own, module) || lies_in(judge->root, path) ||
                      is_built_from(judge, process, module);
    identity->own |= judged->own;
}

static void take_sources(struct judge *judge, const struct process *process,
                         const struct frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct module *module = process_module(process, frames[i].module);

        if (module != NULL && frames[i].source != NULL && is_in(judge->root, frames[i].source))
            need_judged(&judge->identities, module_identity(module))->own = true;
    }
}

/* A plug-in may be built outside of the sources. */
static void take_sources_of(struct judge *judge, const struct finding *finding)
{
    const struct finding_record *data = finding->data;

    take_sources(judge, finding->process, data->stack, data->stack_count);
    take_sources(judge, finding->process, data->points, data->point_count);
}

static void take_all_sources(struct judge *judge, const struct model *model)
{
    for (const struct group *group = model->groups; group != NULL; group = group->hh.next) {
        take_sources_of(judge, group->shown);
        for (size_t i = 0; i < group->variant_count; i++)
            take_sources_of(judge, group->variants[i].finding);
    }
}

static void judge_all(struct judge *judge, const struct model *model)
{
    for (const struct group *group = model->groups; group != NULL; group = group->hh.next) {
        const struct module *module = finding_blamed_module(group->shown);

        if (module != NULL)
            judge_module(judge, group->shown->process, module);
    }
}

static void forget(struct judged *judged)
{
    struct judged *item = judged, *next;

    HASH_CLEAR(hh, judged); /* the table only; the items keep their order */
    for (; item != NULL; item = next) {
        next = item->hh.next;
        free(item);
    }
}

/* Of all that were loaded. Reading their debug information may take more time than there is: then
 * nobody knows. */
static bool may_have_own(struct judge *judge, const struct model *model)
{
    for (const struct process *process = model->processes; process != NULL;
         process = process->hh.next) {
        for (const struct module *module = process->modules; module != NULL;
             module = module->hh.next) {
            judge_module(judge, process, module);
            if (need_judged(&judge->identities, module_identity(module))->own)
                return true;
        }
    }
    return judge->seconds <= 0;
}

void own_mark(const struct own *own, const struct source_root *root, struct model *model)
{
    struct judge judge = {
        .own = own, .root = root, .search = model->search, .seconds = WORKER_SECONDS_MAX};
    bool is_own = false;

    if (!own_is_known(own, root))
        return;
    take_all_sources(&judge, model);
    judge_all(&judge, model);
    for (struct group *group = model->groups; group != NULL; group = group->hh.next) {
        const struct module *module = finding_blamed_module(group->shown);

        group->third_party =
            module != NULL && !need_judged(&judge.identities, module_identity(module))->own;
        is_own |= !group->third_party;
    }
    model->nothing_is_own = model->groups != NULL && !is_own && !may_have_own(&judge, model);
    forget(judge.paths);
    forget(judge.identities);
    model_sort(model);
}

void own_clear(struct own *own)
{
    free(own->globs);
    own->globs = NULL;
    own->glob_count = 0;
}
