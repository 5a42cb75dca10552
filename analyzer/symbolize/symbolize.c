// SPDX-License-Identifier: MIT
#include "symbolize/symbolize.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/message.h"
#include "symbolize/demangle.h"
#include "symbolize/source_root.h"
#include "symbolize/worker.h"

#include <stdlib.h>
#include <string.h>

/* The frames of one file that was mapped, however many processes and loads share it. */
struct file {
    char *key;
    struct image_file where;
    struct lookup *lookups;
    size_t count;
    UT_hash_handle hh;
};

/* A path of a module that is another file by now, which is said once. */
struct replaced {
    const char *path; /* borrowed from the model */
    UT_hash_handle hh;
};

/* Frames of one module and process come again and again. */
struct owner {
    const struct module *module;
    const struct process *process;
};

struct known {
    struct owner owner;
    struct file *file;
    UT_hash_handle hh;
};

struct files {
    const struct search *search;
    const struct source_root *root;
    struct file *items;        /* by key */
    struct known *known;       /* by owner */
    struct replaced *replaced; /* by path */
};

static struct file *need_file_of(struct files *files, const struct module *module,
                                 const char *started)
{
    const struct module_record *data = module->data;
    const char *build_id = data->build_id != NULL ? data->build_id : "";
    char *key =
        memory_format("%s\n%s\n%s", build_id, data->path, build_id[0] != '\0' ? "" : started);
    struct file *file;

    HASH_FIND_STR(files->items, key, file);
    if (file != NULL) {
        free(key);
        return file;
    }
    file = memory_zeroed(sizeof *file);
    file->key = key;
    file->where = (struct image_file){files->search, data->path, build_id, started};
    HASH_ADD_KEYPTR(hh, files->items, file->key, strlen(file->key), file);
    return file;
}

static struct file *need_file(struct files *files, const struct module *module,
                              const struct process *process)
{
    struct owner owner = {module, process};
    struct known *known;

    HASH_FIND(hh, files->known, &owner, sizeof owner, known);
    if (known != NULL)
        return known->file;
    known = memory_zeroed(sizeof *known);
    known->owner = owner;
    known->file = need_file_of(files, module, process_started(process));
    HASH_ADD(hh, files->known, owner, sizeof owner, known);
    return known->file;
}

typedef void visitor(struct files *files, const struct process *process, struct frame *frame);

static void ask_for(struct files *files, const struct process *process, struct frame *frame)
{
    const struct module *module = process_module(process, frame->module);
    struct file *file;

    if (frame->function != NULL || module == NULL)
        return;
    file = need_file(files, module, process);
    ARRAY_PUSH(
        file->lookups, file->count,
        (struct lookup){
            /* A return address may be the first one of the next line, even of the next
             * function. */
            .address = frame->returns && frame->offset > 0 ? frame->offset - 1 : frame->offset,
            .frame = frame,
        });
}

/* The name that the process itself knew. */
static void fall_back(struct files *files, const struct process *process, struct frame *frame)
{
    (void)files;
    (void)process;
    if (frame->function == NULL && frame->symbol != NULL)
        frame->function = demangle(frame->symbol);
}

static void find_paths(struct files *files, const struct process *process, struct frame *frame)
{
    (void)process;
    frame->path = source_root_path(files->root, frame->source);
    for (size_t i = 0; i < frame->inlined_count; i++)
        frame->inlined[i].path = source_root_path(files->root, frame->inlined[i].source);
}

static void visit_frames(visitor *visit, struct files *files, const struct process *process,
                         struct frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++)
        visit(files, process, &frames[i]);
}

static void visit_finding(visitor *visit, struct files *files, const struct finding *finding)
{
    const struct process *process = finding->process;
    const struct finding_record *data = finding->data;

    visit_frames(visit, files, process, data->stack, data->stack_count);
    visit_frames(visit, files, process, data->points, data->point_count);
    for (size_t i = 0; i < data->retention_path.count; i++) {
        const struct path_node *node = &data->retention_path.nodes[i];

        visit_frames(visit, files, process, node->frame, node->frame != NULL);
        visit_frames(visit, files, process, node->variable, node->variable != NULL);
    }
}

/* Findings that do not speak for a group are only shown by who keeps them all. */
static void visit_model(struct model *model, visitor *visit, struct files *files)
{
    for (struct group *group = model->groups; group != NULL; group = group->hh.next) {
        if (!model->keep_all)
            visit_finding(visit, files, group->shown);
    }
    for (const struct process *process = model->keep_all ? model->processes : NULL; process != NULL;
         process = process->hh.next) {
        for (struct finding *finding = process->findings; finding != NULL; finding = finding->next)
            visit_finding(visit, files, finding);
    }
    for (struct crash *crash = model->crashes; crash != NULL; crash = crash->next) {
        const struct crash_record *data = crash->data;

        visit_frames(visit, files, crash->process, data->place, data->place_count);
        visit_frames(visit, files, crash->process, data->stack, data->stack_count);
    }
}

static void say_replaced(struct files *files, const char *path)
{
    struct replaced *replaced;

    HASH_FIND_STR(files->replaced, path, replaced);
    if (replaced != NULL)
        return;
    replaced = memory_zeroed(sizeof *replaced);
    replaced->path = path;
    HASH_ADD_KEYPTR(hh, files->replaced, replaced->path, strlen(replaced->path), replaced);
    message_error(
        "%s: this is not the file that was loaded, it was replaced since: its symbols are "
        "not used",
        path);
}

/* HASH_CLEAR() gives back the table only; the items keep their order. */
static void forget_known(struct files *files)
{
    struct known *known = files->known, *next;

    HASH_CLEAR(hh, files->known);
    for (; known != NULL; known = next) {
        next = known->hh.next;
        free(known);
    }
}

static void forget_replaced(struct files *files)
{
    struct replaced *replaced = files->replaced, *next;

    HASH_CLEAR(hh, files->replaced);
    for (; replaced != NULL; replaced = next) {
        next = replaced->hh.next;
        free(replaced);
    }
}

static int by_address(const void *left, const void *right)
{
    const struct lookup *a = left, *b = right;

    return a->address != b->address ? (a->address > b->address) - (a->address < b->address)
                                    : (int)a->frame->of - (int)b->frame->of;
}

/* Most findings share the frames of the host: each address is looked up once. */
static bool look_up(const struct file *file, double *seconds)
{
    struct lookup *all = file->lookups, *different = NULL;
    size_t count = 0, last = 0;
    bool is_there;

    qsort(all, file->count, sizeof *all, by_address);
    for (size_t i = 0; i < file->count; i++) {
        if (i == 0 || by_address(&all[i], &all[i - 1]) != 0)
            ARRAY_PUSH(different, count, all[i]);
    }
    is_there = worker_look_up(&file->where, different, count, seconds);
    for (size_t i = 1; i < file->count; i++) {
        if (by_address(&all[i], &all[last]) == 0)
            frame_copy_places(all[i].frame, all[last].frame);
        else
            last = i;
    }
    free(different);
    return is_there;
}

void symbolize_model(struct model *model)
{
    struct files files = {.search = model->search, .root = model->root};
    struct file *file, *next;
    double seconds = WORKER_SECONDS_MAX;

    visit_model(model, ask_for, &files);
    forget_known(&files);
    file = files.items;
    HASH_CLEAR(hh, files.items);
    for (; file != NULL; file = next) {
        next = file->hh.next;
        if (!look_up(file, &seconds))
            say_replaced(&files, file->where.path);
        free(file->lookups);
        free(file->key);
        free(file);
    }
    forget_replaced(&files);
    visit_model(model, find_paths, &files);
    visit_model(model, fall_back, NULL);
}
