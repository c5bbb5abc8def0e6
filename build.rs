//! Link arguments of the Lua module.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |name: &str| std::env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    match (target("VENDOR").as_str(), target("FAMILY").as_str()) {
        // Lua's own functions are the interpreter's.
        ("apple", _) => println!("cargo:rustc-cdylib-link-arg=-undefined\ncargo:rustc-cdylib-link-arg=dynamic_lookup"),
        // Threads outlive `lua_close`, which unloads modules.
        (_, "unix") => println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete"),
        _ => {}
    }
}
