// SPDX-License-Identifier: MIT
#include "scan/library.h"
#include "registry/heap.h"
#include "scan/memory.h"

enum { WORD = sizeof(uintptr_t) };

static bool is_of_same_call(uintptr_t word, const struct site *site)
{
    const struct site *made = site_get(heap_site((const void *)word));
    return made && made->requester.pc == site->requester.pc;
}

static bool scan_words(struct view *view, uintptr_t start, uintptr_t end, const struct site *site)
{
    while (start + WORD <= end) {
        const uintptr_t *words;
        size_t count = view_words(view, start, end - start, &words);
        if (!count)
            break;
        for (size_t i = 0; i < count; i++)
            if (words[i] && is_of_same_call(words[i], site))
                return true;
        start += count * WORD;
    }
    return false;
}

bool library_keeps(const struct site *site)
{
    const struct module *library = site ? site->owner.module : NULL;
    struct view view;
    bool found = false;
    if (!library || !library->common || !site->requester.pc || site->requester.module == library ||
        module_is_left(library) || !view_open(&view, false))
        return false;
    for (unsigned i = 0; i < library->phnum && !found; i++) {
        const ElfW(Phdr) *p = &library->phdr[i];
        uintptr_t start = library->bias + p->p_vaddr;
        if (p->p_type == PT_LOAD && p->p_flags & PF_W)
            found = scan_words(&view, start, start + p->p_memsz, site);
    }
    view_close(&view);
    return found;
}
