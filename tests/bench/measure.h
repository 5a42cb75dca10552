// SPDX-License-Identifier: MIT
/*
 * How the benchmark programs measure: a workload runs in small portions until its time is over, in
 * one or more threads at once; the lower quartile of all portions, in nanoseconds for one
 * operation, is what it costs where nothing else disturbs. Included by C and C++.
 */
#pragma once

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { MEASURE_PORTION = 1000, MEASURE_PORTIONS = 20000, MEASURE_THREADS = 8 };

/* Does MEASURE_PORTION operations; state belongs to the thread. */
typedef void measure_work(void *state);

struct measure_thread {
    measure_work *work;
    void *state;
    int64_t until;
    pthread_barrier_t *barrier;
    int count;
    double *portions;
};

static inline int64_t measure_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline void *measure_run(void *argument)
{
    struct measure_thread *thread = (struct measure_thread *)argument;
    pthread_barrier_wait(thread->barrier);
    int64_t begin = measure_now();
    while (begin < thread->until && thread->count < MEASURE_PORTIONS) {
        thread->work(thread->state);
        int64_t end = measure_now();
        thread->portions[thread->count++] = (double)(end - begin) / MEASURE_PORTION;
        begin = end;
    }
    return NULL;
}

static inline int measure_compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return a < b ? -1 : a > b;
}

/* Nanoseconds for one operation of a workload, in that many threads at once. */
static inline double measure(measure_work *work, void *(*new_state)(void), int threads,
                             double seconds)
{
    static double portions[MEASURE_THREADS][MEASURE_PORTIONS];
    struct measure_thread all[MEASURE_THREADS];
    pthread_t ids[MEASURE_THREADS];
    pthread_barrier_t barrier;
    int64_t until = measure_now() + (int64_t)(seconds * 1e9);
    pthread_barrier_init(&barrier, NULL, (unsigned)threads);
    for (int at = 0; at < threads; at++) {
        struct measure_thread one = {work, new_state(), until, &barrier, 0, portions[at]};
        all[at] = one;
        if (at > 0 && pthread_create(&ids[at], NULL, measure_run, &all[at]) != 0)
            abort();
    }
    measure_run(&all[0]);
    for (int at = 1; at < threads; at++)
        pthread_join(ids[at], NULL);
    double sum = 0;
    for (int at = 0; at < threads; at++) {
        qsort(portions[at], (size_t)all[at].count, sizeof(double), measure_compare);
        sum += portions[at][all[at].count / 4];
    }
    return sum / threads;
}

/* Sizes from 16 to 256, in an order that repeats only after long. */
static inline size_t measure_size(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return 16 + (*seed >> 16) % 241;
}

/* Peak resident memory in kilobytes. */
static inline long measure_peak(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}
