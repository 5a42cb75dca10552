// SPDX-License-Identifier: MIT
/* Common parts of the analyzer's unit tests: a model made from a text. */
#ifndef DLPIN_TEST_SUPPORT_H
#define DLPIN_TEST_SUPPORT_H

#include "model/model.h"

#define HEADER                                                                  \
    "{\"type\":\"header\",\"format\":\"dlpin-report\",\"version\":1,\"pid\":1," \
    "\"exe\":\"/opt/host\",\"started\":\"2024-05-01T10:00:00Z\"}\n"
#define MODULE                                                                \
    "{\"type\":\"module\",\"pid\":1,\"id\":2,\"path\":\"/opt/libplug.so.1\"," \
    "\"soname\":\"libplug.so\",\"load\":1,\"state\":\"unloaded\"}\n"
#define SUMMARY "{\"type\":\"summary\",\"pid\":1,\"ended\":\"exit\"}\n"
/* A finding with further members, each with a comma in front of it. */
#define FINDING(pid, id, severity, more)                              \
    "{\"type\":\"finding\",\"pid\":" #pid ",\"id\":" #id              \
    ",\"kind\":\"key\",\"verdict\":\"lost\",\"severity\":\"" severity \
    "\",\"module\":2,\"message\":\"left a key\"" more "}\n"

#define RESOLVED(id) "{\"type\":\"resolved\",\"pid\":1,\"finding\":" #id "}\n"

/* Each text becomes a file; the model is finished. */
void support_load(struct model *model, const char *const *texts, size_t count);

#define SUPPORT_LOAD(model, ...)                              \
    support_load((model), (const char *const[]){__VA_ARGS__}, \
                 sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

#endif
