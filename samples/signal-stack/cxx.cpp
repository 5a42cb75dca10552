// SPDX-License-Identifier: MIT
/* The same from C++: an array of an object with static storage, and one whose destructor sets what
 * was there before. */
#include "plugin.h"

#include <array>
#include <csignal>
#include <optional>
#include <signal.h>

namespace
{
std::array<char, 65536> area;

class OwnStack
{
  public:
    OwnStack()
    {
        stack_t stack = {};
        stack.ss_sp = area.data();
        stack.ss_size = area.size();
        sigaltstack(&stack, &before);
    }
    OwnStack(const OwnStack &) = delete;
    OwnStack &operator=(const OwnStack &) = delete;
    ~OwnStack()
    {
        sigaltstack(&before, nullptr);
    }

  private:
    stack_t before = {};
};

std::optional<OwnStack> own;
} // namespace

ENTRY(start)
{
    stack_t stack = {};
    stack.ss_sp = area.data();
    stack.ss_size = area.size();
    return sigaltstack(&stack, nullptr) == 0 ? 0 : -1;
}

ENTRY(start_clean)
{
    own.emplace();
    return 0;
}
