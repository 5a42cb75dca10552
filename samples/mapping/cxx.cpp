// SPDX-License-Identifier: MIT
/* The same in an object that is never destroyed, and in one that is. */
#include "plugin.h"

#include <new>
#include <sys/mman.h>

namespace
{
constexpr unsigned long size = 65536;

class area
{
  public:
    area() : start(mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
    {
    }
    ~area()
    {
        munmap(start, size);
    }
    area(const area &) = delete;
    area &operator=(const area &) = delete;
    bool is_there() const
    {
        return start != MAP_FAILED;
    }

  private:
    void *start;
};
} // namespace

ENTRY(start)
{
    alignas(area) static unsigned char place[sizeof(area)];
    auto *made = new (place) area;

    return made->is_there() ? 0 : -1;
}

ENTRY(start_clean)
{
    area made;

    return made.is_there() ? 0 : -1;
}
