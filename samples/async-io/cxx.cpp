// SPDX-License-Identifier: MIT
/*
 * Defect: the same from C++: a class with the control block, the buffer and a lambda to call, whose
 * destructor does not wait. start_clean() uses the class that does it right.
 *
 * Report: async-io about this plug-in.
 */
#include "host.h"
#include "plugin.h"

#include <aio.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

namespace
{

int calls;

class Request
{
  public:
    Request()
    {
        control.aio_fildes = host_channel();
        control.aio_buf = buffer.data();
        control.aio_nbytes = buffer.size();
    }
    bool begin()
    {
        begun = aio_read(&control) == 0;
        host_await_others();
        return begun;
    }

  protected:
    struct aiocb control = {};
    std::array<char, 16> buffer;
    bool begun = false;
};

class CallingRequest : public Request
{
  public:
    CallingRequest()
    {
        control.aio_sigevent.sigev_notify = SIGEV_THREAD;
        control.aio_sigevent.sigev_notify_function = [](union sigval) { calls++; };
    }
};

class OwnedRequest : public Request
{
  public:
    OwnedRequest()
    {
        control.aio_sigevent.sigev_notify = SIGEV_NONE;
    }
    OwnedRequest(const OwnedRequest &) = delete;
    OwnedRequest &operator=(const OwnedRequest &) = delete;
    ~OwnedRequest()
    {
        const struct aiocb *list[] = {&control};
        if (!begun || host_feed_channel() != 0)
            return;
        while (aio_error(&control) == EINPROGRESS)
            aio_suspend(list, 1, nullptr);
    }
};

std::optional<CallingRequest> request;
std::optional<OwnedRequest> owned;

} // namespace

ENTRY(start)
{
    return request.emplace().begin() ? 0 : -1;
}

ENTRY(start_clean)
{
    return owned.emplace().begin() ? 0 : -1;
}
