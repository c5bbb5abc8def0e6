"""The scenarios of benches/client.lua for clients in Python: same windows, payloads, checks and lines of output.

A client is handed over as two sessions with these methods, all of which give futures:
  register(procedure)                      registers an echo
  subscribe(topic, handler)                the handler gets the values of each event, matched by prefix
  call(procedure, values)                  its outcome is what `values_of` makes a list of
  publish(topic, values, acknowledged)     gives a future if acknowledged
"""

import asyncio
import dataclasses
import os
import sys
import time
import typing


def show(name, value, unit):
    print(f'{name} {value:.6g} {unit}')


def resident():
    with open('/proc/self/status') as status:
        return next(int(line.split()[1]) for line in status if line.startswith('VmRSS:'))


class Meter:
    def __init__(self):
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def finish(self, name, operations, messages):
        wall, own = time.perf_counter() - self.wall, time.process_time() - self.cpu
        show(f'{name}_wall', wall, 's')
        show(f'{name}_rate', operations / wall, 'ops/s')
        show(f'{name}_client_cpu_per_10k_msgs', own / messages * 1e4, 's')
        show(f'{name}_client_cpu_share', own / wall * 100, '%')
        show(f'{name}_rss', resident(), 'kB')
        return wall


def show_round_trips(name, times):
    times.sort()
    show(f'{name}_rtt_mean', sum(times) / len(times) * 1e6, 'us')
    for percentile in 50, 99:
        show(f'{name}_rtt_p{percentile}', times[-(-len(times) * percentile // 100) - 1] * 1e6, 'us')


@dataclasses.dataclass
class Spec:
    name: str
    total: int
    window: int
    payload: typing.Callable            # of the number, from 1 on
    right: typing.Callable = lambda number, values: True
    acknowledged: bool = False

    def __post_init__(self):
        self.uri = f'bench.{self.name}_{os.getpid()}'


class Traffic:
    """What calls and events have in common: a bounded number under way, and an end to wait for."""

    def __init__(self, session, spec):
        self.session, self.spec = session, spec
        self.sent = self.got = 0
        self.over = asyncio.get_running_loop().create_future()

    def check(self, right, what):
        if not right and not self.over.done():
            self.over.set_exception(RuntimeError(what))

    def step(self, complete):
        if not complete:
            self.fill()
        elif not self.over.done():
            self.over.set_result(None)


class Calls(Traffic):
    def __init__(self, session, spec):
        super().__init__(session, spec)
        self.times = []

    def fill(self):
        spec = self.spec
        while self.sent < spec.total and self.sent - self.got < spec.window:
            self.sent += 1
            at = time.perf_counter()
            call = self.session.call(spec.uri, spec.payload(self.sent))
            call.add_done_callback(lambda future, number=self.sent, at=at: self.answered(future, number, at))

    def answered(self, future, number, sent_at):
        self.got += 1
        if self.spec.window == 1:
            self.times.append(time.perf_counter() - sent_at)
        right = not future.exception() and self.spec.right(number, self.session.values_of(future.result()))
        self.check(right, f'wrong result: {future}')
        self.step(self.got == self.spec.total)


class Events(Traffic):
    def __init__(self, session, spec):
        super().__init__(session, spec)
        self.acks = 0

    def under_way(self):
        return self.sent - (min(self.got, self.acks) if self.spec.acknowledged else self.got)

    def fill(self):
        spec = self.spec
        while self.sent < spec.total and self.under_way() < spec.window:
            self.sent += 1
            publication = self.session.publish(spec.uri, spec.payload(self.sent), spec.acknowledged)
            if spec.acknowledged:
                publication.add_done_callback(self.accepted)

    def complete(self):
        return self.got == self.spec.total and (not self.spec.acknowledged or self.acks == self.spec.total)

    def accepted(self, future):
        self.check(not future.exception(), f'refused: {future}')
        self.acks += 1
        self.step(self.complete())

    def heard(self, values):
        self.got += 1
        self.check(values[0] == self.got and self.spec.right(self.got, values), 'wrong event')
        self.step(self.complete())


async def calls(sides, spec):
    caller, callee = sides
    await callee.register(spec.uri)
    traffic, meter = Calls(caller, spec), Meter()
    traffic.fill()
    await traffic.over
    return meter.finish(spec.name, spec.total, 4 * spec.total), traffic.times


async def events(sides, spec):
    caller, callee = sides
    traffic = Events(caller, spec)
    await callee.subscribe(spec.uri, traffic.heard)
    meter = Meter()
    traffic.fill()
    await traffic.over
    meter.finish(spec.name, spec.total, (3 if spec.acknowledged else 2) * spec.total)


def small(i):
    return [i, 'payload']


def row(i):
    return {
        'id': i, 'name': f'item number {i}', 'ok': i % 2 == 0, 'price': i * 1.25, 'tags': ['alpha', 'beta', 'gamma'],
        'pos': {'x': i * 3, 'y': -i, 'note': 'n' * 40},
    }


def are_rows(rows):
    return len(rows) == 64 and rows[63]['id'] == 64 and rows[63]['tags'][2] == 'gamma' and rows[63]['pos']['y'] == -64


async def rpc_seq(sides, scaled):
    spec = Spec('rpc_seq', scaled(4000), 1, lambda i: [i], lambda i, values: values[0] == i)
    _, times = await calls(sides, spec)
    show_round_trips('rpc_seq', times)


async def rpc_pipe(sides, scaled):
    await calls(sides, Spec('rpc_pipe', scaled(20000), 64, small))


async def pub_noack(sides, scaled):
    await events(sides, Spec('pub_noack', scaled(50000), 256, small))


async def pub_ack(sides, scaled):
    await events(sides, Spec('pub_ack', scaled(50000), 256, small, acknowledged=True))


async def event_10k(sides, scaled):
    rows = [row(i) for i in range(1, 65)]
    await events(sides, Spec('event_10k', scaled(3000), 32, lambda i: [i, rows], lambda _, values: are_rows(values[1])))


async def rpc_1mb(sides, scaled):
    total, text = scaled(30), '0123456789abcdef' * 65536
    spec = Spec('rpc_1mb', total, 1, lambda _: [text], lambda _, values: len(values[0]) == len(text))
    wall, _ = await calls(sides, spec)
    show('rpc_1mb_time', wall / total * 1e3, 'ms')


SCENARIOS = {scenario.__name__: scenario for scenario in (rpc_seq, rpc_pipe, pub_noack, pub_ack, event_10k, rpc_1mb)}


async def play_with(join, url, realm, name, scale='1'):
    sides = await join(url, realm), await join(url, realm)
    await SCENARIOS[name](sides, lambda count: max(1, int(count * float(scale))))


def play(join):
    """`join(url, realm)` is a coroutine that gives a session."""
    try:
        asyncio.run(play_with(join, *sys.argv[1:]))
    except Exception as failure:    # whatever it is, the run is worth nothing
        print(f'# FAILED {failure!r}')
        sys.exit(3)
