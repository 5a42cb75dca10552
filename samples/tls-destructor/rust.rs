// SPDX-License-Identifier: MIT
//! The same in Rust: a thread-local value that is dropped when its thread ends.

use std::cell::RefCell;
use std::os::raw::c_int;

struct Session {
    name: String,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.name.clear();
    }
}

thread_local! {
    static SESSION: RefCell<Option<Session>> = RefCell::new(None);
}

#[no_mangle]
pub extern "C" fn start() -> c_int {
    SESSION.with(|session| {
        *session.borrow_mut() = Some(Session { name: String::from("session") });
    });
    0
}
