// SPDX-License-Identifier: MIT
/* The exceptions that the C++ host and its plug-in throw to each other. */
#pragma once

#include <stdexcept>
#include <string>

struct Refusal : std::runtime_error {
    int code;
    Refusal(const std::string &text, int number) : std::runtime_error(text), code(number)
    {
    }
};

struct Counted {
    static int alive;
    Counted()
    {
        alive++;
    }
    Counted(const Counted &)
    {
        alive++;
    }
    ~Counted()
    {
        alive--;
    }
};
