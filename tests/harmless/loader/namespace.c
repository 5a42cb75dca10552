// SPDX-License-Identifier: MIT
/*
 * "… and namespace find": dlmopen makes as many namespaces as without the shim, what is opened
 * inside one stays there, and a closed one is free again.
 */
#include "../observe.h"

typedef void ask_function(const char *, char *, size_t);

static void ask(void *handle, const char *function)
{
    char answer[300] = "";
    ask_function *asks = (ask_function *)symbol(handle, function);
    asks("libwhich.so", answer, sizeof answer);
    say("%s: %s\n", function, answer);
}

int main(void)
{
    void *base = open_plugin("./a/opener.so", RTLD_NOW);
    ask(base, "opener_ask_namespace");
    dlclose(base);

    for (int round = 0; round < 20; round++) {
        void *inner = dlmopen(LM_ID_NEWLM, "./b/deep.so", RTLD_NOW);
        Lmid_t id = -1;
        if (!inner) {
            say("FAILED dlmopen: %s\n", dlerror());
            return 1;
        }
        check(dlinfo(inner, RTLD_DI_LMID, &id) == 0);
        check(id != LM_ID_BASE);
        if (round == 0) {
            const char *(*opens)(const char *) =
                (const char *(*)(const char *))symbol(inner, "deep_open");
            say("deep_open: %s\n", opens("libwhich.so"));
            say("the base namespace has %s deep.so\n", is_mapped("deep.so") ? "a" : "no");
        }
        check(dlclose(inner) == 0);
    }

    int count = 0;
    while (count < 32 && dlmopen(LM_ID_NEWLM, "./a/priv/libwhich.so", RTLD_NOW))
        count++;
    say("%d namespaces, then: %s\n", count, dlerror());
    return observe_status();
}
