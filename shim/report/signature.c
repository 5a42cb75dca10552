// SPDX-License-Identifier: MIT
#include "report/signature.h"
#include "base/names.h"
#include "rules/rule.h"
#include "rules/words.h"

enum { SIGNATURE_FRAMES = 8 };

void make_signature(struct text *text, const struct finding *finding)
{
    const struct object_class *class = class_of(&finding->object);
    const struct module *blamed = class->blame ? class->blame(finding) : finding->module;
    text_printf(text, "%s|%s", kind_names[finding->kind], blamed ? blamed->identity : "?");
    if (class->add_signature)
        class->add_signature(text, finding);
    else
        word_signature(text, &finding->function);
    if (class->stack_varies)
        return;
    for (uint32_t i = 0; finding->stack && i < finding->stack->count && i < SIGNATURE_FRAMES; i++)
        word_signature(text, &finding->stack->frames[i]);
}
