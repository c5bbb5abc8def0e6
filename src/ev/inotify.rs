//! Changes of files as the kernel reports them, so that nobody has to look again and again.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::fs::inotify::{CreateFlags, Reader, WatchFlags, add_watch, init, remove_watch};
use rustix::fs::statfs;

use super::result::Outcome;
use crate::function::{Answer, Call, Functions, Misuse, functions};
use crate::handle;
use crate::stack::{Class, Kind, Stack};

const METHODS: Functions = functions! {
    "fd" => fd,
    "watch" => watch,
    "release" => release,
    "changed" => changed,
};

/// File systems (`f_type`) that other machines can change without this kernel noticing.
const REMOTE: [i64; 8] = [
    0x6969,      // NFS
    0x517B,      // SMB
    0xFF53_4D42, // CIFS
    0xFE53_4D42, // SMB2
    0x6573_5546, // FUSE
    0x0102_1997, // 9P
    0x5346_414F, // AFS
    0x00C3_6400, // Ceph
];

/// What may happen to the file itself.
fn file_flags() -> WatchFlags {
    WatchFlags::ATTRIB | WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF | WatchFlags::MODIFY | WatchFlags::DONT_FOLLOW
}

/// What may bring the file about, in the directory that will contain it.
fn directory_flags() -> WatchFlags {
    WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF | WatchFlags::ONLYDIR
}

// The type differs between platforms.
#[allow(clippy::unnecessary_cast)]
fn is_remote(path: &[u8]) -> bool {
    statfs(path).is_ok_and(|stat| REMOTE.contains(&(stat.f_type as i64 & 0xFFFF_FFFF)))
}

/// Raises when memory runs out.
pub(super) fn set_class(stack: Stack, shared: c_int) {
    handle::set_class::<OwnedFd>(stack, shared, Class::Inotify, METHODS);
}

/// `inotify() -> inotify | nil, message, code`.
///
/// - `inotify:fd()` is readable when something changed.
/// - `inotify:watch(path, is_directory) -> id, is_remote | nil, message, code`: the same file gives the same id.
/// - `inotify:release(id)`; `inotify:changed() -> {id, ...}`. The id -1 says that changes were lost.
pub(super) fn create(_call: Call) -> Result<Outcome<Instance>, Misuse> {
    let instance = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK);
    Ok(instance.map(|fd| Instance(Some(fd))).map_err(Into::into))
}

pub(super) struct Instance(Option<OwnedFd>);

impl Answer for Instance {
    fn push(&mut self, call: Call) -> c_int {
        call.push_object(Class::Inotify, || self.0.take());
        1
    }
}

fn fd(call: Call) -> Result<i32, Misuse> {
    Ok(call.object::<OwnedFd>()?.as_raw_fd())
}

fn watch(call: Call) -> Result<Outcome<Watch>, Misuse> {
    if call.stack.kind(2) != Kind::String {
        return Err(call.wrong(2, "the path", "a string"));
    }
    let path = call.stack.bytes(2);
    let flags = if call.stack.truthy(3) { directory_flags() } else { file_flags() };
    let id = add_watch(call.object::<OwnedFd>()?, path, flags | WatchFlags::MASK_ADD);
    Ok(id.map(|id| Watch { id, is_remote: is_remote(path) }).map_err(Into::into))
}

struct Watch {
    id: i32,
    is_remote: bool,
}

impl Answer for Watch {
    fn push(&mut self, call: Call) -> c_int {
        call.stack.push_integer(self.id.into());
        call.stack.push_boolean(self.is_remote);
        2
    }
}

fn release(call: Call) -> Result<bool, Misuse> {
    let id = call.int(2, "the watch")?;
    Ok(remove_watch(call.object::<OwnedFd>()?, id).is_ok())
}

fn changed(call: Call) -> Result<Changed, Misuse> {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = Reader::new(call.object::<OwnedFd>()?, &mut buffer);
    Ok(Changed(std::iter::from_fn(|| reader.next().ok().map(|event| event.wd())).collect()))
}

/// The watches whose files changed since the last reading, each possibly several times.
struct Changed(Vec<i32>);

impl Answer for Changed {
    fn push(&mut self, call: Call) -> c_int {
        call.stack.push_table(self.0.len(), 0);
        for (id, at) in self.0.iter().zip(1..) {
            call.stack.push_integer((*id).into());
            call.stack.set_element(-2, at);
        }
        1
    }
}
