// SPDX-License-Identifier: MIT
#include "symbolize/symbolize.h"

#include "base/memory.h"
#include "symbolize/demangle.h"
#include "symbolize/image.h"

#include <stdlib.h>
#include <string.h>

/* Images are opened once per file that was mapped, however many processes and loads share it. */
struct cached_image {
    char *key;
    struct image *image; /* NULL: nothing that may be trusted was found */
    UT_hash_handle hh;
};

static struct image *find_image(struct cached_image **cache, const struct module *module,
                                const char *started)
{
    const struct module_record *data = module->data;
    const char *build_id = data->build_id != NULL ? data->build_id : "";
    char *key =
        memory_format("%s\n%s\n%s", build_id, data->path, build_id[0] != '\0' ? "" : started);
    struct cached_image *cached;

    HASH_FIND_STR(*cache, key, cached);
    if (cached != NULL) {
        free(key);
        return cached->image;
    }
    cached = memory_zeroed(sizeof *cached);
    cached->key = key;
    cached->image = image_open(data->path, build_id, started);
    HASH_ADD_KEYPTR(hh, *cache, cached->key, strlen(cached->key), cached);
    return cached->image;
}

static void free_cache(struct cached_image *cache)
{
    struct cached_image *cached = cache, *next;

    HASH_CLEAR(hh, cache);
    for (; cached != NULL; cached = next) {
        next = cached->hh.next;
        image_close(cached->image);
        free(cached->key);
        free(cached);
    }
}

static const char *started_of(const struct process *process)
{
    const struct record *header = process->header;

    if (header == NULL && process->host != NULL)
        header = process->host->header;
    return header != NULL && header->header.started != NULL ? header->header.started : "";
}

static void symbolize_frame(struct cached_image **cache, const struct process *process,
                            struct frame *frame)
{
    const struct module *module = process_module(process, frame->module);
    struct image *image;

    if (frame->function != NULL)
        return;
    if (module != NULL) {
        image = find_image(cache, module, started_of(process));
        /* A return address may be the first one of the next line, even of the next function. */
        image_lookup(image, frame->returns && frame->offset > 0 ? frame->offset - 1 : frame->offset,
                     &(struct image_place){&frame->function, &frame->source, &frame->line});
    }
    if (frame->function == NULL && frame->symbol != NULL)
        frame->function = demangle(frame->symbol);
}

void symbolize_model(struct model *model)
{
    struct cached_image *cache = NULL;

    for (struct group *group = model->groups; group != NULL; group = group->hh.next) {
        const struct process *process = group->shown->process;
        const struct finding_record *data = group->shown->data;

        for (size_t i = 0; i < data->stack_count; i++)
            symbolize_frame(&cache, process, &data->stack[i]);
        for (size_t i = 0; i < data->point_count; i++)
            symbolize_frame(&cache, process, &data->points[i]);
        for (size_t i = 0; i < data->way.count; i++)
            if (data->way.nodes[i].frame != NULL)
                symbolize_frame(&cache, process, data->way.nodes[i].frame);
    }
    free_cache(cache);
}
