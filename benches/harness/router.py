"""The router that everybody is measured on, in a process of its own."""

import contextlib
import os
import pathlib
import subprocess
import sys

from . import knobs, machine


class Router:
    def __init__(self, name, url, pids, core):
        self.name, self.url, self.pids, self.core = name, url, pids, core

    def move(self, core):
        """Puts all of the router's threads on that core."""
        if not knobs.PIN or core == self.core:
            return
        for pid in self.pids:
            for thread in os.listdir(f'/proc/{pid}/task'):
                with contextlib.suppress(ProcessLookupError):
                    os.sched_setaffinity(int(thread), {core})
        self.core = core


def group(leader):
    """The processes of a process group."""
    members = []
    for entry in pathlib.Path('/proc').iterdir():
        with contextlib.suppress(ProcessLookupError, ValueError):
            if os.getpgid(int(entry.name)) == leader:
                members.append(int(entry.name))
    return members


@contextlib.contextmanager
def started(command):
    """A process that lives until its input ends, with what it says."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                               preexec_fn=machine.on_core(machine.ROUTER_CORE))
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


@contextlib.contextmanager
def example(program, *arguments, name='embedded'):
    """One of ours, which says first where it listens."""
    with started([program, *arguments]) as process:
        listening = process.stdout.readline().strip()
        yield Router(name, listening, [process.pid], machine.ROUTER_CORE) if listening else None


def own(program, *options, url='ws://127.0.0.1:0/ws'):
    return example(program, url, 'realm1', *options)


@contextlib.contextmanager
def crossbar():
    with started([knobs.TOP / 'tools/peers/with-crossbar', '--alone']) as process:
        leader, url = process.stdout.readline().strip(), process.stdout.readline().strip()
        if not url:
            sys.exit('crossbar did not start')
        yield Router('crossbar', url, group(-int(leader)), machine.ROUTER_CORE)


def chosen(programs):
    return crossbar() if knobs.ROUTER == 'crossbar' else own(programs['router'])
