// SPDX-License-Identifier: MIT
#include "render/style.h"

#include "base/memory.h"
#include "base/message.h"
#include "model/function_name.h"
#include "symbolize/demangle.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_USUAL = 100, WIDTH_LEAST = 40 };

/* 0: the variable says nothing of use. */
static unsigned width_of_environment(void)
{
    const char *columns = getenv("COLUMNS");
    long width = columns != NULL ? strtol(columns, NULL, 10) : 0;

    return width >= WIDTH_LEAST && width < 10000 ? (unsigned)width : 0;
}

/* A file has no columns of its own, and shells export none to it. */
static unsigned width_of(FILE *out)
{
    struct winsize size;
    int number = fileno(out);
    unsigned width = number >= 0 && isatty(number) ? width_of_environment() : WIDTH_USUAL;

    if (width == 0 && ioctl(number, TIOCGWINSZ, &size) == 0)
        width = size.ws_col;
    return width == 0 ? WIDTH_USUAL : width < WIDTH_LEAST ? WIDTH_LEAST : width;
}

struct style style_of(FILE *out, bool color, bool verbose)
{
    return (struct style){.color = color, .verbose = verbose, .width = width_of(out)};
}

/* Each character takes one, whatever it is: bytes that continue one take none. */
static unsigned columns_of(const char *text, size_t length)
{
    unsigned columns = 0;

    for (size_t i = 0; i < length; i++)
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    return columns;
}

unsigned style_columns(const char *text)
{
    return columns_of(text, strlen(text));
}

bool style_cut(char *text, size_t length)
{
    if (strlen(text) <= length)
        return false;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    text[length] = '\0';
    return true;
}

void put_wrapped(FILE *out, const struct style *style, const char *indent, const char *text)
{
    char *copy = message_printable(memory_string(text)), *rest = copy, *word;
    unsigned margin = style_columns(indent), at = margin;
    bool first = true;

    fputs(indent, out);
    while ((word = strsep(&rest, " ")) != NULL) {
        unsigned columns = style_columns(word);

        if (!first && style->width > 0 && at + 1 + columns > style->width) {
            fprintf(out, "\n%*s", (int)margin, "");
            at = margin;
        } else if (!first) {
            fputc(' ', out);
            at++;
        }
        fputs(word, out);
        at += columns;
        first = false;
    }
    fputc('\n', out);
    free(copy);
}

void put_sentences(FILE *out, const struct style *style, const char *indent, const char *text)
{
    char *whole = demangle_text(text), *copy = short_name(whole), *rest = copy, *line;

    while ((line = strsep(&rest, "\n")) != NULL)
        put_wrapped(out, style, indent, line);
    free(copy);
    free(whole);
}
