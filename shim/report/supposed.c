// SPDX-License-Identifier: MIT
/* Records of findings under a supposition. They are stored nowhere. */
#include "modules/named.h"
#include "report/log.h"
#include "report/signature.h"
#include "report/records.h"
#include "report/report.h"
#include "rules/rules.h"

void report_supposed(struct text *text, const struct finding *finding, uint32_t token, uint32_t id)
{
    struct message message = {0};
    struct text signature = {0};
    rules_explain(finding, &message);
    make_signature(&signature, finding);
    const struct finding_record record = {
        .finding = finding,
        .id = id,
        .token = token,
        .at = AT_REQUEST,
        .count = 1,
        .loads = finding->module ? &finding->module->load : NULL,
        .load_count = finding->module != NULL,
        .message = &message,
        .signature = text_string(&signature),
    };
    record_finding(text, &record, log_now());
    message_free(&message);
    text_free(&signature);
}

unsigned report_take_named(uint32_t *modules, unsigned most)
{
    struct module *module;
    unsigned count = 0;
    while (count < most && (module = modules_take_named()) != NULL)
        modules[count++] = module->id;
    return count;
}

void report_add(const char *records, size_t length, const uint32_t *named, unsigned count)
{
    struct text text = {0};
    if (length == 0 || !lock_acquire(&report_lock))
        return;
    text_add_n(&text, records, length);
    bool is_open = log_open_locked();
    for (unsigned i = 0; is_open && i < count; i++)
        log_list_named(named[i]);
    if (is_open)
        log_write(&text);
    else
        text_free(&text);
    lock_release(&report_lock);
}
