// SPDX-License-Identifier: MIT
//! The same in Rust: a thread that is never joined, and one that is.

use std::os::raw::c_int;
use std::thread;

extern "C" {
    fn host_park() -> !;
    fn host_await();
}

#[no_mangle]
pub extern "C" fn start() -> c_int {
    thread::spawn(|| unsafe { host_park() });
    unsafe { host_await() };
    0
}

#[no_mangle]
pub extern "C" fn start_clean() -> c_int {
    match thread::spawn(|| ()).join() {
        Ok(()) => 0,
        Err(_) => -1,
    }
}
