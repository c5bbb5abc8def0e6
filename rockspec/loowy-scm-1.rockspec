rockspec_format = '3.0'
package = 'Loowy'
version = 'scm-1'
source = {
    url = 'git+https://github.com/KSDaemon/Loowy.git',
    branch = 'main',
}
description = {
    summary = 'WAMP client and router for Lua',
    detailed = [[
        Loowy speaks WAMP version 2: remote procedure calls and publish/subscribe over WebSocket, in JSON, MessagePack
        and CBOR.
        The core is written in Rust; building it needs a Rust toolchain (https://rustup.rs) and nothing else.
    ]],
    homepage = 'https://github.com/KSDaemon/Loowy',
    license = 'MIT',
    labels = { 'wamp', 'websocket', 'rpc', 'pubsub' },
}
dependencies = { 'lua >= 5.1, < 5.5' }
build = {
    type = 'make',
    build_target = 'build',
    build_variables = { LUA = '$(LUA)' },
    install_variables = { LUA = '$(LUA)', LUADIR = '$(LUADIR)', LIBDIR = '$(LIBDIR)' },
}
