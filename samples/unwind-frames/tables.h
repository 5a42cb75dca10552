// SPDX-License-Identifier: MIT
/*
 * Unwind tables as a compiler at run time makes them, and the functions that take them (libgcc has
 * no header for these).
 */
#ifndef SAMPLES_TABLES_H
#define SAMPLES_TABLES_H

#include <stdint.h>

/* How the stack of one function is laid out: a common part, one for the function, an end mark. */
struct tables {
    struct {
        uint32_t length, id;
        uint8_t version, augmentation, code_alignment, data_alignment, return_register;
        uint8_t operations[11]; /* at the entry: none */
    } common;
    struct {
        uint32_t length, to_common;
        const void *start;
        uintptr_t size;
    } function;
    uint32_t end;
};

#if defined(__x86_64__)
#define RETURN_REGISTER 16
#else
#define RETURN_REGISTER 30
#endif

#define TABLES_OF(address)                                                          \
    {                                                                               \
        .common = {.length = 20,                                                    \
                   .version = 1,                                                    \
                   .code_alignment = 1,                                             \
                   .data_alignment = 0x78,                                          \
                   .return_register = RETURN_REGISTER},                             \
        .function = {.length = 20, .to_common = 28, .start = (address), .size = 1}, \
    }

/* Room for the notes that libgcc keeps of a registration (its struct object, which is smaller). */
struct notes {
    void *words[16];
};

void __register_frame(void *begin);
void __register_frame_info(const void *begin, void *notes);
void __register_frame_info_bases(const void *begin, void *notes, void *text, void *data);
void __register_frame_table(void *begin);
void __register_frame_info_table(void *begin, void *notes);
void __register_frame_info_table_bases(void *begin, void *notes, void *text, void *data);
void __deregister_frame(void *begin);
void *__deregister_frame_info(const void *begin);
void *__deregister_frame_info_bases(const void *begin);

#endif
