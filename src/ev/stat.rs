//! Status of files.

use mlua::{Lua, Result, Table};
use rustix::fs::{Stat, lstat};

/// `file_status(path) -> attributes, mtime_nsec, ctime_nsec`: what lstat(2) says, nothing when there is no such file.
///
/// # Errors
/// When Lua runs out of memory.
pub(super) fn file_status(lua: &Lua, path: mlua::LuaString) -> Result<(Option<Table>, Option<i64>, Option<i64>)> {
    let Ok(stat) = lstat(&*path.as_bytes()) else { return Ok((None, None, None)) };
    Ok((Some(attributes(lua, &stat)?), Some(stat.st_mtime_nsec as i64), Some(stat.st_ctime_nsec as i64)))
}

// The types differ between platforms.
#[allow(clippy::unnecessary_cast)]
fn attributes(lua: &Lua, stat: &Stat) -> Result<Table> {
    let table = lua.create_table()?;
    table.set("dev", stat.st_dev as i64)?;
    table.set("ino", stat.st_ino as i64)?;
    table.set("mode", stat.st_mode as i64)?;
    table.set("nlink", stat.st_nlink as i64)?;
    table.set("uid", stat.st_uid as i64)?;
    table.set("gid", stat.st_gid as i64)?;
    table.set("rdev", stat.st_rdev as i64)?;
    table.set("size", stat.st_size as i64)?;
    table.set("atime", stat.st_atime as i64)?;
    table.set("mtime", stat.st_mtime as i64)?;
    table.set("ctime", stat.st_ctime as i64)?;
    Ok(table)
}
