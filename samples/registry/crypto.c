// SPDX-License-Identifier: MIT
/* Texts of errors in OpenSSL's table, which dlpin knows. */
#include "plugin.h"

#include <openssl/err.h>

enum { LIBRARY = 99 };

static ERR_STRING_DATA texts[] = {
    {ERR_PACK(LIBRARY, 0, 1), "the plug-in failed"},
    {0, NULL},
};

ENTRY(load_texts)
{
    return ERR_load_strings(LIBRARY, texts) == 1 ? 0 : -1;
}

ENTRY(unload_texts)
{
    return ERR_unload_strings(LIBRARY, texts) == 1 ? 0 : -1;
}
