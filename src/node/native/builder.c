/* The builder: forked by the supervisor, builds a container's root and becomes the container's process. The part that no
 * spec can change is done ahead of time. It says "base" (its mount namespace and root), "tty" (the master), "error"; the
 * end of its socket without an error means that the program runs. */
#include "skiff.h"
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <termios.h>

int exec_failure(void) { return errno == ENOENT || errno == ENOTDIR ? 127 : 126; }

static char *value_of(char **env, const char *name) {
    size_t n = strlen(name);
    for (; *env; env++)
        if (!strncmp(*env, name, n) && (*env)[n] == '=') return *env + n + 1;
    return NULL;
}

static void complete_environment(const struct spec *spec) {
    char line[400];
    environ = spec->env;
    if (!value_of(environ, "PATH")) putenv("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    if (!value_of(environ, "HOME")) putenv(spec->user ? "HOME=/" : "HOME=/root");
    snprintf(line, sizeof line, "HOSTNAME=%s", pod.hostname);
    if (!value_of(environ, "HOSTNAME")) putenv(strdup(line));
    if (spec->tty && !value_of(environ, "TERM")) putenv("TERM=xterm");
}

/* Drops to what the container may be and becomes argv. Returns only when it cannot, with `problem` set. */
void become(const struct spec *spec, char **argv) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    complete_environment(spec);
    if (identity_drop(spec->user, spec->group, pod.mapped)) return;
    umask(022);
    if (chdir(*spec->cwd ? spec->cwd : "/")) {
        fail("workingDir %s", spec->cwd);
        return;
    }
    execvp(argv[0], argv);
    int saved = errno;
    if (saved == ENOENT && !strchr(argv[0], '/')) refuse("exec: \"%s\": executable file not found in $PATH", argv[0]);
    else refuse("exec: \"%s\": %s", argv[0], saved == ENOENT ? "no such file or directory" : saved == EACCES ? "permission denied" : strerror(saved));
    errno = saved;
}

static int take_terminal(int root, int sock) { /* a terminal of the container's own devpts as standard streams */
    int master = openat(root, "dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), unlock = 0;
    if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock)) return fail("terminal");
    int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
    if (slave < 0) return fail("terminal");
    struct frame f = { 0 };
    frame_text(&f, "tty");
    if (frame_send(&f, sock, &master, 1, 0)) return -1;
    close(master);
    setsid();
    ioctl(slave, TIOCSCTTY, 0);
    for (int i = 0; i < 3; i++) dup2(slave, i);
    if (slave > 2) close(slave);
    return 0;
}

static int build(int sock) {
    int root;
    struct message m;
    struct spec spec;
    if (rootfs_base(pod.hide, pod.hides, &root)) return -1;
    int fds[2] = { namespace_fd("mnt"), root };
    struct frame f = { 0 };
    frame_text(&f, "base");
    if (frame_send(&f, sock, fds, 2, 0)) return -1;
    if (wire_read(sock, &m) != 1) _exit(0); /* never needed */
    snprintf(pod.hostname, sizeof pod.hostname, "%s", wire_text(&m));
    const char *hosts = wire_text(&m), *resolv = wire_text(&m);
    int procs = wire_number(&m), next = 3 + procs;
    if (spec_parse(&m, &spec)) return -1;
    for (int i = 0; i < procs; i++)
        if (write(m.fds[3 + i], "0", 1) < 0) return fail("join the cgroup");
    for (int i = 0; i < spec.mount_count; i++)
        if ((spec.mounts[i].kind == BIND || spec.mounts[i].kind == OVERLAY) && (spec.mounts[i].fd = wire_take_fd(&m, next++)) < 0) return -1;
    if (rootfs_complete(root, &spec, pod.hostname, hosts, resolv)) return -1;
    if (spec.tty) {
        if (take_terminal(root, sock)) return -1;
    } else {
        setsid();
        for (int i = 0; i < 3; i++) dup2(m.fds[i], i);
    }
    become(&spec, spec.argv);
    return -1;
}

static struct { pid_t pid; int sock; } spare = { 0, -1 };

void builder_prepare(void) {
    int pair[2];
    if (spare.pid > 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) return;
    spare.pid = fork();
    if (spare.pid == 0) {
        close(pair[0]);
        container_inputs_close(NULL);
        if (build(pair[1])) wire_say(pair[1], "error", problem, NULL);
        _exit(125);
    }
    close(pair[1]);
    if (spare.pid < 0) fail("fork"), close(pair[0]);
    else spare.sock = pair[0];
}

/* Gives the spare builder its container; the container's pid and builder socket are set. */
int builder_take(struct container *c, struct frame *f, const int *fds, int count) {
    builder_prepare();
    if (spare.pid <= 0) return -1;
    c->pid = spare.pid;
    c->builder = spare.sock;
    spare.pid = 0;
    spare.sock = -1;
    return frame_send(f, c->builder, fds, count, 0);
}
