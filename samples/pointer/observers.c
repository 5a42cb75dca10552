// SPDX-License-Identifier: MIT
/*
 * A host whose plug-ins enter functions that are to be called, in a table that grows: table.c has
 * it in C, vector.cpp in C++. It knows nothing of dlpin. Its arguments are steps:
 *
 *   open FILE      load ./FILE
 *   enter, leave   let the plug-in enter its function, take it out again
 *   close          unload the plug-in
 *   run FILE       open, enter and close
 *   run-thread FILE  … in a thread
 *   fill N         enter N functions of the host's own, for which the table may have to move
 *   forget         take the function out that the last plug-in entered
 *   empty-at-exit  an exit handler frees the table
 *   close-at-exit  an exit handler unloads the plug-in
 *   repeat N       do the rest N times
 *   end HOW        exit, thread (exit() in a thread), main-thread (pthread_exit in the main one),
 *                  quick_exit or _exit; without it main returns
 */
#include "observers.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *plugin;
static uintptr_t entered; /* its complement: no pointer that could dangle */

/* The two functions that plug-ins call. */
void host_enter(observer *function);
void host_take_out(observer *function);

void host_enter(observer *function)
{
    entered = ~(uintptr_t)function;
    observers_add(function);
}

void host_take_out(observer *function)
{
    observers_remove(function);
}

static void do_nothing(void)
{
}

static void fail(const char *why)
{
    printf("observers: %s\n", why);
    exit(1);
}

static void open_plugin(const char *file)
{
    char path[4096];

    snprintf(path, sizeof path, "./%s", file);
    plugin = dlopen(path, RTLD_NOW);
    if (!plugin)
        fail(dlerror());
}

static void call(const char *name)
{
    int (*entry)(void);

    *(void **)&entry = dlsym(plugin, name);
    if (!entry || entry() != 0)
        fail(name);
}

static void close_plugin(void)
{
    dlclose(plugin);
    plugin = NULL;
}

static void run_plugin(const char *file)
{
    open_plugin(file);
    call("enter");
    close_plugin();
}

static void *run_in_thread(void *file)
{
    run_plugin(file);
    return NULL;
}

static void *exit_in_thread(void *unused)
{
    (void)unused;
    exit(0);
}

static void in_thread(void *(*routine)(void *), void *argument)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, routine, argument) != 0)
        fail("no thread");
    pthread_join(thread, NULL);
}

static void end(const char *how)
{
    if (strcmp(how, "exit") == 0)
        exit(0);
    if (strcmp(how, "thread") == 0)
        in_thread(exit_in_thread, NULL);
    if (strcmp(how, "main-thread") == 0)
        pthread_exit(NULL);
    if (strcmp(how, "quick_exit") == 0)
        quick_exit(0);
    if (strcmp(how, "_exit") == 0)
        _exit(0);
    fail("no such end");
}

static char **do_simple(char **word)
{
    if (strcmp(*word, "enter") == 0 || strcmp(*word, "leave") == 0)
        call(*word);
    else if (strcmp(*word, "close") == 0)
        close_plugin();
    else if (strcmp(*word, "forget") == 0)
        observers_remove((observer *)~entered);
    else if (strcmp(*word, "empty-at-exit") == 0)
        observers_empty_at_exit();
    else if (strcmp(*word, "close-at-exit") == 0)
        atexit(close_plugin);
    else
        fail("no such step");
    return word + 1;
}

static char **do_step(char **word)
{
    const char *with = word[1];

    if (!with)
        return do_simple(word);
    if (strcmp(*word, "open") == 0)
        open_plugin(with);
    else if (strcmp(*word, "run") == 0)
        run_plugin(with);
    else if (strcmp(*word, "run-thread") == 0)
        in_thread(run_in_thread, word[1]);
    else if (strcmp(*word, "fill") == 0)
        for (int i = atoi(with); i > 0; i--)
            observers_add(do_nothing);
    else if (strcmp(*word, "end") == 0)
        end(with);
    else
        return do_simple(word);
    return word + 2;
}

int main(int argc, char **argv)
{
    (void)argc;
    for (char **word = argv + 1; *word;) {
        if (strcmp(*word, "repeat") != 0) {
            word = do_step(word);
            continue;
        }
        for (int rounds = atoi(word[1]); rounds > 0; rounds--)
            for (char **next = word + 2; *next;)
                next = do_step(next);
        break;
    }
    return 0;
}
