// SPDX-License-Identifier: MIT
#include "render/output.h"

#include "base/memory.h"
#include "base/message.h"
#include "load/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct format formats[] = {
    {"text", render_text},     {"json", render_json},   {"junit", render_junit},
    {"github", render_github}, {"sarif", render_sarif}, {"markdown", render_markdown},
    {"gitlab", render_gitlab}, {"dot", render_dot},     {"html", render_html},
};

const struct format format_default = {"text", render_text};
const struct format format_leaks = {"leaks", render_leaks};

enum { FORMAT_COUNT = sizeof formats / sizeof *formats };

static void say_unknown(const char *name)
{
    char *names = memory_string(formats[0].name);

    for (size_t i = 1; i < FORMAT_COUNT; i++) {
        char *longer = memory_format("%s, %s", names, formats[i].name);

        free(names);
        names = longer;
    }
    message_usage("unknown format \"%s\": it must be one of %s", name, names);
    free(names);
}

const struct format *format_find(const char *name)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    }
    say_unknown(name);
    return NULL;
}

const char *format_name(size_t number)
{
    return number < FORMAT_COUNT ? formats[number].name : NULL;
}

void outputs_add(struct outputs *outputs, const struct format *format, const char *path)
{
    ARRAY_PUSH(outputs->items, outputs->count, (struct output){.format = format, .path = path});
}

void outputs_add_stream(struct outputs *outputs, const struct format *format, FILE *stream)
{
    ARRAY_PUSH(outputs->items, outputs->count, (struct output){.format = format, .stream = stream});
}

bool outputs_add_argument(struct outputs *outputs, const char *argument)
{
    const char *colon = strchr(argument, ':');
    const struct format *format;
    char *name;

    if (colon == NULL || colon[1] == '\0') {
        message_usage("--report=%s: it must be FORMAT:FILE", argument);
        return false;
    }
    name = memory_format("%.*s", (int)(colon - argument), argument);
    format = format_find(name);
    free(name);
    if (format != NULL)
        outputs_add(outputs, format, colon + 1);
    return format != NULL;
}

/* Empties a regular file, unless it must stay as it is: NULL, or why it must. */
static const char *begin_file(struct outputs *outputs, const char *path, int descriptor)
{
    struct stat status;

    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
        return NULL;
    if (file_ids_have(&outputs->files, &status))
        return "another report goes there";
    if (load_is_report(path))
        return "it is the report file of a process";
    file_ids_add(&outputs->files, &status);
    return ftruncate(descriptor, 0) == 0 ? NULL : strerror(errno);
}

static FILE *open_file(struct outputs *outputs, const char *path)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    const char *problem = descriptor >= 0 ? begin_file(outputs, path, descriptor) : strerror(errno);
    FILE *stream = problem == NULL ? fdopen(descriptor, "w") : NULL;

    if (stream != NULL)
        return stream;
    message_error("cannot write %s: %s", path, problem != NULL ? problem : strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
    return NULL;
}

bool outputs_open(struct outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++) {
        struct output *output = &outputs->items[i];

        if (output->stream != NULL)
            continue;
        output->stream = strcmp(output->path, "-") == 0 ? stdout : open_file(outputs, output->path);
        if (output->stream == NULL)
            return false;
    }
    return true;
}

static bool want_color(FILE *stream)
{
    const char *no_color = getenv("NO_COLOR");

    return (no_color == NULL || no_color[0] == '\0') && isatty(fileno(stream));
}

/* Standard streams are only flushed: they are not ours to close. */
static bool finish(struct output *output)
{
    bool good = !ferror(output->stream);

    if (output->path == NULL || output->stream == stdout)
        good &= fflush(output->stream) == 0;
    else
        good &= fclose(output->stream) == 0;
    output->stream = NULL;
    return good;
}

bool outputs_write(struct outputs *outputs, const struct report *report)
{
    bool good = true;

    for (size_t i = 0; i < outputs->count; i++) {
        struct output *output = &outputs->items[i];

        output->format->render(output->stream, report, want_color(output->stream));
        if (finish(output))
            continue;
        message_error("cannot write %s: %s", output->path != NULL ? output->path : "the report",
                      strerror(errno));
        good = false;
    }
    return good;
}

void outputs_clear(struct outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++) {
        if (outputs->items[i].stream != NULL)
            finish(&outputs->items[i]);
    }
    free(outputs->items);
    file_ids_clear(&outputs->files);
    memset(outputs, 0, sizeof *outputs);
}
