// SPDX-License-Identifier: MIT
int variable_of_the_host = 1;
