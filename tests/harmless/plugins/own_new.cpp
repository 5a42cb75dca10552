// SPDX-License-Identifier: MIT
/* A plug-in that makes strings; with OWN_NEW it brings operator new and delete of its own. */
#include "../observe.h"
#include <new>
#include <string>

#ifdef OWN_NEW
static int news;
static int deletes;

void *operator new(size_t size)
{
    news++;
    return malloc(size + 16);
}

void operator delete(void *block) noexcept
{
    deletes++;
    free(block);
}

void operator delete(void *block, size_t) noexcept
{
    deletes++;
    free(block);
}

EXPORT(int, count_news, void)
{
    return news * 1000 + deletes;
}
#endif

static std::string *text;

EXPORT(void, use_new, void)
{
    text = new std::string(100, 'x');
    *text += std::string(200, 'y');
    delete text;
    delete new int(5);
}
