// SPDX-License-Identifier: MIT
#include "commands/merge.h"

#include "classify/own.h"
#include "classify/package.h"
#include "symbolize/symbolize.h"

void merge_paths(struct model *model, const struct settings *settings, const char *const *paths,
                 size_t count)
{
    const struct record_sink sink = model_sink(model);

    model->search = &settings->search;
    model->root = &settings->root;
    model->aliases = &settings->aliases;
    load_inputs(paths, count, &settings->outputs.files, &sink, &model->loaded);
    model_finish(model);
    symbolize_model(model);
    model_sign(model);
    own_mark(&settings->own, &settings->root, model);
    package_find(model);
}

bool merge_inputs(struct model *model, struct settings *settings)
{
    merge_paths(model, settings, (const char *const *)settings->arguments,
                settings->argument_count);
    exceptions_apply(&settings->exceptions, model);
    return exceptions_write(&settings->exceptions, model);
}

struct model merge_model_of(const struct settings *settings, const struct target *target)
{
    return (struct model){
        .only = target->number,
        .keep_all = true,
        .aliases = &settings->aliases,
        .search = &settings->search,
        .root = &settings->root,
    };
}

bool merge_had_trouble(const struct model *model)
{
    return model->loaded.unreadable > 0 || model->loaded.empty > 0;
}
