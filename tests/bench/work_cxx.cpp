// SPDX-License-Identifier: MIT
/* The workloads on the heap in C++: operator new and what libstdc++ allocates for its caller. */
#include "work.h"

#include "measure.h"
#include <list>
#include <string>

namespace
{

struct Live {
    uint32_t seed = 12345;
    uint32_t at = 0;
    void *blocks[WORK_LIVE] = {};
};

void *new_live()
{
    return new Live;
}

void *new_list()
{
    return new std::list<int>(WORK_LIVE);
}

void *&next_slot(Live *live)
{
    live->at = live->at * 22695477u + 1;
    return live->blocks[(live->at >> 16) % WORK_LIVE];
}

void news(void *state)
{
    Live *live = static_cast<Live *>(state);
    for (int round = 0; round < MEASURE_PORTION; round++) {
        void *&slot = next_slot(live);
        ::operator delete(slot);
        slot = ::operator new(measure_size(&live->seed));
    }
}

/* The characters are allocated inside libstdc++. */
void strings(void *state)
{
    static const char text[] = "a text of some length, as names of files are: 0123456789";
    Live *live = static_cast<Live *>(state);
    for (int round = 0; round < MEASURE_PORTION; round++) {
        void *&slot = next_slot(live);
        delete static_cast<std::string *>(slot);
        slot = new std::string(text + round % 32);
    }
}

void lists(void *state)
{
    std::list<int> *list = static_cast<std::list<int> *>(state);
    for (int round = 0; round < MEASURE_PORTION; round++) {
        list->pop_front();
        list->push_back(round);
    }
}

const struct work works[] = {
    {"new", news, new_live},
    {"string", strings, new_live},
    {"list", lists, new_list},
    {nullptr, nullptr, nullptr},
};

} // namespace

const struct work *work_table_cxx()
{
    return works;
}
