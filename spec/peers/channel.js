// What both libraries need for addresses, keys, and channels of TLS.

const nacl = require('tweetnacl');

// Bytes that only the two ends of this channel know (RFC 9266).
function exported(socket) {
    return socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
}

// The challenge of cryptosign, bound to the channel if that is wanted, which the router has to agree to.
function bound(extra, binding, socket) {
    if (!binding) return extra;
    if (extra.channel_binding !== binding) throw new Error(`the router binds by ${extra.channel_binding}`);
    const channel = exported(socket());
    return { challenge: Buffer.from(extra.challenge, 'hex').map((byte, i) => byte ^ channel[i]).toString('hex') };
}

function keyPair(secret) {
    return nacl.sign.keyPair.fromSeed(Buffer.from(secret, 'hex'));
}

// What goes out in HELLO as authextra.
function extraOf({ method, secret, binding }) {
    if (method !== 'cryptosign') return undefined;
    const pubkey = Buffer.from(keyPair(secret).publicKey).toString('hex');
    return { pubkey, ...binding && { channel_binding: binding } };
}

module.exports = { bound, extraOf, keyPair };
