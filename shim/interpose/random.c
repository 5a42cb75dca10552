// SPDX-License-Identifier: MIT
/* The state of random(3), which may lie in memory of the program. */
#include "interpose/real.h"
#include "interpose/registering.h"

static struct registration *prepare(const char *call, const char *state, uintptr_t caller)
{
    return registering_prepare(&(struct registration_request){
        .type = REGISTERED_RANDOM_STATE, .call = call, .data = (uintptr_t)state, .caller = caller});
}

/* There is one state for the whole process; after an error the old one stays. */
static void done(struct registration *registration, const char *old)
{
    if (old)
        registering_done(registration, REGISTERED_RANDOM_STATE, 0);
    else
        registering_failed(registration);
}

EXPORT char *initstate(unsigned seed, char *state, size_t size)
{
    real_need(real_initstate);
    struct registration *registration = prepare("initstate", state, CALLER());
    char *old = real_initstate(seed, state, size);
    done(registration, old);
    return old;
}

EXPORT char *setstate(char *state)
{
    real_need(real_setstate);
    struct registration *registration = prepare("setstate", state, CALLER());
    char *old = real_setstate(state);
    done(registration, old);
    return old;
}
