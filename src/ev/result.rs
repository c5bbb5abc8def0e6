//! How a system call's failure looks in Lua: `nil, message, code`.

use std::ffi::c_int;

use rustix::io::Errno;

use crate::function::{Answer, Call};

/// What a system call came to.
pub(super) type Outcome<T> = Result<T, Failed>;

/// A failure with the text that the operating system has for it.
pub(super) struct Failed {
    message: String,
    errno: Errno,
}

impl From<Errno> for Failed {
    /// Without Rust's "(os error 9)".
    fn from(errno: Errno) -> Self {
        let text = std::io::Error::from(errno).to_string();
        Self { message: text.split(" (os error").next().unwrap_or_default().to_owned(), errno }
    }
}

/// Symbolic names of the errors that the loop tells apart.
const fn name(errno: Errno) -> Option<&'static str> {
    match errno {
        Errno::BADF => Some("EBADF"),
        Errno::PERM => Some("EPERM"),
        Errno::NOENT => Some("ENOENT"),
        Errno::NOTDIR => Some("ENOTDIR"),
        Errno::INVAL => Some("EINVAL"),
        Errno::BUSY => Some("EBUSY"),
        Errno::CHILD => Some("ECHILD"),
        _ => None,
    }
}

impl<A: Answer> Answer for Outcome<A> {
    fn push(&mut self, call: Call) -> c_int {
        match self {
            Ok(answer) => answer.push(call),
            Err(failed) => {
                call.stack.push_nil();
                call.stack.push_bytes(failed.message.as_bytes());
                name(failed.errno).push(call);
                3
            }
        }
    }
}
