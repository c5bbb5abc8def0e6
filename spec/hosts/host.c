/* What a C program around Lua may do to it, and no Lua program can do to itself: the module `host` of the specs here.
 * It is loaded by the ordinary interpreters. */
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

static int answer(lua_State *L, int result) {
    if (result >= 0) {
        lua_pushinteger(L, result);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, strerror(errno));
    return 2;
}

/* Processes ------------------------------------------------------------------------------------------------------- */

/* fork() -> pid, 0 in the child */
static int host_fork(lua_State *L) {
    return answer(L, fork());
}

static int host_pid(lua_State *L) {
    lua_pushinteger(L, getpid());
    return 1;
}

/* wait(pid) -> 'exit' | 'signal', number */
static int host_wait(lua_State *L) {
    int status = 0, pid = (int)luaL_checkinteger(L, 1);
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) return answer(L, -1);
    }
    lua_pushstring(L, WIFEXITED(status) ? "exit" : "signal");
    lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    return 2;
}

/* leave(status): without any destructor or exit handler */
static int host_leave(lua_State *L) {
    _exit((int)luaL_checkinteger(L, 1));
}

/* exec(path, argument...): returns only when it fails */
static int host_exec(lua_State *L) {
    const char *arguments[16] = {0};
    int i, count = lua_gettop(L);
    for (i = 0; i < count && i < 15; i++) arguments[i] = luaL_checkstring(L, i + 1);
    execv(arguments[0], (char *const *)arguments);
    return answer(L, -1);
}

/* become(user): gives up the rights of root, which know no limits */
static int host_become(lua_State *L) {
    return answer(L, setuid((uid_t)luaL_checkinteger(L, 1)));
}

/* limit(what, number) */
static int host_limit(lua_State *L) {
    static const char *const names[] = {"files", "processes", "memory", NULL};
    static const int resources[] = {RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_AS};
    int resource = resources[luaL_checkoption(L, 1, NULL, names)];
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0) return answer(L, -1);
    limit.rlim_cur = (rlim_t)luaL_checknumber(L, 2);
    return answer(L, setrlimit(resource, &limit));
}

/* Signals --------------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t signals, strangers;

static void on_signal(int signal) {
    char name[16] = "";
    int saved = errno;
    (void)signal;
    prctl(PR_GET_NAME, name);
    __atomic_add_fetch(strncmp(name, "loowy-", 6) == 0 ? &strangers : &signals, 1, __ATOMIC_RELAXED);
    errno = saved;
}

/* handle(signal): counts it from now on, and does not restart what it interrupts */
static int host_handle(lua_State *L) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    return answer(L, sigaction((int)luaL_checkinteger(L, 1), &action, NULL));
}

/* signals() -> how many came, how many of them on threads of Loowy */
static int host_signals(lua_State *L) {
    lua_pushinteger(L, signals + strangers);
    lua_pushinteger(L, strangers);
    return 2;
}

/* alarm(seconds): SIGALRM in that interval from now on, 0 ends it */
static int host_alarm(lua_State *L) {
    struct itimerval timer;
    long micros = (long)(luaL_checknumber(L, 1) * 1e6);
    timer.it_interval.tv_sec = micros / 1000000;
    timer.it_interval.tv_usec = micros % 1000000;
    timer.it_value = timer.it_interval;
    return answer(L, setitimer(ITIMER_REAL, &timer, NULL));
}

/* kill(pid, signal) */
static int host_kill(lua_State *L) {
    return answer(L, kill((pid_t)luaL_checkinteger(L, 1), (int)luaL_checkinteger(L, 2)));
}

/* Lua states in threads ------------------------------------------------------------------------------------------- */

typedef struct {
    lua_State *state;
    pthread_t thread;
    int closes;     /* the thread closes the state at its end */
    int failed;
    char *result;
} State;

static void set_path(lua_State *from, lua_State *to, const char *name) {
    lua_getglobal(from, "package");
    lua_getfield(from, -1, name);
    lua_getglobal(to, "package");
    lua_pushstring(to, lua_tostring(from, -1));
    lua_setfield(to, -2, name);
    lua_pop(to, 1);
    lua_pop(from, 2);
}

/* state(program, argument...) -> state: another Lua with the same paths, in which the program has not run yet. */
static int host_state(lua_State *L) {
    size_t length;
    const char *program = luaL_checklstring(L, 1, &length);
    int i, count = lua_gettop(L);
    State *self = calloc(1, sizeof *self);
    lua_State *other = self->state = luaL_newstate();
    luaL_openlibs(other);
    set_path(L, other, "path");
    set_path(L, other, "cpath");
    if (luaL_loadbuffer(other, program, length, "=state") != 0) return luaL_error(L, "%s", lua_tostring(other, -1));
    for (i = 2; i <= count; i++) lua_pushstring(other, luaL_checkstring(L, i));
    lua_pushlightuserdata(L, self);
    return 1;
}

static void *run_state(void *argument) {
    State *self = argument;
    const char *result;
    self->failed = lua_pcall(self->state, lua_gettop(self->state) - 1, 1, 0);
    result = lua_tostring(self->state, -1);
    self->result = strdup(result ? result : "");
    lua_settop(self->state, 0);
    if (self->closes) lua_close(self->state);
    return NULL;
}

/* start(state, closes): runs the program in a thread of its own; afterwards the thread closes the state, if `closes` */
static int host_start(lua_State *L) {
    State *self = lua_touserdata(L, 1);
    self->closes = lua_toboolean(L, 2);
    errno = pthread_create(&self->thread, NULL, run_state, self);
    return answer(L, errno == 0 ? 0 : -1);
}

static int push_result(lua_State *L, State *self) {
    lua_pushboolean(L, !self->failed);
    lua_pushstring(L, self->result);
    free(self->result);
    self->result = NULL;
    if (self->closes) free(self);
    return 2;
}

/* join(state) -> whether the program ran through, its result or the error; waits for the thread */
static int host_join(lua_State *L) {
    State *self = lua_touserdata(L, 1);
    pthread_join(self->thread, NULL);
    return push_result(L, self);
}

/* run(state) -> the same, on this thread */
static int host_run(lua_State *L) {
    State *self = lua_touserdata(L, 1);
    run_state(self);
    return push_result(L, self);
}

/* close(state): on this thread */
static int host_close(lua_State *L) {
    State *self = lua_touserdata(L, 1);
    lua_close(self->state);
    free(self);
    return 0;
}

/* Memory ---------------------------------------------------------------------------------------------------------- */

static lua_Alloc allocate;
static long allocations_left, failures_left, failures;

static void *limited(void *data, void *block, size_t old, size_t new) {
    /* Lua relies on it that a block can always shrink. */
    if (failures_left > 0 && new > 0 && (block == NULL || new > old)) {
        if (allocations_left > 0) {
            allocations_left--;
        } else {
            failures_left--;
            failures++;
            return NULL;
        }
    }
    return allocate(data, block, old, new);
}

/* starve(after, times): that many allocations of this state succeed, then `times` fail, then all succeed again */
static int host_starve(lua_State *L) {
    void *data;
    long after = (long)luaL_checknumber(L, 1), times = (long)luaL_checknumber(L, 2);
    lua_Alloc now = lua_getallocf(L, &data);
    if (now != limited) {
        allocate = now;
        lua_setallocf(L, limited, data);
    }
    failures = 0;
    allocations_left = after;
    failures_left = times;
    return 0;
}

/* fed() -> how many allocations failed; from now on all succeed */
static int host_fed(lua_State *L) {
    failures_left = 0;
    lua_pushinteger(L, failures);
    return 1;
}

/* memory() -> the bytes that malloc has given to this process and not got back */
static int host_memory(lua_State *L) {
    struct mallinfo2 info = mallinfo2();
    lua_pushnumber(L, (lua_Number)info.uordblks + (lua_Number)info.hblkhd);
    return 1;
}

static const luaL_Reg functions[] = {
    {"fork", host_fork},       {"pid", host_pid},     {"wait", host_wait},     {"leave", host_leave},
    {"exec", host_exec},       {"become", host_become}, {"limit", host_limit}, {"handle", host_handle},
    {"signals", host_signals}, {"alarm", host_alarm}, {"kill", host_kill},     {"state", host_state},
    {"start", host_start},     {"join", host_join},   {"run", host_run},       {"close", host_close},
    {"starve", host_starve},   {"fed", host_fed},     {"memory", host_memory}, {NULL, NULL},
};

int luaopen_host(lua_State *L) {
    const luaL_Reg *entry;
    lua_newtable(L);
    for (entry = functions; entry->name; entry++) {
        lua_pushcfunction(L, entry->func);
        lua_setfield(L, -2, entry->name);
    }
    return 1;
}
