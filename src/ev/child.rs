//! Status of child processes.

use std::ffi::c_int;

use rustix::process::{Pid, WaitOptions, WaitStatus, wait, waitpid};

use crate::function::{Answer, Call, Misuse};
use crate::stack::Stack;

/// `child_status(pid, trace) -> pid, status` takes one change of status of the child `pid` (0: of any), without waiting;
/// nil when there is none. With `trace` stops and continuations count as well.
pub(super) fn status(call: Call) -> Result<Option<Changed>, Misuse> {
    let mut options = WaitOptions::NOHANG;
    options.set(WaitOptions::UNTRACED | WaitOptions::CONTINUED, call.stack.truthy(2));
    let changed = match call.int(1, "the process id")? {
        0 => wait(options),
        pid @ 1.. => waitpid(Pid::from_raw(pid), options),
        _ => Ok(None),
    };
    Ok(changed.ok().flatten().map(|(pid, status)| Changed { pid, status }))
}

pub(super) struct Changed {
    pid: Pid,
    status: WaitStatus,
}

impl Answer for Changed {
    fn push(&mut self, call: Call) -> c_int {
        call.stack.push_integer(self.pid.as_raw_pid().into());
        push_status(call.stack, self.status);
        2
    }
}

fn push_status(stack: Stack, status: WaitStatus) {
    stack.push_table(0, 8);
    stack.push_integer(status.as_raw().into());
    stack.set_field(-2, "status");
    let flags = [
        ("exited", status.exited()),
        ("stopped", status.stopped()),
        ("signaled", status.signaled()),
        ("continued", status.continued()),
    ];
    for (name, flag) in flags {
        stack.push_boolean(flag);
        stack.set_field(-2, name);
    }
    let numbers = [
        ("exit_status", status.exit_status()),
        ("stop_signal", status.stopping_signal()),
        ("term_signal", status.terminating_signal()),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            stack.push_integer(number.into());
            stack.set_field(-2, name);
        }
    }
}
