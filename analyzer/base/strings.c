// SPDX-License-Identifier: MIT
#include "base/strings.h"

#include "base/hash.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

struct kept_string {
    UT_hash_handle hh;
    char text[];
};

const char *strings_keep(struct strings *strings, const char *text)
{
    struct kept_string *kept;
    size_t length;

    if (text == NULL)
        return NULL;
    length = strlen(text);
    HASH_FIND(hh, strings->set, text, length, kept);
    if (kept != NULL)
        return kept->text;
    kept = store_block(&strings->store, sizeof *kept + length + 1);
    memcpy(kept->text, text, length + 1);
    HASH_ADD_KEYPTR(hh, strings->set, kept->text, length, kept);
    return kept->text;
}

void strings_free(struct strings *strings)
{
    HASH_CLEAR(hh, strings->set);
    store_free(&strings->store);
}
