/* Bytes between sockets. relay_pair serves one connection; relay_start forks the process that carries the connections of
 * Pods to the daemon's unix sockets, and their DNS questions (u16 length, u32 address, u16 port, packet; both ways). */
#include "skiff.h"
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>

struct half { int from, to; size_t start, end; bool finished; char data[32768]; };
struct pair { struct half there, back; };

static void step(struct half *h) { /* never blocks */
    if (h->start == h->end && !h->finished) {
        ssize_t n = recv(h->from, h->data, sizeof h->data, MSG_DONTWAIT);
        if (n > 0) h->start = 0, h->end = n;
        else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            h->finished = true;
            shutdown(h->to, SHUT_WR);
        }
    }
    if (h->start < h->end) {
        ssize_t n = send(h->to, h->data + h->start, h->end - h->start, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) h->start += n;
        else if (errno != EAGAIN && errno != EINTR) { /* the reader is gone: so is what it would have read */
            h->start = h->end = 0;
            h->finished = true;
            shutdown(h->from, SHUT_RD);
        }
    }
}

static short wants(const struct half *h, const struct half *other) { /* on h->from */
    return (h->start == h->end && !h->finished ? POLLIN : 0) | (other->start < other->end ? POLLOUT : 0);
}

static struct pair *pair_new(int a, int b) {
    struct pair *p = malloc(sizeof *p);
    if (!p) abort();
    p->there.from = p->back.to = a;
    p->there.to = p->back.from = b;
    p->there.start = p->there.end = p->back.start = p->back.end = 0;
    p->there.finished = p->back.finished = false;
    return p;
}
static bool pair_done(const struct pair *p) {
    return p->there.finished && p->back.finished && p->there.start == p->there.end && p->back.start == p->back.end;
}
static void pair_poll(const struct pair *p, struct pollfd *polls) {
    short a = wants(&p->there, &p->back), b = wants(&p->back, &p->there);
    polls[0] = (struct pollfd){ a ? p->there.from : -1, a, 0 };
    polls[1] = (struct pollfd){ b ? p->back.from : -1, b, 0 };
}
static void pair_step(struct pair *p) {
    step(&p->there);
    step(&p->back);
}

void relay_pair(int a, int b) {
    struct pair *p = pair_new(a, b);
    while (!pair_done(p)) {
        struct pollfd polls[2];
        pair_poll(p, polls);
        if (poll(polls, 2, -1) > 0) pair_step(p);
    }
}

/* ---- the relay process ---- */
#define DOORS_MAX 32
static struct { int listener; char path[PATH_MAX]; } doors[DOORS_MAX];
static struct { int udp, daemon; char path[PATH_MAX]; } names = { -1, -1, "" };
static int door_count;

static void question(void) { /* a packet of a Pod, to the daemon */
    struct __attribute__((packed)) { uint16_t size; uint32_t address; uint16_t port; char packet[4096]; } q;
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    ssize_t n = recvfrom(names.udp, q.packet, sizeof q.packet, MSG_DONTWAIT, (void *)&from, &length);
    if (n <= 0) return;
    if (names.daemon < 0 && (names.daemon = unix_connect(names.path)) < 0) return;
    q.size = n;
    q.address = from.sin_addr.s_addr;
    q.port = from.sin_port;
    if (send(names.daemon, &q, 8 + n, MSG_NOSIGNAL) == 8 + n) return;
    close(names.daemon);
    names.daemon = -1;
}

static void answer(void) {
    struct __attribute__((packed)) { uint16_t size; uint32_t address; uint16_t port; char packet[65536]; } a;
    ssize_t n = recv(names.daemon, &a, 8, MSG_WAITALL);
    if (n == 8 && recv(names.daemon, a.packet, a.size, MSG_WAITALL) == a.size) {
        struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = a.address, .sin_port = a.port };
        sendto(names.udp, a.packet, a.size, MSG_DONTWAIT, (void *)&to, sizeof to);
        return;
    }
    close(names.daemon);
    names.daemon = -1;
}

static struct pair *admit(int door) {
    struct sockaddr_in peer;
    socklen_t length = sizeof peer;
    int sock = accept4(doors[door].listener, (void *)&peer, &length, SOCK_CLOEXEC);
    if (sock < 0) return NULL;
    uint32_t address = be32toh(peer.sin_addr.s_addr);
    bool pod = address >> 16 == fabric.base >> 16 && address != fabric.base + 1; /* the host's own processes have their own door */
    int other = pod ? unix_connect(doors[door].path) : -1;
    if (other >= 0) return pair_new(sock, other);
    close(sock);
    return NULL;
}

static void order(int control) {
    struct message m;
    if (wire_read(control, &m) != 1) _exit(0);
    bool dns = !strcmp(wire_text(&m), "names");
    const char *path = wire_text(&m);
    if (dns) {
        names.udp = wire_take_fd(&m, 0);
        snprintf(names.path, sizeof names.path, "%s", path);
    } else if (door_count < DOORS_MAX) {
        doors[door_count].listener = wire_take_fd(&m, 0);
        snprintf(doors[door_count++].path, sizeof doors->path, "%s", path);
    }
    wire_free(&m);
}

static void relay_main(int control) {
    struct pair **pairs = NULL;
    int count = 0, room = 0;
    struct pollfd *polls = NULL;
    for (;;) {
        if (count + DOORS_MAX >= room) {
            room = count * 2 + 2 * DOORS_MAX;
            pairs = realloc(pairs, room * sizeof *pairs);
            polls = realloc(polls, (3 + DOORS_MAX + 2 * room) * sizeof *polls);
            if (!pairs || !polls) abort();
        }
        int base = 3 + door_count, were = count, listening = door_count;
        polls[0] = (struct pollfd){ control, POLLIN, 0 };
        polls[1] = (struct pollfd){ names.udp, POLLIN, 0 };
        polls[2] = (struct pollfd){ names.daemon, POLLIN, 0 };
        for (int i = 0; i < door_count; i++) polls[3 + i] = (struct pollfd){ doors[i].listener, POLLIN, 0 };
        for (int i = 0; i < count; i++) pair_poll(pairs[i], polls + base + 2 * i);
        if (poll(polls, base + 2 * count, -1) <= 0) continue;
        for (int i = were - 1; i >= 0; i--) {
            if (!polls[base + 2 * i].revents && !polls[base + 2 * i + 1].revents) continue;
            pair_step(pairs[i]);
            if (!pair_done(pairs[i])) continue;
            close(pairs[i]->there.from);
            close(pairs[i]->back.from);
            free(pairs[i]);
            pairs[i] = pairs[--count];
        }
        for (int i = 0; i < listening; i++)
            if (polls[3 + i].revents && (pairs[count] = admit(i))) count++;
        if (polls[1].revents) question();
        if (polls[2].revents) answer();
        if (polls[0].revents) order(control);
    }
}

int relay_start(void) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) return fail("socketpair");
    pid_t pid = fork();
    if (pid < 0) return fail("fork");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(pair[1], 3);
        close_range(4, ~0u, 0);
        signal(SIGPIPE, SIG_IGN);
        relay_main(3);
    }
    close(pair[1]);
    return pair[0];
}

static int open_at_gateway(int relay, int type, const char *what, const char *path) {
    struct sockaddr_in gateway = { .sin_family = AF_INET, .sin_addr.s_addr = htobe32(fabric.base + 1) };
    socklen_t length = sizeof gateway;
    int sock = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (sock < 0) return fail("socket");
    if (bind(sock, (void *)&gateway, sizeof gateway) || (type == SOCK_STREAM && listen(sock, 512)) || getsockname(sock, (void *)&gateway, &length)) {
        fail("listen at the gateway");
        close(sock);
        return -1;
    }
    struct frame f = { 0 };
    frame_text(&f, what);
    frame_text(&f, path);
    int bad = frame_send(&f, relay, &sock, 1, 0);
    close(sock);
    return bad ? -1 : be16toh(gateway.sin_port);
}
int relay_expose(int relay, const char *path) { return open_at_gateway(relay, SOCK_STREAM, "door", path); }
int relay_names(int relay, const char *path) { return open_at_gateway(relay, SOCK_DGRAM, "names", path); }
