/* A sandbox as the spawner sees it: a supervisor in its namespaces, and the host mounts handed to it. A blank is one that
 * is ready but belongs to no Pod yet; it ends with the spawner. */
#include "skiff.h"
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

static int write_maps(struct sandbox *s, unsigned user) {
    char path[64], map[64];
    if (!settings.root) {
        snprintf(path, sizeof path, "/proc/%d/setgroups", s->pid);
        if (write_file(AT_FDCWD, path, "deny")) return -1;
    }
    for (int i = 0; i < 2; i++) {
        if (!settings.root) snprintf(map, sizeof map, "%u %u 1", user, i ? getegid() : geteuid());
        else if (s->mapped) snprintf(map, sizeof map, "0 %u %u", RANGE_BASE + s->index * RANGE, RANGE);
        else snprintf(map, sizeof map, "0 0 %u", RANGE); /* no idmapped mounts here: the Pod's ids are the host's */
        snprintf(path, sizeof path, "/proc/%d/%cid_map", s->pid, i ? 'g' : 'u');
        if (write_file(AT_FDCWD, path, map)) return -1;
    }
    return 0;
}

static int enter_network(struct sandbox *s) {
    for (int tries = 0; tries < 256; tries++) {
        if ((s->index = spawner_free_index()) < 0) return -1;
        if (s->host_network || fabric_enter(s->index) == 0) return 0;
        if (errno != EEXIST) return -1; /* else the kernel still takes a former Pod's link away */
    }
    return -1;
}

static int clone_supervisor(struct sandbox *s) {
    int pair[2];
    if (enter_network(s)) return -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) abort();
    s->pid = syscall(SYS_clone, CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0);
    if (s->pid == 0) {
        int null = open("/dev/null", O_RDWR);
        for (int i = 0; i < 3; i++) dup2(null, i); /* nothing of the daemon's: it may go while we stay */
        if (pair[1] != 3) dup3(pair[1], 3, O_CLOEXEC);
        close_range(4, ~0u, 0);
        _exit(supervisor_main(3, settings.hide, settings.hides, settings.root));
    }
    if (s->pid < 0) fail("clone");
    if (!s->host_network && fabric_leave()) abort();
    close(pair[1]);
    s->sock = pair[0];
    return s->pid < 0 ? -1 : 0;
}

struct sandbox *sandbox_blank(bool host_network, unsigned user) {
    struct sandbox *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->sock = s->userns = -1;
    s->host_network = host_network;
    s->mapped = settings.root && settings.idmap;
    char text[64];
    if (clone_supervisor(s) || write_maps(s, user)) goto bad;
    if (s->mapped) {
        snprintf(text, sizeof text, "/proc/%d/ns/user", s->pid);
        if ((s->userns = open(text, O_RDONLY | O_CLOEXEC)) < 0) {
            fail("%s", text);
            goto bad;
        }
    }
    snprintf(text, sizeof text, "%u", settings.root ? 0 : user);
    if (wire_say(s->sock, text, NULL)) goto bad;
    return s;
bad:
    if (s->pid > 0) kill(s->pid, SIGKILL);
    sandbox_free(s);
    return NULL;
}

void sandbox_free(struct sandbox *s) {
    if (s->sock >= 0) close(s->sock);
    if (s->userns >= 0) close(s->userns);
    free(s);
}

static int log_folder(struct sandbox *s, const char *log_path) {
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", log_path);
    char *slash = strrchr(folder, '/');
    if (!slash) return refuse("log path %s is not absolute", log_path);
    *slash = 0;
    if (access(folder, F_OK) && make_folders(folder)) return -1;
    if (s->mapped) return tree_clone(folder, NULL, TREE_IDMAP | TREE_ALONE, s->userns);
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? fail("log folder %s", folder) : fd;
}

static int prepare_mount(struct sandbox *s, const struct mount *m) {
    int userns = s->mapped ? s->userns : -1;
    if (m->kind == OVERLAY) return tree_overlay(m, userns, RANGE_BASE + s->index * RANGE, s->uid);
    return tree_clone(m->source, m->sub, (m->read_only ? TREE_READ_ONLY : 0) | (m->idmap ? TREE_IDMAP : 0), userns);
}

/* Opens what the container needs of the host and hands it over; what fails becomes the container's start error. */
int sandbox_start(struct sandbox *s, struct message *m) {
    struct message fields = *m; /* parsed here without moving m */
    struct spec spec;
    struct limits limits = { .oom = -1 };
    struct frame f = { 0 };
    int fds[MOUNTS_MAX + 16], count = 0, bad = spec_parse(&fields, &spec);
    if (bad) {
        spec_free(&spec);
        return -1;
    }
    if ((fds[count] = log_folder(s, spec.log_path)) >= 0) count++;
    else bad = -1;
    if (!bad) bad = limits_make(s->uid, &spec, &limits);
    if (limits.oom >= 0) fds[count++] = limits.oom;
    for (int i = 0; i < limits.count; i++) fds[count++] = limits.procs[i];
    for (int i = 0; i < spec.mount_count && !bad; i++) {
        const struct mount *one = &spec.mounts[i];
        if (one->kind != BIND && one->kind != OVERLAY) continue;
        if ((fds[count] = prepare_mount(s, one)) >= 0) count++;
        else bad = -1;
    }
    frame_text(&f, "start");
    frame_text(&f, bad ? problem : "");
    frame_number(&f, limits.oom >= 0);
    frame_number(&f, limits.count);
    frame_rest(&f, m);
    int result = frame_send(&f, s->sock, fds, count, 0);
    while (count) close(fds[--count]);
    spec_free(&spec);
    return result;
}
