# Loowy: a WAMP client and router for Lua. `make` lists the targets; the work is done by the scripts in tools/.

override LUA := $(if $(LUA),$(shell tools/lua name '$(LUA)'),$(shell tools/lua default))
ABI     := $(if $(filter luajit,$(LUA)),5.1,$(LUA))
LUAS    := luajit 5.1 5.2 5.3 5.4
PREFIX  ?= /usr/local
LUADIR  ?= $(PREFIX)/share/lua/$(ABI)
LIBDIR  ?= $(PREFIX)/lib/lua/$(ABI)
URL     ?=
REALM   ?=
REFERENCE ?=
TIME    ?= 60
MARKDOWN ?=
KILLS   ?=
ROUNDS  ?=
SEED    ?=

RUST    := Cargo.toml Cargo.lock $(wildcard build.rs) $(shell find src crates -type f \( -name '*.rs' -o -name Cargo.toml \))
MODULES := $(patsubst lua/%,%,$(shell find lua -type f -name '*.lua'))
library  = build/$(1)/$(2)/loowy_core.so

# LuaRocks names the compiler; what cargo has compiled with the usual one stays good.
ifeq ($(origin CC),command line)
unexport CC
endif

ifeq ($(LUA),)
$(error there is no such Lua)
endif

.PHONY: help build demo test compat sanitize install uninstall bench check doc fuzz soak clean
.DELETE_ON_ERROR:

help: ## Show this list
	@echo 'make TARGET [LUA=luajit|5.1|5.2|5.3|5.4]   (LUA is $(LUA) now)'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

build: $(call library,release,$(LUA)) ## Build the native module for LUA into build/release/LUA

demo: ## Play the smart home (URL=ws://host:port/path: on that router instead of the embedded one)
	@tools/need rust $(if $(filter luajit,$(LUA)),luajit,lua$(LUA))
	@$(MAKE) --no-print-directory build LUA=$(LUA)
	@tools/run $(LUA) examples/smart_home.lua $(URL) $(REALM)

test: ## Run all tests, on all Luas (PEERS=no: without other routers and clients)
	@tools/test

sanitize: ## Run the binding under valgrind and AddressSanitizer, at length
	@tools/sanitize all

compat: ## List the rows of the compatibility reference with their specs (REFERENCE=file: compare with it)
	@tools/compat $(REFERENCE)

install: $(call library,release,$(LUA)) ## Install for LUA (PREFIX=/usr/local, DESTDIR=, or LUADIR= and LIBDIR=)
	@install -d "$(DESTDIR)$(LIBDIR)" $(foreach folder,$(sort $(dir $(MODULES))),"$(DESTDIR)$(LUADIR)/$(folder)")
	@for module in $(MODULES); do install -m 644 lua/$$module "$(DESTDIR)$(LUADIR)/$$module" || exit 1; done
	@install -m 755 $< "$(DESTDIR)$(LIBDIR)/loowy_core.so"
	@echo 'Loowy for Lua $(LUA) is in $(DESTDIR)$(LUADIR) and $(DESTDIR)$(LIBDIR)'

uninstall: ## Remove what install put there (same arguments)
	@rm -f $(foreach module,$(MODULES),"$(DESTDIR)$(LUADIR)/$(module)") "$(DESTDIR)$(LIBDIR)/loowy_core.so"
	@find "$(DESTDIR)$(LUADIR)/loowy" -type d -empty -delete 2>/dev/null || true

bench: ## Measure what Loowy should reach (ROUNDS=5, SCALE=1, PARTS=all, MARKDOWN=FILE; benches/run --help has more)
	@benches/run $(if $(MARKDOWN),--markdown $(MARKDOWN))

check: ## Check format, lints and documentation
	@tools/check

doc: ## Build the documentation of the Rust side into target/doc
	@tools/need rust
	cargo doc --workspace --no-deps --features lua54

fuzz: ## Fuzz decoders and machines, TIME=60 seconds per target
	@tools/fuzz $(TIME)

soak: ## Kill routers under working clients, KILLS=100 times each, and play ROUNDS=200 random sequences (SEED= repeats a run)
	@LUA=$(LUA) KILLS=$(KILLS) ROUNDS=$(ROUNDS) SEED=$(SEED) tools/soak

clean: ## Remove what was built (not what was installed into .deps)
	cargo clean
	rm -rf build

build/dev/%/loowy_core.so: $(RUST)
	@tools/build $* dev $@

build/asan/%/loowy_core.so: $(RUST)
	@tools/build $* asan $@

build/release/%/loowy_core.so: $(RUST)
	@tools/build $* release $@

# What the specs of processes do to themselves. A state that it gave an allocator to needs that until its very end.
build/dev/%/host.so: spec/hosts/host.c
	@mkdir -p $(@D)
	@cc -std=gnu11 -O1 -g -Wall -Wextra -Werror -shared -fPIC -Wl,-z,nodelete -I/usr/include/$(if $(filter luajit,$*),luajit-2.1,lua$*) -o $@ $<

# What tools/instructions counts with.
build/release/%/counting.so: benches/instructions.c
	@mkdir -p $(@D)
	@cc -std=gnu11 -O1 -Wall -Wextra -Werror -shared -fPIC -I/usr/include/$(if $(filter luajit,$*),luajit-2.1,lua$*) -o $@ $< -ldl
