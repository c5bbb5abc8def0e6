--- From MessagePack to CBOR and back, so that what is written down as the one is known as the other. Written for the
-- specs alone and knows nothing of the module; strict, as the notation is: CBOR is as short as it can be.

local bytes_of = require 'spec.support.bytes'

local M = {}

local big_endian, counted = bytes_of.big_endian, bytes_of.counted
local byte, char = string.byte, string.char

-- Heads of CBOR -----------------------------------------------------------------------------------------------------

local function head(major, argument)
    if argument < 24 then return char(major * 32 + argument) end
    for i = 0, 3 do
        local bytes = 2 ^ i
        if argument < 256 ^ bytes then return char(major * 32 + 24 + i) .. big_endian(argument, bytes) end
    end
end

-- An argument of eight bytes, which a number may not be able to hold.
local function wide(major, bytes)
    if bytes:sub(1, 4) == '\0\0\0\0' then return head(major, counted(bytes)) end
    return char(major * 32 + 27) .. bytes
end

local function inverted(bytes)
    return (bytes:gsub('.', function(c) return char(255 - byte(c)) end))
end

local function signed(bytes)
    local filled = (byte(bytes) < 128 and '\0' or '\255'):rep(8 - #bytes) .. bytes
    if byte(filled) < 128 then return wide(0, filled) end
    return wide(1, inverted(filled))
end

-- Floats are cut where nothing is lost ------------------------------------------------------------------------------

-- Sign, exponent without its bias, and fraction in units of 2^-52, of eight bytes.
local function fields(bytes)
    local first, second = byte(bytes, 1, 2)
    local sign = first >= 128 and 1 or 0
    local exponent = first % 128 * 16 + math.floor(second / 16) - 1023
    return sign, exponent, second % 16 * 2 ^ 48 + counted(bytes:sub(3))
end

-- A float of so many bits of exponent and fraction, in so many bytes; nothing where it does not fit.
local function cut(bytes, exponent_bits, fraction_bits, size)
    local sign, exponent, fraction = fields(bytes)
    local bias = 2 ^ (exponent_bits - 1) - 1
    local biased
    if exponent == 1024 then
        biased = 2 * bias + 1
    elseif exponent == -1023 and fraction == 0 then
        biased = 0
    elseif exponent > bias then
        return nil
    elseif exponent > -bias then
        biased = exponent + bias
    else
        biased, fraction = 0, (2 ^ 52 + fraction) * 2 ^ (exponent + bias - 1)
    end
    local kept = fraction / 2 ^ (52 - fraction_bits)
    if kept % 1 ~= 0 then return nil end
    return big_endian((sign * 2 ^ exponent_bits + biased) * 2 ^ fraction_bits + kept, size)
end

local function float(bytes)
    local _, exponent, fraction = fields(bytes)
    if exponent == 1024 and fraction ~= 0 then return '\249\126\0' end
    local half, single = cut(bytes, 5, 10, 2), cut(bytes, 8, 23, 4)
    if half then return '\249' .. half end
    if single then return '\250' .. single end
    return '\251' .. bytes
end

-- The eight bytes of a shorter float.
local function widened(bytes, exponent_bits, fraction_bits)
    local number = counted(bytes)
    local fraction = number % 2 ^ fraction_bits * 2 ^ (52 - fraction_bits)
    local rest = math.floor(number / 2 ^ fraction_bits)
    local biased, sign = rest % 2 ^ exponent_bits, math.floor(rest / 2 ^ exponent_bits)
    local bias = 2 ^ (exponent_bits - 1) - 1
    local exponent = biased - bias
    if biased == 2 * bias + 1 then
        exponent = 1024
    elseif biased == 0 and fraction == 0 then
        exponent = -1023
    elseif biased == 0 then
        exponent = 1 - bias
        while fraction < 2 ^ 52 do fraction, exponent = fraction * 2, exponent - 1 end
        fraction = fraction - 2 ^ 52
    end
    local top = sign * 2048 + exponent + 1023
    return big_endian(top * 16 + math.floor(fraction / 2 ^ 48), 2) .. big_endian(fraction % 2 ^ 48, 6)
end

-- MessagePack to CBOR -----------------------------------------------------------------------------------------------

local CONSTANTS = { [192] = '\246', [194] = '\244', [195] = '\245' }

-- Mark: how many bytes follow, and what they are.
local MARKS = {
    [204] = { 1, 'unsigned' }, [205] = { 2, 'unsigned' }, [206] = { 4, 'unsigned' }, [207] = { 8, 'unsigned' },
    [208] = { 1, 'signed' }, [209] = { 2, 'signed' }, [210] = { 4, 'signed' }, [211] = { 8, 'signed' },
    [202] = { 4, 'single' }, [203] = { 8, 'double' },
    [196] = { 1, 'binary' }, [197] = { 2, 'binary' }, [198] = { 4, 'binary' },
    [217] = { 1, 'text' }, [218] = { 2, 'text' }, [219] = { 4, 'text' },
    [220] = { 2, 'list' }, [221] = { 4, 'list' }, [222] = { 2, 'dictionary' }, [223] = { 4, 'dictionary' },
}

local NUMBERS = {
    unsigned = function(bytes) return wide(0, ('\0'):rep(8 - #bytes) .. bytes) end,
    signed = signed,
    single = function(bytes) return float(widened(bytes, 8, 23)) end,
    double = float,
}

-- What a mark says: a finished number or constant, or the kind and size of what follows; and where that begins.
local function read_mark(bytes, at)
    local mark = byte(bytes, at) or error('the message is too short', 0)
    if mark < 128 then return head(0, mark), nil, at + 1 end
    if mark >= 224 then return head(1, 255 - mark), nil, at + 1 end
    if mark < 144 then return 'dictionary', mark - 128, at + 1 end
    if mark < 160 then return 'list', mark - 144, at + 1 end
    if mark < 192 then return 'text', mark - 160, at + 1 end
    if CONSTANTS[mark] then return CONSTANTS[mark], nil, at + 1 end
    local size, kind = MARKS[mark][1], MARKS[mark][2]
    local said = bytes:sub(at + 1, at + size)
    if NUMBERS[kind] then return NUMBERS[kind](said), nil, at + 1 + size end
    return kind, counted(said), at + 1 + size
end

local MAJOR = { binary = 2, text = 3, list = 4, dictionary = 5 }

local function to_cbor(bytes, at, out)
    local what, size
    what, size, at = read_mark(bytes, at)
    if not size then
        out[#out + 1] = what
        return at
    end
    out[#out + 1] = head(MAJOR[what], size)
    if what == 'binary' or what == 'text' then
        out[#out + 1] = bytes:sub(at, at + size - 1)
        return at + size
    end
    for _ = 1, what == 'list' and size or 2 * size do at = to_cbor(bytes, at, out) end
    return at
end

--- One value of MessagePack as CBOR; what follows it stays as it is.
function M.of_msgpack(bytes)
    local out = {}
    local at = to_cbor(bytes, 1, out)
    return table.concat(out) .. bytes:sub(at)
end

-- CBOR to MessagePack -----------------------------------------------------------------------------------------------

local SIMPLE = { [20] = '\194', [21] = '\195', [22] = '\192' }

local function sized(size, fix, limit, marks)
    if size < limit then return char(fix + size) end
    for _, mark in ipairs(marks) do
        local bytes = MARKS[mark][1]
        if size < 256 ^ bytes then return char(mark) .. big_endian(size, bytes) end
    end
end

-- In as few bytes as the notation has it.
local function integer(major, bytes)
    local number = counted(bytes)
    if major == 0 then
        if bytes:sub(1, 4) ~= '\0\0\0\0' then return '\207' .. bytes end
        return sized(number, 0, 128, { 204, 205, 206 })
    end
    if number < 32 then return char(255 - number) end
    for mark, size in pairs { [208] = 1, [209] = 2, [210] = 4, [211] = 8 } do
        if number < 256 ^ size / 2 and (size == 1 or number >= 256 ^ (size / 2) / 2) then
            return char(mark) .. inverted(bytes):sub(9 - size)
        end
    end
end

local function special(bytes, at, info)
    if SIMPLE[info] then return SIMPLE[info], at end
    if info == 25 then return '\203' .. widened(bytes:sub(at, at + 1), 5, 10), at + 2 end
    if info == 26 then return '\203' .. widened(bytes:sub(at, at + 3), 8, 23), at + 4 end
    if info == 27 then return '\203' .. bytes:sub(at, at + 7), at + 8 end
    error('not in this notation', 0)
end

local WRITTEN = {
    [2] = function(size) return sized(size, 0, 0, { 196, 197, 198 }) end,
    [3] = function(size) return sized(size, 160, 32, { 218, 219 }) end,
    [4] = function(size) return sized(size, 144, 16, { 220, 221 }) end,
    [5] = function(size) return sized(size, 128, 16, { 222, 223 }) end,
}

local function to_msgpack(bytes, at, out)
    local first = byte(bytes, at) or error('the message is too short', 0)
    local major, info = math.floor(first / 32), first % 32
    at = at + 1
    if major == 7 then
        out[#out + 1], at = special(bytes, at, info)
        return at
    end
    local argument = big_endian(info, 8)
    if info > 23 then
        local size = 2 ^ (info - 24)
        argument, at = ('\0'):rep(8 - size) .. bytes:sub(at, at + size - 1), at + size
    end
    if major < 2 then
        out[#out + 1] = integer(major, argument)
        return at
    end
    local size = counted(argument)
    out[#out + 1] = WRITTEN[major](size)
    if major < 4 then
        out[#out + 1] = bytes:sub(at, at + size - 1)
        return at + size
    end
    for _ = 1, major == 4 and size or 2 * size do at = to_msgpack(bytes, at, out) end
    return at
end

--- A message of CBOR as MessagePack. Raises an error where it is not as short as it can be.
function M.to_msgpack(bytes)
    local out = {}
    to_msgpack(bytes, 1, out)
    local result = table.concat(out)
    if M.of_msgpack(result) ~= bytes then error('not the form of that message: ' .. bytes, 0) end
    return result
end

return M
