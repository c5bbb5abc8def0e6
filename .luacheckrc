-- The code runs on Lua 5.1 to 5.4 and LuaJIT: what any of them lacks must be asked for (`table.unpack or unpack`).
std = 'max'
max_line_length = 120
unused_args = true
self = false
exclude_files = { 'build', 'target', '.deps', 'lua_modules' }

files['spec'] = { std = 'max+busted' }
files['rockspec'] = { std = 'rockspec' }
