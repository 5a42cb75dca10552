// SPDX-License-Identifier: MIT
/* "A program with its own" operator new: its host's is called for the host and for plug-ins, as
 * often. */
#include "../observe.h"
#include <new>
#include <string>

static int news;
static int deletes;

void *operator new(size_t size)
{
    news++;
    void *block = malloc(size);
    if (!block)
        throw std::bad_alloc();
    return block;
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

static void say_counts(const char *after)
{
    say("%s: new %d, delete %d\n", after, news, deletes);
    news = deletes = 0;
}

int main()
{
    news = deletes = 0;
    {
        std::string text(100, 'x');
        text += text;
    }
    delete[] new char[50];
    say_counts("the host");
    void *handle = open_plugin("./plain_new.so", RTLD_NOW);
    auto use_new = (void (*)())symbol(handle, "use_new");
    use_new();
    say_counts("the plug-in");
    dlclose(handle);
    return observe_status();
}
