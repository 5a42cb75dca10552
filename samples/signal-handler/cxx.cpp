// SPDX-License-Identifier: MIT
/* The same from C++: a static member function, and a lambda that is converted to a function. The
 * clean one is restored by a destructor of an object of the plug-in. */
#include "plugin.h"

#include <csignal>
#include <optional>

namespace
{
volatile std::sig_atomic_t seen;

class Handling
{
  public:
    Handling() : before(std::signal(SIGUSR1, handle))
    {
    }
    Handling(const Handling &) = delete;
    Handling &operator=(const Handling &) = delete;
    ~Handling()
    {
        std::signal(SIGUSR1, before);
    }
    static void handle(int number)
    {
        seen = number;
    }

  private:
    void (*before)(int);
};

std::optional<Handling> handling;
} // namespace

ENTRY(start)
{
    std::signal(SIGUSR1, Handling::handle);
    return 0;
}

ENTRY(start_lambda)
{
    std::signal(SIGUSR1, [](int number) { seen = number; });
    return 0;
}

ENTRY(start_clean)
{
    handling.emplace();
    return 0;
}
