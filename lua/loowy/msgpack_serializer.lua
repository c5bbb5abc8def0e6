--- MessagePack for programs: the same as messages are encoded with.

return require 'loowy.serializer' 'msgpack'
