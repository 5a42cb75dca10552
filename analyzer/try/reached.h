// SPDX-License-Identifier: MIT
/* How far the driver came, by the file that it wrote. */
#ifndef DLPIN_ANALYZER_REACHED_H
#define DLPIN_ANALYZER_REACHED_H

struct reached {
    enum reached_phase {
        PHASE_START,   /* before the first dlopen; a driver of the user stays here */
        PHASE_OPENING, /* in dlopen */
        PHASE_USING,   /* in the functions that were to be called */
        PHASE_CLOSING, /* in dlclose */
        PHASE_CLOSED,  /* after it: a thread ends, the process ends */
        PHASE_END,     /* all was done, the process only had to exit */
    } phase;
    long load;     /* the number of the last load that was begun */
    char *refused; /* why dlopen failed, or NULL */
    char *missing; /* the function that was to be called and is not there, or NULL */
};

/* A file that cannot be read is of a process that did not begin. */
void reached_read(struct reached *progress, const char *path);
void reached_clear(struct reached *progress);

/* "in dlopen (load 2)" */
char *reached_place(const struct reached *progress);

#endif
