//! Status of files.

use std::ffi::c_int;

use rustix::fs::{Stat, lstat};

use crate::function::{Answer, Call, Misuse};
use crate::stack::{Kind, Stack};

/// `file_status(path) -> attributes, mtime_nsec, ctime_nsec`: what lstat(2) says, nil when there is no such file.
pub(super) fn file_status(call: Call) -> Result<Option<Attributes>, Misuse> {
    match call.stack.kind(1) {
        Kind::String => Ok(lstat(call.stack.bytes(1)).ok().map(Attributes)),
        _ => Err(call.wrong(1, "the path", "a string")),
    }
}

pub(super) struct Attributes(Stat);

impl Answer for Attributes {
    // The types differ between platforms.
    #[allow(clippy::unnecessary_cast)]
    fn push(&mut self, call: Call) -> c_int {
        push_attributes(call.stack, &self.0);
        call.stack.push_integer(self.0.st_mtime_nsec as i64);
        call.stack.push_integer(self.0.st_ctime_nsec as i64);
        3
    }
}

#[allow(clippy::unnecessary_cast)]
fn push_attributes(stack: Stack, stat: &Stat) {
    let attributes = [
        ("dev", stat.st_dev as i64),
        ("ino", stat.st_ino as i64),
        ("mode", stat.st_mode as i64),
        ("nlink", stat.st_nlink as i64),
        ("uid", stat.st_uid as i64),
        ("gid", stat.st_gid as i64),
        ("rdev", stat.st_rdev as i64),
        ("size", stat.st_size as i64),
        ("atime", stat.st_atime as i64),
        ("mtime", stat.st_mtime as i64),
        ("ctime", stat.st_ctime as i64),
    ];
    stack.push_table(0, attributes.len());
    for (name, value) in attributes {
        stack.push_integer(value);
        stack.set_field(-2, name);
    }
}
