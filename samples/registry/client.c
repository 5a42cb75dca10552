// SPDX-License-Identifier: MIT
/* libclient.so: subscribes for others. */
#include "notices.h"

int client_subscribe(notices_function *function);

int client_subscribe(notices_function *function)
{
    int error = notices_subscribe(function);

    return error;
}
