--- Messages of both formats in one notation: JSON without white space, whose keys may be numbers, too.
--
-- Written for the specs alone and knows nothing of the module. It is strict, so that what is said about a message's
-- notation holds for its bytes: numbers and texts stay as they are written, and MessagePack is as short as it can be,
-- but for str8, which 0.4.1 does not write.

local bytes_of = require 'spec.support.bytes'

local M = {}

local big_endian, counted = bytes_of.big_endian, bytes_of.counted
local byte, char, floor = string.byte, string.char, math.floor

local ESCAPES = { b = '\b', f = '\f', n = '\n', r = '\r', t = '\t' }

-- From text to a tree: leaves are their texts, lists { list = true, … }, dictionaries { { key, value }, … } ---------

local value_at

local function items(text, position, close, item)
    local result = {}
    if text:sub(position, position) == close then return result, position + 1 end
    while true do
        result[#result + 1], position = item(text, position)
        local mark = text:sub(position, position)
        if mark == close then return result, position + 1 end
        if mark ~= ',' then error(('no "%s" at %d of %s'):format(close, position, text), 0) end
        position = position + 1
    end
end

local function member(text, position)
    local key, value
    key, position = value_at(text, position)
    if text:sub(position, position) ~= ':' then error(('no colon at %d of %s'):format(position, text), 0) end
    value, position = value_at(text, position + 1)
    return { key, value }, position
end

-- The end of the text that begins there.
local function string_end(text, position)
    repeat
        position = text:find('["\\]', position + 1) or error('no end of ' .. text, 0)
        local escaped = text:sub(position, position) == '\\'
        if escaped then position = position + 1 end
    until not escaped
    return position
end

function value_at(text, position)
    local mark = text:sub(position, position)
    if mark == '{' then return items(text, position + 1, '}', member) end
    if mark == '[' then
        local list
        list, position = items(text, position + 1, ']', value_at)
        list.list = true
        return list, position
    end
    local last = mark == '"' and string_end(text, position) or select(2, text:find('^[%w.+-]+', position))
    if not last then error(('no value at %d of %s'):format(position, text), 0) end
    return text:sub(position, last), last + 1
end

local function tree_of(text)
    local tree, position = value_at(text, 1)
    if position <= #text then error('more than one value: ' .. text, 0) end
    return tree
end

local function text_of(tree, sorted)
    if type(tree) == 'string' then return tree end
    local parts = {}
    for i, item in ipairs(tree) do
        parts[i] = tree.list and text_of(item, sorted) or item[1] .. ':' .. text_of(item[2], sorted)
    end
    if tree.list then return '[' .. table.concat(parts, ',') .. ']' end
    if sorted then table.sort(parts) end
    return '{' .. table.concat(parts, ',') .. '}'
end

--- The same message with its keys in order: how two messages are compared, whose keys have none.
function M.sorted(text)
    return text_of(tree_of(text), true)
end

-- Numbers ----------------------------------------------------------------------------------------------------------

local function double(number)
    local sign = (number < 0 or 1 / number < 0) and 128 or 0
    local size, exponent = math.abs(number), 1023
    if size == math.huge then return char(sign + 127, 240) .. ('\0'):rep(6) end
    if size == 0 then return char(sign) .. ('\0'):rep(7) end
    while size >= 2 do size, exponent = size / 2, exponent + 1 end
    while size < 1 do size, exponent = size * 2, exponent - 1 end
    local high = floor((size - 1) * 2 ^ 20)
    local low = ((size - 1) * 2 ^ 20 - high) * 2 ^ 32
    return char(sign + floor(exponent / 16), exponent % 16 * 16 + floor(high / 2 ^ 16))
        .. big_endian(high % 2 ^ 16, 2) .. big_endian(low, 4)
end

local function of_double(bytes)
    local first, second = byte(bytes, 1, 2)
    local sign, exponent = first < 128 and 1 or -1, first % 128 * 16 + floor(second / 16)
    local fraction = (second % 16 * 2 ^ 48 + counted(bytes:sub(3))) / 2 ^ 52
    if exponent == 2047 then return sign / 0 end
    if exponent == 0 and fraction == 0 then return sign * 0.0 end
    return sign * (1 + fraction) * 2 ^ (exponent - 1023)
end

local function float_text(number)
    if number == 1 / 0 or number == -1 / 0 then return number < 0 and '-inf' or 'inf' end
    local text = ('%.14g'):format(number)
    if tonumber(text) ~= number then text = ('%.17g'):format(number) end
    return text:find '[.e]' and text or text .. '.0'
end

local function integer(number)
    if number >= 0 then
        if number < 128 then return char(number) end
        for i, mark in ipairs { '\204', '\205', '\206', '\207' } do
            local bytes = 2 ^ (i - 1)
            if number < 256 ^ bytes then return mark .. big_endian(number, bytes) end
        end
    end
    if number >= -32 then return char(256 + number) end
    for i, mark in ipairs { '\208', '\209', '\210' } do
        local bytes = 2 ^ (i - 1)
        if number >= -256 ^ bytes / 2 then return mark .. big_endian(256 ^ bytes + number, bytes) end
    end
    error('too small a number: ' .. number, 0)
end

-- To and from MessagePack ------------------------------------------------------------------------------------------

local CONSTANTS = { null = '\192', ['false'] = '\194', ['true'] = '\195' }
local NANS = { nan = '\127\248\0\0\0\0\0\0', ['-nan'] = '\255\248\0\0\0\0\0\0' }
local INFINITIES = { inf = 1 / 0, ['-inf'] = -1 / 0 }

local function unescaped(text)
    return (text:sub(2, -2):gsub('\\(.)(%x?%x?%x?%x?)', function(mark, digits)
        if mark ~= 'u' then return (ESCAPES[mark] or mark) .. digits end
        local code = tonumber(digits, 16)
        if code > 127 then error('not in this notation: ' .. text, 0) end
        return char(code)
    end))
end

local function escaped(bytes)
    return '"' .. bytes:gsub('["\\]', '\\%0'):gsub('%c', function(control)
        return control == '\127' and control or ('\\u%04x'):format(byte(control))
    end) .. '"'
end

local function head(size, fix, limit, marks)
    if size < limit then return char(fix + size) end
    for i, mark in ipairs(marks) do
        local bytes = 2 ^ i
        if size < 256 ^ bytes then return char(mark) .. big_endian(size, bytes) end
    end
end

local function leaf(text)
    if CONSTANTS[text] then return CONSTANTS[text] end
    if text:byte() == 34 then
        local bytes = unescaped(text)
        return head(#bytes, 160, 32, { 218, 219 }) .. bytes
    end
    if NANS[text] then return '\203' .. NANS[text] end
    if INFINITIES[text] or text:find '[.eE]' then return '\203' .. double(INFINITIES[text] or tonumber(text)) end
    return integer(tonumber(text) or error('no value: ' .. text, 0))
end

local function packed(tree)
    if type(tree) == 'string' then return leaf(tree) end
    local parts = { tree.list and head(#tree, 144, 16, { 220, 221 }) or head(#tree, 128, 16, { 222, 223 }) }
    for _, item in ipairs(tree) do
        parts[#parts + 1] = tree.list and packed(item) or leaf(item[1]) .. packed(item[2])
    end
    return table.concat(parts)
end

-- How many bytes say a number, or how long something is; and what.
local SIZES = {
    [204] = 1, [205] = 2, [206] = 4, [207] = 8, [208] = 1, [209] = 2, [210] = 4, [203] = 8,
    [218] = 2, [219] = 4, [220] = 2, [221] = 4, [222] = 2, [223] = 4,
}

local function number_text(mark, bytes)
    for text, nan in pairs(NANS) do
        if mark == 203 and bytes == nan then return text end
    end
    if mark == 203 then return float_text(of_double(bytes)) end
    local number = counted(bytes)
    return ('%.0f'):format(mark < 208 and number or number - 256 ^ #bytes)
end

local unpacked

local function composite(bytes, position, kind, size)
    if kind == 'text' then return escaped(bytes:sub(position, position + size - 1)), position + size end
    local result = { list = kind == 'list' or nil }
    for i = 1, size do
        local key
        if kind == 'dictionary' then key, position = unpacked(bytes, position) end
        local value
        value, position = unpacked(bytes, position)
        result[i] = kind == 'dictionary' and { key, value } or value
    end
    return result, position
end

function unpacked(bytes, position)
    local mark = byte(bytes, position) or error('the message is too short', 0)
    position = position + 1
    if mark < 128 then return tostring(mark), position end
    if mark >= 224 then return tostring(mark - 256), position end
    if mark < 144 then return composite(bytes, position, 'dictionary', mark - 128) end
    if mark < 160 then return composite(bytes, position, 'list', mark - 144) end
    if mark < 192 then return composite(bytes, position, 'text', mark - 160) end
    for text, constant in pairs(CONSTANTS) do
        if byte(constant) == mark then return text, position end
    end
    local size = SIZES[mark] or error(('not in this notation: %02x'):format(mark), 0)
    local said = bytes:sub(position, position + size - 1)
    position = position + size
    if mark < 212 then return number_text(mark, said), position end
    local kind = mark < 220 and 'text' or mark < 222 and 'list' or 'dictionary'
    return composite(bytes, position, kind, counted(said))
end

--- A message in MessagePack.
function M.pack(text)
    return packed(tree_of(text))
end

--- The notation of a message in MessagePack.
function M.unpack(bytes)
    local tree, position = unpacked(bytes, 1)
    local text = text_of(tree)
    if position <= #bytes or packed(tree) ~= bytes then
        error(('%s is not the form of that message: %s'):format(text,
            bytes:gsub('.', function(c) return ('%02x'):format(byte(c)) end)), 0)
    end
    return text
end

return M
