// SPDX-License-Identifier: MIT
/*
 * Defect: as plugin.c, in C++: through a virtual function, a std::function and a lambda, with
 * objects in between that must be destroyed.
 *
 * Report: thread-stack, dangling, error.
 */
#include "host.h"
#include "plugin.h"

#include <functional>
#include <memory>
#include <string>

namespace
{

class Session
{
  public:
    virtual ~Session() = default;
    virtual void run(const std::function<void()> &what)
    {
        std::string name = SECRET;
        what();
        left = name.size();
    }
    std::size_t left = 0;
};

} // namespace

ENTRY(start_waiting)
{
    auto session = std::make_unique<Session>();
    session->run([] { host_pause(); });
    return session->left != 0 ? 0 : -1;
}

ENTRY(start_and_end)
{
    auto session = std::make_unique<Session>();
    session->run([] {});
    return session->left != 0 ? 0 : -1;
}
