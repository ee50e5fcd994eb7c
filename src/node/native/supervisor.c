/* PID 1 of a Pod: starts containers, reaps, keeps their outcomes, answers on ctl.sock. It outlives daemon and spawner and
 * ends only by SIGKILL (removeSandbox), after which the kernel ends everything in the Pod. */
#include "skiff.h"
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/wait.h>

#define CONNECTIONS_MAX 64
#define MEMORY_POLL_MS 200

struct pod pod = { .folder = -1 };
void (*tell)(const struct container *c);

static struct { int sock; bool watches; } connections[CONNECTIONS_MAX];
static int connection_count, listener = -1, fabric_user = -1, fabric_net = -1;

static void disconnect(int i) {
    if (connections[i].sock >= 0) close(connections[i].sock);
    connections[i] = connections[--connection_count];
}

static void connect_one(int sock) {
    struct timeval patience = { 2, 0 }; /* half a message must not stop PID 1 */
    setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connection_count == CONNECTIONS_MAX) close(sock);
    else connections[connection_count].sock = sock, connections[connection_count++].watches = false;
}

static void tell_watchers(const struct container *c) {
    for (int i = connection_count - 1; i >= 0; i--) {
        if (!connections[i].watches) continue;
        struct frame f = { 0 };
        container_fields(c, &f);
        if (frame_send(&f, connections[i].sock, NULL, 0, MSG_DONTWAIT)) disconnect(i); /* it comes back and asks again */
    }
}

static void watch(int i) {
    connections[i].watches = true;
    for (struct container *c = pod.containers; c; c = c->next) {
        if (c->state != RUNNING && c->state != EXITED) continue;
        struct frame f = { 0 };
        container_fields(c, &f);
        if (frame_send(&f, connections[i].sock, NULL, 0, 0)) return;
    }
    wire_say(connections[i].sock, "synced", PROTOCOL, NULL);
}

static void assign(struct message *m) {
    snprintf(pod.hostname, sizeof pod.hostname, "%s", wire_text(m));
    pod.hosts = strdup(wire_text(m));
    pod.resolv = strdup(wire_text(m));
    listener = wire_take_fd(m, 0);
    pod.folder = wire_take_fd(m, 1);
    if (m->fd_count > 2) fabric_user = wire_take_fd(m, 2), fabric_net = wire_take_fd(m, 3);
    if (sethostname(pod.hostname, strlen(pod.hostname))) dprintf(2, "skiff-pod: hostname: %s\n", strerror(errno));
}

static void receive(int i) { /* one message of connection i */
    struct message m;
    int sock = connections[i].sock;
    if (wire_read(sock, &m) != 1) {
        if (pod.folder < 0) _exit(0); /* never became a Pod, and the spawner is gone */
        disconnect(i);
        return;
    }
    const char *verb = wire_text(&m);
    if (!strcmp(verb, "assign")) assign(&m);
    else if (!strcmp(verb, "start")) container_start(&m);
    else if (!strcmp(verb, "watch")) watch(i);
    else if (!strcmp(verb, "stop")) {
        struct container *c = container_find(wire_text(&m));
        long long grace = wire_number(&m);
        if (c) container_stop(c, wire_number(&m), grace);
    } else if (!strcmp(verb, "fabric")) {
        struct frame f = { 0 };
        int fds[2] = { fabric_user, fabric_net };
        frame_text(&f, "fabric");
        frame_send(&f, sock, fds, fabric_net < 0 ? 0 : 2, 0);
    } else if (!strcmp(verb, "exec") || !strcmp(verb, "attach") || !strcmp(verb, "dial")) {
        session_start(sock, &m);
        disconnect(i);
    } else disconnect(i);
    wire_free(&m);
}

static void reap(int signals) {
    struct signalfd_siginfo info;
    pid_t pid;
    int status;
    while (read(signals, &info, sizeof info) > 0) {}
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) container_reap(pid, status);
}

static int next_wake(void) { /* milliseconds until a grace ends or memory is looked at */
    long long wake = -1, now = monotonic_ms();
    for (struct container *c = pod.containers; c; c = c->next) {
        if (c->state == EXITED) continue;
        long long due = c->kill_at_ms ? c->kill_at_ms - now : -1;
        if (c->spec.memory_bytes && !c->has_cgroup && (due < 0 || due > MEMORY_POLL_MS)) due = MEMORY_POLL_MS;
        if (c->kill_at_ms && due < 0) due = 0;
        if (due >= 0 && (wake < 0 || due < wake)) wake = due;
    }
    return wake;
}

static void end_graces(void) {
    long long now = monotonic_ms();
    for (struct container *c = pod.containers; c; c = c->next)
        if (c->state != EXITED && c->kill_at_ms && c->kill_at_ms <= now) {
            c->kill_at_ms = 0;
            container_kill(c);
        }
}

static void serve(int signals) {
    for (;;) {
        struct pollfd polls[CONNECTIONS_MAX + 3 * 64 + 2];
        struct { struct container *c; struct stream *stream; } owner[sizeof polls / sizeof *polls];
        int count = 0, first;
        polls[count++] = (struct pollfd){ signals, POLLIN, 0 };
        polls[count++] = (struct pollfd){ listener, POLLIN, 0 };
        for (int i = 0; i < connection_count; i++) polls[count++] = (struct pollfd){ connections[i].sock, POLLIN, 0 };
        first = count;
        for (struct container *c = pod.containers; c; c = c->next) {
            int fds[3] = { c->builder, c->log.streams[0].fd, c->log.streams[1].fd };
            for (int k = 0; k < 3 && count < (int)(sizeof polls / sizeof *polls); k++) {
                if (fds[k] < 0) continue;
                owner[count].c = c;
                owner[count].stream = k ? &c->log.streams[k - 1] : NULL;
                polls[count++] = (struct pollfd){ fds[k], POLLIN, 0 };
            }
        }
        int connected = connection_count;
        if (poll(polls, count, next_wake()) < 0 && errno != EINTR) _exit(1);
        for (int i = first; i < count; i++) {
            if (!polls[i].revents) continue;
            if (owner[i].stream) log_pump(&owner[i].c->log, owner[i].stream, false);
            else if (owner[i].c->builder >= 0) container_builder(owner[i].c);
        }
        end_graces();
        container_watch_memory();
        if (polls[0].revents) reap(signals);
        for (int i = connected - 1; i >= 0; i--) /* backwards: a closed one is replaced by the last */
            if (polls[2 + i].revents && i < connection_count && connections[i].sock == polls[2 + i].fd) receive(i);
        if (polls[1].revents) {
            int sock = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            if (sock >= 0) connect_one(sock);
        }
    }
}

int supervisor_main(int spawner, char **hide, int hides, bool mapped) {
    struct message m;
    if (wire_read(spawner, &m) != 1) return 0; /* the id maps are written */
    unsigned me = wire_number(&m);
    wire_free(&m);
    if (mapped && setgroups(0, NULL)) return 1;
    if (setresgid(me, me, me) || setresuid(me, me, me)) return 1;
    setsid();
    if (identity_confine()) {
        wire_say(spawner, "error", problem, NULL);
        return 1;
    }
    pod.hide = hide;
    pod.hides = hides;
    pod.mapped = mapped;
    tell = tell_watchers;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN); /* the kernel keeps other signals of the Pod's processes from PID 1 */
    int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    builder_prepare();
    connect_one(spawner);
    serve(signals);
    return 0;
}
