-- Who wants to know that the kernel reported a change of a file. Only where there is inotify.

local native = require 'loowy_core'.ev
local descriptors = require 'loowy.ev.descriptors'

local files = {}

local OVERFLOW = -1             -- the id under which lost changes are reported

local function copy(set)
    local items = {}
    for item in pairs(set) do items[#items + 1] = item end
    return items
end

local function tell(loop, id)
    for _, listener in ipairs(copy(loop.files.listeners[id] or {})) do listener.on_change(listener, loop) end
end

local function deliver(loop)
    local told = {}
    for _, id in ipairs(loop.files.inotify:changed()) do told[id] = true end
    if told[OVERFLOW] then told = copy(loop.files.listeners) else told = copy(told) end
    for _, id in ipairs(told) do tell(loop, id) end
end

local function open(loop)
    local inotify = native.inotify and native.inotify()
    if not inotify then return nil end
    loop.files = { inotify = inotify, listeners = {} }
    descriptors.add_own(loop.fds, inotify:fd(), deliver)
    return loop.files
end

-- Calls `listener.on_change(listener, loop)` when the file at `path` changes, or when something appears in it as a
-- directory. Returns an id, and whether other machines can change the file unnoticed; nil when it cannot be watched.
function files.listen(loop, path, is_directory, listener)
    local self = loop.files or open(loop)
    if not self then return nil end
    local id, is_remote = self.inotify:watch(path, is_directory)
    if not id then return nil end
    self.listeners[id] = self.listeners[id] or {}
    self.listeners[id][listener] = true
    return id, is_remote
end

function files.ignore(loop, id, listener)
    local listeners = loop.files.listeners[id]
    listeners[listener] = nil
    if next(listeners) then return end
    loop.files.listeners[id] = nil
    loop.files.inotify:release(id)
end

-- An instance of this process' own, after fork(2).
function files.reopen(loop)
    local former = loop.files
    if not former then return end
    descriptors.remove_own(loop.fds, former.inotify:fd())
    loop.files = nil
    for _, listeners in pairs(former.listeners) do
        for listener in pairs(listeners) do
            listener.id = nil
            listener.on_change(listener, loop)
        end
    end
end

return files
