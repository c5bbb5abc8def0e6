"""The machine: its cores, its clocks, and what it is."""

import os
import platform
import resource
import subprocess
import time

from . import knobs

TICK = os.sysconf('SC_CLK_TCK')
CORES = sorted(os.sched_getaffinity(0))
ROUTER_CORE, CLIENT_CORE = CORES[0], CORES[-1]


def on_core(core):
    """For `preexec_fn`: what the process starts stays on that core, too."""
    return (lambda: os.sched_setaffinity(0, {core})) if knobs.PIN else None


def process_cpu(pid):
    """CPU seconds of a living process, to the nanosecond: the clock that `clock_getcpuclockid` gives."""
    return time.clock_gettime((~pid << 3) | 2)


def idle():
    """Seconds that all cores have been idle, or waiting for a disk."""
    with open('/proc/stat') as stat:
        fields = stat.readline().split()
    return (int(fields[4]) + int(fields[5])) / TICK


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def raise_descriptor_limit(wanted=65536):
    """2,000 clients have more sockets than a process usually may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (max(hard, wanted), hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(limit, wanted)), limit))
            return
        except (OSError, ValueError):
            continue


class Disturbance:
    """What others did with the machine since this was made; `ours` are the processes that still run."""

    def __init__(self, ours):
        self.ours = ours
        self.before = self._sample()

    def _sample(self):
        used = sum(map(process_cpu, self.ours)) + children_cpu() + time.process_time()
        return time.monotonic(), used + idle()

    def share(self):
        """Per cent of a core, less what the resolution of the system's clock may add."""
        wall, known = (now - before for now, before in zip(self._sample(), self.before))
        others = os.cpu_count() * wall - known - 2 / TICK
        return max(0.0, others / wall * 100)


def first_line(*command):
    try:
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return run.stdout.strip().splitlines()[0]


def processor():
    with open('/proc/cpuinfo') as file:
        for line in file:
            if line.startswith('model name'):
                return line.partition(':')[2].strip()
    return platform.machine()


def virtual():
    with open('/proc/cpuinfo') as file:
        return ' (a virtual machine)' if ' hypervisor' in file.read() else ''


def system():
    try:
        return platform.freedesktop_os_release()['PRETTY_NAME']
    except OSError:
        return platform.system()


def memory():
    return os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30


def description():
    """Lines that say what the figures were measured on."""
    luas = [first_line(knobs.TOP / 'tools/run', lua, '-v') for lua in knobs.LUAS]
    versions = [*luas, first_line('rustc', '--version'), f'node {first_line("node", "--version")}',
                f'Python {platform.python_version()}']
    return [
        f'{processor()}, {os.cpu_count()} cores{virtual()}, {memory():.0f} GiB',
        f'{system()}, Linux {platform.release()}',
        ', '.join(version.partition(' -- ')[0].partition('  ')[0] for version in versions if version),
    ]
