// SPDX-License-Identifier: MIT
/*
 * libFuzzer target: bytes as a report file, through loader, model and renderers.
 *   meson setup -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false build   (with CC=clang)
 *   build/tests/analyzer/fuzz_load corpus/ tests/analyzer/data
 */
#include "load/load.h"
#include "model/model.h"
#include "render/report.h"
#include "symbolize/symbolize.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *nowhere;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int descriptor = memfd_create("input", MFD_CLOEXEC);
    struct model model = {0};
    const struct record_sink sink = model_sink(&model);
    const struct report report = {.model = &model};
    char path[64];

    if (nowhere == NULL)
        nowhere = fopen("/dev/null", "we");
    if (descriptor < 0 || write(descriptor, data, size) != (ssize_t)size)
        return -1;
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    load_file(path, &sink, &model.loaded);
    model_finish(&model);
    close(descriptor);
    symbolize_model(&model);
    model_sign(&model);
    render_text(nowhere, &report, false);
    render_json(nowhere, &report, false);
    model_free(&model);
    return 0;
}
