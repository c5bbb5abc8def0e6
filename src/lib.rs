//! The Lua module `loowy_core`.

mod ev;

/// Opens the module.
#[mlua::lua_module(skip_memory_check)]
fn loowy_core(lua: &mlua::Lua) -> mlua::Result<mlua::Table> {
    let exports = lua.create_table()?;
    ev::register(lua, &exports)?;
    Ok(exports)
}
