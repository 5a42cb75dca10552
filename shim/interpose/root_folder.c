// SPDX-License-Identifier: MIT
#include "interpose/root_folder.h"
#include "base/guard.h"
#include "interpose/own_process.h"
#include "interpose/real.h"
#include "report/report.h"

static void need_file_here(void *unused)
{
    int saved_errno;
    if (!own_process_enter(&saved_errno))
        return;
    report_need_file();
    guard_leave(saved_errno);
}

void root_folder_note_change(void)
{
    own_process_run(need_file_here, NULL);
}

EXPORT int chroot(const char *path)
{
    real_need(real_chroot);
    root_folder_note_change();
    return real_chroot(path);
}

EXPORT int setns(int file, int type)
{
    real_need(real_setns);
    root_folder_note_change();
    return real_setns(file, type);
}
