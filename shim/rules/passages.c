// SPDX-License-Identifier: MIT
#include "rules/passages.h"
#include "base/sys.h"

enum { NOTES_MAX = 256 };

/*
 * The last addresses that were seen. An address that was seen before its module was unloaded
 * belongs to that module afterwards, whatever lies there then; and an address that an unloaded
 * module left behind does not belong to the next load there.
 */
static struct note {
    pid_t tid;
    uintptr_t slot, pc;
    uint32_t module;
    bool left_behind;
} notes[NOTES_MAX];
static unsigned next_note;

static struct note *find_note(const struct passage *passage)
{
    for (unsigned i = 0; i < NOTES_MAX; i++)
        if (notes[i].tid == passage->tid && notes[i].slot == passage->slot &&
            notes[i].pc == passage->pc)
            return &notes[i];
    return NULL;
}

void passage_take_note(const struct passage *passage, bool left_behind)
{
    struct note *note = find_note(passage);
    if (!note)
        note = &notes[next_note++ % NOTES_MAX];
    *note =
        (struct note){passage->tid, passage->slot, passage->pc, passage->module->id, left_behind};
}

bool passage_is_noted(const struct passage *passage)
{
    return find_note(passage) != NULL;
}

bool passage_is_inside(pid_t tid, const struct module *module)
{
    for (unsigned i = 0; i < NOTES_MAX; i++) {
        const struct note *note = &notes[i];
        uintptr_t word;
        if (note->tid == tid && note->module == module->id &&
            sys_copy_memory((const void *)note->slot, &word, sizeof word) == (ssize_t)sizeof word &&
            word == note->pc)
            return true;
    }
    return false;
}

bool passage_is_of_module(const struct passage *passage, bool closing)
{
    const struct note *note = find_note(passage);
    bool known = note && note->module == passage->module->id;
    if (note && !known && note->left_behind)
        return false;
    return closing || known || passage->unmapped;
}

void passage_describe(const struct passage *passage, struct finding *finding)
{
    finding->verdict = VERDICT_DANGLING;
    finding->module = module_ref(passage->module);
    finding->owner = module_ref(passage->module);
    finding->function = (struct frame){passage->pc, module_ref(passage->module)};
    finding->tid = passage->tid;
}

void passage_describe_data(const struct passage *passage, struct finding *finding)
{
    passage_describe(passage, finding);
    finding->address = passage->pc;
    finding->place = PLACE_IMAGE;
    finding->target = TARGET_DATA;
}
