// SPDX-License-Identifier: MIT
/* Memory that an unloaded module mapped and that is still mapped. */
#include "base/json.h"
#include "rules/paths.h"
#include "rules/rule.h"
#include "rules/words.h"
#include "scan/reached.h"
#include "scan/target.h"

static bool match_mapping(const struct subject *subject, struct finding *finding)
{
    const struct mapped *mapped = subject->mapped;
    const struct site *site = site_get(mapped->site);
    struct module *module = site_unloaded(site);
    bool is_held = mapped->reach == REACH_SOMETHING;
    if (!module || mapped->reach == REACH_UNKNOWN || !mapping_is_there(mapped))
        return false;
    finding->verdict = is_held ? VERDICT_HELD : VERDICT_LOST;
    finding->severity = is_held ? SEVERITY_NOTE : SEVERITY_WARNING;
    finding->module = module_ref(module);
    finding->owner = module_ref(site->owner.module);
    finding->requester = module_ref(site->requester.module);
    finding->stack = site->stack ? stack_copy(site->stack) : NULL;
    finding->address = mapped->start;
    finding->bytes = mapped->end - mapped->start;
    finding->mapping.call = mapped->call;
    const struct result *way = is_held ? reached_by(mapped) : NULL;
    if (way)
        finding->path = path_make(way, module);
    return true;
}

static void explain_mapping(const struct finding *finding, struct message *message)
{
    bool is_held = finding->verdict == VERDICT_HELD;
    word_fate(&message->cause, finding);
    text_printf(&message->cause,
                "%zu bytes of memory at %lx, which it mapped with %s, are still mapped",
                finding->bytes, (unsigned long)finding->address, finding->mapping.call);
    if (!is_held)
        text_add(&message->cause, ", though nothing points there");
    else if (!finding->path)
        text_add(&message->cause, ", and something still points there");
    else {
        text_add(&message->cause, " and reached from ");
        path_describe_root(&message->cause, finding->path);
    }
    text_add(&message->consequence,
             is_held ? "If the module handed the memory over to another owner, who unmaps it, all "
                       "is well; if not, it stays mapped until the process ends"
                     : "Nobody can unmap it any more; each load of the module leaves as much");
    text_printf(&message->fix, "Call %s", finding->mapping.call[0] == 's' ? "shmdt" : "munmap");
    word_undo(&message->fix, finding);
    if (is_held)
        text_add(&message->fix, ", unless the new owner does");
}

static void identify(const struct subject *subject, struct object *object)
{
    object->mapping.serial = subject->mapped->serial;
    object->mapping.is_held = subject->mapped->reach == REACH_SOMETHING;
}

static void still_holds(const struct object *object, const char **how)
{
    const struct mapped *mapped = mapping_by_serial_locked(object->mapping.serial);
    if (!mapped || !mapping_is_there(mapped))
        *how = "the memory was unmapped";
    else if (object->mapping.is_held != (mapped->reach == REACH_SOMETHING))
        *how = object->mapping.is_held ? "nothing leads there any more" : "something leads there";
}

static void write_subject(struct text *text, const struct finding *finding)
{
    json_address(text, "address", finding->address);
    json_number(text, "bytes", finding->bytes);
    json_string(text, "call", finding->mapping.call);
}

/* The same call may make a mapping that is lost and one that is not. */
static void add_signature(struct text *text, const struct finding *finding)
{
    if (finding->verdict == VERDICT_HELD)
        text_add(text, "|held");
}

const struct object_class mapping_class = {
    .identify = identify,
    .still_holds = still_holds,
    .write_subject = write_subject,
    .add_signature = add_signature,
};

/* As long as a module is mapped, its variables have it. */
const struct rule rule_MAPPING = {&mapping_class, match_mapping, explain_mapping, CLOSED_NOTHING};
