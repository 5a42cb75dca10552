// SPDX-License-Identifier: MIT
/* Threads on their way through a module. */
#include "rules/rules.h"
#include "rules/stacks.h"
#include "rules/words.h"

/* thread-routine says the same, and says it better. */
static bool runs_its_routine(const struct thread *thread, const struct module *module)
{
    return thread && thread->seen_to_start && thread->routine.module == module &&
           thread_is_live(thread);
}

bool match_thread_stack(const struct subject *subject, struct finding *finding)
{
    const struct passage *passage = subject->passage;
    if (runs_its_routine(subject->thread, passage->module))
        return false;
    finding->verdict = VERDICT_DANGLING;
    finding->severity = passage->certain ? SEVERITY_ERROR : SEVERITY_WARNING;
    finding->pending = subject->closing;
    finding->module = module_ref(passage->module);
    finding->owner = module_ref(passage->module);
    finding->function = (struct frame){passage->pc, module_ref(passage->module)};
    finding->tid = passage->tid;
    finding->slot = passage->slot;
    finding->unwound = passage->certain;
    finding->stack = stack_copy(passage->stack);
    return true;
}

void explain_thread_stack(const struct finding *finding, struct text *message)
{
    word_fate(message, finding);
    word_thread(message, finding);
    if (finding->unwound) {
        text_add(message, " is on its way through it, and will return to ");
        word_return_address(message, &finding->function);
        text_add(message, ", into unmapped memory: then the process dies. ");
    } else {
        text_add(message, " seems to be on its way through it: on its stack, beyond what can be "
                          "unwound, is the return address ");
        word_return_address(message, &finding->function);
        text_add(message, ". If it is not a left-over of a call that is over, the thread will "
                          "return into unmapped memory, and the process dies. ");
    }
    text_add(message,
             "Wait until every thread has come back from the module before dlclose, and do "
             "not let a function of the module close it.");
}
