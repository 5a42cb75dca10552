// SPDX-License-Identifier: MIT
#include "lifecycle/sink.h"
#include "lifecycle/fix.h"
#include "lifecycle/process.h"
#include "report/report.h"
#include "rules/rule.h"

void sink_finding(struct finding *finding, void *data)
{
    struct sink *sink = data;
    process_notice_exit();
    finding->before_exit |= sink->before_exit;
    fix_note(finding);
    enum occasion at = class_of(&finding->object)->is_of_event ? AT_EVENT : sink->at;
    sink->found += report_finding(finding, at, sink->quietly) != 0;
}
