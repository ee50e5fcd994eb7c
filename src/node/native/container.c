/* A container in the supervisor: start, the streams, the end and its outcome on disk. */
#include "skiff.h"
#include <dirent.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

struct container *container_find(const char *name) {
    for (struct container *c = pod.containers; c; c = c->next)
        if (!strcmp(c->spec.name, name)) return c;
    return NULL;
}

static bool is_known(const struct spec *spec) { /* started before, perhaps long ago */
    char path[NAME_MAX];
    for (struct container *c = pod.containers; c; c = c->next)
        if (!strcmp(c->spec.name, spec->name) && c->spec.attempt >= spec->attempt) return true;
    snprintf(path, sizeof path, "%s.%d.status", spec->name, spec->attempt);
    return faccessat(pod.folder, path, F_OK, 0) == 0;
}

void container_fields(const struct container *c, struct frame *f) {
    frame_text(f, c->state == EXITED ? "exited" : "running");
    frame_text(f, c->spec.name);
    frame_number(f, c->spec.attempt);
    frame_text(f, c->started);
    if (c->state != EXITED) return;
    frame_text(f, c->finished);
    frame_number(f, c->exit_code);
    frame_number(f, c->signal);
    frame_number(f, c->oom_killed);
    frame_text(f, c->start_error);
    frame_bytes(f, c->termination, c->termination_size);
}

static void close_fd(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

void container_inputs_close(const struct container *but) {
    for (struct container *c = pod.containers; c; c = c->next)
        if (c != but) close_fd(&c->stdin_fd);
}

static void forget(struct container *c) {
    for (struct container **at = &pod.containers; *at; at = &(*at)->next)
        if (*at == c) {
            *at = c->next;
            break;
        }
    spec_free(&c->spec);
    wire_free(&c->start);
    free(c);
}

static void read_termination(struct container *c) {
    struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS };
    int fd = syscall(SYS_openat2, c->root_fd, ".skiff/termination", &how, sizeof how);
    if (fd < 0) return;
    ssize_t n = read(fd, c->termination, sizeof c->termination);
    if (n > 0) c->termination_size = n;
    close(fd);
}

static void record(struct container *c) { /* on disk before anyone learns of it */
    char name[NAME_MAX];
    struct frame f = { 0 };
    c->state = EXITED;
    if (!*c->finished) now_stamp(c->finished);
    snprintf(name, sizeof name, "%s.%d.status", c->spec.name, c->spec.attempt);
    container_fields(c, &f);
    frame_save(&f, pod.folder, name);
    tell(c);
    close_fd(&c->root_fd); /* the last holders: the mounts go now, off the way of the outcome */
    close_fd(&c->mount_fd);
    close_fd(&c->stdin_fd);
    close_fd(&c->oom_fd);
    builder_prepare(); /* a restart or the next step is likely */
}

static void not_started(struct container *c, const char *why) {
    if (why != c->start_error) snprintf(c->start_error, sizeof c->start_error, "%s", why);
    c->exit_code = 128;
    now_stamp(c->started);
    log_close(&c->log);
    record(c);
}

static struct container *enter(struct message *m) {
    struct container *c = calloc(1, sizeof *c);
    if (!c) abort();
    c->builder = c->root_fd = c->mount_fd = c->stdin_fd = c->oom_fd = -1;
    c->log.fd = c->log.dir = c->log.streams[0].fd = c->log.streams[1].fd = -1;
    c->log.streams[0].tag = 'o';
    c->log.streams[1].tag = 'e';
    c->start = *m;
    *m = (struct message){ 0 };
    return c;
}

/* "start": why it cannot start (empty: it can), whether there is an OOM counter, number of cgroups, then the spec.
 * Descriptors: log folder, OOM counter, cgroups, mounts in the spec's order. */
void container_start(struct message *m) {
    struct container *c = enter(m);
    char why[1024];
    snprintf(why, sizeof why, "%s", wire_text(&c->start));
    bool counts = wire_number(&c->start);
    int procs = wire_number(&c->start);
    struct frame f = { 0 };
    frame_text(&f, pod.hostname);
    frame_text(&f, pod.hosts);
    frame_text(&f, pod.resolv);
    frame_number(&f, procs);
    frame_rest(&f, &c->start);
    bool bad = spec_parse(&c->start, &c->spec) != 0;
    if (bad || is_known(&c->spec)) {
        if (bad) dprintf(2, "skiff-pod: %s\n", problem);
        free(f.data);
        spec_free(&c->spec);
        wire_free(&c->start);
        free(c);
        return;
    }
    struct container *before = container_find(c->spec.name);
    if (before && before->state == EXITED) forget(before);
    c->next = pod.containers;
    pod.containers = c;
    const char *slash = strrchr(c->spec.log_path, '/');
    if (!*why && log_open(&c->log, wire_take_fd(&c->start, 0), slash ? slash + 1 : c->spec.log_path)) snprintf(why, sizeof why, "%s", problem);
    if (counts) c->oom_fd = wire_take_fd(&c->start, 1), c->oom_before = limits_oom_kills(c->oom_fd);
    c->has_cgroup = procs > 0;
    int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };
    if (!*why) {
        if (c->spec.has_stdin) { if (pipe2(in, O_CLOEXEC)) snprintf(why, sizeof why, "pipe: %s", strerror(errno)); }
        else in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) snprintf(why, sizeof why, "pipe: %s", strerror(errno));
    }
    if (!*why) {
        int fds[MOUNTS_MAX + 16] = { in[0], out[1], err[1] }, count = 3;
        for (int i = 1 + counts; i < c->start.fd_count; i++) fds[count++] = c->start.fds[i];
        c->log.streams[0].fd = fcntl(out[0], F_DUPFD_CLOEXEC, 3);
        c->log.streams[1].fd = fcntl(err[0], F_DUPFD_CLOEXEC, 3);
        for (int i = 0; i < 2; i++) fcntl(c->log.streams[i].fd, F_SETFL, O_NONBLOCK);
        c->stdin_fd = in[1];
        if (builder_take(c, &f, fds, count)) snprintf(why, sizeof why, "%s", problem);
    } else free(f.data);
    close_fd(&in[0]), close_fd(&out[0]), close_fd(&out[1]), close_fd(&err[0]), close_fd(&err[1]);
    for (int i = 0; i < c->start.fd_count; i++) close_fd(&c->start.fds[i]);
    if (*why) not_started(c, why);
}

static void running(struct container *c) {
    close_fd(&c->builder);
    if (c->state != STARTING) return;
    c->state = RUNNING;
    now_stamp(c->started);
    tell(c);
}

void container_builder(struct container *c) {
    struct message m;
    int got = wire_read(c->builder, &m);
    if (got != 1) {
        running(c);
        return;
    }
    const char *what = wire_text(&m);
    if (!strcmp(what, "base")) {
        struct stat st;
        c->mount_fd = wire_take_fd(&m, 0);
        c->root_fd = wire_take_fd(&m, 1);
        c->mount_ns = fstat(c->mount_fd, &st) ? 0 : st.st_ino;
    } else if (!strcmp(what, "tty")) {
        close_fd(&c->log.streams[1].fd);
        close_fd(&c->log.streams[0].fd);
        close_fd(&c->stdin_fd);
        c->log.streams[0].fd = wire_take_fd(&m, 0);
        c->log.eager = c->spec.has_stdin;
        if (c->spec.has_stdin) c->stdin_fd = fcntl(c->log.streams[0].fd, F_DUPFD_CLOEXEC, 3);
        fcntl(c->log.streams[0].fd, F_SETFL, O_NONBLOCK);
    } else {
        snprintf(c->start_error, sizeof c->start_error, "%s", wire_text(&m));
        c->state = ENDING;
    }
    wire_free(&m);
}

/* Every process in the container's mount namespace, seen in the container's own /proc. */
static int each_process(struct container *c, int (*visit)(int proc, pid_t pid)) {
    int total = 0, proc = c->root_fd < 0 ? -1 : openat(c->root_fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = proc < 0 ? NULL : fdopendir(proc);
    char path[64], link[64], wanted[64];
    if (!folder) return 0;
    snprintf(wanted, sizeof wanted, "mnt:[%llu]", (unsigned long long)c->mount_ns);
    for (struct dirent *entry; (entry = readdir(folder));) {
        pid_t pid = atoi(entry->d_name);
        if (pid <= 1) continue;
        snprintf(path, sizeof path, "%d/ns/mnt", pid);
        ssize_t n = readlinkat(proc, path, link, sizeof link - 1);
        if (n <= 0) continue;
        link[n] = 0;
        if (!strcmp(link, wanted)) total += visit(proc, pid);
    }
    closedir(folder);
    return total;
}

static int kill_one(int proc, pid_t pid) {
    (void)proc;
    return kill(pid, SIGKILL) == 0;
}
void container_kill(struct container *c) {
    if (c->state == STARTING || c->state == RUNNING) kill(c->pid, SIGKILL);
    each_process(c, kill_one);
}

static int resident_pages(int proc, pid_t pid) {
    char path[64], text[128];
    long size, resident = 0;
    snprintf(path, sizeof path, "%d/statm", pid);
    if (read_file(proc, path, text, sizeof text) > 0) sscanf(text, "%ld %ld", &size, &resident);
    return resident;
}
void container_watch_memory(void) {
    for (struct container *c = pod.containers; c; c = c->next) {
        if (c->state != RUNNING || !c->spec.memory_bytes || c->has_cgroup) continue;
        if (each_process(c, resident_pages) * 4096ll <= c->spec.memory_bytes) continue;
        c->oom_killed = true;
        container_kill(c);
    }
}

void container_stop(struct container *c, int signal, long long grace_ms) {
    if (c->state == EXITED || c->state == ENDING) return;
    if (grace_ms <= 0) {
        container_kill(c);
        return;
    }
    long long at = monotonic_ms() + grace_ms;
    if (!c->kill_at_ms || at < c->kill_at_ms) c->kill_at_ms = at; /* a shorter grace wins */
    if (c->stopped) return;
    c->stopped = true;
    kill(c->pid, signal);
}

void container_reap(pid_t pid, int status) {
    struct container *c = pod.containers;
    while (c && (c->pid != pid || c->state == EXITED)) c = c->next;
    if (!c) return;
    now_stamp(c->finished);
    while (c->builder >= 0) container_builder(c); /* what it said before it ended; the socket is at its end */
    if (*c->start_error) {
        not_started(c, c->start_error);
        return;
    }
    c->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    c->exit_code = c->signal ? 128 + c->signal : WEXITSTATUS(status);
    if (c->oom_fd >= 0 && c->signal == SIGKILL && limits_oom_kills(c->oom_fd) > c->oom_before) c->oom_killed = true;
    c->state = ENDING;
    c->kill_at_ms = 0;
    bool alone = !c->next && pod.containers == c;
    if (!(alone && kill(-1, 0))) each_process(c, kill_one); /* what it left behind ends with it */
    log_close(&c->log);
    read_termination(c);
    record(c);
}
