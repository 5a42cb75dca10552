// SPDX-License-Identifier: MIT
//! Defect: a static of Rust with a vector, which nobody drops when the module is unloaded.
//!
//! Report: heap-lost.
//!
//! Fix: stop(), which takes the vector out of the static.

use std::os::raw::c_int;
use std::sync::Mutex;

static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[no_mangle]
pub extern "C" fn start() -> c_int {
    NAMES.lock().unwrap().push(String::from("session"));
    0
}

#[no_mangle]
pub extern "C" fn stop() -> c_int {
    drop(std::mem::take(&mut *NAMES.lock().unwrap()));
    0
}
