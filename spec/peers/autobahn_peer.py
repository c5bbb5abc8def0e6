"""Autobahn|Python as a peer: python autobahn_peer.py URL json|msgpack. It does what scenario.js does."""

import sys

from autobahn.asyncio.component import Component, run
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import CallResult, PublishOptions

URL, FORMAT = sys.argv[1:3]
ARGS = (1, -5, 1.5, 'žluťoučký', True, None, [], {}, [1, [2, {'three': 3}]], 2 ** 32 - 1)
KWARGS = {'list': [1, 2], 'dict': {'a': {'b': []}}, 'text': '"\\\n'}
ACKNOWLEDGE = PublishOptions(acknowledge=True)

component = Component(
    transports=[{'type': 'websocket', 'url': URL, 'serializers': [FORMAT], 'max_retries': 0}],
    realm='realm1',
)
passed = False


async def check_calls(session):
    echoed = await session.call('lua.echo', *ARGS, **KWARGS)
    assert isinstance(echoed, CallResult), echoed
    assert list(echoed.results) == list(ARGS), echoed.results
    assert echoed.kwresults == KWARGS, echoed.kwresults
    try:
        await session.call('lua.fail', 1)
        raise AssertionError('lua.fail did not fail')
    except ApplicationError as failure:
        assert failure.error == 'lua.error.broken', failure.error
        assert list(failure.args) == ['so it is'], failure.args
        assert failure.kwargs == {'code': 7}, failure.kwargs


@component.on_join
async def joined(session, _details):
    def heard(*args, **kwargs):
        session.publish('peer.heard', *args, **kwargs)

    def echo(*args, **kwargs):
        return CallResult(*args, **kwargs)

    def stop():
        global passed
        passed = True
        session.leave()

    await check_calls(session)
    await session.subscribe(heard, 'lua.topic')
    await session.register(echo, 'peer.echo')
    await session.subscribe(stop, 'peer.stop')
    await session.publish('peer.ready', options=ACKNOWLEDGE)


run([component], log_level='warn')
sys.exit(0 if passed else 1)
