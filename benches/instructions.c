// What benches/instructions.lua needs from below: counting begins and ends where it says, and nothing is left to chance
// or to other threads. Preloaded into the interpreter, and required by the program: `counting`.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <lua.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

// ---- The peer. Its system calls are made where nobody else's are, so that they can be told apart; what it says and
// hears never becomes Lua's, whose collector works while the client is counted.

// One packet on the loopback device takes so much: it is there at once, or not at all.
#define PIECE 60000

static struct said {
    struct said *next;
    size_t size, done;
    char bytes[];
} *first, **last = &first;

// keep(text): what the peer is going to say, after what it was to say before.
static int keep(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    struct said *said = malloc(sizeof *said + size);
    if (!said) return luaL_error(L, "out of memory");
    said->next = NULL;
    said->size = size;
    said->done = 0;
    memcpy(said->bytes, text, size);
    *last = said;
    last = &said->next;
    return 0;
}

// say(fd): says the next piece of it; returns whether more of the same text is to come.
static int say(lua_State *L)
{
    struct said *said = first;
    if (!said) return luaL_error(L, "nothing to say");
    size_t left = said->size - said->done;
    size_t size = left < PIECE ? left : PIECE;
    if (syscall(SYS_sendto, luaL_checkinteger(L, 1), said->bytes + said->done, size, 0, NULL, 0) != (long)size)
        return luaL_error(L, "the client does not read: %s", strerror(errno));
    said->done += size;
    lua_pushboolean(L, size < left);
    if (size == left) {
        first = said->next;
        if (!first) last = &first;
        free(said);
    }
    return 1;
}

// drain(fd, most): takes what the client has said, up to so many bytes; returns how many there were.
static int drain(lua_State *L)
{
    static char bytes[1 << 20];
    long fd = luaL_checkinteger(L, 1), most = luaL_checkinteger(L, 2), all = 0;
    while (all < most) {
        long size = most - all < (long)sizeof bytes ? most - all : (long)sizeof bytes;
        long taken = syscall(SYS_recvfrom, fd, bytes, size, MSG_DONTWAIT, NULL, NULL);
        if (taken <= 0) break;
        all += taken;
    }
    lua_pushinteger(L, all);
    return 1;
}

// frame(fd): how many bytes the large frame takes that the client says next.
static int frame(lua_State *L)
{
    unsigned char head[10];
    uint64_t size = 0;
    long got = syscall(SYS_recvfrom, luaL_checkinteger(L, 1), head, sizeof head, MSG_PEEK | MSG_WAITALL, NULL, NULL);
    if (got != sizeof head || (head[1] & 127) != 127) return luaL_error(L, "the frame is not as large as it should be");
    for (int i = 2; i < 10; i++) size = size << 8 | head[i];
    lua_pushinteger(L, (lua_Integer)(sizeof head + 4 + size));
    return 1;
}

// await(fd [, other]): until one of them is readable; returns whether the first one is.
static int await(lua_State *L)
{
    struct pollfd both[] = {
        { .fd = (int)luaL_checkinteger(L, 1), .events = POLLIN },
        { .fd = (int)luaL_optinteger(L, 2, -1), .events = POLLIN },
    };
    struct timespec limit = { .tv_sec = 20 };
    if (syscall(SYS_ppoll, both, 2, &limit, NULL, 0, 0) < 1) return luaL_error(L, "nothing happens");
    lua_pushboolean(L, both[0].revents != 0);
    return 1;
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
        { "toggle", toggle }, { "dump", dump }, { "dismiss_guard", dismiss_guard }, { "keep", keep }, { "say", say },
        { "drain", drain }, { "frame", frame }, { "await", await },
    };
    lua_newtable(L);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        lua_pushcfunction(L, functions[i].function);
        lua_setfield(L, -2, functions[i].name);
    }
    return 1;
}
