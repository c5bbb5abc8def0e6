--- Other people's clients on wss:// of our router, beside ours.

local helper = require 'spec.helper'
local peer_process = require 'spec.support.peer_process'

local CERT, KEY = 'spec/support/tls/cert.pem', 'spec/support/tls/key.pem'

local function secured()
    return helper.router { listen = 'wss://127.0.0.1:0/ws', tls = { cert = CERT, key = KEY } }
end

for _, name in ipairs(peer_process.NAMES) do
    describe(name .. ' over wss:// on our router #interop', function()
        after_each(helper.close)

        for _, format in ipairs { 'json', 'msgpack', 'cbor' } do
            it('sends and gets, ' .. format, function()
                local url, box = secured():url(), helper.mailbox()
                local process = assert(peer_process.start(name, url, format, 'realm1', nil, CERT))
                local client = helper.joined(url, { tls = { ca = CERT } })
                helper.subscribed(client, 'peer.heard', box:on 'heard')
                for _, size in ipairs { 1, 1000, 100000, 1000000 } do
                    local sent = ('x'):rep(size)
                    local outcome, list = helper.called(client, 'peer.echo', { sent })
                    assert.equal('onSuccess', outcome)
                    assert.is_true(list[1] == sent)
                    client:publish('lua.topic', { sent })
                    assert.is_true(box:expect('heard').argsList[1] == sent)
                end
                helper.published(client, 'peer.stop')
                peer_process.ended(process)
            end)
        end

        it('does not join without trust', function()
            assert.is_nil(peer_process.start(name, secured():url(), 'json'))
        end)
    end)
end
