"""Autobahn|Python as a peer that is told what to do: python remote.py asyncio|twisted URL. remote.js says what it offers."""

import asyncio
import importlib
import re
import ssl
import sys
import urllib.error
import urllib.request

FLAVOUR, CONTROL = sys.argv[1:3]

# First of all: what the library is imported for is decided there.
way = importlib.import_module(f'by_{FLAVOUR}')

from autobahn.util import xor                                               # noqa: E402
from autobahn.wamp import auth                                              # noqa: E402
from autobahn.wamp.exception import ApplicationError                        # noqa: E402
from autobahn.wamp.serializer import create_transport_serializer            # noqa: E402
from autobahn.wamp.types import (CallOptions, CallResult, Challenge,        # noqa: E402
                                 ComponentConfig, PublishOptions, RegisterOptions, SubscribeOptions)

SECRETS = {'wampcra': 'secret', 'ticket': 'ticket', 'scram': 'password', 'cryptosign': 'privkey'}
DETAILS = 'topic', 'procedure', 'publisher', 'publisher_authid', 'publisher_authrole', 'caller', 'caller_authid', \
    'caller_authrole', 'retained', 'publication'

sessions = {}


class Bound(auth.AuthCryptoSign):
    """Cryptosign bound to the channel by RFC 9266: the library itself knows `tls-unique` alone, which TLS 1.3 has not."""

    def __init__(self, binding, **how):
        super().__init__(authextra={'channel_binding': binding}, **how)
        self.binding = binding

    def on_challenge(self, session, challenge):
        assert challenge.extra['channel_binding'] == self.binding, challenge.extra
        channel = way.exported(session._transport)
        signed = xor(bytes.fromhex(challenge.extra['challenge']), channel).hex()
        return self._privkey.sign_challenge(Challenge('cryptosign', {'challenge': signed}), None, None)


def authenticator(method, authid=None, secret=None, binding=None):
    if method == 'anonymous':
        return auth.create_authenticator(method)
    how = {'authid': authid, SECRETS[method]: secret}
    if binding == 'tls-exporter':
        return Bound(binding, **how)
    if binding:
        how['authextra'] = {'channel_binding': binding}
    return auth.create_authenticator(method, **how)


class Peer(way.Session):
    """A session, and what it keeps."""

    def __init__(self, key, realm, login):
        super().__init__(ComponentConfig(realm))
        self.key, self.kept, self.pending = key, {}, None
        self.joining, self.ended = asyncio.Future(), asyncio.Future()
        if login:
            self.add_authenticator(authenticator(**login))

    def on_join(self, _details):
        self.joining.set_result(self.session_id)

    def on_leave(self, details):
        if not self.joining.done():
            self.joining.set_exception(ApplicationError(details.reason, details.message))
        elif self.key != 'control':
            tell(self.key, 'left', details.reason)
        self.disconnect()

    def on_disconnect(self):
        self.lost()
        self.ended.set_result(None)

    def lost(self):
        if not self.joining.done():
            self.joining.set_exception(ApplicationError('lost'))

    def onUserError(self, _failure, _message):
        """The specs make procedures fail; nobody has to read of it."""


def tell(key, what, value=None):
    sessions['control'].publish('remote.told', key, what, value)


def shown(details):
    return {name: getattr(details, name) for name in DETAILS if getattr(details, name, None) is not None}


def fail(_peer, uri, *args, details, **kwargs):
    raise ApplicationError(uri, *args, **kwargs)


def progress(_peer, count, details):
    if details.progress:
        for i in range(1, count + 1):
            details.progress(i, i=i)
    return 'done'


async def pending(peer, details):
    tell(peer.key, 'invoked')
    try:
        await asyncio.Future()
    finally:
        tell(peer.key, 'interrupted')


KINDS = {
    'echo': lambda _peer, *args, details, **kwargs: CallResult(*args, **kwargs),
    'who': lambda peer, *args, details, **kwargs: peer.key,
    'about': lambda _peer, *args, details, **kwargs: CallResult(**shown(details)),
    'fail': fail, 'progress': progress, 'pending': pending,
}


def answered(result):
    if isinstance(result, CallResult):
        return {'args': list(result.results), 'kwargs': result.kwresults}
    return {'args': [] if result is None else [result], 'kwargs': {}}


def canceled(peer):
    """The library cancels in the mode that the router takes by default; what its caller hears is of its own making."""
    peer.pending.cancel()


async def join(key, url, format, realm, login=None, headers=None):
    scheme, rest = re.match(r'([a-z+]+)://(.*)$', url).groups()
    secured = {'cafile': way.CA} if scheme in ('wss', 'tls') else None
    path = None
    if scheme == 'ws+unix':
        path, resource = rest.rsplit(':', 1)
        url = f'ws://localhost{resource}'
    elif scheme == 'unix':
        path = rest
    host, port = re.match(r'([^:/]+):(\d+)', rest).groups() if path is None else (None, None)
    peer = Peer(key, realm, login)
    serializer = create_transport_serializer(format)
    if scheme.startswith('ws'):
        factory = way.WampWebSocketClientFactory(lambda: peer, url=url, serializers=[serializer], headers=headers)
    else:
        factory = way.WampRawSocketClientFactory(lambda: peer, serializer=serializer)
    await way.connect(factory, path, host, port and int(port), secured, peer.lost)
    identity = await peer.joining
    sessions[key] = peer
    return {'id': identity}


async def leave(key):
    sessions[key].leave()
    return {}


async def call(key, procedure, args=(), kwargs=None, options=None, cancel=None):
    peer, options = sessions[key], dict(options or {})
    if options.pop('receive_progress', None):
        options['on_progress'] = lambda *args, **kwargs: tell(key, 'progress', {'args': list(args), 'kwargs': kwargs})
    peer.pending = peer.call(procedure, *args, **(kwargs or {}), options=CallOptions(**options))
    try:
        return answered(await way.settled(peer.pending))
    except ApplicationError as failure:
        return {'error': failure.error, 'args': list(failure.args), 'kwargs': failure.kwargs}
    except way.CancelledError:
        return {'error': 'wamp.error.canceled', 'args': [], 'kwargs': {}}


async def cancel(key):
    canceled(sessions[key])
    return {}


async def publish(key, topic, args=(), kwargs=None, options=None):
    options = PublishOptions(acknowledge=True, **(options or {}))
    publication = await way.settled(sessions[key].publish(topic, *args, **(kwargs or {}), options=options))
    return {'id': publication.id}


async def subscribe(key, topic, name, options=None):
    def heard(*args, details, **kwargs):
        tell(key, 'event', {'name': name, 'args': list(args), 'kwargs': kwargs, 'about': shown(details)})
    peer = sessions[key]
    peer.kept[name] = await way.settled(peer.subscribe(heard, topic, SubscribeOptions(details=True, **(options or {}))))
    return {'id': peer.kept[name].id}


async def register(key, procedure, name, kind, options=None):
    peer = sessions[key]

    def rpc(*args, **kwargs):
        return way.unsettled(KINDS[kind](peer, *args, **kwargs))
    peer.kept[name] = await way.settled(peer.register(rpc, procedure, RegisterOptions(details=True, **(options or {}))))
    return {'id': peer.kept[name].id}


async def remove(key, name):
    kept = sessions[key].kept.pop(name)
    await way.settled(kept.unsubscribe() if hasattr(kept, 'unsubscribe') else kept.unregister())
    return {}


def fetched(method, url, headers=None, body=None):
    request = urllib.request.Request(url, body and body.encode(), headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=way.CA)) as answer:
            return {'status': answer.status, 'body': answer.read().decode()}
    except urllib.error.HTTPError as failure:
        return {'status': failure.code, 'body': failure.read().decode()}


async def http(**request):
    return await asyncio.get_running_loop().run_in_executor(None, lambda: fetched(**request))


async def stop():
    asyncio.get_running_loop().call_soon(sessions['control'].leave)
    return {}


def offered(offer):
    async def guarded(**how):
        try:
            return CallResult(**await offer(**how))
        except ApplicationError as failure:
            return CallResult(error=failure.error, args=list(failure.args))
        except Exception as failure:
            return CallResult(error=repr(failure))
    return lambda **how: way.unsettled(guarded(**how))


async def main():
    await join('control', CONTROL, 'json', 'control')
    director = sessions['control']
    for offer in join, leave, call, cancel, publish, subscribe, register, remove, http, stop:
        await way.settled(director.register(offered(offer), f'remote.{offer.__name__}'))
    print('ready', flush=True)
    await director.ended


way.run(main)
