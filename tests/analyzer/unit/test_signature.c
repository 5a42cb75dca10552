// SPDX-License-Identifier: MIT
#include "model/function_name.h"
#include "model/model.h"
#include "support.h"
#include "symbolize/symbolize.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(function_name, without_what_another_build_changes)
{
    static const char *const cases[][2] = {
        {"make", "make"},
        {"make.constprop.0", "make"},
        {"make.isra.0.part.1", "make"},
        {"make.cold", "make"},
        {"f(int) [clone .constprop.0]", "f(int)"},
        {"make.first", "make.first"},
        {".cold", ".cold"},
        {"std::vector<int, std::allocator<int> >::push_back(int&&)",
         "std::vector<int>::push_back(int&&)"},
        {"std::map<a, b, std::less<a>, std::allocator<std::pair<a const, b> > >::f()",
         "std::map<a, b>::f()"},
        {"f(std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >)",
         "f(std::basic_string<char>)"},
        {"f[abi:cxx11](std::__1::vector<int, std::__1::allocator<int>>)", "f(std::vector<int>)"},
        {"own::vector<int, own::allocator<int> >", "own::vector<int, own::allocator<int>>"},
        {"operator<(a, std::less<b", "operator<(a, std::less<b"},
        {"f[abi:", "f[abi:"},
        {"", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *name = function_name(cases[i][0]);

        cr_assert_str_eq(name, cases[i][1]);
        free(name);
    }
}

Test(function_name, short_ones_for_people)
{
    static const char *const cases[][2] = {
        {"f(std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >)",
         "f(std::string)"},
        {"std::map<std::__1::basic_string<wchar_t, std::__1::char_traits<wchar_t>, "
         "std::__1::allocator<wchar_t>>, int, std::__1::less<int>>::f",
         "std::map<std::wstring, int>::f"},
        {"std::basic_string_view<char, std::char_traits<char> >::size() const",
         "std::string_view::size() const"},
        {"std::basic_ostream<char, std::char_traits<char> >& std::operator<< <char>",
         "std::ostream& std::operator<< <char>"},
        {"std::unordered_map<a, b, std::hash<a>, std::equal_to<a>, std::allocator<std::pair<a "
         "const, b> > >::find(a const&)",
         "std::unordered_map<a, b>::find(a const&)"},
        {"std::unique_ptr<a, std::default_delete<a> >::reset(a*)", "std::unique_ptr<a>::reset(a*)"},
        {"std::set<a, own_order, std::allocator<a> >", "std::set<a, own_order>"},
        {"std::basic_string<char16_t, std::char_traits<char16_t>, std::allocator<char16_t> >",
         "std::basic_string<char16_t>"},
        {"std::vector<int, std::pmr::polymorphic_allocator<int> >",
         "std::vector<int, std::pmr::polymorphic_allocator<int>>"},
        {"std::basic_string<char, own::traits, std::allocator<char> >",
         "std::basic_string<char, own::traits>"},
        {"std::basic_", "std::basic_"},
        {"std::basic_string<char", "std::basic_string<char"},
        {"own::basic_string<char>", "own::basic_string<char>"},
        {"f(int) [clone .cold]", "f(int) [clone .cold]"},
        {"start::{lambda(void*)#1}::_FUN(void (*)(int)) (a.so+0x1)",
         "start::{lambda(void*)#1} (a.so+0x1)"},
        {"own::_FUN(int)", "own::_FUN(int)"},
        {"{lambda()#1}::_FUN(", "{lambda()#1}::_FUN("},
        {"std::thread::_State_impl<std::thread::_Invoker<std::tuple<start(std::__cxx11::basic_"
         "string<char, "
         "std::char_traits<char>, std::allocator<char> >)::{lambda()#1}> > >::_M_run()",
         "std::thread(start(std::string)::{lambda()#1})"},
        {"std::thread::_State_impl<std::thread::_Invoker<std::tuple<a",
         "std::thread::_State_impl<std::thread::_Invoker<std::tuple<a"},
        {"key 3 of std::__cxx11::list<int, std::allocator<int> >::clear() is left.",
         "key 3 of std::list<int>::clear() is left."},
        {"", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *name = short_name(cases[i][0]);

        cr_assert_str_eq(name, cases[i][1]);
        free(name);
    }
}

#define HOST                                                                     \
    "{\"type\":\"module\",\"pid\":1,\"id\":1,\"path\":\"/opt/host\",\"load\":1," \
    "\"state\":\"loaded\"}\n"
#define STACK(frames) ",\"stack\":[" frames "]"
#define NEXT ","
#define AT(module, offset, symbol) \
    "{\"pc\":\"0x9\",\"module\":" #module ",\"offset\":" #offset ",\"symbol\":\"" symbol "\"}"
#define NAMELESS(module, offset) "{\"pc\":\"0x9\",\"module\":" #module ",\"offset\":" #offset "}"

/* Of a report with one finding. */
static struct signature sign(const char *more)
{
    struct model model = {0};
    struct signature signature;
    char text[2048];

    snprintf(text, sizeof text, HEADER HOST MODULE FINDING(1, 1, "note", "%s"), more);
    SUPPORT_LOAD(&model, text);
    symbolize_model(&model);
    model_sign(&model);
    cr_assert_eq(HASH_COUNT(model.groups), 1);
    signature = model.groups->signature;
    model.groups->signature.function = NULL;
    model_free(&model);
    return signature;
}

/* function: that decides; NULL: none does. */
static void expect(const char *more, const char *function, bool unstable)
{
    struct signature signature = sign(more);

    if (function == NULL)
        cr_assert_null(signature.function);
    else
        cr_assert_str_eq(signature.function, function);
    cr_assert_eq(signature.unstable, unstable);
    signature_clear(&signature);
}

Test(signature, the_function_that_decides)
{
    const char *const stack =
        STACK(AT(1, 4, "malloc_of_host") NEXT AT(2, 8, "f") NEXT AT(2, 9, "g"));

    expect(",\"subject\":{\"destructor\":" AT(2, 5, "d") "}", "d", false);
    expect(stack, "f", false);
    expect(",\"subject\":{\"destructor\":" AT(1, 5, "d") "}" STACK(AT(2, 8, "f")), "f", false);
    expect(",\"subject\":{\"destructor\":" AT(1, 5, "d") "}", "d", false);
    expect(STACK(AT(1, 4, "opens")), "opens", false);
    expect("", NULL, false);
    expect(",\"subject\":{\"function\":" NAMELESS(2, 5) "}", "libplug.so+0x5", true);
}

static void compare(const char *left, const char *right, bool first, bool second)
{
    struct signature one = sign(left), other = sign(right);

    cr_assert_eq(strncmp(one.text, other.text, SIGNATURE_FIRST_PART) == 0, first, "%s %s", left,
                 right);
    cr_assert_eq(strcmp(one.text + SIGNATURE_FIRST_PART, other.text + SIGNATURE_FIRST_PART) == 0,
                 second, "%s %s", left, right);
    signature_clear(&one);
    signature_clear(&other);
}

Test(signature, what_it_is_made_of)
{
    const char *const f = STACK(AT(2, 8, "f") NEXT AT(2, 9, "g") NEXT AT(1, 4, "main"));

    compare(f, f, true, true);
    compare(f, STACK(AT(2, 80, "f") NEXT AT(2, 90, "g") NEXT AT(1, 40, "start")), true, true);
    compare(f, STACK(AT(1, 3, "helper") NEXT AT(2, 8, "f") NEXT AT(2, 9, "g")), true, true);
    compare(f, STACK(AT(2, 8, "f") NEXT AT(2, 9, "g") NEXT AT(1, 4, "main") NEXT AT(2, 1, "h")),
            true, true);
    compare(f, STACK(AT(2, 8, "f") NEXT AT(2, 9, "h")), true, false);
    compare(f, STACK(AT(2, 8, "e") NEXT AT(2, 9, "g")), false, false);
    compare(",\"subject\":{\"name\":\"A\"}", ",\"subject\":{\"name\":\"B\"}", false, true);
    compare(",\"subject\":{\"tid\":1,\"thread_name\":\"A\"}",
            ",\"subject\":{\"tid\":2,\"thread_name\":\"B\"}", true, true);
    compare(STACK(NAMELESS(2, 8)), STACK(NAMELESS(2, 9)), false, true);
}

#define POINTER(symbol)                                                                           \
    HEADER HOST MODULE                                                                            \
        "{\"type\":\"finding\",\"pid\":1,\"id\":1,\"kind\":\"pointer\",\"verdict\":\"dangling\"," \
        "\"severity\":\"note\",\"module\":2,\"message\":\"m\",\"subject\":{\"target\":\"code\","  \
        "\"function\":" AT(                                                                       \
            2, 7, "callback") "},\"path\":[{\"from\":{\"what\":\"data\","                         \
                              "\"address\":\"0x40\",\"module\":1,\"offset\":8" symbol             \
                              "},\"via\":0,\"to\":{\"what\":"                                     \
                              "\"image\",\"address\":\"0x9\",\"module\":2,\"offset\":7}}]}\n"

static void expect_variable(const char *text, const char *function, bool unstable)
{
    struct model model = {0};

    support_load(&model, &text, 1);
    symbolize_model(&model);
    model_sign(&model);
    cr_assert_str_eq(model.groups->signature.function, function);
    cr_assert_eq(model.groups->signature.unstable, unstable);
    model_free(&model);
}

Test(signature, of_a_pointer_the_variable_decides)
{
    expect_variable(POINTER(",\"symbol\":\"_ZN5hooks5tableE\""), "host:hooks::table", false);
    expect_variable(POINTER(""), "host:?", true);
}

Test(signature, other_places_of_one_function_are_merged)
{
    struct model model = {0};

    SUPPORT_LOAD(
        &model,
        HEADER HOST MODULE FINDING(1, 1, "note", ",\"signature\":\"a\"" STACK(AT(2, 8, "f")))
            FINDING(1, 2, "error", ",\"signature\":\"b\"" STACK(AT(2, 9, "f")))
                FINDING(1, 3, "error", ",\"signature\":\"c\"" STACK(AT(2, 99, "g"))));
    cr_assert_eq(HASH_COUNT(model.groups), 3);
    symbolize_model(&model);
    model_sign(&model);
    cr_assert_eq(HASH_COUNT(model.groups), 2);
    cr_assert_eq(model.severities[SEVERITY_ERROR], 2);
    cr_assert_eq(model.severities[SEVERITY_NOTE], 0);
    for (const struct group *group = model.groups; group != NULL; group = group->hh.next) {
        bool is_f = strcmp(group->signature.function, "f") == 0;

        cr_assert_eq(group->count, is_f ? 2 : 1);
        cr_assert_eq(group->variant_count, is_f ? 2 : 1);
        cr_assert_eq(group->process_count, 1);
        cr_assert_eq(group->shown->data->severity, SEVERITY_ERROR);
        cr_assert_not_null(group->shown->data->stack[0].function);
    }
    model_free(&model);
}
