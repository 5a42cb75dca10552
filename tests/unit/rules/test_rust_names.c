// SPDX-License-Identifier: MIT
#include "rules/rust_names.h"

#include <criterion/criterion.h>

static const struct {
    const char *symbol;
    bool is_rust, is_of_library;
} names[] = {
    {"start", false, false},
    {"_ZNSt6vectorIiSaIiEE4growEv", false, false},
    {"_ZN4core6Engine5startEv", false, false}, /* a namespace of C++ */
    {"_ZN3std2io5stdio6stdout17h0123456789abcdefE", true, true},
    {"_ZN5alloc7raw_vec19RawVec$LT$T$C$A$GT$8grow_one17h0123456789abcdefE", true, true},
    {"_ZN75_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..clone..Clone$GT$5clone"
     "17h0123456789abcdefE",
     true, true},
    {"_ZN9hashbrown3raw7reserve17h0123456789abcdefE.llvm.177", true, true},
    {"_ZN6plugin5start17h0123456789abcdefE", true, false},
    {"_ZN63_$LT$plugin..Session$u20$as$u20$core..ops..drop..Drop$GT$4drop17h0123456789abcdefE",
     true, false},
    {"_RNvNtNtCsjrHSEGnQ3l9_3std2io5stdio6stdout", true, true},
    {"_RNvMs0_NtNtCs5_5alloc7raw_vec6RawVec8grow_one", true, true},
    {"_RINvNtCs1_4core3ptr13drop_in_placeNtCs2_6plugin7SessionEB4_", true, true},
    {"_RNvCs2_6plugin5start", true, false},
    {"_RNvC6plugin5start", true, false},
    {"_R", false, false},
    {"_RNvC", true, false},
    {"_RNvCs", true, false},
    {"_RNvC99999999999999999999std", true, false},
    {"", false, false},
};

Test(rust_names, are_known)
{
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        cr_expect_eq(rust_is_name(names[i].symbol), names[i].is_rust, "%s", names[i].symbol);
        cr_expect_eq(rust_is_of_library(names[i].symbol), names[i].is_of_library, "%s",
                     names[i].symbol);
    }
}
