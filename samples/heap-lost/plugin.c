// SPDX-License-Identifier: MIT
/*
 * Defect: heap blocks that only variables of this plug-in point to.
 *
 * Consequence: the plug-in is unloaded with its variables, and nobody can free the blocks any more.
 * Each reload loses as much again.
 *
 * Report: heap-lost, lost, warning: by call site; blocks that only a lost block points to are
 * counted apart.
 *
 * Fix: tidy.c. (heap-held shows blocks that somebody else still has.)
 */
#include "host.h"
#include "plugin.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct node {
    struct node *next;
    char text[40];
};

static char *text;
static struct node *list;
static void *blocks[100];

static __attribute__((noinline)) struct node *make_node(struct node *next)
{
    struct node *node = malloc(sizeof *node);

    if (node)
        node->next = next;
    return node;
}

ENTRY(use_one)
{
    text = malloc(100);
    return text ? 0 : -1;
}

/* The C library makes the block, on behalf of the plug-in. */
ENTRY(use_strdup)
{
    text = strdup(SECRET);
    return text ? 0 : -1;
}

ENTRY(use_many)
{
    for (unsigned i = 0; i < 100; i++)
        blocks[i] = malloc(64);
    return blocks[99] ? 0 : -1;
}

/* Ten nodes: the first is lost, the others hang off it. */
ENTRY(use_list)
{
    for (unsigned i = 0; i < 10; i++)
        list = make_node(list);
    return list ? 0 : -1;
}

static _Thread_local char *text_of_thread;

/* The variable is unmapped with the plug-in, even if the thread runs on. */
ENTRY(use_thread_local)
{
    text_of_thread = strdup(SECRET);
    return text_of_thread ? 0 : -1;
}

ENTRY(use_thread_local_and_list)
{
    text_of_thread = strdup(SECRET);
    host_list_add(text_of_thread);
    return text_of_thread ? 0 : -1;
}

ENTRY(use_circle)
{
    struct node *last = make_node(NULL);

    list = make_node(make_node(last));
    last->next = list;
    return list ? 0 : -1;
}

static void *work(void *argument)
{
    list = make_node(NULL);
    return argument;
}

/* By a thread that is over. What is left on its stack is nothing. */
ENTRY(use_thread)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, work, NULL) != 0)
        return -1;
    return pthread_join(thread, NULL) == 0 ? 0 : -1;
}
