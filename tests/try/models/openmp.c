// SPDX-License-Identifier: MIT
/* A library with OpenMP: its workers belong to libgomp, which is unloaded with it. Hosts that keep
 * libgomp themselves are safe. */
void compute(void);

void compute(void)
{
    static volatile int sum;

#pragma omp parallel for num_threads(2)
    for (int i = 0; i < 64; i++)
        sum += i;
}
