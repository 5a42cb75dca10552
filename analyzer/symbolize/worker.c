// SPDX-License-Identifier: MIT
#include "symbolize/worker.h"

#include "base/memory.h"
#include "base/message.h"
#include "symbolize/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Longer than any name or path that helps. */
enum { TEXT_MAX = 64 << 10, NO_TEXT = -1 };

static void send_text(FILE *out, const char *text)
{
    size_t length = text != NULL ? strnlen(text, TEXT_MAX) : 0;
    int32_t number = text != NULL ? (int32_t)length : NO_TEXT;

    fwrite(&number, sizeof number, 1, out);
    if (length > 0)
        fwrite(text, 1, length, out);
}

static void send_place(FILE *out, const char *function, const char *source, int line)
{
    send_text(out, function);
    send_text(out, source);
    fwrite(&line, sizeof line, 1, out);
}

static void answer(struct image *image, const struct lookup *lookup, FILE *out)
{
    struct frame frame = {.of = lookup->frame->of, .returns = lookup->frame->returns};

    image_lookup(image, lookup->address, &frame);
    fwrite(&frame.inlined_count, sizeof frame.inlined_count, 1, out);
    for (size_t i = 0; i < frame.inlined_count; i++)
        send_place(out, frame.inlined[i].function, frame.inlined[i].source, frame.inlined[i].line);
    send_place(out, frame.function, frame.source, frame.line);
    send_text(out, frame.part);
    frame_clear(&frame);
}

/* A question about a file: what is at these addresses, or where its sources are. */
struct task {
    const struct lookup *lookups;
    size_t count;
    const struct source_root *root; /* NULL: addresses */
    bool is_built_from;
};

static void work(int descriptor, const struct stat *status, const struct image_file *file,
                 const struct task *task, FILE *out)
{
    struct image *image = image_of(descriptor, status, file);

    for (size_t i = 0; image != NULL && i < task->count; i++) {
        answer(image, &task->lookups[i], out);
        /* If the next one ends this process, the ones before it are known. */
        fflush(out);
    }
    if (image != NULL && task->root != NULL) {
        fputc(image_is_built_from(image, task->root), out);
        fflush(out);
    }
}

/* False: there is no more. */
static bool receive_text(FILE *in, char **text)
{
    int32_t length;

    if (fread(&length, sizeof length, 1, in) != 1 || length > TEXT_MAX)
        return false;
    if (length < 0)
        return length == NO_TEXT;
    free(*text);
    *text = memory_zeroed((size_t)length + 1);
    return fread(*text, 1, (size_t)length, in) == (size_t)length;
}

static bool receive_place(FILE *in, char **function, char **source, int *line)
{
    return receive_text(in, function) && receive_text(in, source) &&
           fread(line, sizeof *line, 1, in) == 1;
}

static bool receive_frame(FILE *in, struct frame *frame)
{
    size_t count;

    if (fread(&count, sizeof count, 1, in) != 1 || count > INLINED_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct inlined inlined = {0};
        bool whole = receive_place(in, &inlined.function, &inlined.source, &inlined.line);

        ARRAY_PUSH(frame->inlined, frame->inlined_count, inlined);
        if (!whole)
            return false;
    }
    return receive_place(in, &frame->function, &frame->source, &frame->line) &&
           receive_text(in, &frame->part);
}

static void receive(FILE *in, struct task *task)
{
    size_t i = 0;

    while (i < task->count && receive_frame(in, task->lookups[i].frame))
        i++;
    if (task->root != NULL)
        task->is_built_from = fgetc(in) == true;
}

static void say_how_it_ended(const char *path, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
        message_error("%s: its symbols take too long to read: names are missing", path);
    else if (WIFEXITED(status))
        message_error("%s: its symbols take too much memory to read: names are missing", path);
    else
        message_error("%s: its symbols cannot be read (%s): names are missing", path,
                      strsignal(WTERMSIG(status)));
}

static double seconds_of(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

static void wait_for(pid_t worker, const char *path, double *seconds)
{
    struct rusage usage;
    int status = 0;
    pid_t ended;

    do {
        ended = wait4(worker, &status, 0, &usage);
    } while (ended < 0 && errno == EINTR);
    if (ended != worker)
        return;
    *seconds -= seconds_of(&usage);
    say_how_it_ended(path, status);
}

static void do_task(int descriptor, const struct stat *status, const struct image_file *file,
                    struct task *task, double *seconds)
{
    int ends[2];
    pid_t worker;
    FILE *stream;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
    worker = fork();
    stream = worker == 0 ? fdopen(ends[1], "w") : worker > 0 ? fdopen(ends[0], "r") : NULL;
    if (worker == 0) {
        close(ends[0]);
        limits_begin((unsigned)*seconds + 1);
        if (stream != NULL)
            work(descriptor, status, file, task, stream);
        _exit(EXIT_SUCCESS);
    }
    close(ends[1]);
    if (stream != NULL) {
        receive(stream, task);
        fclose(stream);
    } else {
        close(ends[0]);
    }
    if (worker > 0)
        wait_for(worker, file->path, seconds);
}

/* False where only another file is at the place of this one. */
static bool start_task(const struct image_file *file, struct task *task, double *seconds)
{
    struct stat status;
    bool is_other;
    int descriptor = image_find(file, &status, &is_other);

    if (descriptor < 0)
        return !is_other;
    if (*seconds > 0)
        do_task(descriptor, &status, file, task, seconds);
    else
        message_error("%s: no time is left to read its symbols: names are missing", file->path);
    close(descriptor);
    return true;
}

bool worker_look_up(const struct image_file *file, const struct lookup *lookups, size_t count,
                    double *seconds)
{
    struct task task = {.lookups = lookups, .count = count};

    return start_task(file, &task, seconds);
}

bool worker_is_built_from(const struct image_file *file, const struct source_root *root,
                          double *seconds)
{
    struct task task = {.root = root};

    start_task(file, &task, seconds);
    return task.is_built_from;
}
