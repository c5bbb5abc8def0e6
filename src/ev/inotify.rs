//! Changes of files as the kernel reports them, so that nobody has to look again and again.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::rc::Rc;

use mlua::{IntoLuaMulti, Lua, MultiValue, Result, Table, Value};
use rustix::fs::inotify::{CreateFlags, Reader, WatchFlags, add_watch, init, remove_watch};
use rustix::fs::statfs;

use super::result;

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

/// The watches whose files changed since the last reading, each possibly several times.
fn changed(instance: &OwnedFd) -> Vec<i32> {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = Reader::new(instance, &mut buffer);
    std::iter::from_fn(|| reader.next().ok().map(|event| event.wd())).collect()
}

/// `inotify() -> {fd, watch, release, changed} | nil, message, code`.
///
/// - `fd` is readable when something changed.
/// - `watch(path, is_directory) -> id, is_remote | nil, message, code`: the same file gives the same id.
/// - `release(id)`; `changed() -> {id, ...}`. The id -1 says that changes were lost.
///
/// # Errors
/// When Lua runs out of memory.
pub(super) fn create(lua: &Lua, (): ()) -> Result<MultiValue> {
    match init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK) {
        Ok(instance) => methods(lua, &Rc::new(instance))?.into_lua_multi(lua),
        Err(errno) => result::answer::<Value>(lua, Err(errno)),
    }
}

fn methods(lua: &Lua, instance: &Rc<OwnedFd>) -> Result<Table> {
    let methods = lua.create_table()?;
    methods.set("fd", instance.as_raw_fd())?;
    let this = Rc::clone(instance);
    methods.set("watch", lua.create_function(move |lua, (path, directory)| watch(lua, &this, &path, directory))?)?;
    let this = Rc::clone(instance);
    methods.set("release", lua.create_function(move |_, id| Ok(remove_watch(&*this, id).is_ok()))?)?;
    let this = Rc::clone(instance);
    methods.set("changed", lua.create_function(move |_, ()| Ok(changed(&this)))?)?;
    Ok(methods)
}

fn watch(lua: &Lua, instance: &OwnedFd, path: &mlua::LuaString, directory: bool) -> Result<MultiValue> {
    let path = path.as_bytes();
    let flags = if directory { directory_flags() } else { file_flags() };
    match add_watch(instance, &*path, flags | WatchFlags::MASK_ADD) {
        Ok(id) => (id, is_remote(&path)).into_lua_multi(lua),
        Err(errno) => result::answer::<Value>(lua, Err(errno)),
    }
}
