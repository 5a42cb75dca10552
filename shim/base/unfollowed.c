// SPDX-License-Identifier: MIT
#include "base/unfollowed.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

/* The last row stands for all programs for which there is none. */
enum { ROWS = 32, PROGRAM_MAX = 256, OTHERS = ROWS - 1 };
enum { FREE, TAKEN, READY };

static struct {
    _Atomic int state;
    _Atomic unsigned count;
    enum unfollowed why;
    char program[PROGRAM_MAX];
} rows[ROWS];

static bool is_it(unsigned i, const char *program, enum unfollowed why)
{
    return atomic_load(&rows[i].state) == READY && rows[i].why == why &&
           !strncmp(rows[i].program, program, PROGRAM_MAX - 1);
}

static bool take(unsigned i, const char *program, enum unfollowed why)
{
    int is_free = FREE;
    if (!atomic_compare_exchange_strong(&rows[i].state, &is_free, TAKEN))
        return false;
    size_t length = strlen(program);
    length = length < PROGRAM_MAX ? length : PROGRAM_MAX - 1;
    memcpy(rows[i].program, program, length);
    rows[i].program[length] = '\0';
    rows[i].why = why;
    atomic_store(&rows[i].state, READY);
    return true;
}

int unfollowed_note(const char *program, enum unfollowed why)
{
    unsigned i = 0;
    while (i < OTHERS && !is_it(i, program, why) && !take(i, program, why))
        i++;
    if (i == OTHERS)
        take(i, "", why);
    atomic_fetch_add(&rows[i].count, 1);
    return (int)i;
}

void unfollowed_forget(int number)
{
    if (number >= 0)
        atomic_fetch_sub(&rows[number].count, 1);
}

bool unfollowed_any(void)
{
    struct unfollowed_program row;
    for (unsigned i = 0; unfollowed_get(i, &row); i++)
        if (row.count)
            return true;
    return false;
}

bool unfollowed_get(unsigned number, struct unfollowed_program *program)
{
    if (number >= ROWS)
        return false;
    *program = (struct unfollowed_program){"", rows[number].why, 0};
    if (atomic_load(&rows[number].state) == READY) {
        program->program = rows[number].program;
        program->count = atomic_load(&rows[number].count);
    }
    return true;
}

void unfollowed_fork_child(void)
{
    for (unsigned i = 0; i < ROWS; i++)
        atomic_store(&rows[i].count, 0);
}
