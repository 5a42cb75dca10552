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

const char *report_rest(const struct report *report)
{
    for (const struct group *group = report->model->groups; group != NULL; group = group->hh.next) {
        if (group->third_party)
            return "none of them both own code and worse";
    }
    return "none of them worse";
}
