// SPDX-License-Identifier: MIT
/* The same from C++: an object with virtual functions, and one whose destructor removes it. */
#include "plugin.h"

extern "C" {
#include "host.h"
}

#include <optional>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace
{
class Source
{
  public:
    Source()
    {
        epoll_event event = {};
        event.events = EPOLLIN;
        event.data.ptr = this;
        epoll_ctl(host_epoll(), EPOLL_CTL_ADD, file, &event);
    }
    Source(const Source &) = delete;
    Source &operator=(const Source &) = delete;
    virtual ~Source()
    {
        if (is_tidy)
            close(file);
    }
    bool is_tidy = false;

  private:
    int file = eventfd(0, EFD_CLOEXEC);
};

std::optional<Source> source;
} // namespace

ENTRY(start)
{
    source.emplace();
    return 0;
}

ENTRY(start_clean)
{
    source.emplace();
    source->is_tidy = true;
    return 0;
}
