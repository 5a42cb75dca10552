// SPDX-License-Identifier: MIT
#include "render/finding_message.h"

#include "base/memory.h"
#include "model/function_name.h"
#include "symbolize/demangle.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* "the variable drivers+0x18 in ", as the library says it; NULL: it is in no sentence, or no more
 * is known. */
static char *variable_words(const struct path_node *root, const char *part)
{
    char *symbol, *words;

    if (root->variable == NULL || root->variable->part == NULL || root->symbol == NULL)
        return NULL;
    symbol = demangle(root->symbol);
    words = part == NULL && root->via > 0
                ? memory_format("the variable %s+0x%" PRIx64 " in ", symbol, (uint64_t)root->via)
                : memory_format("the variable %s%s in ", symbol, part != NULL ? part : "");
    free(symbol);
    return words;
}

static const char *name_at(const struct finding_record *data, uint64_t offset)
{
    for (size_t i = 0; i < data->point_count; i++) {
        if (data->points[i].offset == offset)
            return data->points[i].function;
    }
    return NULL;
}

/* The library names no code of the C++ library: "cxx.so+0x1350 (code of the C++ library)". */
static char *with_name(const struct finding_record *data, char *text)
{
    static const char remark[] = " (code of the C++ library)";
    char *end = strstr(text, remark), *start = end, *plus = end, *longer;
    const char *name;

    if (end == NULL)
        return text;
    while (start > text && start[-1] != ' ')
        start--;
    while (plus > start && *plus != '+')
        plus--;
    name = name_at(data, strtoull(plus, NULL, 16));
    if (name == NULL)
        return text;
    longer = memory_format("%.*s%s (%.*s)%s", (int)(start - text), text, name, (int)(end - start),
                           start, end + strlen(remark));
    free(text);
    return longer;
}

char *message_text(const struct finding_record *data, const char *sentence)
{
    const struct path_node *root =
        data->retention_path.count > 0 ? data->retention_path.nodes : NULL;
    char *text = with_name(data, demangle_text(sentence));
    char *words = root != NULL ? variable_words(root, NULL) : NULL;
    char *at = words != NULL ? strstr(text, words) : NULL;

    if (at != NULL) {
        char *better = variable_words(root, root->variable->part);
        char *longer =
            memory_format("%.*s%s%s", (int)(at - text), text, better, at + strlen(words));

        free(better);
        free(text);
        text = longer;
    }
    free(words);
    words = short_name(text);
    free(text);
    return words;
}

void put_sentence(FILE *out, const struct style *style, const struct finding_record *data,
                  const char *indent, const char *sentence)
{
    char *text = message_text(data, sentence);

    put_sentences(out, style, indent, text);
    free(text);
}

void put_message(FILE *out, const struct style *style, const struct finding_record *data,
                 const char *indent)
{
    char *margin;

    if (data->cause == NULL || data->consequence == NULL || data->fix == NULL) {
        put_sentence(out, style, data, indent, data->message);
        return;
    }
    put_sentence(out, style, data, indent, data->cause);
    if (data->consequence[0] != '\0')
        put_sentence(out, style, data, indent, data->consequence);
    if (data->fix[0] == '\0')
        return;
    margin = memory_format("%sfix: ", indent);
    put_sentence(out, style, data, margin, data->fix);
    free(margin);
}
