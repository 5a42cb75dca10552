// SPDX-License-Identifier: MIT
/* Wants a variable of its host: no laziness helps. */
extern int variable_of_the_host;
int *place(void);

int *place(void)
{
    return &variable_of_the_host;
}
