// SPDX-License-Identifier: MIT
#include "model/signature.h"

#include "base/memory.h"
#include "load/names.h"
#include "model/function_name.h"
#include "model/model.h"
#include "symbolize/demangle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Members of "subject" that hold the frame that decides, the first that is there. */
static const char *const deciding_roles[] = {"destructor", "function", "returns_to"};

/* Members of "subject" that tell findings of one function apart. */
static const char *const telling_members[] = {"call", "name", "signal_name", "target"};

/* FNV-1a, its bits mixed at the end. */
static uint64_t hash_of(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdu;
    return hash ^ hash >> 33;
}

/* In this load of the module at fault, or in another one. */
static bool is_in(const struct finding *finding, const struct frame *frame)
{
    const struct module *module = process_module(finding->process, frame->module);
    const struct module *about = finding_blamed_module(finding);

    return module != NULL && about != NULL &&
           strcmp(module_identity(module), module_identity(about)) == 0;
}

static const struct frame *subject_frame(const struct finding *finding)
{
    const struct finding_record *data = finding->data;

    for (size_t role = 0; role < sizeof deciding_roles / sizeof *deciding_roles; role++) {
        for (size_t i = 0; i < data->point_count; i++) {
            if (strcmp(data->points[i].role, deciding_roles[role]) == 0)
                return &data->points[i];
        }
    }
    return NULL;
}

/* The first frame of the module on the stack; its length where there is none. */
static size_t first_of_module(const struct finding *finding)
{
    const struct finding_record *data = finding->data;
    size_t first = 0;

    while (first < data->stack_count && !is_in(finding, &data->stack[first]))
        first++;
    return first;
}

static const struct frame *deciding_frame(const struct finding *finding)
{
    const struct finding_record *data = finding->data;
    const struct frame *subject = subject_frame(finding);
    size_t first = first_of_module(finding);

    if (name_to_kind(data->kind) == KIND_POINTER)
        subject = NULL; /* it only says where the pointer happens to lead */
    if (subject != NULL && is_in(finding, subject))
        return subject;
    if (first < data->stack_count)
        return &data->stack[first];
    if (subject != NULL)
        return subject;
    return data->stack_count > 0 ? &data->stack[0] : NULL;
}

/* The variable that holds the pointer itself, or NULL. */
static const struct path_node *variable_of(const struct finding *finding)
{
    const struct path *path = &finding->data->retention_path;

    if (name_to_kind(finding->data->kind) != KIND_POINTER || path->count != 2 ||
        path->nodes[0].module == RECORD_ABSENT)
        return NULL;
    return &path->nodes[0];
}

static char *frame_name(const struct finding *finding, const struct frame *frame)
{
    const struct module *module = process_module(finding->process, frame->module);

    return memory_format("%s+0x%" PRIx64, module_identity(module), frame->offset);
}

static void decide_by_frame(struct signature *signature, const struct finding *finding,
                            const struct frame *frame)
{
    if (frame == NULL)
        return;
    signature->unstable = frame->function == NULL;
    signature->function =
        signature->unstable ? frame_name(finding, frame) : function_name(frame->function);
}

static void decide_by_variable(struct signature *signature, const struct finding *finding,
                               const struct path_node *variable)
{
    const char *identity = module_identity(process_module(finding->process, variable->module));
    char *symbol = variable->symbol != NULL ? demangle(variable->symbol) : NULL;
    char *name = symbol != NULL ? function_name(symbol) : NULL;

    signature->unstable = name == NULL;
    signature->function = memory_format("%s:%s", identity, name != NULL ? name : "?");
    free(symbol);
    free(name);
}

static bool is_of_registry(const struct finding *finding)
{
    return name_to_kind(finding->data->kind) == KIND_REGISTRY;
}

/* Which of the entries speaks for them all is no matter, nor where that one was made. */
static void decide_by_registry(struct signature *signature, const struct finding *finding)
{
    const json_t *library = json_object_get(finding->data->subject, "library");
    const json_t *call = json_object_get(finding->data->subject, "call");
    const struct module *module =
        json_is_integer(library) ? process_module(finding->process, json_integer_value(library))
                                 : NULL;

    signature->function = memory_format("%s:%s", module_identity(module),
                                        json_is_string(call) ? json_string_value(call) : "?");
}

static char *first_part(const struct signature *signature, const struct finding *finding)
{
    const struct finding_record *data = finding->data;
    char *text =
        memory_format("%s\n%s\n%s", data->kind, module_identity(finding_blamed_module(finding)),
                      signature->function != NULL ? signature->function : "");

    for (size_t i = 0; i < sizeof telling_members / sizeof *telling_members; i++) {
        const json_t *value = json_object_get(data->subject, telling_members[i]);
        char *longer;

        if (!json_is_string(value))
            continue;
        longer = memory_format("%s\n%s=%s", text, telling_members[i], json_string_value(value));
        free(text);
        text = longer;
    }
    return text;
}

static char *second_part(const struct finding *finding)
{
    const struct finding_record *data = finding->data;
    char *text = memory_string("");

    for (size_t i = first_of_module(finding);
         i < data->stack_count && is_in(finding, &data->stack[i]) && !is_of_registry(finding);
         i++) {
        const char *function = data->stack[i].function;
        char *name = function != NULL ? function_name(function) : memory_string("?");
        char *longer = memory_format("%s%s\n", text, name);

        free(name);
        free(text);
        text = longer;
    }
    return text;
}

void signature_make(struct signature *signature, const struct finding *finding)
{
    const struct path_node *variable = variable_of(finding);
    char *first, *second;

    *signature = (struct signature){0};
    if (is_of_registry(finding))
        decide_by_registry(signature, finding);
    else if (variable != NULL)
        decide_by_variable(signature, finding, variable);
    else
        decide_by_frame(signature, finding, deciding_frame(finding));
    first = first_part(signature, finding);
    second = second_part(finding);
    snprintf(signature->text, sizeof signature->text, "%08" PRIx32 "%04" PRIx32,
             (uint32_t)(hash_of(first) >> 32), (uint32_t)(hash_of(second) >> 48));
    free(first);
    free(second);
}

void signature_clear(struct signature *signature)
{
    free(signature->function);
    *signature = (struct signature){0};
}
