// SPDX-License-Identifier: MIT
/* The crashes of the report, each with its stack and the finding that predicted it. */
#include "render/html/html.h"

#include "load/names.h"
#include "render/crashes.h"
#include "render/escape.h"
#include "render/finding_message.h"

#include <inttypes.h>
#include <stdlib.h>

enum { CRASHES_MAX = 20, MESSAGE_LENGTH = 2000 };

static void put_prediction(const struct html *html, const struct crash *crash)
{
    const struct finding *finding = crash_finding(crash);
    char *message;

    if (finding == NULL) {
        fputs("<p>No finding of this report predicted it.</p>\n", html->out);
        return;
    }
    fputs("<p>Predicted by ", html->out);
    html_severity(html, finding->data->severity);
    fputs(" ", html->out);
    html_link(html, html_group(finding));
    html_name(html, finding->data->kind);
    html_link_end(html, html_group(finding));
    fputs(": ", html->out);
    message = escape_cut(
        message_text(finding->data, html_has_row(html, finding) && finding->data->cause != NULL
                                        ? finding->data->cause
                                        : finding->data->message),
        MESSAGE_LENGTH);
    html_text(html, message);
    free(message);
    fputs("</p>\n", html->out);
}

static void put_death(const struct html *html, const struct crash *crash)
{
    const struct module *module = crash_module(crash);
    const struct crash_record *data = crash->data;
    bool was_access = data->stack_count > 0 && data->stack[0].pc != data->place->pc;
    char *signal = crash_signal(crash);

    fputs("<article class=\"crash\">\n<h3>", html->out);
    html_format(html, "%s (process %" PRId64 ") died of %s", process_name(crash->process),
                crash->process->key.pid, signal);
    if (module != NULL)
        html_format(html, " in %s, which was %s", module_identity(module),
                    module_state_name(module->data->state));
    fputs("</h3>\n<p>", html->out);
    fputs(was_access ? "It read or wrote at " : "It jumped or returned to ", html->out);
    html_put_place(html, crash->process, data->place);
    if (module != NULL && module->unloaded <= crash->record->time)
        html_format(html, ", %.3f s after %s was unloaded",
                    (double)(crash->record->time - module->unloaded) / 1e9,
                    module_identity(module));
    fputs(".</p>\n", html->out);
    put_prediction(html, crash);
    fputs(data->stack_count > 0 ? "<h4>died at</h4>\n" : "", html->out);
    html_put_stack(html, crash->process, data->module, data->stack, data->stack_count);
    fputs("</article>\n", html->out);
    free(signal);
}

void html_put_crashes(const struct html *html)
{
    size_t count = 0;

    if (html->report->model->crashes == NULL)
        return;
    fputs("<section aria-labelledby=\"crashes\">\n<h2 id=\"crashes\">Crashes</h2>\n", html->out);
    for (const struct crash *crash = html->report->model->crashes;
         crash != NULL && count < CRASHES_MAX; crash = crash->next, count++)
        put_death(html, crash);
    if (html->report->model->crash_count > count)
        fprintf(html->out, "<p>And %zu more.</p>\n", html->report->model->crash_count - count);
    fputs("</section>\n", html->out);
}
