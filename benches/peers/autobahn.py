"""Autobahn|Python on asyncio: python benches/peers/autobahn.py URL REALM SCENARIO [SCALE]

The scenarios of benches/client.lua: same windows, payloads, checks and lines of output.
"""

import os
import sys
import time

# The folder of this file comes first, and this file has the name of the package that it needs.
sys.path.pop(0)

import asyncio  # noqa: E402

from autobahn.asyncio.wamp import ApplicationSession  # noqa: E402
from autobahn.asyncio.websocket import WampWebSocketClientFactory  # noqa: E402
from autobahn.wamp.serializer import JsonSerializer  # noqa: E402
from autobahn.wamp.types import (  # noqa: E402
    CallOptions, CallResult, ComponentConfig, PublishOptions, RegisterOptions, SubscribeOptions)

URL, REALM, SCENARIO = sys.argv[1:4]
SCALE = float(sys.argv[4]) if len(sys.argv) > 4 else 1.0
LARGEST = 16 << 20
CALL = CallOptions()
PUBLISH = {False: PublishOptions(exclude_me=True), True: PublishOptions(acknowledge=True, exclude_me=True)}


def scaled(count):
    return max(1, int(count * SCALE))


def uri(name):
    return f'bench.{name}_{os.getpid()}'


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
    show(f'{name}_rtt_p50', times[int(len(times) * 0.5 + 0.999) - 1] * 1e6, 'us')
    show(f'{name}_rtt_p99', times[int(len(times) * 0.99 + 0.999) - 1] * 1e6, 'us')


class Traffic:
    """What calls and events have in common: a bounded number under way, and an end to wait for."""

    def __init__(self, total, window):
        self.total, self.window = total, window
        self.sent = self.got = 0
        self.over = asyncio.get_running_loop().create_future()

    def fail(self, failure):
        if not self.over.done():
            self.over.set_exception(failure)

    def check(self, right, what):
        if not right:
            self.fail(RuntimeError(what))

    def end(self):
        if not self.over.done():
            self.over.set_result(None)


class Calls(Traffic):
    def __init__(self, session, procedure, total, window, payload, right):
        super().__init__(total, window)
        self.session, self.procedure, self.payload, self.right = session, procedure, payload, right
        self.times = []

    def fill(self):
        while self.sent < self.total and self.sent - self.got < self.window:
            self.sent += 1
            number, sent_at = self.sent, time.perf_counter()
            call = self.session.call(self.procedure, *self.payload(number), options=CALL)
            call.add_done_callback(lambda future, number=number, at=sent_at: self.answered(future, number, at))

    def answered(self, future, number, sent_at):
        if future.exception():
            return self.fail(future.exception())
        result = future.result()
        values = result.results if isinstance(result, CallResult) else [result]
        self.got += 1
        if self.window == 1:
            self.times.append(time.perf_counter() - sent_at)
        self.check(self.right is None or self.right(number, values), 'wrong result')
        return self.end() if self.got == self.total else self.fill()


class Events(Traffic):
    def __init__(self, session, topic, total, window, payload, right, acknowledged):
        super().__init__(total, window)
        self.session, self.topic, self.payload, self.right = session, topic, payload, right
        self.acknowledged, self.acks = acknowledged, 0 if acknowledged else total

    def fill(self):
        acks = self.acks if self.acknowledged else self.sent
        while self.sent < self.total and self.sent - self.got < self.window and self.sent - acks < self.window:
            self.sent += 1
            acks += not self.acknowledged
            publication = self.session.publish(self.topic, *self.payload(self.sent), options=PUBLISH[self.acknowledged])
            if self.acknowledged:
                publication.add_done_callback(self.accepted)

    def accepted(self, future):
        if future.exception():
            return self.fail(future.exception())
        self.acks += 1
        return self.step()

    def heard(self, *values):
        self.got += 1
        self.check(values[0] == self.got and (self.right is None or self.right(values)), 'wrong event')
        self.step()

    def step(self):
        if self.got == self.total and self.acks == self.total:
            self.end()
        else:
            self.fill()


async def calls(caller, callee, name, total, window, payload, right=None):
    procedure = uri(name)
    await callee.register(lambda *args: CallResult(*args), procedure, options=RegisterOptions(invoke='single'))
    traffic, meter = Calls(caller, procedure, total, window, payload, right), Meter()
    traffic.fill()
    await traffic.over
    return meter.finish(name, total, 4 * total), traffic.times


async def events(caller, callee, name, total, window, payload, right=None, acknowledged=False):
    topic = uri(name)
    traffic = Events(caller, topic, total, window, payload, right, acknowledged)
    await callee.subscribe(traffic.heard, topic, options=SubscribeOptions(match='prefix'))
    meter = Meter()
    traffic.fill()
    await traffic.over
    meter.finish(name, total, (3 if acknowledged else 2) * total)


def small(i):
    return [i, 'payload']


def row(i):
    return {
        'id': i, 'name': f'item number {i}', 'ok': i % 2 == 0, 'price': i * 1.25, 'tags': ['alpha', 'beta', 'gamma'],
        'pos': {'x': i * 3, 'y': -i, 'note': 'n' * 40},
    }


def are_rows(values):
    rows = values[1]
    return len(rows) == 64 and rows[63]['id'] == 64 and rows[63]['tags'][2] == 'gamma' and rows[63]['pos']['y'] == -64


async def rpc_seq(*sides):
    _, times = await calls(*sides, 'rpc_seq', scaled(4000), 1, lambda i: [i], lambda i, values: values[0] == i)
    show_round_trips('rpc_seq', times)


async def rpc_pipe(*sides):
    await calls(*sides, 'rpc_pipe', scaled(20000), 64, small)


async def pub_noack(*sides):
    await events(*sides, 'pub_noack', scaled(50000), 256, small)


async def pub_ack(*sides):
    await events(*sides, 'pub_ack', scaled(50000), 256, small, acknowledged=True)


async def event_10k(*sides):
    rows = [row(i) for i in range(1, 65)]
    await events(*sides, 'event_10k', scaled(3000), 32, lambda i: [i, rows], are_rows)


async def rpc_1mb(*sides):
    total, text = scaled(30), '0123456789abcdef' * 65536
    wall, _ = await calls(*sides, 'rpc_1mb', total, 1, lambda _: [text], lambda _, values: len(values[0]) == len(text))
    show('rpc_1mb_time', wall / total * 1e3, 'ms')


SCENARIOS = {play.__name__: play for play in (rpc_seq, rpc_pipe, pub_noack, pub_ack, event_10k, rpc_1mb)}


class Session(ApplicationSession):
    def __init__(self):
        super().__init__(ComponentConfig(REALM))
        self.joined = asyncio.get_running_loop().create_future()

    def onJoin(self, details):
        self.joined.set_result(self)


async def join():
    session = Session()
    factory = WampWebSocketClientFactory(lambda: session, url=URL, serializers=[JsonSerializer()])
    factory.setProtocolOptions(maxMessagePayloadSize=LARGEST, maxFramePayloadSize=LARGEST)
    await asyncio.get_running_loop().create_connection(factory, factory.host, factory.port)
    return await asyncio.wait_for(session.joined, 10)


async def main():
    await SCENARIOS[SCENARIO](await join(), await join())


try:
    asyncio.run(main())
except Exception as failure:    # whatever it is, the run is worth nothing
    print(f'# FAILED {SCENARIO}: {failure!r}')
    sys.exit(3)
