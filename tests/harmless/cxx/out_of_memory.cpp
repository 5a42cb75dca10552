// SPDX-License-Identifier: MIT
/* "Same C++ exceptions, same errno": what operator new does, in each form, where there is no
 * memory. */
#include "../observe.h"
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

static int asked;

static void ask()
{
    if (++asked % 3 == 0)
        std::set_new_handler(nullptr);
}

static volatile size_t huge = SIZE_MAX / 4;

template <typename Function> static void attempt(const char *name, Function function)
{
    const char *result = "nothing thrown";
    errno = ENOTBLK;
    try {
        if (!function())
            result = "a null pointer";
    } catch (const std::bad_array_new_length &) {
        result = "bad_array_new_length";
    } catch (const std::bad_alloc &) {
        result = "bad_alloc";
    } catch (const std::length_error &) {
        result = "length_error";
    }
    say("%s: %s, handler asked %d, errno %s\n", name, result, asked, error_name(errno));
}

static void attempt_all()
{
    volatile std::ptrdiff_t negative = -1;
    attempt("new", [] { return ::operator new(huge); });
    attempt("new[]", [] { return ::operator new[](huge); });
    attempt("nothrow", [] { return ::operator new(huge, std::nothrow); });
    attempt("nothrow[]", [] { return ::operator new[](huge, std::nothrow); });
    attempt("aligned", [] { return ::operator new(huge, std::align_val_t(64)); });
    attempt("aligned nothrow",
            [] { return ::operator new(huge, std::align_val_t(64), std::nothrow); });
    attempt("length", [&] { return (void *)new int[(size_t)negative]; });
    attempt("string", [] { return (void *)new std::string(SIZE_MAX - 10, 'x'); });
    attempt("vector", [] { return (void *)new std::vector<char>(SIZE_MAX / 3); });
}

int main()
{
    attempt_all();
    std::set_new_handler(ask);
    attempt("new with a handler", [] { return ::operator new(huge); });
    std::set_new_handler(ask);
    attempt("nothrow with a handler", [] { return ::operator new(huge, std::nothrow); });
    std::set_new_handler([] { throw std::bad_alloc(); });
    attempt("a handler that throws", [] { return ::operator new(huge); });
    std::set_new_handler(nullptr);
    attempt_all();
    return observe_status();
}
