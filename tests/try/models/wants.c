// SPDX-License-Identifier: MIT
/* Wants a variable of its host, which it needs to be loaded, or a function, which it needs to be
 * called. */
#ifdef LAZY
void function_of_the_host(void);
void use(void);

void use(void)
{
    function_of_the_host();
}
#else
extern int variable_of_the_host;
int *place(void);

int *place(void)
{
    return &variable_of_the_host;
}
#endif
