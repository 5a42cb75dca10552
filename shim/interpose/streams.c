// SPDX-License-Identifier: MIT
/* Streams that use a buffer or functions of the program. */
#include "interpose/descriptors.h"
#include "interpose/real.h"
#include "interpose/registering.h"

static struct registration *prepare_buffer(const void *buffer, uintptr_t caller)
{
    if (!buffer)
        return NULL;
    return registering_prepare(&(struct registration_request){
        .type = REGISTERED_BUFFER, .data = (uintptr_t)buffer, .caller = caller});
}

EXPORT int setvbuf(FILE *stream, char *buffer, int mode, size_t size)
{
    real_need(real_setvbuf);
    struct registration *registration = prepare_buffer(buffer, CALLER());
    int error = real_setvbuf(stream, buffer, mode, size);
    if (error)
        registering_failed(registration);
    else if (buffer)
        registering_done(registration, REGISTERED_BUFFER, (uintptr_t)stream);
    return error;
}

EXPORT void setbuf(FILE *stream, char *buffer)
{
    real_need(real_setbuf);
    struct registration *registration = prepare_buffer(buffer, CALLER());
    real_setbuf(stream, buffer);
    registering_done(registration, REGISTERED_BUFFER, (uintptr_t)stream);
}

EXPORT void setbuffer(FILE *stream, char *buffer, size_t size)
{
    real_need(real_setbuffer);
    struct registration *registration = prepare_buffer(buffer, CALLER());
    real_setbuffer(stream, buffer, size);
    registering_done(registration, REGISTERED_BUFFER, (uintptr_t)stream);
}

EXPORT FILE *fopencookie(void *cookie, const char *mode, cookie_io_functions_t functions)
{
    real_need(real_fopencookie);
    struct registration *registration = registering_prepare(&(struct registration_request){
        .type = REGISTERED_COOKIE,
        .functions = {(uintptr_t)functions.read, (uintptr_t)functions.write,
                      (uintptr_t)functions.seek, (uintptr_t)functions.close},
        .data = (uintptr_t)cookie,
        .caller = CALLER()});
    FILE *stream = real_fopencookie(cookie, mode, functions);
    if (!stream)
        registering_failed(registration);
    else
        registering_done(registration, REGISTERED_COOKIE, (uintptr_t)stream);
    return stream;
}

EXPORT FILE *fmemopen(void *buffer, size_t size, const char *mode)
{
    real_need(real_fmemopen);
    struct registration *registration =
        buffer
            ? registering_prepare(&(struct registration_request){
                  .type = REGISTERED_MEMORY_STREAM, .data = (uintptr_t)buffer, .caller = CALLER()})
            : NULL;
    FILE *stream = real_fmemopen(buffer, size, mode);
    if (!stream)
        registering_failed(registration);
    else if (buffer)
        registering_done(registration, REGISTERED_MEMORY_STREAM, (uintptr_t)stream);
    return stream;
}

static const enum registration_type stream_types[] = {REGISTERED_BUFFER, REGISTERED_COOKIE,
                                                      REGISTERED_MEMORY_STREAM};

/* Before the real call, after which the address may be another stream's. But an entry of an
 * unloaded module stays until the call returns, which may be the predicted crash. */
EXPORT int fclose(FILE *stream)
{
    uintptr_t identity = (uintptr_t)stream;
    real_need(real_fclose);
    descriptors_stream_closes(stream);
    bool stays[ARRAY_SIZE(stream_types)];
    for (size_t i = 0; i < ARRAY_SIZE(stream_types); i++)
        stays[i] = registering_forget(stream_types[i], identity, true);
    int error = real_fclose(stream);
    for (size_t i = 0; i < ARRAY_SIZE(stream_types); i++)
        if (stays[i])
            registering_forget(stream_types[i], identity, false);
    return error;
}
