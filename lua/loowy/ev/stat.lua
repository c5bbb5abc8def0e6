-- ev.Stat. The kernel reports changes where it can (inotify); elsewhere the file is looked at every so many seconds.

local native = require 'loowy_core'.ev
local argument = require 'loowy.ev.argument'
local core = require 'loowy.ev.core'
local files = require 'loowy.ev.files'
local object = require 'loowy.ev.object'
local pending = require 'loowy.ev.pending'
local watcher = require 'loowy.ev.watcher'

local STAT = 4096
local DEFAULT_INTERVAL, MIN_INTERVAL = 5.0074891, 0.1074891     -- seconds; libev's

local FIELDS = { 'dev', 'ino', 'mode', 'nlink', 'uid', 'gid', 'rdev', 'size', 'atime', 'mtime', 'ctime' }

local methods = {}
local class = watcher.class('ev{stat}', methods)

local function copy(attributes)
    local fields = {}
    for _, name in ipairs(FIELDS) do fields[name] = attributes and attributes[name] or 0 end
    return fields
end

-- What the file is like now: all zero when there is none.
local function status(path)
    local attributes, mtime_nsec, ctime_nsec = native.file_status(path)
    local fields = copy(attributes)
    fields.mtime_nsec, fields.ctime_nsec = mtime_nsec, ctime_nsec
    if attributes and fields.nlink == 0 then fields.nlink = 1 end
    return fields
end

local function differs(a, b)
    for _, name in ipairs(FIELDS) do
        if a[name] ~= b[name] then return true end
    end
    return a.mtime_nsec ~= b.mtime_nsec or a.ctime_nsec ~= b.ctime_nsec
end

local function look(self, loop)
    local now = status(self.path)
    if not differs(now, self.attr) then return end
    self.prev, self.attr = self.attr, now
    pending.feed(loop.queues, self, STAT)
end

local function parent(path)
    if path == '/' or path == '.' then return nil end
    local directory = path:match('^(.*[^/])/+[^/]*/*$')
    return directory or path:sub(1, 1) == '/' and '/' or '.'
end

-- Listens at the file, or at the nearest directory above that exists. Returns whether no change can go unnoticed.
local function listen(self, loop)
    local former, path = self.id, self.path
    local id, is_remote = files.listen(loop, path, false, self)
    while not id and path do
        path = parent(path)
        if path then id, is_remote = files.listen(loop, path, true, self) end
    end
    self.id = id
    if former and former ~= id then files.ignore(loop, former, self) end
    return id and not is_remote
end

local function set_timer(self, loop, is_needed)
    if is_needed == (self.timer.index ~= nil) then return end
    if is_needed then
        core.start_timer(loop, self.timer, self.timer.interval)
    else
        core.stop_timer(loop, self.timer)
    end
end

-- The file may have been replaced: listens anew, and then looks, so that nothing is missed in between.
local function observe(self, loop)
    set_timer(self, loop, not listen(self, loop))
    look(self, loop)
end

local function arm(self, loop)
    self.attr = status(self.path)
    self.prev = self.attr
    observe(self, loop)
end

local function disarm(self, loop)
    core.stop_timer(loop, self.timer)
    if self.id then files.ignore(loop, self.id, self) end
    self.id = nil
end

local function effective(interval)
    return interval > 0 and math.max(interval, MIN_INTERVAL) or DEFAULT_INTERVAL
end

function methods.getdata(self)
    self = object.check(self, class, 1, 'getdata')
    return { path = self.path, interval = self.interval, attr = copy(self.attr), prev = copy(self.prev) }
end

return {
    new = function(callback, path, interval)
        argument.callback(callback, 1, 'new')
        local state = {
            arm = arm,
            disarm = disarm,
            on_change = observe,
            path = argument.string(path, 2, 'new'),
            interval = interval == nil and 0 or argument.integer(interval, 3, 'new'),
        }
        state.timer = {
            interval = effective(state.interval),
            on_expiry = function(loop) observe(state, loop) end,
        }
        return watcher.new(class, callback, state)
    end,
}
