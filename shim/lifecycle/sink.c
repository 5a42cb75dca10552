// SPDX-License-Identifier: MIT
#include "lifecycle/sink.h"
#include "lifecycle/fix.h"
#include "lifecycle/process.h"
#include "report/report.h"

void sink_finding(struct finding *finding, void *data)
{
    struct sink *sink = data;
    process_notice_exit();
    finding->before_exit |= sink->before_exit;
    fix_note(finding);
    sink->found += report_finding(finding, sink->at, sink->quietly) != 0;
}
