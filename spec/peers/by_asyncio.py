"""Autobahn|Python on asyncio, as remote.py needs it."""

import asyncio
import os
import ssl
from asyncio import CancelledError     # noqa: F401

import txaio

txaio.use_asyncio()

from autobahn.asyncio.rawsocket import WampRawSocketClientFactory       # noqa: E402, F401
from autobahn.asyncio.wamp import Session                               # noqa: E402, F401
from autobahn.asyncio.websocket import WampWebSocketClientFactory       # noqa: E402, F401

CA = os.environ.get('SSL_CERT_FILE')


def exported(_transport):
    raise NotImplementedError('the ssl of Python 3.11 exports nothing')


async def connect(factory, path, host, port, secured, _lost):
    loop = asyncio.get_running_loop()
    if path is not None:
        await loop.create_unix_connection(factory, path)
    else:
        await loop.create_connection(factory, host, port, ssl=secured and ssl.create_default_context(**secured))


def settled(future):
    """What the library gives, as something to await."""
    return future


def unsettled(result):
    """What procedures give, as the library takes it."""
    return result


def run(main):
    txaio.config.loop = asyncio.new_event_loop()
    txaio.start_logging(level='critical')
    txaio.config.loop.run_until_complete(main())
