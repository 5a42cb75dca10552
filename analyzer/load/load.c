// SPDX-License-Identifier: MIT
#include "load/load.h"

#include "base/memory.h"
#include "base/message.h"
#include "base/processors.h"
#include "base/progress.h"
#include "base/regular.h"
#include "load/folder.h"
#include "load/lines.h"
#include "load/parser.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file of rubbish is not worth more lines than this; the rest is only counted. */
enum { DAMAGE_LINES_MAX = 10, PROBLEM_SIZE = 256 };

/* A fifth of the work is done by one thread alone: more of them could not help. */
enum { THREADS_MAX = 8 };

struct damage {
    size_t line;
    char *problem;
};

/* All inputs. */
struct loading {
    const struct record_sink *sink;
    struct load_counts *counts;
    struct parser *parser;
};

struct file_load {
    char *path;
    const struct loading *all;
    int error; /* 0, or a negative errno of the opening or reading */
    size_t damaged, flawed, conflicts, known, records;
    /* Damage before the first record: said only if there is a record at all. */
    struct damage *early;
    size_t early_count;
    uint64_t size; /* 0: it has none, being a pipe */
    bool started;  /* the sink knows of this file */
    bool seekable; /* and what was read can be read again */
    bool has_header;
    bool refused;
    bool begins_like_report;
};

static bool may_say_more(const struct file_load *load)
{
    return load->damaged + load->flawed + load->conflicts <= DAMAGE_LINES_MAX;
}

static void say_damage(const struct file_load *load, size_t line, const char *problem)
{
    message_error("%s:%zu: damaged record skipped: %s", load->path, line, problem);
}

static void note_damage(struct file_load *load, const struct line *line, const char *problem)
{
    load->damaged++;
    if (!may_say_more(load))
        return;
    if (!line->complete)
        problem = "incomplete, the process was killed while it wrote, or still writes";
    if (load->known > 0)
        say_damage(load, line->number, problem);
    else
        ARRAY_PUSH(load->early, load->early_count,
                   (struct damage){line->number, memory_string(problem)});
}

static void say_early(struct file_load *load)
{
    for (size_t i = 0; i < load->early_count; i++)
        say_damage(load, load->early[i].line, load->early[i].problem);
}

static void forget_early(struct file_load *load)
{
    for (size_t i = 0; i < load->early_count; i++)
        free(load->early[i].problem);
    free(load->early);
    load->early = NULL;
    load->early_count = 0;
}

static void note_flaw(struct file_load *load, const struct line *line, const char *flaw)
{
    load->flawed++;
    if (may_say_more(load))
        message_error("%s:%zu: %s", load->path, line->number, flaw);
}

/* False where the file is not for this program at all. */
static bool header_accepted(struct file_load *load, const struct line *line,
                            const struct header_record *header)
{
    if (strcmp(header->format, DLPIN_REPORT_FORMAT) != 0) {
        message_error("%s:%zu: not a dlpin report: its format is \"%s\"", load->path, line->number,
                      header->format);
        return false;
    }
    if (header->version > DLPIN_REPORT_VERSION) {
        message_error("%s:%zu: report version %" PRId64
                      " is newer than this dlpin, which reads up to version %d; use the dlpin that "
                      "belongs to the libdlpin.so that wrote it",
                      load->path, line->number, header->version, DLPIN_REPORT_VERSION);
        return false;
    }
    load->has_header = true;
    return true;
}

static void note_conflict(struct file_load *load, const struct line *line, const char *conflict)
{
    load->conflicts++;
    if (may_say_more(load))
        message_error("%s:%zu: %s", load->path, line->number, conflict);
}

static void pass_on(struct file_load *load, const struct line *line, struct record *record)
{
    char *conflict;

    if (!load->started)
        load->all->sink->file(load->all->sink->context, load->path);
    load->started = true;
    load->records++;
    load->known += record->type != RECORD_UNKNOWN;
    if (load->known > 0) {
        say_early(load);
        forget_early(load);
    }
    conflict = load->all->sink->record(load->all->sink->context, record);
    if (conflict != NULL)
        note_conflict(load, line, conflict);
    free(conflict);
}

static void take_record(struct file_load *load, const struct line *line, struct record *record)
{
    if (record->type == RECORD_HEADER && !header_accepted(load, line, &record->header)) {
        record_free(record);
        load->refused = true;
        return;
    }
    if (load->seekable)
        record->offset = (int64_t)line->offset;
    if (record->flaw != NULL)
        note_flaw(load, line, record->flaw);
    pass_on(load, line, record);
}

static void take_line(void *file, const struct line *line, struct record *record,
                      const char *problem)
{
    struct file_load *load = file;

    progress_show(load->path, line->offset, load->size);
    if (line->number == 1)
        load->begins_like_report = line->length >= 2 && memcmp(line->text, "{\"", 2) == 0;
    if (load->refused)
        record_free(record);
    else if (record == NULL)
        note_damage(load, line, problem);
    else
        take_record(load, line, record);
}

/* Writes one line, however many lines of the file are no records. */
static void say_no_report(const struct file_load *load)
{
    if (load->early_count > 0 && load->begins_like_report)
        message_error("%s:%zu: not a dlpin report: %s", load->path, load->early[0].line,
                      load->early[0].problem);
    else
        message_error("%s: not a dlpin report: report files are those that dlpin run --keep leaves",
                      load->path);
}

static void say_the_rest(const struct file_load *load)
{
    if (load->known > 0 && !may_say_more(load))
        message_error("%s: %zu more damaged records or paths", load->path,
                      load->damaged + load->flawed + load->conflicts - DAMAGE_LINES_MAX);
}

/* Reports the faults of the file as a whole, after it has been read. */
static void judge_file(struct file_load *load)
{
    struct load_counts *counts = load->all->counts;

    say_the_rest(load);
    counts->damaged += load->known > 0 ? load->damaged : 0;
    counts->flawed += load->flawed;
    counts->conflicts += load->conflicts;
    counts->records += load->records;
    counts->files += load->known > 0;
    if (load->error < 0) {
        message_error("%s: %s", load->path, regular_problem(load->error));
        counts->unreadable++;
    } else if (load->refused) {
        counts->unreadable++;
    } else if (load->records == 0 && load->damaged == 0) {
        message_error("%s: empty: the process that made it wrote nothing", load->path);
        counts->empty++;
    } else if (load->known == 0) {
        say_no_report(load);
        counts->unreadable++;
    } else if (!load->has_header) {
        message_error("%s: the header is missing or damaged", load->path);
    }
}

static void take_end(void *file)
{
    struct file_load *load = file;

    judge_file(load);
    forget_early(load);
    free(load->path);
    free(load);
}

static const struct parser_user parser_user = {.line = take_line, .end = take_end};

static void loading_begin(struct loading *loading, const struct record_sink *sink,
                          struct load_counts *counts)
{
    unsigned processors = processors_usable();
    unsigned threads = processors < THREADS_MAX ? processors : THREADS_MAX;

    *loading = (struct loading){sink, counts, parser_new(&parser_user, threads)};
}

static void loading_end(struct loading *loading)
{
    parser_free(loading->parser);
    progress_clear();
}

static bool add_line(void *context, const struct line *line)
{
    struct file_load *load = context;

    parser_add(load->all->parser, load, line);
    return !load->refused;
}

static void read_file(const struct loading *loading, const char *path)
{
    struct file_load *load = memory_zeroed(sizeof *load);
    struct stat status;
    int descriptor = regular_open(path, REGULAR_OR_PIPE, &status);

    load->path = memory_string(path);
    load->all = loading;
    if (descriptor < 0) {
        load->error = descriptor;
    } else {
        load->seekable = S_ISREG(status.st_mode);
        load->size = load->seekable ? (uint64_t)status.st_size : 0;
        load->error =
            lines_read(descriptor, load->seekable ? load->size : LINES_TO_THE_END, add_line, load);
        close(descriptor);
    }
    parser_end(loading->parser, load);
}

void load_file(const char *path, const struct record_sink *sink, struct load_counts *counts)
{
    struct loading loading;

    loading_begin(&loading, sink, counts);
    read_file(&loading, path);
    loading_end(&loading);
}

bool load_is_report(const char *path)
{
    struct record *record = load_again(path, 0);
    bool is_report = record != NULL && record->type == RECORD_HEADER &&
                     strcmp(record->header.format, DLPIN_REPORT_FORMAT) == 0;

    record_free(record);
    return is_report;
}

static bool take_first_line(void *context, const struct line *line)
{
    struct record **record = context;
    char problem[PROBLEM_SIZE];

    if (!line->too_long)
        *record = record_parse(line->text, line->length, problem, sizeof problem);
    return false;
}

struct record *load_again(const char *path, int64_t offset)
{
    struct record *record = NULL;
    struct stat status;
    int descriptor = regular_open(path, 0, &status);

    if (descriptor >= 0 && lseek(descriptor, offset, SEEK_SET) == offset)
        lines_read(descriptor, LINES_TO_THE_END, take_first_line, &record);
    if (descriptor >= 0)
        close(descriptor);
    if (record != NULL)
        record->offset = offset;
    return record;
}

/* Messages about the directory come after those about the files before it. */
static void read_directory(const struct loading *loading, const char *path,
                           const struct file_ids *written)
{
    struct folder folder;

    parser_finish(loading->parser);
    if (!folder_read(&folder, path, written))
        loading->counts->unreadable++;
    for (size_t i = 0; i < folder.count; i++)
        read_file(loading, folder.files[i]);
    folder_free(&folder);
}

void load_inputs(const char *const *paths, size_t count, const struct file_ids *written,
                 const struct record_sink *sink, struct load_counts *counts)
{
    struct loading loading;

    loading_begin(&loading, sink, counts);
    for (size_t i = 0; i < count; i++) {
        struct stat status;

        if (stat(paths[i], &status) == 0 && S_ISDIR(status.st_mode))
            read_directory(&loading, paths[i], written);
        else
            read_file(&loading, paths[i]);
    }
    loading_end(&loading);
}
