// SPDX-License-Identifier: MIT
/*
 * Defect: the handlers that C++ has: std::set_terminate(), std::set_new_handler() and, before
 * C++17, std::set_unexpected(). start_clean() has a class that restores the old handlers.
 *
 * Report: hook about this plug-in. dlpin does not see the calls that set them, so there is no
 * stack.
 */
#include "plugin.h"

#include <cstdlib>
#include <exception>
#include <memory>
#include <new>

/* C++11 warns of std::set_unexpected. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace
{

void session_terminate()
{
    std::abort();
}

void session_out_of_memory()
{
    throw std::bad_alloc();
}

class Handlers
{
  public:
    Handlers()
        : terminate(std::set_terminate(session_terminate)),
          memory(std::set_new_handler(session_out_of_memory)),
          unexpected(std::set_unexpected(session_terminate))
    {
    }

    ~Handlers()
    {
        std::set_terminate(terminate);
        std::set_new_handler(memory);
        std::set_unexpected(unexpected);
    }

  private:
    std::terminate_handler terminate;
    std::new_handler memory;
    std::unexpected_handler unexpected;
};

std::unique_ptr<Handlers> handlers;

} // namespace

ENTRY(start)
{
    std::set_terminate(session_terminate);
    return 0;
}

ENTRY(start_memory)
{
    std::set_new_handler(session_out_of_memory);
    return 0;
}

ENTRY(start_unexpected)
{
    std::set_unexpected(session_terminate);
    return 0;
}

ENTRY(start_clean)
{
    handlers.reset(new Handlers);
    return 0;
}
