"""Autobahn|Python on asyncio: python benches/peers/autobahn_peer.py URL REALM SCENARIO [SCALE]"""

import asyncio

from autobahn.asyncio.wamp import ApplicationSession
from autobahn.asyncio.websocket import WampWebSocketClientFactory
from autobahn.wamp.serializer import JsonSerializer
from autobahn.wamp.types import (
    CallOptions,
    CallResult,
    ComponentConfig,
    PublishOptions,
    RegisterOptions,
    SubscribeOptions,
)
from traffic import play

LARGEST = 16 << 20      # bytes of a message
CALL = CallOptions()
REGISTER = RegisterOptions(invoke='single')
SUBSCRIBE = SubscribeOptions(match='prefix')
PUBLISH = {False: PublishOptions(exclude_me=True), True: PublishOptions(acknowledge=True, exclude_me=True)}


class Session(ApplicationSession):
    def __init__(self, realm):
        super().__init__(ComponentConfig(realm))
        self.joined = asyncio.get_running_loop().create_future()

    def onJoin(self, details):
        self.joined.set_result(self)


class Methods:
    def __init__(self, session):
        self.session = session

    def register(self, procedure):
        return self.session.register(lambda *args: CallResult(*args), procedure, options=REGISTER)

    def subscribe(self, topic, handler):
        return self.session.subscribe(lambda *args: handler(args), topic, options=SUBSCRIBE)

    def call(self, procedure, values):
        return self.session.call(procedure, *values, options=CALL)

    def publish(self, topic, values, acknowledged):
        return self.session.publish(topic, *values, options=PUBLISH[acknowledged])

    @staticmethod
    def values_of(result):
        """A result with one positional value and no keyword values comes unwrapped."""
        return result.results if isinstance(result, CallResult) else [result]


async def join(url, realm):
    session = Session(realm)
    factory = WampWebSocketClientFactory(lambda: session, url=url, serializers=[JsonSerializer()])
    factory.setProtocolOptions(maxMessagePayloadSize=LARGEST, maxFramePayloadSize=LARGEST)
    await asyncio.get_running_loop().create_connection(factory, factory.host, factory.port)
    return Methods(await asyncio.wait_for(session.joined, 10))


play(join)
