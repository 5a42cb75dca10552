// SPDX-License-Identifier: MIT
/* Robust mutexes of a module that a thread has locked: one finding for all of them. */
#include "base/json.h"
#include "base/sys.h"
#include "ownership/frame_json.h"
#include "rules/passages.h"
#include "rules/path_json.h"
#include "rules/rule.h"
#include "rules/subject_json.h"
#include "rules/words.h"
#include "scan/robust.h"

static bool match_robust_mutex(const struct subject *subject, struct finding *finding)
{
    const struct passage *passage = subject->mutex.passage;
    passage_describe_data(passage, finding);
    finding->severity = SEVERITY_ERROR;
    finding->pending = subject->closing;
    return true;
}

static void explain_robust_mutex(const struct finding *finding, struct message *message)
{
    word_fate(&message->cause, finding);
    word_thread(&message->cause, finding);
    text_add(&message->cause, " still holds a robust mutex of the module, ");
    word_function(&message->cause, &finding->function);
    text_add(&message->consequence,
             "The mutex is in the thread's list of robust mutexes: when the thread locks or "
             "unlocks any other robust mutex, it reads and writes unmapped memory, and the process "
             "dies");
    text_add(&message->fix, "Call pthread_mutex_unlock for every robust mutex of ");
    word_identity(&message->fix, finding->module);
    text_add(&message->fix, ", in the thread that holds it, before dlclose");
}

static void identify(const struct subject *subject, struct object *object)
{
    const struct module *module = subject->mutex.passage->module;
    object->mutex.tid = subject->mutex.passage->tid;
    object->mutex.id = module->id;
    object->mutex.start = module->start;
    object->mutex.end = module->end;
}

struct search {
    const struct object *object;
    bool is_there;
};

static bool lies_in_module(const struct robust_entry *entry, void *data)
{
    struct search *search = data;
    const struct object *object = search->object;
    search->is_there |= entry->node >= object->mutex.start && entry->node < object->mutex.end;
    return search->is_there;
}

/* Behind an entry that is unmapped nothing is seen. */
static void still_holds(const struct object *object, const char **how)
{
    struct search search = {object, false};
    if (!sys_thread_alive(object->mutex.tid))
        *how = "the thread ended";
    else if (robust_each(object->mutex.tid, lies_in_module, &search) == ROBUST_WHOLE &&
             !search.is_there)
        *how = "the mutex was unlocked";
}

static void write_subject(struct text *text, const struct finding *finding)
{
    subject_thread(text, finding);
    subject_address(text, finding, "address");
    json_string(text, "target", target_names[finding->target]);
    json_frame_member(text, "function", &finding->function);
}

const struct object_class mutex_class = {
    .identify = identify,
    .still_holds = still_holds,
    .write_subject = write_subject,
    .unconfirmed = "after the unmapping the thread's list did not lead there",
};

const struct rule rule_ROBUST_MUTEX = {&mutex_class, match_robust_mutex, explain_robust_mutex,
                                       CLOSED_NOTHING};
