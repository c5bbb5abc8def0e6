-- The descriptors of one loop: several watchers of a descriptor share one registration with the poller.
-- An entry is the list of a descriptor's watchers, with `events`, the union of theirs, or the loop's own `handler`.

local native = require 'loowy_core'.ev
local pending = require 'loowy.ev.pending'

local descriptors = {}

local READ = 1
local FORKED = 'ECHILD'
local feed = pending.feed

-- common[a][b]: the events that both sets have; union[a][b]: those of either
local common = { { 1, 0, 1 }, { 0, 2, 2 }, { 1, 2, 3 } }
local union = { [0] = { 1, 2, 3 }, { 1, 3, 3 }, { 3, 2, 3 }, { 3, 3, 3 } }

local function events_of(entry)
    local events = 0
    for i = 1, #entry do events = union[events][entry[i].events] end
    return events
end

local function open_poller(self)
    local poller, problem = native.poller(self.backend)
    if not poller then error('the event loop cannot start: ' .. problem, 0) end
    self.poller = poller
end

function descriptors.new(backend)
    local self = { backend = backend, entries = {}, always_ready = {} }
    open_poller(self)
    return self
end

local function forget(self, fd)
    self.entries[fd], self.always_ready[fd] = nil, nil
end

-- Tells the poller what is watched now. `entry.events` was watched before. A kind of file that no poller takes (EPERM:
-- a regular file) is always ready.
local function update(self, fd, entry, events)
    local done, problem, code = true, nil, nil
    if not self.always_ready[fd] then done, problem, code = self.poller:set(fd, entry.events, events) end
    if code == FORKED then
        descriptors.rebuild(self)
        self.is_forked = true
        done, problem, code = self.poller:set(fd, entry.events, events)
    end
    if not done and code == 'EPERM' then
        self.always_ready[fd], done = entry, true
    end
    entry.events = events
    return done, problem
end

-- Adds a watcher with `fd` and `events`. The poller is asked every time, even if nothing changes for it: the number may
-- have been closed and opened again since, without the poller. Returns true, or nil and a message.
function descriptors.add(self, watcher)
    local fd = watcher.fd
    local entry = self.entries[fd] or { events = 0 }
    entry[#entry + 1] = watcher
    local done, problem = update(self, fd, entry, events_of(entry))
    if done then
        self.entries[fd] = entry
        return true
    end
    entry[#entry] = nil
    entry.events = events_of(entry)
    return nil, problem
end

local function remove_from(entry, watcher)
    for i = 1, #entry do
        if entry[i] == watcher then return table.remove(entry, i) end
    end
end

function descriptors.remove(self, watcher)
    local fd = watcher.fd
    local entry = self.entries[fd]
    if not entry or not remove_from(entry, watcher) then return end
    local events = events_of(entry)
    if events ~= entry.events then update(self, fd, entry, events) end
    if #entry == 0 then forget(self, fd) end
end

-- Watches a descriptor of the loop's own; `handler(loop)` runs when it is readable.
function descriptors.add_own(self, fd, handler)
    local entry = { events = 0, handler = handler }
    self.entries[fd] = entry
    return update(self, fd, entry, READ)
end

function descriptors.remove_own(self, fd)
    update(self, fd, self.entries[fd], 0)
    forget(self, fd)
end

-- A new poller with everything that is watched; what was closed meanwhile is left out.
function descriptors.rebuild(self)
    open_poller(self)
    self.always_ready = {}
    for fd, entry in pairs(self.entries) do
        local events = entry.events
        entry.events = 0
        update(self, fd, entry, events)
    end
end

-- A descriptor that nobody watches is ready: it was closed while a duplicate of it lives on, which the poller still
-- sees and can no longer be told to ignore. Only a new poller ends that.
local function drop_stranger(self, fd)
    if not self.poller:set(fd, READ, 0) then descriptors.rebuild(self) end
end

-- Queues the events of a ready descriptor.
function descriptors.dispatch(loop, self, fd, ready)
    local entry = self.entries[fd]
    if not entry then return drop_stranger(self, fd) end
    if entry.handler then return entry.handler(loop) end
    for i = #entry, 1, -1 do
        local watcher = entry[i]
        local events = common[watcher.events][ready]
        if events ~= 0 then feed(loop.queues, watcher, events) end
    end
end

function descriptors.dispatch_always_ready(loop, self)
    for fd, entry in pairs(self.always_ready) do descriptors.dispatch(loop, self, fd, entry.events) end
end

return descriptors
