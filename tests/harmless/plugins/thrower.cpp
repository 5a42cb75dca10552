// SPDX-License-Identifier: MIT
/* Throws at its caller, catches what its caller's functions throw, and passes things through
 * threads. */
#include "../cxx/common.h"
#include "../observe.h"
#include <exception>
#include <memory>
#include <thread>
#include <vector>

int Counted::alive;

EXPORT(void, throw_refusal, int code)
{
    Counted local;
    std::string text(40, 'x');
    throw Refusal("refused with " + text, code);
}

EXPORT(int, catch_from, void (*function)(int))
{
    Counted local;
    try {
        function(5);
    } catch (const Refusal &refusal) {
        return refusal.code;
    } catch (...) {
        return -1;
    }
    return 0;
}

EXPORT(int, pass_through, void (*function)(int))
{
    Counted first;
    std::unique_ptr<Counted> second(new Counted);
    function(6);
    return 0;
}

EXPORT(int, in_thread, int code)
{
    std::exception_ptr caught;
    std::thread thread([&] {
        try {
            throw_refusal(code);
        } catch (...) {
            caught = std::current_exception();
        }
    });
    thread.join();
    try {
        std::rethrow_exception(caught);
    } catch (const Refusal &refusal) {
        return refusal.code;
    }
    return 0;
}

EXPORT(int, alive, void)
{
    return Counted::alive;
}

EXPORT(int, by_itself, void)
{
    int sum = 0;
    for (int round = 0; round < 100; round++) {
        try {
            std::vector<Counted> many(10);
            throw_refusal(round);
        } catch (const std::runtime_error &error) {
            sum += dynamic_cast<const Refusal &>(error).code;
        }
    }
    return sum;
}
