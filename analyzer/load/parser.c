// SPDX-License-Identifier: MIT
#include "load/parser.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH_SIZE = 16 << 10, /* bytes of lines that one thread parses at a time */
    BATCH_ITEMS = 1024,
    BATCHES_A_THREAD = 2, /* that are added and not yet given back */
    PROBLEM_SIZE = 256,
};

/* A line, or the end of a file. */
struct item {
    void *file;
    bool is_end;
    struct line line;
    struct record *record;
    char *problem;
};

/* Lines that follow one another, of one file or of several. */
struct batch {
    struct batch *next;
    struct item *items;
    size_t count;
    char *text; /* of the lines */
    size_t length, room;
    bool parsed;
};

struct parser {
    const struct parser_user *user;
    struct batch *filling; /* or NULL */
    pthread_t *helpers;
    size_t helper_count, helper_limit, batch_limit;
    pthread_mutex_t lock; /* of what follows, and of `parsed` of the batches below */
    pthread_cond_t is_waiting, is_parsed;
    struct batch *first, *last; /* those added and not given back, in order */
    struct batch *waiting;      /* the first of them that no thread parses yet, or NULL */
    size_t batch_count;
    bool ends;
};

static void parse_item(struct item *item)
{
    char problem[PROBLEM_SIZE];

    if (item->is_end)
        return;
    if (item->line.too_long)
        snprintf(problem, sizeof problem, "the line is too long");
    else
        item->record = record_parse(item->line.text, item->line.length, problem, sizeof problem);
    if (item->record == NULL)
        item->problem = memory_string(problem);
}

/* Parses the first batch that waits. The lock is not held meanwhile. */
static void parse_waiting_locked(struct parser *parser)
{
    struct batch *batch = parser->waiting;

    parser->waiting = batch->next;
    pthread_mutex_unlock(&parser->lock);
    for (size_t i = 0; i < batch->count; i++)
        parse_item(&batch->items[i]);
    pthread_mutex_lock(&parser->lock);
    batch->parsed = true;
}

static void *help(void *argument)
{
    struct parser *parser = argument;

    pthread_mutex_lock(&parser->lock);
    while (parser->waiting != NULL || !parser->ends) {
        if (parser->waiting != NULL) {
            parse_waiting_locked(parser);
            pthread_cond_signal(&parser->is_parsed);
        } else {
            pthread_cond_wait(&parser->is_waiting, &parser->lock);
        }
    }
    pthread_mutex_unlock(&parser->lock);
    return NULL;
}

static void give_back(const struct parser *parser, struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct item *item = &batch->items[i];

        if (item->is_end)
            parser->user->end(item->file);
        else
            parser->user->line(item->file, &item->line, item->record, item->problem);
        free(item->problem);
    }
    free(batch->items);
    free(batch->text);
    free(batch);
}

/* Waits for the first batch, or rather parses it, or one that comes after it. */
static struct batch *take_first(struct parser *parser)
{
    struct batch *batch;

    pthread_mutex_lock(&parser->lock);
    batch = parser->first;
    while (!batch->parsed) {
        if (parser->waiting != NULL)
            parse_waiting_locked(parser);
        else
            pthread_cond_wait(&parser->is_parsed, &parser->lock);
    }
    parser->first = batch->next;
    parser->batch_count--;
    pthread_mutex_unlock(&parser->lock);
    return batch;
}

/* Where no thread can be had, there are fewer of them. */
static void start_helper(struct parser *parser)
{
    if (parser->helper_count == parser->helper_limit)
        return;
    if (pthread_create(&parser->helpers[parser->helper_count], NULL, help, parser) == 0)
        parser->helper_count++;
    else
        parser->helper_limit = parser->helper_count;
}

static void hand_over(struct parser *parser)
{
    struct batch *batch = parser->filling;

    if (batch == NULL)
        return;
    parser->filling = NULL;
    pthread_mutex_lock(&parser->lock);
    if (parser->first == NULL)
        parser->first = batch;
    else
        parser->last->next = batch;
    parser->last = batch;
    if (parser->waiting == NULL)
        parser->waiting = batch;
    parser->batch_count++;
    pthread_cond_signal(&parser->is_waiting);
    pthread_mutex_unlock(&parser->lock);
}

static bool is_full(const struct batch *batch, size_t length)
{
    return batch->room - batch->length < length || batch->count == BATCH_ITEMS;
}

/* The batch that has room for so much text. */
static struct batch *need_batch(struct parser *parser, size_t length)
{
    struct batch *batch = parser->filling;

    if (batch != NULL && !is_full(batch, length))
        return batch;
    if (batch != NULL) {
        start_helper(parser);
        hand_over(parser);
    }
    while (parser->batch_count >= parser->batch_limit)
        give_back(parser, take_first(parser));
    batch = parser->filling = memory_zeroed(sizeof *batch);
    batch->room = length > BATCH_SIZE ? length : BATCH_SIZE;
    batch->text = memory_block(batch->room);
    return batch;
}

void parser_add(struct parser *parser, void *file, const struct line *line)
{
    struct batch *batch = need_batch(parser, line->length);
    struct item item = {.file = file, .line = *line};

    item.line.text = batch->text + batch->length;
    memcpy(batch->text + batch->length, line->text, line->length);
    batch->length += line->length;
    ARRAY_PUSH(batch->items, batch->count, item);
}

void parser_end(struct parser *parser, void *file)
{
    struct batch *batch = need_batch(parser, 0);

    ARRAY_PUSH(batch->items, batch->count, (struct item){.file = file, .is_end = true});
}

void parser_finish(struct parser *parser)
{
    hand_over(parser);
    while (parser->batch_count > 0)
        give_back(parser, take_first(parser));
}

struct parser *parser_new(const struct parser_user *user, unsigned threads)
{
    struct parser *parser = memory_zeroed(sizeof *parser);

    parser->user = user;
    parser->helper_limit = threads - 1;
    parser->helpers = memory_block(parser->helper_limit * sizeof *parser->helpers);
    parser->batch_limit = (size_t)threads * BATCHES_A_THREAD;
    pthread_mutex_init(&parser->lock, NULL);
    pthread_cond_init(&parser->is_waiting, NULL);
    pthread_cond_init(&parser->is_parsed, NULL);
    return parser;
}

void parser_free(struct parser *parser)
{
    parser_finish(parser);
    pthread_mutex_lock(&parser->lock);
    parser->ends = true;
    pthread_cond_broadcast(&parser->is_waiting);
    pthread_mutex_unlock(&parser->lock);
    for (size_t i = 0; i < parser->helper_count; i++)
        pthread_join(parser->helpers[i], NULL);
    pthread_cond_destroy(&parser->is_parsed);
    pthread_cond_destroy(&parser->is_waiting);
    pthread_mutex_destroy(&parser->lock);
    free(parser->helpers);
    free(parser);
}
