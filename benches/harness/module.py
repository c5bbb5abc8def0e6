"""How large the native module is, and how long `require` takes."""

import os
import statistics
import subprocess
import tempfile
import time

from . import knobs, machine

STARTS = 10     # of each interpreter in a round


def started(lua, program):
    """Milliseconds of a fresh process."""
    since = time.perf_counter()
    subprocess.run([knobs.TOP / 'tools/run', lua, '-e', program], check=True,
                   preexec_fn=machine.on_core(machine.CLIENT_CORE))
    return (time.perf_counter() - since) * 1e3


def stripped_size(path):
    """MB of the module without its symbols."""
    with tempfile.NamedTemporaryFile() as copy:
        subprocess.run(['strip', '-o', copy.name, path], check=True)
        return os.path.getsize(copy.name) / 1e6


def play(bench, _number):
    for lua in knobs.LUAS:
        with_module, without = [], []
        for _ in range(STARTS):
            with_module.append(started(lua, "require 'loowy.client'"))
            without.append(started(lua, ''))
        bench.results.add(lua, {
            'require_time': statistics.median(with_module) - statistics.median(without),
            'module_size': stripped_size(knobs.TOP / f'build/release/{lua}/loowy_core.so'),
        })
