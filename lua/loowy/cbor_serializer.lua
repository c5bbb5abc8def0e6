--- CBOR (RFC 8949) for programs: the same as messages are encoded with.

return require 'loowy.serializer' 'cbor'
