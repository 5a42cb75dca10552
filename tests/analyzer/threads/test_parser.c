// SPDX-License-Identifier: MIT
/*
 * Lines come back from the parser as they would if they were parsed one after the other, however
 * many threads parse them. Built twice: as it ships, and with ThreadSanitizer.
 */
#include "load/parser.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES = 300, LINES_OF_THE_LARGE = 6000, BATCH_SIZE = 16 << 10, TEXT_SIZE = 2048 };

/* The lines that came back, as text, and how much is on the way. */
struct seen {
    FILE *log;
    size_t on_the_way, most_on_the_way; /* bytes of lines */
    size_t tasks;                       /* of this process, the most at one time */
};

struct file {
    struct seen *seen;
    int number;
};

static void fail(const char *what, unsigned threads)
{
    fprintf(stderr, "with %u threads: %s\n", threads, what);
    exit(EXIT_FAILURE);
}

static size_t count_tasks(void)
{
    DIR *tasks = opendir("/proc/self/task");
    const struct dirent *entry;
    size_t count = 0;

    while (tasks != NULL && (entry = readdir(tasks)) != NULL)
        count += entry->d_name[0] != '.';
    if (tasks != NULL)
        closedir(tasks);
    return count;
}

static void put_line(FILE *log, int file, const struct line *line, struct record *record,
                     const char *problem)
{
    fprintf(log, "%d:%zu at %" PRIu64 ": %.*s: ", file, line->number, line->offset,
            line->length < 20 ? (int)line->length : 20, line->text);
    if (record == NULL)
        fprintf(log, "%s\n", problem);
    else if (record->type == RECORD_FINDING)
        fprintf(log, "%s %s %" PRId64 "\n", record->finding.kind, record->finding.message,
                record->finding.module);
    else
        fprintf(log, "type %d\n", (int)record->type);
    record_free(record);
}

static void take_line(void *context, const struct line *line, struct record *record,
                      const char *problem)
{
    const struct file *file = context;
    size_t tasks = line->number % 100 == 0 ? count_tasks() : 0;

    file->seen->on_the_way -= line->length;
    if (tasks > file->seen->tasks)
        file->seen->tasks = tasks;
    put_line(file->seen->log, file->number, line, record, problem);
}

static void take_end(void *context)
{
    struct file *file = context;

    fprintf(file->seen->log, "%d: end\n", file->number);
    free(file);
}

/* Some lines are damaged, and some are no findings. */
static size_t make_line(char *text, int file, size_t number)
{
    if (number % 17 == 3)
        return (size_t)snprintf(text, TEXT_SIZE, "{\"type\":\"finding\",\"id\":%zu,", number);
    if (number % 13 == 5)
        return (size_t)snprintf(text, TEXT_SIZE, "{\"type\":\"summary\",\"ended\":\"exit\"}");
    return (size_t)snprintf(
        text, TEXT_SIZE,
        "{\"type\":\"finding\",\"id\":%zu,\"kind\":\"key\",\"verdict\":\"lost\",\"severity\":"
        "\"warning\",\"module\":%d,\"message\":\"%0*d\",\"x\":[1.5,null,true,{\"y\":\"\\u00e4\"}]}",
        number, file, (int)(number % 700) + 1, file);
}

static size_t line_count(int file)
{
    return file == FILES / 2 ? LINES_OF_THE_LARGE : (size_t)file % 9;
}

typedef void line_taker(void *context, struct file *file, const struct line *line);

/* Calls take for each line of all files, and with NULL at the end of each. */
static void visit_all(struct seen *seen, line_taker *take, void *context)
{
    for (int number = 0; number < FILES; number++) {
        struct file *file = malloc(sizeof *file);
        char text[TEXT_SIZE];
        struct line line = {.text = text, .complete = true};

        if (file == NULL)
            exit(EXIT_FAILURE);
        *file = (struct file){seen, number};
        while (line.number < line_count(number)) {
            line.offset += line.length;
            line.length = make_line(text, number, ++line.number);
            line.too_long = line.number == 4001;
            take(context, file, &line);
        }
        take(context, file, NULL);
    }
}

static void take_at_once(void *context, struct file *file, const struct line *line)
{
    char problem[256] = "the line is too long";
    struct record *record = NULL;

    if (line == NULL) {
        take_end(file);
        return;
    }
    if (!line->too_long)
        record = record_parse(line->text, line->length, problem, sizeof problem);
    put_line(file->seen->log, file->number, line, record, problem);
}

static void add(void *context, struct file *file, const struct line *line)
{
    struct parser *parser = context;
    struct seen *seen = file->seen;

    if (line == NULL) {
        parser_end(parser, file);
        return;
    }
    parser_add(parser, file, line);
    seen->on_the_way += line->length;
    if (seen->on_the_way > seen->most_on_the_way)
        seen->most_on_the_way = seen->on_the_way;
}

static char *expected_log(void)
{
    char *text;
    size_t size;
    struct seen seen = {.log = open_memstream(&text, &size)};

    visit_all(&seen, take_at_once, NULL);
    fclose(seen.log);
    return text;
}

static void check(const char *expected, unsigned threads)
{
    static const struct parser_user user = {take_line, take_end};
    struct parser *parser = parser_new(&user, threads);
    char *text;
    size_t size;
    struct seen seen = {.log = open_memstream(&text, &size)};

    visit_all(&seen, add, parser);
    parser_finish(parser);
    if (seen.on_the_way != 0)
        fail("not all lines have come back", threads);
    parser_free(parser);
    fclose(seen.log);
    if (strcmp(text, expected) != 0)
        fail("the lines do not come back as if they had been parsed one by one", threads);
    if (seen.most_on_the_way > (2 * (size_t)threads + 1) * BATCH_SIZE)
        fail("more lines are read ahead than the threads need", threads);
    if (seen.tasks < threads)
        fail("fewer threads parsed", threads);
    free(text);
}

/* Nothing was added, or nothing but the end of a file. */
static void check_nothing(void)
{
    static const struct parser_user user = {take_line, take_end};
    struct parser *parser = parser_new(&user, 8);
    struct seen seen = {.log = stdout};
    struct file *file = malloc(sizeof *file);
    size_t before = count_tasks();

    if (file == NULL)
        exit(EXIT_FAILURE);
    *file = (struct file){&seen, 0};
    parser_finish(parser);
    parser_end(parser, file);
    if (count_tasks() != before)
        fail("a thread was started for nothing", 8);
    parser_free(parser);
}

int main(void)
{
    char *expected = expected_log();

    if (strstr(expected, "too long") == NULL || strstr(expected, "(column ") == NULL)
        fail("the lines are not those that this test is about", 0);
    check_nothing();
    check(expected, 1);
    check(expected, 2);
    check(expected, 8);
    free(expected);
    return EXIT_SUCCESS;
}
