// SPDX-License-Identifier: MIT
/* The program's own conversions of printf. */
#include "interpose/real.h"
#include "interpose/registering.h"

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
