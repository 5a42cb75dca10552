// SPDX-License-Identifier: MIT
#include "report/groups.h"
#include "base/lock.h"
#include "base/options.h"
#include "registry/libc_state.h"
#include "report/log.h"
#include "report/signature.h"
#include "report/suppressions.h"
#include "rules/rule.h"
#include "rules/rules.h"

#include <string.h>

enum { LABEL_MAX = 256, MEMBERS_MAX = 256 };

struct lock report_lock;
struct group *groups;
static uint32_t last_finding;

static bool is_growing(const struct group *group)
{
    return group->finding.grows ||
           (!group->mixed && group->load_count >= 2 && group->count >= group->load_count);
}

void group_write_locked(struct group *group)
{
    group->written_count = group->count;
    if (!log_open_locked())
        return;
    struct text text = {0};
    char label[LABEL_MAX];
    bool labeled = options.label_env && environment_get(options.label_env, label, sizeof label);
    record_finding(&text,
                   &(struct finding_record){
                       .finding = &group->finding,
                       .members = group->members,
                       .id = group->id,
                       .at = group->at,
                       .count = group->count,
                       .loads = group->loads,
                       .load_count = group->load_count,
                       .growing = is_growing(group),
                       .skipped = group->skipped,
                       .suppressed = group->suppressed,
                       .message = &group->message,
                       .signature = group->signature,
                       .label = labeled ? label : NULL,
                   },
                   log_now());
    log_write(&text);
}

void group_show_locked(struct group *group)
{
    group->shown = true;
    if (options.quiet || group->suppressed)
        return;
    struct text text = {0};
    print_finding(&text,
                  &(struct finding_record){.finding = &group->finding, .message = &group->message});
    log_say(text_string(&text));
    text_free(&text);
}

void group_add_load(struct group *group, uint32_t load)
{
    for (unsigned i = 0; i < group->load_count; i++)
        if (group->loads[i] == load)
            return;
    if (group->load_count < LOADS_MAX)
        group->loads[group->load_count++] = load;
}

static char *take_string(struct text *text)
{
    char *copy = text->failed ? NULL : arena_strdup(text_string(text));
    text_free(text);
    return copy;
}

static void free_string(char *string)
{
    if (string)
        arena_free(string, strlen(string) + 1);
}

static struct member *new_member(struct group *group, struct module *module, char *name)
{
    struct member *member = arena_alloc(sizeof *member);
    if (!member) {
        free_string(name);
        return NULL;
    }
    *member = (struct member){.module = module_ref(module), .name = name};
    *group->last_member = member;
    group->last_member = &member->next;
    group->member_count++;
    return member;
}

struct member *group_add_member(struct group *group, const struct finding *finding)
{
    const struct object_class *class = class_of(&finding->object);
    struct text text = {0};
    struct module *module =
        class->name_member ? (struct module *)class->name_member(&text, finding) : NULL;
    char *name = module ? take_string(&text) : NULL;
    struct member *member = name ? group->members : NULL;
    while (member && strcmp(member->name, name) != 0)
        member = member->next;
    if (!member && name && group->member_count < MEMBERS_MAX)
        member = new_member(group, module, name);
    else
        free_string(name);
    if (member)
        member->count++;
    return member;
}

void group_explain(struct group *group, const struct finding *finding)
{
    message_free(&group->message);
    rules_explain(finding, &group->message);
}

struct group *group_of_locked(const struct finding *finding)
{
    struct text text = {0};
    struct group *group = NULL;
    make_signature(&text, finding);
    /* A suppressed finding does not hide others with the same cause. */
    if (suppressions_match(finding))
        text_add(&text, "|suppressed");
    char *signature = take_string(&text);
    if (!signature)
        return NULL;
    HASH_FIND_STR(groups, signature, group);
    if (group) {
        free_string(signature);
        return group;
    }
    group = arena_alloc(sizeof *group);
    if (!group) {
        free_string(signature);
        return NULL;
    }
    group->signature = signature;
    group->last_member = &group->members;
    HASH_ADD_KEYPTR(hh, groups, group->signature, strlen(signature), group);
    return group;
}

void group_update_locked(struct group *group, struct finding *finding, enum occasion at)
{
    if (group->id == 0 || group->resolved) {
        group->id = ++last_finding;
        group->at = at;
    }
    group_explain(group, finding);
    group->mixed |= group->finding.module && finding->module != group->finding.module &&
                    strcmp(finding->module->identity, group->finding.module->identity) != 0;
    finding_release(&group->finding);
    group->finding = *finding;
    group->suppressed = suppressions_match(finding);
    if (finding->module)
        group_add_load(group, finding->module->load);
    if (group->resolved) {
        group->resolved = false;
        group->shown = group->reopened;
    }
}
