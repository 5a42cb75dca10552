// SPDX-License-Identifier: MIT
#include "interpose/real.h"
#include "interpose/registering.h"

#include <string.h>

EXPORT int putenv(char *string)
{
    real_need(real_putenv);
    struct registration *registration =
        registering_prepare(&(struct registration_request){.type = REGISTERED_VARIABLE,
                                                           .data = (uintptr_t)string,
                                                           .caller = CALLER(),
                                                           .name = string,
                                                           .name_length = strcspn(string, "=")});
    int error = real_putenv(string);
    if (error)
        registering_failed(registration);
    else
        registering_done(registration, REGISTERED_VARIABLE, (uintptr_t)string);
    return error;
}
