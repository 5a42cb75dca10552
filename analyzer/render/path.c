// SPDX-License-Identifier: MIT
#include "render/path.h"

#include "base/memory.h"
#include "render/place.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static char *thread_text(const struct path_node *node)
{
    if (node->tid == RECORD_ABSENT)
        return memory_string("a thread");
    if (node->thread_name == NULL || node->thread_name[0] == '\0')
        return memory_format("thread %" PRId64, node->tid);
    return memory_format("thread %" PRId64 " \"%s\"", node->tid, node->thread_name);
}

/* "drivers[1].open in host", or "drivers+0x18 in host" */
static char *variable_text(const struct process *process, const struct path_node *node)
{
    const char *identity = module_identity(process_module(process, node->module));
    char *symbol, *text;

    if (node->symbol == NULL)
        return memory_format("data at 0x%" PRIx64 " in %s", node->address, identity);
    symbol = readable_name(node->symbol);
    if (node->variable != NULL && node->variable->part != NULL)
        text = memory_format("%s%s in %s", symbol, node->variable->part, identity);
    else
        text = node->via > 0
                   ? memory_format("%s+0x%" PRIx64 " in %s", symbol, (uint64_t)node->via, identity)
                   : memory_format("%s in %s", symbol, identity);
    free(symbol);
    return text;
}

static char *data_text(const struct process *process, const struct path_node *node)
{
    char *place, *text;

    if (node->frame == NULL)
        return variable_text(process, node);
    /* The process had no name for it; the place in the file is the same in each run. */
    place = place_text(process, node->frame);
    text = memory_format("data: %s", place);
    free(place);
    return text;
}

static char *tls_text(const struct process *process, const struct path_node *node)
{
    char *variable = variable_text(process, node), *thread = thread_text(node);
    char *text = memory_format("%s, of %s", variable, thread);

    free(variable);
    free(thread);
    return text;
}

static char *value_text(const struct process *process, const struct path_node *node)
{
    char *thread = thread_text(node);
    char *text = memory_format("the value of %s for key %" PRId64, thread, node->key);

    free(thread);
    return text;
}

static char *argument_text(const struct process *process, const struct path_node *node)
{
    char *thread = thread_text(node);
    char *text = memory_format("the start argument of %s", thread);

    free(thread);
    return text;
}

static char *signal_stack_text(const struct process *process, const struct path_node *node)
{
    char *thread = thread_text(node);
    char *text = memory_format("the signal stack of %s", thread);

    free(thread);
    return text;
}

static char *stack_text(const struct process *process, const struct path_node *node)
{
    char *thread = thread_text(node);
    char *text = memory_format("the stack of %s", thread);

    free(thread);
    return text;
}

static char *kernel_text(const struct process *process, const struct path_node *node)
{
    if (node->descriptor == RECORD_ABSENT)
        return memory_string("what the kernel sends with a signal");
    return memory_format("the data of the epoll entry for descriptor %" PRId64, node->descriptor);
}

static char *mapping_text(const struct process *process, const struct path_node *node)
{
    if (node->bytes > 0)
        return memory_format("%" PRId64 " bytes of mapped memory", node->bytes);
    return memory_format("memory at 0x%" PRIx64 " that is not malloc's", node->address);
}

/* "a block of 24 bytes, made in make_entry at … (host+0x31a6), at +0x8" */
static char *block_text(const struct process *process, const struct path_node *node)
{
    const struct module *owner = process_module(process, node->owner);
    char *place = node->frame != NULL ? place_text(process, node->frame) : NULL;
    char *size = node->bytes > 0 ? memory_format("a block of %" PRId64 " bytes", node->bytes)
                                 : memory_string("a block");
    char *maker = place != NULL   ? memory_format(", made in %s", place)
                  : owner != NULL ? memory_format(", made by %s", module_identity(owner))
                                  : memory_string("");
    char *through = node->common && owner != NULL && place != NULL
                        ? memory_format(" through %s", module_identity(owner))
                        : memory_string("");
    char *at = node->via != RECORD_ABSENT ? memory_format(", at +0x%" PRIx64, (uint64_t)node->via)
                                          : memory_string("");
    char *text = memory_format("%s%s%s%s", size, maker, through, at);

    free(place);
    free(size);
    free(maker);
    free(through);
    free(at);
    return text;
}

static char *image_text(const struct process *process, const struct path_node *node)
{
    char *place = place_text(process, node->frame);
    const char *target = node->target == NULL                  ? "the image"
                         : strcmp(node->target, "vtable") == 0 ? "virtual function table"
                                                               : node->target;
    char *text = memory_format("%s: %s", target, place);

    free(place);
    return text;
}

static const struct {
    const char *what;
    char *(*text)(const struct process *process, const struct path_node *node);
} nodes[] = {
    {"data", data_text},
    {"tls", tls_text},
    {"value", value_text},
    {"argument", argument_text},
    {"signal-stack", signal_stack_text},
    {"stack", stack_text},
    {"kernel", kernel_text},
    {"mapping", mapping_text},
    {"block", block_text},
    {"image", image_text},
};

char *path_node_text(const struct process *process, const struct path_node *node)
{
    for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++) {
        if (strcmp(nodes[i].what, node->what) == 0)
            return nodes[i].text(process, node);
    }
    return memory_format("%s at 0x%" PRIx64, node->what, node->address);
}
