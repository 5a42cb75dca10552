// SPDX-License-Identifier: MIT
#include "lifecycle/answer.h"
#include "base/arena.h"
#include "base/sys.h"
#include "lifecycle/locks.h"
#include "report/report.h"
#include "scan/copy.h"

#include <string.h>

enum { TEXT_MAX = 4 << 20, NAMED_MAX = 4096 };

/* Shared with the copy. */
struct answer {
    _Atomic uint32_t ended;
    size_t length;
    unsigned named_count;
    uint32_t named[NAMED_MAX];
    char text[TEXT_MAX];
};

struct question {
    answer_work *work;
    void *data;
    pid_t process;
    struct answer *answer;
};

static void work_in_copy(void *data)
{
    const struct question *question = data;
    struct answer *answer = question->answer;
    struct text records = {0};
    sys_stand_in_for(question->process);
    locks_reset();
    question->work(&records, question->data);
    if (records.failed || records.length > sizeof answer->text)
        return;
    memcpy(answer->text, text_string(&records), records.length);
    answer->length = records.length;
    answer->named_count = report_take_named(answer->named, NAMED_MAX);
}

static bool ask(struct question *question, uint64_t nanoseconds)
{
    locks_hold_below_check();
    int error = copy_start(COPY_OWN_FILES, work_in_copy, question, &question->answer->ended);
    locks_free_below_check();
    if (error)
        return false;
    enum copy_state state = copy_wait(nanoseconds);
    if (state == COPY_RUNNING)
        copy_kill();
    if (state != COPY_DONE)
        return false;
    const struct answer *answer = question->answer;
    report_add(answer->text, answer->length, answer->named, answer->named_count);
    return true;
}

bool answer_in_copy(answer_work *work, void *data, uint64_t nanoseconds)
{
    struct question question = {.work = work, .data = data, .process = sys_getpid()};
    if (!copy_is_possible())
        return false;
    question.answer = copy_share(sizeof *question.answer);
    bool done = question.answer && ask(&question, nanoseconds);
    copy_unshare(question.answer, sizeof *question.answer);
    return done;
}
