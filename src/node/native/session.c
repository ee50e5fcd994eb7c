/* A session: a process of its own below the supervisor that serves one connection of the daemon.
 *   exec CONTAINER STDIN TTY ARGV...   then both ways: in BYTES, eof, resize COLUMNS ROWS, kill; out BYTES, err BYTES, exit CODE
 *   attach CONTAINER ONCE              its standard input: in BYTES, eof, resize COLUMNS ROWS; the output is in the log
 *   dial PORT                          then "ok", and the connection carries the bytes; or "error" WHY */
#include "skiff.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>

struct session { int sock, in, out, err; pid_t child; bool tty, shared; char *pending; size_t pending_size; bool input_ends; };

static void finish(struct session *s, int code) {
    char text[16];
    snprintf(text, sizeof text, "%d", code);
    wire_say(s->sock, "exit", text, NULL);
    _exit(0);
}

static void end_child(struct session *s) { /* its whole session: what it started in the foreground goes too */
    if (s->child <= 0) return; /* attached: nothing is ours */
    kill(-s->child, SIGKILL);
    kill(s->child, SIGKILL);
}

static void close_input(struct session *s) {
    if (s->in < 0) return;
    if (s->tty && !s->shared) (void)!write(s->in, "\004", 1);
    else close(s->in);
    s->in = -1;
}

static void flush_input(struct session *s) {
    while (s->in >= 0 && s->pending_size) {
        ssize_t n = write(s->in, s->pending, s->pending_size);
        if (n < 0 && errno == EAGAIN) return;
        if (n < 0) { s->pending_size = 0; break; }
        s->pending_size -= n;
        memmove(s->pending, s->pending + n, s->pending_size);
    }
    if (s->in < 0) s->pending_size = 0;
    if (!s->pending_size && s->input_ends) close_input(s);
}

static void command(struct session *s) { /* one message of the daemon; its end kills */
    struct message m;
    if (wire_read(s->sock, &m) != 1) {
        end_child(s);
        _exit(0);
    }
    const char *verb = wire_text(&m);
    if (!strcmp(verb, "in")) {
        size_t size;
        char *data = wire_next_sized(&m, &size);
        if (data && (s->pending = realloc(s->pending, size + 1))) {
            memcpy(s->pending, data, size);
            s->pending_size = size;
        }
    } else if (!strcmp(verb, "eof")) s->input_ends = true;
    else if (!strcmp(verb, "kill")) end_child(s);
    else if (!strcmp(verb, "resize") && s->tty) {
        struct winsize size = { .ws_col = wire_number(&m) };
        size.ws_row = wire_number(&m);
        ioctl(s->out, TIOCSWINSZ, &size);
    }
    wire_free(&m);
    flush_input(s);
}

static void forward(struct session *s, int *fd, const char *name) {
    char data[32768];
    ssize_t n = read(*fd, data, sizeof data);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n <= 0) {
        close(*fd);
        *fd = -1;
        return;
    }
    struct frame f = { 0 };
    frame_text(&f, name);
    frame_bytes(&f, data, n);
    if (frame_send(&f, s->sock, NULL, 0, 0)) {
        end_child(s);
        _exit(0);
    }
}

static void serve(struct session *s, int ended) {
    int code = -1, grace = -1;
    for (;;) {
        bool full = s->pending_size > 0;
        struct pollfd polls[] = { { s->sock, full ? 0 : POLLIN, 0 }, { s->out, POLLIN, 0 }, { s->err, POLLIN, 0 },
                                  { full ? s->in : -1, POLLOUT, 0 }, { code < 0 ? ended : -1, POLLIN, 0 } };
        if (code >= 0 && s->out < 0 && s->err < 0) finish(s, code);
        int n = poll(polls, 5, grace);
        if (n == 0) finish(s, code); /* ended, but something it left behind keeps the streams */
        if (n < 0) continue;
        if (polls[1].revents) forward(s, &s->out, "out");
        if (polls[2].revents) forward(s, &s->err, "err");
        if (polls[3].revents) flush_input(s);
        if (polls[0].revents & (POLLHUP | POLLERR) && !(polls[0].revents & POLLIN)) {
            end_child(s);
            _exit(0);
        }
        if (polls[0].revents & POLLIN) command(s);
        if (polls[4].revents) {
            int status;
            if (waitpid(s->child, &status, 0) == s->child) code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
            grace = 100;
        }
    }
}

static void run(const struct container *c, char **argv, int in, int out, int err) {
    setsid();
    if (setns(c->mount_fd, CLONE_NEWNS)) fail("join the container");
    else {
        dup2(in, 0), dup2(out, 1), dup2(err, 2);
        if (isatty(0)) ioctl(0, TIOCSCTTY, 0);
        become(&c->spec, argv);
    }
    int code = exec_failure();
    dprintf(2, "%s\n", problem);
    _exit(code);
}

static void exec_session(int sock, struct message *m) {
    struct session s = { .sock = sock, .in = -1, .out = -1, .err = -1 };
    struct container *c = container_find(wire_text(m));
    bool wants_in = wire_number(m), tty = s.tty = wire_number(m);
    char *argv[1024], *word;
    int argc = 0, in[2] = { -1, -1 }, out[2], err[2] = { -1, -1 };
    while (argc < 1023 && (word = wire_next(m))) argv[argc++] = word;
    argv[argc] = NULL;
    if (!c || c->state != RUNNING || c->root_fd < 0 || !argc) {
        wire_say(sock, "error", "container is not running", NULL);
        _exit(0);
    }
    if (tty) {
        int master = openat(c->root_fd, "dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), unlock = 0;
        if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) || (in[0] = out[1] = err[1] = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) {
            wire_say(sock, "error", "the container has no terminals", NULL);
            _exit(0);
        }
        s.out = master;
        in[1] = wants_in ? fcntl(master, F_DUPFD_CLOEXEC, 3) : -1;
    } else {
        if (!wants_in) in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if ((wants_in && pipe2(in, O_CLOEXEC)) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) _exit(1);
        s.out = out[0];
        s.err = err[0];
    }
    s.in = in[1];
    if (s.in >= 0) fcntl(s.in, F_SETFL, O_NONBLOCK); /* a master is shared with s.out, which may be non-blocking too */
    s.child = fork();
    if (s.child == 0) run(c, argv, in[0], out[1], err[1]);
    close(in[0]);
    if (!tty) close(out[1]), close(err[1]);
    wire_say(sock, "started", NULL);
    serve(&s, syscall(SYS_pidfd_open, s.child, 0));
}

/* With `once` the supervisor has let go of the input, so that the end of the session is the end of the input. */
static void attach_session(int sock, struct container *c, bool once) {
    struct session s = { .sock = sock, .in = -1, .out = -1, .err = -1, .shared = !once };
    if (!c || c->state != RUNNING) {
        wire_say(sock, "error", "container is not running", NULL);
        _exit(0);
    }
    s.tty = c->spec.tty;
    s.in = c->stdin_fd;
    s.out = c->log.streams[0].fd;
    if (s.in >= 0) fcntl(s.in, F_SETFL, O_NONBLOCK);
    wire_say(sock, "started", NULL);
    for (;;) {
        bool full = s.pending_size > 0;
        struct pollfd polls[] = { { sock, full ? 0 : POLLIN, 0 }, { full ? s.in : -1, POLLOUT, 0 } };
        if (poll(polls, 2, -1) < 0) continue;
        if (full && polls[0].revents) _exit(0);
        if (polls[1].revents) flush_input(&s);
        else if (polls[0].revents) command(&s);
    }
}

static int connect_port(int port) {
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(sock, (void *)&v4, sizeof v4) == 0) return sock;
    close(sock);
    int first = errno;
    sock = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (sock >= 0 && connect(sock, (void *)&v6, sizeof v6) == 0) return sock;
    errno = first;
    fail("connect to port %d", port);
    return -1;
}

static void dial_session(int sock, struct message *m) {
    int other = connect_port(wire_number(m));
    if (other < 0) wire_say(sock, "error", problem, NULL);
    else {
        wire_say(sock, "ok", NULL);
        relay_pair(sock, other);
    }
    _exit(0);
}

void session_start(int sock, struct message *m) {
    const char *verb = m->data + 4;
    bool attach = !strcmp(verb, "attach");
    struct container *c = attach ? container_find(wire_text(m)) : NULL;
    bool once = attach && wire_number(m);
    pid_t pid = fork();
    if (pid < 0) wire_say(sock, "error", "cannot fork", NULL);
    if (pid > 0 && once && c && c->stdin_fd >= 0) close(c->stdin_fd), c->stdin_fd = -1;
    if (pid != 0) return;
    container_inputs_close(c);
    struct timeval forever = { 0, 0 };
    setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &forever, sizeof forever);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    if (attach) attach_session(sock, c, once);
    else if (!strcmp(verb, "exec")) exec_session(sock, m);
    else dial_session(sock, m);
    _exit(0);
}
