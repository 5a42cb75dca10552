// SPDX-License-Identifier: MIT
#include "render/report.h"

bool report_shows(const struct report *report, const struct group *group)
{
    if (group->hidden || group->cause != NULL)
        return false;
    if (report->gate != NULL && gate_matches(report->gate, group))
        return true;
    return !report->only_gating && group->severity >= report->from;
}
