// SPDX-License-Identifier: MIT
/* All forms of operator new and delete: alignment, contents, and free for what new made where that
 * works. */
#include "../observe.h"
#include <malloc.h>
#include <memory>
#include <new>
#include <string>
#include <vector>

struct alignas(128) Wide {
    char area[128];
};

static void visit(size_t size)
{
    void *blocks[] = {::operator new(size), ::operator new[](size),
                      ::operator new(size, std::nothrow), ::operator new[](size, std::nothrow)};
    for (void *block : blocks) {
        check(block != nullptr && malloc_usable_size(block) >= size);
        memset(block, 1, size);
    }
    say("%zu ", malloc_usable_size(blocks[0]));
    ::operator delete(blocks[0]);
    ::operator delete[](blocks[1], size);
    ::operator delete(blocks[2], std::nothrow);
    ::operator delete[](blocks[3], std::nothrow);
    ::operator delete(::operator new(size), size);
    void *volatile crossing = ::operator new(size);
    free(crossing);

    for (size_t alignment = 16; alignment <= 4096; alignment *= 2) {
        std::align_val_t wanted{alignment};
        void *first = ::operator new(size, wanted);
        void *second = ::operator new[](size, wanted);
        void *third = ::operator new(size, wanted, std::nothrow);
        void *fourth = ::operator new[](size, wanted, std::nothrow);
        for (void *block : {first, second, third, fourth})
            check((uintptr_t)block % alignment == 0);
        ::operator delete(first, wanted);
        ::operator delete[](second, size, wanted);
        ::operator delete(third, wanted, std::nothrow);
        ::operator delete[](fourth, wanted);
    }
}

int main()
{
    for (size_t size : {0, 1, 16, 24, 100, 1000, 100000, 1000000})
        visit(size);
    say("\n");
    std::unique_ptr<Wide> wide(new Wide);
    std::vector<Wide> many(10);
    check((uintptr_t)wide.get() % 128 == 0 && (uintptr_t)many.data() % 128 == 0);
    ::operator delete(nullptr);
    ::operator delete[](nullptr);
    std::vector<std::string> texts;
    for (int round = 0; round < 1000; round++)
        texts.push_back(std::string((size_t)round, 'x'));
    size_t sum = 0;
    for (const std::string &text : texts)
        sum += text.size();
    say("%zu\n", sum);
    return observe_status();
}
