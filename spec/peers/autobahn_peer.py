"""Autobahn|Python as a peer: python autobahn_peer.py URL json|msgpack|cbor. It offers what offers.js does."""

import asyncio
import sys

from autobahn.asyncio.component import Component, run
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import CallOptions, CallResult, PublishOptions, RegisterOptions, SubscribeOptions

URL, FORMAT = sys.argv[1:3]
ACKNOWLEDGE = PublishOptions(acknowledge=True)

component = Component(
    transports=[{'type': 'websocket', 'url': URL, 'serializers': [FORMAT], 'max_retries': 0}],
    realm='realm1',
)
passed = False


def describe(value):
    if value is None or isinstance(value, bool):
        return {None: 'null', True: 'true', False: 'false'}[value]
    if isinstance(value, bytes):
        return 'bytes ' + value.hex()
    if isinstance(value, list):
        return '[' + ', '.join(map(describe, value)) + ']'
    if isinstance(value, dict):
        return '{' + ', '.join(f'{key}: {describe(value[key])}' for key in sorted(value)) + '}'
    return f'{type(value).__name__} {value}'


def make(text):
    kind, _, rest = text.partition(' ')
    makers = {'int': int, 'float': float, 'str': str, 'bytes': bytes.fromhex}
    if kind in makers:
        return makers[kind](rest)
    return {'null': None, 'true': True, 'false': False, '[]': [], '{}': {}}[text]


def over(change):
    def endpoint(*args, **kwargs):
        return CallResult(*map(change, args), **{key: change(value) for key, value in kwargs.items()})
    return endpoint


def fail(uri, *args, **kwargs):
    raise ApplicationError(uri, *args, **kwargs)


def progress(count, details):
    for i in range(1, count + 1):
        details.progress(i, i=i)
    return 'done'


def meant(details):
    return CallResult(details.procedure, details.caller)


class Peer:
    """What needs the session."""

    def __init__(self, session):
        self.session = session
        self.pending_call = None

    async def pending(self):
        self.session.publish('peer.started')
        try:
            await asyncio.Future()
        finally:
            self.session.publish('peer.ended')

    async def call(self, procedure, how=None, args=(), kwargs=None):
        def progressed(*args, **_kwargs):
            self.session.publish('peer.progressed', *args)
        options = CallOptions(on_progress=progressed) if (how or {}).get('progress') else None
        self.pending_call = self.session.call(procedure, *args, **(kwargs or {}), options=options)
        try:
            result = await self.pending_call
        except ApplicationError as failure:
            return CallResult('error', error=failure.error, args=list(failure.args), kwargs=failure.kwargs)
        except asyncio.CancelledError:
            return CallResult('error', error='wamp.error.canceled', args=[], kwargs={})
        if isinstance(result, CallResult):
            return CallResult('result', args=list(result.results), kwargs=result.kwresults)
        return CallResult('result', args=[] if result is None else [result], kwargs={})

    def cancel(self):
        self.pending_call.cancel()

    async def publish(self, topic, _how=None, args=(), kwargs=None):
        await self.session.publish(topic, *args, **(kwargs or {}), options=ACKNOWLEDGE)

    def heard(self, *args, **kwargs):
        self.session.publish('peer.heard', *args, **kwargs)

    def about(self, details):
        self.session.publish('peer.about', details.topic, details.publisher)

    def stop(self):
        global passed
        passed = True
        self.session.leave()


@component.on_join
async def joined(session, _details):
    peer = Peer(session)
    await session.register(CallResult, 'peer.echo')
    await session.register(over(describe), 'peer.describe')
    await session.register(over(make), 'peer.make')
    await session.register(fail, 'peer.fail')
    await session.register(progress, 'peer.progress', options=RegisterOptions(details=True))
    await session.register(peer.pending, 'peer.pending')
    await session.register(peer.call, 'peer.call')
    await session.register(peer.publish, 'peer.publish')
    for match, name in ('prefix', 'prefix'), ('wildcard', '.wild'):
        await session.register(meant, f'peer.{name}', options=RegisterOptions(match=match, details=True))
        await session.subscribe(peer.about, f'lua.{name}', options=SubscribeOptions(match=match, details=True))
    await session.subscribe(peer.heard, 'lua.topic')
    await session.subscribe(peer.cancel, 'lua.cancel')
    await session.subscribe(peer.stop, 'peer.stop')
    print('ready', flush=True)


run([component], log_level='warn')
sys.exit(0 if passed else 1)
