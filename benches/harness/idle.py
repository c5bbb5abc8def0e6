"""A client that is connected and has nothing to do, watched from outside: each wakeup is a context switch."""

import contextlib
import pathlib
import subprocess
import time

from . import knobs, machine, router
from .runs import Failed

SETTLE = 2      # seconds from the connection on that do not count
LOOK = 0.25     # seconds between two looks
AT_ONCE = 2     # looks in a row that one wakeup may fall on
PING = 30       # seconds of silence after which our router asks for a sign of life


def switches(pid):
    """Voluntary and involuntary context switches of all threads."""
    total = 0
    for status in pathlib.Path(f'/proc/{pid}/task').glob('*/status'):
        with contextlib.suppress(FileNotFoundError):
            lines = status.read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if 'voluntary_ctxt_switches' in line)
    return total


@contextlib.contextmanager
def joined(lua, url):
    command = [knobs.TOP / 'tools/run', lua, knobs.TOP / 'benches/idle.lua', url, 'realm1', knobs.ENCODING]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                          preexec_fn=machine.on_core(machine.CLIENT_CORE)) as process:
        try:
            if process.stdout.readline() != '# idle\n':
                raise Failed(f'{lua}: the idle client could not join')
            yield process.pid
        finally:
            process.kill()


class Watch:
    def __init__(self, pid):
        self.pid, self.first = pid, switches(pid)
        self.last, self.wakeups, self.in_a_row = self.first, 0, 0

    def look(self):
        """Counts what goes on within a moment as one wakeup, and what goes on and on as many."""
        now = switches(self.pid)
        self.in_a_row = self.in_a_row + 1 if now != self.last else 0
        self.wakeups += self.in_a_row == 1 or self.in_a_row > AT_ONCE
        self.last = now


def seconds():
    return max(1, knobs.IDLE_SECONDS * min(1, knobs.SCALE))


def watch_all(pids):
    watches = {lua: Watch(pid) for lua, pid in pids.items()}
    end = time.monotonic() + seconds()
    while time.monotonic() < end:
        time.sleep(LOOK)
        for watch in watches.values():
            watch.look()
    return watches


def play(bench, _number):
    """All Luas at the same time, on our own router, whose heartbeats are known."""
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(router.own(bench.programs['router'])).url
        pids = {lua: stack.enter_context(joined(lua, url)) for lua in knobs.LUAS}
        time.sleep(SETTLE)
        due = int((SETTLE + seconds()) // PING)
        for lua, watch in watch_all(pids).items():
            bench.results.add(lua, {
                'idle_heartbeats': due, 'idle_wakeups': watch.wakeups, 'idle_switches': watch.last - watch.first,
            })
