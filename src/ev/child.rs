//! Status of child processes.

use mlua::{Lua, Result, Table};
use rustix::process::{Pid, WaitOptions, WaitStatus, wait, waitpid};

/// `child_status(pid, trace) -> pid, status` takes one change of status of the child `pid` (0: of any), without waiting;
/// nothing when there is none. With `trace` stops and continuations count as well.
///
/// # Errors
/// When Lua runs out of memory.
pub(super) fn status(lua: &Lua, (pid, trace): (i32, bool)) -> Result<(Option<i32>, Option<Table>)> {
    let mut options = WaitOptions::NOHANG;
    options.set(WaitOptions::UNTRACED | WaitOptions::CONTINUED, trace);
    let changed = match pid {
        0 => wait(options),
        1.. => waitpid(Pid::from_raw(pid), options),
        _ => Ok(None),
    };
    match changed {
        Ok(Some((pid, status))) => Ok((Some(pid.as_raw_pid()), Some(describe(lua, status)?))),
        _ => Ok((None, None)),
    }
}

fn describe(lua: &Lua, status: WaitStatus) -> Result<Table> {
    let table = lua.create_table()?;
    table.set("status", status.as_raw())?;
    table.set("exited", status.exited())?;
    table.set("stopped", status.stopped())?;
    table.set("signaled", status.signaled())?;
    table.set("continued", status.continued())?;
    table.set("exit_status", status.exit_status())?;
    table.set("stop_signal", status.stopping_signal())?;
    table.set("term_signal", status.terminating_signal())?;
    Ok(table)
}
