// SPDX-License-Identifier: MIT
/* Needs another library, which leaves something. */
void leak(void);
void use(void);

void use(void)
{
    leak();
}
