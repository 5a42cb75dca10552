// SPDX-License-Identifier: MIT
/* Functions of libc that take a string, a buffer or functions, and use them later. */
#include "interpose/real.h"
#include "interpose/registering.h"

#include <string.h>

/* --- environment
 * ------------------------------------------------------------------------------------------- */

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

/* --- system log
 * -------------------------------------------------------------------------------------------- */

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

/* --- printf
 * ------------------------------------------------------------------------------------------------
 */

static struct registration *prepare_conversion(int letter, uintptr_t convert, uintptr_t arguments,
                                               uintptr_t caller)
{
    char name[] = {'%', (char)letter, '\0'};
    return registering_prepare(&(struct registration_request){.type = REGISTERED_CONVERSION,
                                                              .functions = {convert, arguments},
                                                              .caller = caller,
                                                              .name = name,
                                                              .name_length = 2});
}

static void conversion_done(struct registration *registration, int error, int letter)
{
    if (error)
        registering_failed(registration);
    else
        registering_done(registration, REGISTERED_CONVERSION, (uintptr_t)letter);
}

EXPORT int register_printf_function(int letter, printf_function *convert,
                                    printf_arginfo_function *arguments)
{
    real_need(real_register_printf_function);
    struct registration *registration =
        prepare_conversion(letter, (uintptr_t)convert, (uintptr_t)arguments, CALLER());
    int error = real_register_printf_function(letter, convert, arguments);
    conversion_done(registration, error, letter);
    return error;
}

EXPORT int register_printf_specifier(int letter, printf_function *convert,
                                     printf_arginfo_size_function *arguments)
{
    real_need(real_register_printf_specifier);
    struct registration *registration =
        prepare_conversion(letter, (uintptr_t)convert, (uintptr_t)arguments, CALLER());
    int error = real_register_printf_specifier(letter, convert, arguments);
    conversion_done(registration, error, letter);
    return error;
}

EXPORT int register_printf_type(printf_va_arg_function *function)
{
    real_need(real_register_printf_type);
    struct registration *registration = registering_prepare(&(struct registration_request){
        .type = REGISTERED_ARGUMENT_TYPE, .functions = {(uintptr_t)function}, .caller = CALLER()});
    int type = real_register_printf_type(function);
    if (type < 0)
        registering_failed(registration);
    return type;
}

/* --- streams
 * -----------------------------------------------------------------------------------------------
 */

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

/* Before the real call, after which the address may be another stream's. But what is gone stays
 * until the call came back: it may be the crash that was foretold. */
EXPORT int fclose(FILE *stream)
{
    uintptr_t identity = (uintptr_t)stream;
    real_need(real_fclose);
    bool cookie = registering_forget(REGISTERED_COOKIE, identity, true);
    bool buffer = registering_forget(REGISTERED_BUFFER, identity, true);
    int error = real_fclose(stream);
    if (cookie)
        registering_forget(REGISTERED_COOKIE, identity, false);
    if (buffer)
        registering_forget(REGISTERED_BUFFER, identity, false);
    return error;
}
