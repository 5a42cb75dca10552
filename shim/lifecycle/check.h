// SPDX-License-Identifier: MIT
/*
 * Looking at everything that is registered, at unloads and at the end, and reporting what the rules
 * say. What lifecycle.h offers of it is there; this is for the other files of lifecycle/.
 */
#ifndef DLPIN_LIFECYCLE_CHECK_H
#define DLPIN_LIFECYCLE_CHECK_H

#include "report/report_format.h"
#include "rules/finding.h"

#include <stdbool.h>
#include <stdint.h>

struct check {
    enum occasion at;
    bool quietly;
    bool before_exit; /* what is found was looked for before exit() began */
    unsigned found;
};

/* A rules_sink: `data` is the struct check. */
void check_sink(struct finding *finding, void *data);

/* A check if anything was unloaded since the last one. Inside the guard, without our locks. */
void check_unloads(void);

/* Where libc's exit() lies; once, at the start. 0, 0: not known. */
void check_set_exit_code(uintptr_t start, uintptr_t end);

/* A program that returns from main does not call our exit: its handlers, and the plug-ins that they
 * close, run below libc's. Looks at the stack until that was seen. */
void check_notice_exit(void);

bool check_exit_began(void);

/* The same, or it is just about to: the calling thread returns to nobody any more. */
bool check_exit_begins(void);

/* In a fork child, which ends by itself. */
void check_fork_child(void);

/* Takes what a scan that is under way finds, and waits for it if need be. Under the check lock. */
void check_finish_scan(void);

/* A module was closed, and stays: finds out what it retains, if that is quick; else later. Under
 * the check lock. */
void check_retained(struct module *module);

/* The same where the process is about to die: what is under way, or due, too, is waited for no
 * longer than people wait for a program that has crashed. */
void check_before_death(bool due);

/*
 * Values that a deleted key left behind. Their module may free them a moment later, from a list of
 * its own: so they are reported at the next look (an unload, exit), if the block is still there
 * then. Under the check lock.
 */

/* Takes the finding over. False: there is no more room, or the value is no block. */
bool orphans_defer(const struct finding *finding);
void orphans_report(void);

/* Whether there are any; without a lock. */
bool orphans_any(void);

#endif
