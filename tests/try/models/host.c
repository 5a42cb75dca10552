// SPDX-License-Identifier: MIT
int variable_of_the_host = 1;
void function_of_the_host(void);

void function_of_the_host(void)
{
}
