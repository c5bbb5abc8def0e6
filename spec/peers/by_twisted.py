"""Autobahn|Python on Twisted, whose reactor runs on asyncio, as remote.py needs it."""

import asyncio
import os

import txaio
from twisted.internet import asyncioreactor

LOOP = asyncio.new_event_loop()
asyncioreactor.install(LOOP)
txaio.use_twisted()

from autobahn.twisted.rawsocket import WampRawSocketClientFactory       # noqa: E402, F401
from autobahn.twisted.wamp import Session                               # noqa: E402, F401
from autobahn.twisted.websocket import WampWebSocketClientFactory       # noqa: E402, F401
from twisted.internet import reactor                                    # noqa: E402
from twisted.internet.defer import CancelledError, Deferred             # noqa: E402, F401
from twisted.internet.endpoints import TCP4ClientEndpoint, UNIXClientEndpoint, wrapClientTLS  # noqa: E402
from twisted.internet.ssl import Certificate, optionsForClientTLS       # noqa: E402
from twisted.python.filepath import FilePath                            # noqa: E402

CA = os.environ.get('SSL_CERT_FILE')


def exported(transport):
    """What only the two ends of this channel know (RFC 9266)."""
    return transport.transport.getHandle().export_keying_material(b'EXPORTER-Channel-Binding', 32, b'')


async def connect(factory, path, host, port, secured, lost):
    if path is not None:
        endpoint = UNIXClientEndpoint(reactor, path)
    else:
        endpoint = TCP4ClientEndpoint(reactor, host, port)
        if secured:
            root = Certificate.loadPEM(FilePath(secured['cafile']).getContent())
            endpoint = wrapClientTLS(optionsForClientTLS(host, trustRoot=root), endpoint)
    protocol = await settled(endpoint.connect(factory))
    told = protocol.connectionLost

    def connection_lost(reason):
        told(reason)
        lost()
    # With TLS the handshake is still to come, and without it there is no session to be told.
    protocol.connectionLost = connection_lost


def settled(deferred):
    """What the library gives, as something to await."""
    return deferred.asFuture(asyncio.get_running_loop())


def unsettled(result):
    """What procedures give, as the library takes it."""
    return Deferred.fromFuture(asyncio.ensure_future(result)) if asyncio.iscoroutine(result) else result


def run(main):
    async def all():
        try:
            await main()
        finally:
            reactor.stop()
    txaio.config.loop = reactor
    everything = LOOP.create_task(all())
    reactor.run()
    everything.result()
