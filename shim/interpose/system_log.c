// SPDX-License-Identifier: MIT
#include "interpose/real.h"
#include "interpose/registering.h"

/* There is one name for the whole process; without one the old name stays. */
EXPORT void openlog(const char *name, int option, int facility)
{
    real_need(real_openlog);
    struct registration *registration = registering_prepare(&(struct registration_request){
        .type = REGISTERED_LOG_NAME, .data = (uintptr_t)name, .caller = CALLER()});
    real_openlog(name, option, facility);
    if (name)
        registering_done(registration, REGISTERED_LOG_NAME, 0);
}

EXPORT void closelog(void)
{
    real_need(real_closelog);
    real_closelog();
    registering_forget(REGISTERED_LOG_NAME, 0, false);
}
