// SPDX-License-Identifier: MIT
// Values of threads in Rust have destructors, which the loader waits for.
use std::cell::RefCell;

#[cfg(not(tidy))]
thread_local! {
    static NAMES: RefCell<Vec<u64>> = RefCell::new(vec![1, 2, 3]);
}

#[cfg(tidy)]
thread_local! {
    static NAMES: RefCell<[u64; 3]> = const { RefCell::new([1, 2, 3]) };
}

#[no_mangle]
pub extern "C" fn touch() {
    NAMES.with(|names| names.borrow_mut()[0] += 1);
}
