// What benches/instructions.lua needs from below: counting begins and ends where it says, and nothing is left to chance
// or to other threads. Preloaded into the interpreter, and required by the program: `counting`.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <lua.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <valgrind/callgrind.h>

// ---- The same random numbers in each run, or hash tables would have their collisions elsewhere.

static unsigned long long seed(void)
{
    const char *text = getenv("COUNTING_SEED");
    return text ? strtoull(text, NULL, 10) : 1;
}

ssize_t getrandom(void *buffer, size_t size, unsigned flags)
{
    static _Thread_local uint64_t state;
    (void)flags;
    if (!state) state = seed() * 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < size; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        ((unsigned char *)buffer)[i] = state >> 56;
    }
    return (ssize_t)size;
}

// Lua 5.4 makes its seed from it.
time_t time(time_t *result)
{
    time_t now = 1700000000 + (time_t)seed();
    if (result) *result = now;
    return now;
}

// LuaJIT asks the kernel for random numbers without the C library's function.
long syscall(long number, ...)
{
    static long (*real)(long, ...);
    long a[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_getrandom) return getrandom((void *)a[0], (size_t)a[1], (unsigned)a[2]);
    if (!real) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

// ---- Counting, on this thread.

// toggle(): from here on everything is counted, or nothing any more.
static int toggle(lua_State *L)
{
    (void)L;
    CALLGRIND_TOGGLE_COLLECT;
    return 0;
}

// dump(name): writes down what was counted, and begins anew.
static int dump(lua_State *L)
{
    CALLGRIND_DUMP_STATS_AT(luaL_checkstring(L, 1));
    return 0;
}

// ---- The guard, which looks after clients when time has passed.

static int is(int fd, const char *kind)
{
    char path[64], target[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0) return 0;
    target[length] = 0;
    return strcmp(target, kind) == 0;
}

// The descriptor of that kind that an epoll instance watches, or -1.
static int watched(int epoll, const char *kind)
{
    char path[64], line[256];
    int fd, found = -1;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", epoll);
    FILE *info = fopen(path, "re");
    if (!info) return -1;
    while (fgets(line, sizeof line, info))
        if (sscanf(line, "tfd: %d", &fd) == 1 && is(fd, kind)) found = fd;
    fclose(info);
    return found;
}

static int threads(void)
{
    char line[256];
    int count = -1;
    FILE *status = fopen("/proc/self/status", "re");
    if (!status) return -1;
    while (fgets(line, sizeof line, status))
        if (sscanf(line, "Threads: %d", &count) == 1) break;
    fclose(status);
    return count;
}

// dismiss_guard(): takes away what the guard waits with, which ends it. It is the one that has a clock.
static int dismiss_guard(lua_State *L)
{
    int before = threads();
    for (int fd = 0; fd < 1024; fd++) {
        if (!is(fd, "anon_inode:[eventpoll]") || watched(fd, "anon_inode:[timerfd]") < 0) continue;
        int wakeup = watched(fd, "anon_inode:[eventfd]"), nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
        uint64_t one = 1;
        if (wakeup < 0 || nothing < 0 || dup2(nothing, fd) < 0 || write(wakeup, &one, sizeof one) != sizeof one)
            return luaL_error(L, "the guard does not hear: %s", strerror(errno));
        while (threads() == before) sched_yield();
        return 0;
    }
    return luaL_error(L, "there is no guard");
}

int luaopen_counting(lua_State *L)
{
    static const struct { const char *name; lua_CFunction function; } functions[] = {
        { "toggle", toggle }, { "dump", dump }, { "dismiss_guard", dismiss_guard },
    };
    lua_newtable(L);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        lua_pushcfunction(L, functions[i].function);
        lua_setfield(L, -2, functions[i].name);
    }
    return 1;
}
