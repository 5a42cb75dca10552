// SPDX-License-Identifier: MIT
/*
 * libFuzzer target: bytes as a report file, through loader, model and renderers. Files that the
 * report names are not read (fuzz_elf.c): each would be, by a copy of this process.
 *   meson setup -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false build   (with CC=clang)
 *   build/tests/analyzer/fuzz_load -entropic=0 -max_len=4096 corpus/ tests/analyzer/data
 * Weighing its corpus takes libFuzzer three times as long as all of the target: hence -entropic=0.
 */
#include "load/load.h"
#include "model/model.h"
#include "render/report.h"
#include "symbolize/symbolize.h"
#include "symbolize/worker.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *nowhere;

__typeof__(worker_look_up) __wrap_worker_look_up;

/* In place of the real one (ld --wrap): every file is there, and has no names. */
bool __wrap_worker_look_up(const struct image_file *file, const struct lookup *lookups,
                           size_t count, double *seconds)
{
    return true;
}

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
