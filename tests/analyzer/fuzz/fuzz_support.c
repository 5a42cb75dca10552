// SPDX-License-Identifier: MIT
#include "fuzz_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char report[] =
    "{\"type\":\"header\",\"format\":\"dlpin-report\",\"version\":1,\"pid\":1}\n"
    "{\"type\":\"module\",\"pid\":1,\"id\":2,\"path\":\"/opt/libplug.so.1\",\"soname\":"
    "\"libplug.so\",\"state\":\"unloaded\"}\n"
    "{\"type\":\"finding\",\"pid\":1,\"id\":1,\"kind\":\"key\",\"verdict\":\"lost\",\"severity\":"
    "\"error\",\"module\":2,\"message\":\"m\",\"stack\":[{\"pc\":\"0x9\",\"module\":2,\"offset\":8,"
    "\"symbol\":\"f\"}]}\n"
    "{\"type\":\"finding\",\"pid\":1,\"id\":2,\"kind\":\"heap-lost\",\"verdict\":\"lost\","
    "\"severity\":\"warning\",\"module\":2,\"message\":\"m\"}\n"
    "{\"type\":\"summary\",\"pid\":1,\"ended\":\"exit\"}\n";

const char *fuzz_file(const uint8_t *data, size_t size)
{
    static int descriptor = -1;
    static char path[64];

    if (descriptor >= 0)
        close(descriptor);
    descriptor = memfd_create("input", MFD_CLOEXEC);
    if (descriptor < 0 || write(descriptor, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    return path;
}

void fuzz_model(struct model *model)
{
    if (model->processes == NULL) {
        const struct record_sink sink = model_sink(model);

        load_file(fuzz_file((const uint8_t *)report, strlen(report)), &sink, &model->loaded);
        model_finish(model);
        model_sign(model);
    }
    for (struct group *group = model->groups; group != NULL; group = group->hh.next) {
        group->suppressed = group->known = group->expired = NULL;
        group->hidden = false;
    }
}
