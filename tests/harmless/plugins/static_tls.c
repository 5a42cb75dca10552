// SPDX-License-Identifier: MIT
/* Takes 256 bytes of the static TLS block, of which the loader keeps a little in reserve. */
#include "../observe.h"

static __thread char area[256] __attribute__((tls_model("initial-exec")));

EXPORT(char *, static_tls, void)
{
    return area;
}
