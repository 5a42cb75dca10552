/* SPDX-License-Identifier: MIT */
/* Common parts of churn.c and its plug-ins: the places in which they leave things behind. */
#pragma once

#include <pthread.h>

enum { PLACES = 64 };

struct board {
    void *places[PLACES];     /* anything that a plug-in left */
    struct board_entry *list; /* entries, made by plug-ins, of the program's list */
    pthread_key_t key;
};

struct board_entry {
    struct board_entry *next;
    void (*act)(void);
    char *text;
};

/* Of a plug-in. */
int litter(struct board *board, unsigned round);
