// SPDX-License-Identifier: MIT
/* Modules that libc itself opens (iconv, NSS) work and give the same results, also after a
 * plug-in's unload. */
#include "../observe.h"
#include <iconv.h>
#include <netdb.h>
#include <pwd.h>

static void convert(const char *from)
{
    char input[] = "\xc4\xd6\xdc";
    char output[64] = "";
    char *source = input;
    char *target = output;
    size_t left = 3;
    size_t room = sizeof output;
    iconv_t converter = iconv_open("UTF-8", from);
    if (converter == (iconv_t)-1) {
        say("%s: %s\n", from, error_name(errno));
        return;
    }
    size_t result = iconv(converter, &source, &left, &target, &room);
    say("%s: %zd, %s\n", from, (ssize_t)result, output);
    iconv_close(converter);
}

int main(void)
{
    struct addrinfo *found = NULL;
    for (int round = 0; round < 2; round++) {
        convert("KOI8-R");
        convert("ISO-8859-15");
        convert("NO-SUCH-SET");
        struct passwd *user = getpwnam("root");
        say("root: %s\n", user ? user->pw_dir : error_name(errno));
        say("nobody-here: %s\n", getpwnam("nobody-here") ? "found" : "absent");
        int error = getaddrinfo("127.0.0.1", "80", NULL, &found);
        say("getaddrinfo: %s\n", error ? gai_strerror(error) : "found");
        if (!error)
            freeaddrinfo(found);
        leave_something();
    }
    return observe_status();
}
