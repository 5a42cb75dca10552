// SPDX-License-Identifier: MIT
/* A plug-in that takes a key and some blocks when it begins, and gives them back when it ends. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

void visit_begin(void);
void visit_end(void);

static pthread_key_t key;
static void *blocks[20];

void visit_begin(void)
{
    if (pthread_key_create(&key, free) != 0)
        abort();
    pthread_setspecific(key, strdup("a value"));
    for (size_t at = 0; at < sizeof blocks / sizeof *blocks; at++)
        blocks[at] = malloc(16 + at * 10);
}

void visit_end(void)
{
    for (size_t at = 0; at < sizeof blocks / sizeof *blocks; at++)
        free(blocks[at]);
    free(pthread_getspecific(key));
    pthread_setspecific(key, NULL);
    pthread_key_delete(key);
}
