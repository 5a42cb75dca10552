// SPDX-License-Identifier: MIT
/* The growth of a finding over the loads of its module, in words and as a chart. */
#include "model/growth.h"

#include "render/html/html.h"
#include "render/put.h"

#include <inttypes.h>

/* Of the chart: the plot, and the room for the numbers around it. */
enum { WIDTH = 260, HEIGHT = 80, LEFT = 48, BOTTOM = 20, TOP = 12, RIGHT = 24 };

static void put_words(const struct html *html, const struct group *group)
{
    const struct growth growth = growth_of(group);

    if (growth.loads == 0)
        return;
    if (growth.things % growth.loads == 0)
        fprintf(html->out, "%" PRId64 " per load, %" PRId64 " loads", growth.things / growth.loads,
                growth.loads);
    else
        fprintf(html->out, "%" PRId64 " in %" PRId64 " loads", growth.things, growth.loads);
    if (growth.bytes != RECORD_ABSENT)
        fprintf(html->out, "; %" PRId64 " byte%s in %" PRId64 " block%s each time", growth.bytes,
                plural(growth.bytes), growth.blocks, plural(growth.blocks));
    if (growth.keys_end != RECORD_ABSENT)
        fprintf(html->out, "; %" PRId64 " load%s until pthread_key_create fails", growth.keys_end,
                plural(growth.keys_end));
}

static double place_x(const struct finding *finding, size_t number)
{
    const struct growth_step *first = &finding->steps.items[0],
                             *last = &finding->steps.items[finding->steps.count - 1];
    double range = (double)last->load - (double)first->load;

    return LEFT + WIDTH * ((double)finding->steps.items[number].load - (double)first->load) / range;
}

static double place_y(const struct finding *finding, size_t number)
{
    const struct growth_step *last = &finding->steps.items[finding->steps.count - 1];

    return TOP + HEIGHT - HEIGHT * (double)finding->steps.items[number].count / (double)last->count;
}

/* Loads rise, and so does the count; damaged records need not hold to that. */
static bool can_be_drawn(const struct finding *finding)
{
    for (size_t i = 0; i < finding->steps.count; i++) {
        if (finding->steps.items[i].load < 0 || finding->steps.items[i].count < 1 ||
            (i > 0 && (finding->steps.items[i].load <= finding->steps.items[i - 1].load ||
                       finding->steps.items[i].count < finding->steps.items[i - 1].count)))
            return false;
    }
    return finding->steps.count > 1;
}

static void put_numbers(const struct html *html, const struct finding *finding)
{
    const struct growth_step *first = &finding->steps.items[0],
                             *last = &finding->steps.items[finding->steps.count - 1];

    fprintf(html->out,
            "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%" PRId64 "</text>"
            "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">0</text>"
            "<text x=\"%d\" y=\"%d\">load %" PRId64 "</text>"
            "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">load %" PRId64 "</text>",
            LEFT - 6, TOP + 4, last->count, LEFT - 6, TOP + HEIGHT + 4, LEFT,
            TOP + HEIGHT + BOTTOM - 4, first->load, LEFT + WIDTH, TOP + HEIGHT + BOTTOM - 4,
            last->load);
}

static void put_chart(const struct html *html, const struct finding *finding)
{
    int width = LEFT + WIDTH + RIGHT, height = TOP + HEIGHT + BOTTOM;

    fprintf(html->out,
            "<svg class=\"growth\" role=\"img\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
            "aria-label=\"",
            width, height, width, height);
    for (size_t i = 0; i < finding->steps.count; i++)
        fprintf(html->out, "%s%" PRId64 " after load %" PRId64, i > 0 ? ", " : "",
                finding->steps.items[i].count, finding->steps.items[i].load);
    fprintf(html->out, "\"><path class=\"axis\" d=\"M%d %dV%dH%d\"/><path class=\"line\" d=\"",
            LEFT, TOP, TOP + HEIGHT, LEFT + WIDTH);
    for (size_t i = 0; i < finding->steps.count; i++)
        fprintf(html->out, "%c%.1f %.1f", i == 0 ? 'M' : 'L', place_x(finding, i),
                place_y(finding, i));
    fputs("\"/>", html->out);
    for (size_t i = 0; i < finding->steps.count; i++)
        fprintf(html->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/>", place_x(finding, i),
                place_y(finding, i));
    put_numbers(html, finding);
    fputs("</svg>\n", html->out);
}

void html_put_growth(const struct html *html, const struct group *group)
{
    if (!group->growing)
        return;
    fputs("<h4>growth</h4>\n<p>Each further load leaves more. ", html->out);
    put_words(html, group);
    fputs("</p>\n", html->out);
    if (can_be_drawn(group->shown))
        put_chart(html, group->shown);
}
