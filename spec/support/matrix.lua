--- What other people's clients speak: each of them on each transport with each serializer, against one router of ours.

local core = require 'loowy_core'
local helper = require 'spec.helper'
local json = require 'loowy.json_serializer'
local logins = require 'spec.support.interop.logins'
local remote = require 'spec.support.remote'

local M = {}

M.CERT = 'spec/support/tls/cert.pem'

local ALL, JSON, MSGPACK, CBOR = { 'json', 'msgpack', 'cbor' }, { 'json' }, { 'msgpack' }, { 'cbor' }

-- The versions that tools/peers names. Autobahn|JS speaks RawSocket in JSON alone, and not over TLS.
M.PEERS = {
    { name = 'Autobahn|Python', speaks = {
        ws = ALL, wss = ALL, ['ws+unix'] = ALL, tcp = ALL, tls = ALL, unix = ALL } },
    -- The same, but for its transports.
    { name = 'Autobahn|Python on Twisted', speaks = {
        ws = JSON, wss = MSGPACK, ['ws+unix'] = CBOR, tcp = CBOR, tls = JSON, unix = MSGPACK } },
    { name = 'Autobahn|JS', speaks = {
        ws = ALL, wss = ALL, ['ws+unix'] = ALL, tcp = JSON, unix = JSON } },
    { name = 'Wampy.js', speaks = { ws = ALL, wss = ALL, ['ws+unix'] = ALL } },
}

M.TRANSPORTS = { 'ws', 'wss', 'ws+unix', 'tcp', 'tls', 'unix' }

-- Ours speaks another one than the peer.
local OTHER = { json = 'msgpack', msgpack = 'cbor', cbor = 'json' }

local function fresh()
    local name = os.tmpname()
    os.remove(name)
    return name
end

local function user(secret, more)
    local all = { authrole = 'user', secret = secret }
    for k, v in pairs(more or {}) do all[k] = v end
    return all
end

local function start_router()
    local joe = user 'secret2'
    return helper.router {
        listen = {
            'ws://127.0.0.1:0/ws', 'wss://127.0.0.1:0/ws', 'ws+unix://' .. fresh() .. ':/ws',
            'tcp://127.0.0.1:0', 'tls://127.0.0.1:0', 'unix://' .. fresh(),
        },
        tls = { cert = M.CERT, key = 'spec/support/tls/key.pem' },
        realms = { 'realm1', 'arena', 'control', {
            name = 'secure',
            ticket = { staticCredentials = { joe = joe } },
            wampCRA = { staticCredentials = {
                joe = joe, salted = user('secret3', { salt = 'salt123', iterations = 100, keylen = 16 }) } },
            wampSCRAM = { staticCredentials = { joe = joe } },
            cryptosign = { staticCredentials = { joe = {
                authrole = 'user', authorizedKeys = { (core.cryptosign_public(logins.KEY)) } } } },
            cookieAuth = { staticCredentials = { ['one secret'] = { authid = 'joe', authrole = 'user' } } },
        } },
        metaAPI = { session = true, subscription = true, registration = true },
        eventHistory = { { topic = 'kept', match = 'prefix' } },
        trustLevels = { defaultTrustLevel = 3 },
        http = { publish = { credentials = { { token = 'let me in', authid = 'web', authrole = 'web' } } } },
    }
end

--- A `describe` for each peer with a `describe` for each transport and serializer that it speaks: `specs(cell)` with
-- name, transport, format, and the functions of `cell` below.
--- `busted` is what a spec alone has: describe, setup, teardown.
function M.describe(busted, what, specs)
    local describe, setup, teardown = busted.describe, busted.setup, busted.teardown
    for _, peer in ipairs(M.PEERS) do
        describe(('%s %s on our router #interop #matrix'):format(peer.name, what), function()
            local urls, router, process = {}, nil, nil

            setup(function()
                router = start_router()
                for i, url in ipairs(router:urls()) do urls[M.TRANSPORTS[i]] = url end
                process = remote.start(peer.name, urls.ws, M.CERT)
            end)

            teardown(function()
                process:stop()
                helper.close()
            end)

            for _, transport in ipairs(M.TRANSPORTS) do
                for _, format in ipairs(peer.speaks[transport] or {}) do
                    describe(('over %s, %s'):format(transport, format), function()
                        specs(M.cell(peer.name, transport, format, urls, function() return process, router end))
                    end)
                end
            end
        end)
    end
end

-- Of the specs so far.
local count = 0

--- What the specs of one combination need. Sessions and clients are those of all its specs: to join takes its time.
function M.cell(name, transport, format, urls, process)
    local self = { name = name, transport = transport, format = format }
    local theirs, ours = {}, {}

    function self.url(of) return urls[of or transport] end
    function self.process() return (process()) end

    --- What the router knows of a session in `secure`.
    function self.known(id)
        local _, router = process()
        for _, session in ipairs(router:sessions 'secure') do
            if session.session == id then return session end
        end
    end

    --- A URI of this spec's own.
    function self.uri(words) return ('cell%d.%s'):format(count, words) end

    --- A further session, for what ends it.
    function self.join(how)
        local all = { url = urls[transport], format = format, realm = 'realm1' }
        for k, v in pairs(how or {}) do all[k] = v end
        local session, reason = self.process():join(all)
        theirs[#theirs + 1] = session
        return session, reason
    end

    --- Asks the router by HTTP, over TLS where that is the transport, by what their language has for that.
    function self.http(method, path, headers, body)
        local url = urls[transport == 'wss' and 'wss' or 'ws']:gsub('^ws', 'http'):gsub('/ws$', path)
        return assert(self.process():ask('http', { method = method, url = url, headers = headers, body = body }))
    end

    --- Publishes by HTTP.
    function self.post(body, headers)
        body.realm = 'realm1'
        local all = { Authorization = 'Bearer let me in', ['Content-Type'] = 'application/json' }
        for k, v in pairs(headers or {}) do all[k] = v end
        return self.http('POST', '/publish', all, json.encode(body))
    end

    --- A further client of ours.
    function self.client(options)
        local all = { transportEncoding = OTHER[format], tls = { ca = M.CERT } }
        for k, v in pairs(options or {}) do all[k] = v end
        local client = helper.joined(urls[transport], all)
        ours[#ours + 1] = client
        return client
    end

    --- Two sessions of theirs and a client of ours, that nobody has told anything yet.
    function self.company()
        count = count + 1
        self.first = self.first or self.join()
        self.second = self.second or self.join()
        self.own = self.own or self.client()
        self.first:forget()
        self.second:forget()
        return self.first, self.own, self.second
    end

    --- Who has not left yet does.
    function self.close()
        for _, session in ipairs(theirs) do session:gone() end
        for _, client in ipairs(ours) do
            local box = helper.mailbox()
            client:options().onClose = box:on 'onClose'
            client:disconnect()
            if client:getSessionId() then box:expect 'onClose' end
        end
        theirs, ours, self.first, self.second, self.own = {}, {}, nil, nil, nil
    end

    return self
end

return M
