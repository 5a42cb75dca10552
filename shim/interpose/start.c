// SPDX-License-Identifier: MIT
#include "base/bypassed.h"
#include "interpose/keep.h"
#include "interpose/real.h"
#include "lifecycle/start.h"
#include "modules/surroundings.h"

/* Beyond the allocator, which has an entry of its own in the coverage. The functions of a sanitizer
 * call ours. */
static void find_bypassed(void)
{
    bool of_heap = true;
    if (surroundings_program_has("__sanitizer_report_error_summary"))
        return;
    for (unsigned i = 0; i < interposer_count; i++) {
        if (!of_heap && surroundings_program_has(interposers[i].name))
            bypassed_note(interposers[i].name);
        of_heap &= interposers[i].real != (void **)&real_malloc_usable_size;
    }
}

/* Before the constructors of other libraries, as far as the loader's order lets it. */
__attribute__((constructor(101))) static void start(void)
{
    real_resolve();
    find_bypassed();
    lifecycle_start();
    keep_prevented();
}
