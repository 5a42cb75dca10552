// SPDX-License-Identifier: MIT
/* Pointers into the images of unloaded modules, among them entries of registries that are known. */
#include "base/json.h"
#include "base/names.h"
#include "base/sys.h"
#include "ownership/frame_json.h"
#include "registry/heap.h"
#include "rules/path_json.h"
#include "rules/paths.h"
#include "rules/retained.h"
#include "rules/rule.h"
#include "rules/subject_json.h"
#include "rules/words.h"
#include "scan/target.h"

static const struct step *last_step(const struct result *result)
{
    return result->steps ? &result->path[result->steps - 1] : NULL;
}

/* The path leads to the first place of the word; this one may be another of the same block. */
static uintptr_t slot_of(const struct retained *retained, struct path *path)
{
    const struct step *where = last_step(retained->result);
    const struct in_block *place = &retained->place;
    if (!retained->result->site || place->start != where->start)
        return where->slot;
    if (path)
        path->steps[path->count - 1].step.slot = place->slot;
    return place->slot;
}

static void copy_slot(const struct subject *subject, struct finding *finding)
{
    const struct result *result = subject->retained->result;
    const struct site *site = site_get(result->site);
    finding->verdict = VERDICT_DANGLING;
    finding->only_if_moved = site_is_younger(site, result->module);
    finding->module = module_ref(result->module);
    finding->target = subject->retained->target;
    finding->place = PLACE_IMAGE;
    finding->address = finding->pointee = result->word;
    finding->function = (struct frame){result->word, module_ref(result->module)};
    finding->blocks = result->blocks;
    if (site_unloaded(site) == result->module)
        finding->bytes = last_step(result)->size * result_blocks(result);
    finding->path = path_make(result, result->module);
    finding->slot.address = slot_of(subject->retained, finding->path);
    if (site) {
        finding->owner = module_ref(site->owner.module);
        finding->requester = module_ref(site->requester.module);
        finding->stack = site->stack ? stack_copy(site->stack) : NULL;
    }
}

static bool match_pointer(const struct subject *subject, struct finding *finding)
{
    const struct retained *retained = subject->retained;
    bool is_weak = retained->target == TARGET_DATA || retained_is_doubtful(retained);
    copy_slot(subject, finding);
    finding->severity = is_weak ? SEVERITY_NOTE : SEVERITY_WARNING;
    return true;
}

static bool match_registry(const struct subject *subject, struct finding *finding)
{
    copy_slot(subject, finding);
    finding->severity = SEVERITY_ERROR;
    finding->slot.registry = *subject->retained->registry;
    return true;
}

static const char *const uses[] = {
    [TARGET_CLASS_NONE] = "uses it, the process",
    [TARGET_CODE] = "calls it, the process jumps into unmapped memory and",
    [TARGET_VTABLE] = "calls a function of the object, the process jumps into unmapped memory and",
    [TARGET_TYPEINFO] =
        "compares the type (catch, dynamic_cast), the process reads unmapped memory and",
    [TARGET_OBJECT] = "calls one of its functions, the process jumps into unmapped memory and",
    [TARGET_DATA] = "reads there, the process reads unmapped memory and",
};

/* "call what removes the pointer from …" */
static void say_remover(const struct path *path, struct text *fix)
{
    if (path && path->steps[0].step.root.kind == ROOT_KERNEL) {
        bool by_signal = path->steps[0].step.root.key == ROOT_OF_SIGNAL;
        text_add(fix, by_signal ? " call timer_delete, or mq_notify with NULL"
                                : " call epoll_ctl with EPOLL_CTL_DEL");
        return;
    }
    text_add(fix, " call what removes the pointer from ");
    if (path)
        path_describe_root(fix, path);
    else
        text_add(fix, "what holds it");
}

static void explain_pointer(const struct finding *finding, struct message *message)
{
    const struct path *path = finding->path;
    word_fate(&message->cause, finding);
    if (path && path->count > 1) {
        const struct step *last = &path->steps[path->count - 1].step;
        word_bytes(&message->cause, last->size);
        text_add(&message->cause, ", reached from ");
        path_describe_root(&message->cause, path);
        text_printf(&message->cause, ", still points at offset %lu to ",
                    (unsigned long)(finding->slot.address - last->start));
    } else {
        if (path)
            path_describe_root(&message->cause, path);
        text_add(&message->cause, " still points to ");
    }
    word_target(&message->cause, finding);
    if (finding->blocks > 1)
        text_printf(&message->cause, " (and so do %zu more such words)", finding->blocks - 1);
    text_printf(&message->consequence,
                "If anybody %s dies; dlpin cannot know whether that will happen",
                uses[finding->target]);
    if (words_stack_names(finding->stack, "__cxa_allocate_exception")) {
        word_drop_exception(&message->fix);
        return;
    }
    if (word_end_of_call(&message->fix, path))
        return;
    text_add(&message->fix, "Let ");
    word_identity(&message->fix, finding->module);
    say_remover(path, &message->fix);
    word_counterpart(&message->fix, finding);
}

static void advise_removal(const struct finding *finding, struct text *fix)
{
    const struct known_registry *registry = &finding->slot.registry;
    if (registry->advice.start) {
        text_add_n(fix, registry->advice.start, span_length(registry->advice));
        return;
    }
    if (span_is(registry->remove, "-")) {
        text_add(fix, "Link ");
        word_identity(fix, finding->module);
        text_add(fix, " with -Wl,-z,nodelete, to keep it mapped: no call removes such an entry");
        return;
    }
    text_add(fix, "Call ");
    text_add_n(fix, registry->remove.start, span_length(registry->remove));
    word_undo(fix, finding);
}

static void explain_registry(const struct finding *finding, struct message *message)
{
    const struct known_registry *registry = &finding->slot.registry;
    word_fate(&message->cause, finding);
    word_module(&message->cause, registry->of);
    text_printf(&message->cause, " still has what the module entered with %s: ", registry->call);
    word_target(&message->cause, finding);
    if (finding->blocks > 1)
        text_printf(&message->cause, " (and %zu more such words)", finding->blocks - 1);
    text_printf(&message->consequence,
                "When the library uses the entry, it %s unmapped memory, and "
                "the process dies",
                finding->target == TARGET_DATA || finding->target == TARGET_TYPEINFO
                    ? "reads"
                    : "jumps into");
    advise_removal(finding, &message->fix);
}

/* Leaves out the word's module: a later module at the same place is not reported for an old word.
 */
static void identify(const struct subject *subject, struct object *object)
{
    const struct result *result = subject->retained->result;
    const struct in_block *place = &subject->retained->place;
    object->slot.word = result->word;
    object->slot.address = last_step(result)->slot;
    if (!result->site)
        return;
    object->slot.site = result->site;
    object->slot.address = place->slot;
    object->slot.index = (uint32_t)((place->slot - place->start) / sizeof(uintptr_t));
}

static void still_holds(const struct object *object, const char **how)
{
    uintptr_t word, start = object->slot.address - object->slot.index * sizeof word;
    if (object->slot.site && !heap_is_block(start, object->slot.site))
        *how = "the memory was freed";
    else if (sys_read_memory((const void *)object->slot.address, &word, sizeof word) !=
                 (ssize_t)sizeof word ||
             word != object->slot.word)
        *how = "the pointer was replaced";
}

static void write_variable(struct text *text, const struct path_step *step)
{
    char symbol[SYMBOL_MAX];
    uintptr_t offset;
    json_module(text, "slot_module", step->step.root.module);
    if (path_symbol(&step->step, symbol, &offset)) {
        struct text name = {0};
        text_add(&name, symbol);
        if (offset)
            text_printf(&name, "+%lx", (unsigned long)offset);
        json_string(text, "slot_symbol", text_string(&name));
        text_free(&name);
    }
    path_json_thread(text, step);
}

static void write_place(struct text *text, const struct path *path)
{
    bool in_block = path->count > 1;
    json_string(text, "in", in_block ? "block" : root_names[path->steps[0].step.root.kind]);
    if (in_block)
        json_number(text, "block_bytes", path->steps[path->count - 1].step.size);
    else
        write_variable(text, &path->steps[0]);
}

static void write_subject(struct text *text, const struct finding *finding)
{
    json_address(text, "slot", finding->slot.address);
    if (finding->path)
        write_place(text, finding->path);
    subject_address(text, finding, "address");
    json_string(text, "target", target_names[finding->target]);
    json_frame_member(text, "function", &finding->function);
}

/* Pointers from one variable, from variables of one module that have no names, or from blocks of
 * one call site, are one finding, wherever into the module they lead. An object may have several
 * that are equally bad: those of an exception lead to its destructor and to its virtual functions.
 */
static void add_signature(struct text *text, const struct finding *finding)
{
    const struct path *path = finding->path;
    const struct step *root = path ? &path->steps[0].step : NULL;
    char symbol[SYMBOL_MAX];
    uintptr_t offset;
    bool in_block = path && path->count > 1;
    text_printf(text, "|%s",
                in_block ? severity_names[finding->severity] : target_names[finding->target]);
    if (!root || path->count > 1 || !root->root.module)
        return;
    text_printf(text, "|%s", root->root.module->identity);
    if (path_symbol(root, symbol, &offset))
        text_printf(text, "+%s", symbol);
}

static void write_entry(struct text *text, const struct finding *finding)
{
    const struct known_registry *registry = &finding->slot.registry;
    struct text remove = {0};
    write_subject(text, finding);
    json_module(text, "library", registry->of);
    json_string(text, "call", registry->call);
    if (span_is(registry->remove, "-"))
        return;
    text_add_n(&remove, registry->remove.start, span_length(registry->remove));
    json_string(text, "remove", text_string(&remove));
    text_free(&remove);
}

/* All entries of a module in one registry are one finding, wherever they were made. */
static void add_entry_signature(struct text *text, const struct finding *finding)
{
    const struct known_registry *registry = &finding->slot.registry;
    text_printf(text, "|%s|", registry->of->identity);
    text_add_n(text, registry->add.start, span_length(registry->add));
}

static const struct module *name_member(struct text *text, const struct finding *finding)
{
    word_target(text, finding);
    return finding->module;
}

static uintptr_t word(const struct object *object)
{
    return object->slot.word;
}

static bool is_one_more(const struct object *object, const struct object *known)
{
    return object->slot.site && object->slot.site == known->slot.site;
}

const struct object_class slot_class = {
    .identify = identify,
    .still_holds = still_holds,
    .write_subject = write_subject,
    .add_signature = add_signature,
    .name_member = name_member,
    .word = word,
    .word_moves = true,
    .is_one_more = is_one_more,
};

const struct object_class registry_class = {
    .identify = identify,
    .still_holds = still_holds,
    .write_subject = write_entry,
    .add_signature = add_entry_signature,
    .stack_varies = true,
    .name_member = name_member,
    .word = word,
    .word_moves = true,
    .is_one_more = is_one_more,
};

const struct rule rule_POINTER = {&slot_class, match_pointer, explain_pointer, CLOSED_NOTHING};
const struct rule rule_REGISTRY = {&registry_class, match_registry, explain_registry,
                                   CLOSED_NOTHING};
