// SPDX-License-Identifier: MIT
/*
 * The parts of the HTML report. Each writes its part to html->out, or nothing where it has nothing
 * to say. All foreign text passes through html_text() or html_name(): nothing else of a report
 * reaches the page.
 *
 * The page is whole without its script. The policy of the page admits no style attributes: graphics
 * are SVG, whose attributes are none.
 */
#ifndef DLPIN_ANALYZER_HTML_H
#define DLPIN_ANALYZER_HTML_H

#include "render/html/sources.h"
#include "render/report.h"

#include <stdio.h>

/* A finding that has its row, and so its number; links lead there. */
struct html_row {
    const struct group *group;
    size_t number;
    UT_hash_handle hh;
};

struct html {
    FILE *out;
    const struct report *report;
    struct html_row *rows; /* hash by group */
    struct sources *sources;
};

enum { HTML_NAME_LENGTH = 160 };

/* Text as it is; and a name, of which no more is shown than people read. */
void html_text(const struct html *html, const char *text);
void html_name(const struct html *html, const char *name);
/* As html_name(), after formatting. */
void html_format(const struct html *html, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The start tag of a link to the finding's row, and its end tag; nothing where it has no row. */
void html_link(const struct html *html, const struct group *group);
void html_link_end(const struct html *html, const struct group *group);

/* "error" and the like, in its color. */
void html_severity(const struct html *html, enum severity severity);

/* The list of findings in at most so many bytes, to be freed; "" where there are none. The rows
 * that links can lead to stay known until they are forgotten. */
char *html_findings(struct html *html, size_t most);
void html_forget_findings(struct html *html);

/* Crashes, each with its stack and the finding that predicted it. */
/* The verdicts of dlpin try; nothing where there are none. */
void html_put_libraries(const struct html *html);

void html_put_crashes(const struct html *html);
/* A table: for each module what it left behind. */
void html_put_modules(const struct html *html);
/* For each process, when modules were loaded and unloaded, and when findings were made. */
void html_put_timelines(const struct html *html);

/* The same as a table, with times from a start. */
void html_put_events(const struct html *html, const struct process *process, int64_t start);
/* Is there more to say of the module than that it was there from the start? */
bool html_came_or_went(const struct module *module);
/* Is the finding among what is shown, and of a module that is known? */
/* The one that speaks for the finding, or NULL. */
const struct group *html_group(const struct finding *finding);

bool html_has_row(const struct html *html, const struct finding *finding);

/* A row of the list of findings: complete, or only what is seen of it before it is opened. */
void html_put_finding(const struct html *html, const struct group *group, size_t number);
void html_put_short_finding(const struct html *html, const struct group *group);

/* The parts of a finding. Frames of the module stand out; RECORD_ABSENT: of none. */
void html_put_stack(const struct html *html, const struct process *process, int64_t module,
                    const struct frame *frames, size_t count);
void html_put_frame(const struct html *html, const struct process *process,
                    const struct frame *frame);
/* Function, file and line, and the place in the module. */
void html_put_place(const struct html *html, const struct process *process,
                    const struct frame *frame);
void html_put_path(const struct html *html, const struct finding *finding);
void html_put_growth(const struct html *html, const struct group *group);

#endif
