// SPDX-License-Identifier: MIT
#include "support.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void support_load(struct model *model, const char *const *texts, size_t count)
{
    struct record_sink sink = model_sink(model);
    int descriptors[16];

    cr_assert(count <= sizeof descriptors / sizeof *descriptors);
    for (size_t i = 0; i < count; i++) {
        int descriptor = descriptors[i] = memfd_create("report", MFD_CLOEXEC);
        char path[64];

        cr_assert(descriptor >= 0);
        cr_assert(write(descriptor, texts[i], strlen(texts[i])) == (ssize_t)strlen(texts[i]));
        snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
        load_file(path, &sink, &model->loaded);
    }
    model_finish(model); /* it may read the files again */
    for (size_t i = 0; i < count; i++)
        close(descriptors[i]);
}
