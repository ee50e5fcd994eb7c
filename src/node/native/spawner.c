/* The spawner: answers the daemon on one socket, keeps blanks ready, and ends when the daemon goes. Pods stay; the next
 * spawner reads run/ and takes over addresses, ranges and the fabric. */
#include "skiff.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define INDEX_MAX 49000
#define COMMANDS_MAX 8

struct settings settings;
static struct sandbox *pods, *blanks;
static int control, relay = -1, pool_size, blank_count, next_index = 2;
static char boot_id[40];
static struct removal { struct removal *next; char id[24], uid[64]; int pidfd; struct sandbox *s; } *removals;
static struct { pid_t pid; char id[24]; } commands[COMMANDS_MAX];

static struct sandbox *find(const char *uid) {
    for (struct sandbox *s = pods; s; s = s->next)
        if (!strcmp(s->uid, uid)) return s;
    return NULL;
}

int spawner_free_index(void) {
    for (int tries = 0; tries < INDEX_MAX; tries++) {
        int index = next_index;
        next_index = next_index < INDEX_MAX ? next_index + 1 : 2;
        bool used = (index & 0xffff) == 0xffff;
        for (struct sandbox *s = pods; s && !used; s = s->next) used = s->index == index;
        for (struct sandbox *s = blanks; s && !used; s = s->next) used = s->index == index;
        for (struct removal *r = removals; r && !used; r = r->next) used = r->s->index == index;
        if (!used) return index;
    }
    return refuse("no free address for another Pod");
}

static const char *address_of(int index) {
    struct in_addr address = { htobe32(fabric.base + index) };
    return inet_ntoa(address);
}

static long long start_time(pid_t pid) { /* field 22 of /proc/PID/stat: tells a process from a later one of the same id */
    char path[64], text[1024];
    long long value = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (read_file(AT_FDCWD, path, text, sizeof text) <= 0) return 0;
    char *at = strrchr(text, ')');
    for (int i = 0; at && i < 20; i++) at = strchr(at + 1, ' ');
    if (at) value = atoll(at);
    return value;
}

static void point_reached(const char *name) { /* a named place where crash tests end the daemon */
    struct message m;
    if (!settings.points) return;
    wire_say(control, "point", name, NULL);
    if (wire_read(control, &m) != 1) _exit(0);
    wire_free(&m);
}

/* ---- create ---- */
static struct sandbox *take_blank(bool host_network, unsigned user) {
    if (!host_network && !(user && !settings.root) && blanks) {
        struct sandbox *s = blanks;
        blanks = s->next;
        blank_count--;
        return s;
    }
    return sandbox_blank(host_network, user);
}

static int write_spec(struct sandbox *s, const char *text) {
    struct frame f = { 0 };
    frame_text(&f, PROTOCOL);
    frame_text(&f, boot_id);
    frame_number(&f, s->index);
    frame_text(&f, s->host_network ? "" : address_of(s->index));
    frame_text(&f, text);
    int folder = open(s->uid, O_DIRECTORY | O_CLOEXEC), bad = frame_save(&f, folder, "spec");
    if (folder >= 0) close(folder);
    return bad;
}

static int write_pid(struct sandbox *s) {
    char path[128], text[64];
    snprintf(path, sizeof path, "%s/pid", s->uid);
    snprintf(text, sizeof text, "%d %lld\n", s->pid, start_time(s->pid));
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) return fail("%s", path);
    bool ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return ok ? 0 : fail("%s", path);
}

static int assign(struct sandbox *s, const char *hostname, const char *hosts, const char *resolv) {
    char path[128];
    struct frame f = { 0 };
    snprintf(path, sizeof path, "%s/ctl.sock", s->uid);
    int listener = unix_listen(path);
    int folder = listener < 0 ? -1 : s->mapped ? tree_clone(s->uid, NULL, TREE_IDMAP | TREE_ALONE, s->userns) : open(s->uid, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        if (listener >= 0) close(listener);
        return -1;
    }
    int fds[4] = { listener, folder, fabric.user, fabric.net };
    frame_text(&f, "assign");
    frame_text(&f, hostname);
    frame_text(&f, hosts);
    frame_text(&f, resolv);
    int bad = frame_send(&f, s->sock, fds, fabric.rootless ? 4 : 2, 0);
    close(listener);
    close(folder);
    return bad;
}

static char *with_address(const char *text, const char *address) { /* "@IP@" in the hosts file */
    const char *mark = strstr(text, "@IP@");
    if (!mark) return strdup(text);
    char *out = malloc(strlen(text) + 64);
    if (!out) abort();
    sprintf(out, "%.*s%s%s", (int)(mark - text), text, address, mark + 4);
    return out;
}

static int create(struct message *m, const char *uid, struct sandbox **made) {
    const char *hostname = wire_text(m), *hosts = wire_text(m), *resolv = wire_text(m), *text = wire_text(m);
    bool host_network = wire_number(m);
    unsigned user = wire_number(m);
    if (strlen(uid) >= sizeof(*made)->uid || strchr(uid, '/') || *uid == '.') return refuse("bad uid");
    if ((*made = find(uid))) return 0;
    if (mkdir(uid, 0700) && errno != EEXIST) return fail("mkdir %s", uid);
    struct sandbox *s = take_blank(host_network, user);
    if (!s) return -1;
    snprintf(s->uid, sizeof s->uid, "%s", uid);
    char *own = with_address(hosts, address_of(s->index));
    point_reached("before-spec-fsync");
    int bad = write_spec(s, text);
    if (!bad) point_reached("between-fork-and-pid");
    bad = bad || write_pid(s) || assign(s, hostname, own, resolv) ? -1 : 0;
    free(own);
    if (bad) {
        kill(s->pid, SIGKILL);
        sandbox_free(s);
        return -1;
    }
    s->next = pods;
    pods = s;
    *made = s;
    return 0;
}

/* ---- remove ---- */
static void remove_folder(const char *uid) {
    DIR *folder = opendir(uid);
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (unlinkat(dirfd(folder), entry->d_name, 0)) unlinkat(dirfd(folder), entry->d_name, AT_REMOVEDIR);
    closedir(folder);
    rmdir(uid);
}

static void finish_removal(struct removal **at) {
    struct removal *r = *at;
    *at = r->next;
    remove_folder(r->uid);
    limits_remove(r->uid);
    sandbox_free(r->s);
    if (r->pidfd >= 0) close(r->pidfd);
    wire_say(control, "ok", r->id, NULL);
    free(r);
}

static void begin_removal(const char *id, const char *uid) {
    struct sandbox **at = &pods, *s;
    while ((s = *at) && strcmp(s->uid, uid)) at = &s->next;
    if (!s) {
        remove_folder(uid);
        wire_say(control, "ok", id, NULL);
        return;
    }
    *at = s->next;
    struct removal *r = calloc(1, sizeof *r);
    if (!r) abort();
    snprintf(r->id, sizeof r->id, "%s", id);
    snprintf(r->uid, sizeof r->uid, "%s", uid);
    r->s = s;
    r->pidfd = s->pid > 0 ? syscall(SYS_pidfd_open, s->pid, 0) : -1;
    if (r->pidfd >= 0) syscall(SYS_pidfd_send_signal, r->pidfd, SIGKILL, NULL, 0);
    r->next = removals;
    removals = r;
    if (r->pidfd < 0) finish_removal(&removals);
}

/* ---- what runs from before ---- */
static void adopt(const char *uid, uint32_t *base) {
    char path[NAME_MAX + 16], pid_text[64];
    struct message m;
    if (strlen(uid) >= sizeof(struct sandbox){ 0 }.uid) return;
    snprintf(path, sizeof path, "%s/spec", uid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    if (wire_load(fd, &m) == 1) {
        bool same_boot = !strcmp((wire_text(&m), wire_text(&m)), boot_id);
        struct sandbox *s = calloc(1, sizeof *s);
        struct in_addr address = { 0 };
        s->sock = s->userns = -1;
        s->index = wire_number(&m);
        if (s->index >= next_index && s->index < INDEX_MAX) next_index = s->index + 1;
        const char *ip = wire_text(&m);
        s->host_network = !*ip;
        strcpy(s->uid, uid);
        snprintf(path, sizeof path, "%s/ctl.sock", uid);
        if (same_boot) s->sock = unix_connect(path);
        if (s->sock >= 0) {
            long long started = 0;
            snprintf(path, sizeof path, "%s/pid", uid);
            if (read_file(AT_FDCWD, path, pid_text, sizeof pid_text) > 0) sscanf(pid_text, "%d %lld", &s->pid, &started);
            if (s->pid > 0 && start_time(s->pid) != started) s->pid = 0;
            snprintf(path, sizeof path, "/proc/%d/ns/user", s->pid);
            if (settings.root && settings.idmap) s->mapped = (s->userns = open(path, O_RDONLY | O_CLOEXEC)) >= 0;
            if (*ip && inet_aton(ip, &address)) *base = be32toh(address.s_addr) - s->index;
        }
        s->next = pods;
        pods = s;
    }
    wire_free(&m);
    close(fd);
}

static void ask_for_fabric(int *user, int *net) { /* as a normal user the fabric lives as long as a Pod holds it */
    for (struct sandbox *s = pods; s && *net < 0; s = s->next) {
        struct message m;
        if (s->sock < 0 || wire_say(s->sock, "fabric", NULL) || wire_read(s->sock, &m) != 1) continue;
        if (m.fd_count == 2) *user = wire_take_fd(&m, 0), *net = wire_take_fd(&m, 1);
        wire_free(&m);
    }
}

static bool can_idmap(void) { /* not on every file system (an overlay as $SKIFF_HOME in a container) */
    int hold[2];
    if (!settings.root || pipe2(hold, O_CLOEXEC)) return false;
    pid_t pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        char byte;
        close(hold[1]);
        (void)!read(hold[0], &byte, 1);
        _exit(0);
    }
    struct sandbox probe = { .pid = pid, .mapped = true };
    char path[64], map[64];
    snprintf(map, sizeof map, "0 %u %u", RANGE_BASE + (probe.index = 1) * RANGE, RANGE);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "/proc/%d/%cid_map", pid, i ? 'g' : 'u');
        write_file(AT_FDCWD, path, map);
    }
    snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
    int userns = open(path, O_RDONLY | O_CLOEXEC), fd = userns < 0 ? -1 : tree_clone(".", NULL, TREE_IDMAP | TREE_ALONE, userns);
    close(hold[0]), close(hold[1]);
    if (userns >= 0) close(userns);
    if (fd >= 0) close(fd);
    waitpid(pid, NULL, 0);
    return fd >= 0;
}

/* One spawner a run folder: the one of a killed daemon first finishes what it was told. It lets go by ending. */
static int lock_folder(void) {
    int fd = open(".lock", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) return fail("lock file");
    for (long long until = monotonic_ms() + 5000; flock(fd, LOCK_EX | LOCK_NB); usleep(2000)) {
        if (errno != EWOULDBLOCK) return fail("lock");
        if (monotonic_ms() > until) return refuse("another Skiff runs Pods from this folder");
    }
    return 0;
}

static int open_spawner(struct message *m, struct frame *reply) {
    int user = -1, net = -1;
    uint32_t base = 0;
    const char *word;
    settings.instance = strdup(wire_text(m));
    pool_size = wire_number(m);
    settings.points = wire_number(m);
    while ((word = wire_next(m))) {
        settings.hide = realloc(settings.hide, (settings.hides + 1) * sizeof *settings.hide);
        settings.hide[settings.hides++] = strdup(word);
    }
    settings.root = getuid() == 0;
    if (lock_folder()) return -1;
    read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot_id, sizeof boot_id);
    boot_id[strcspn(boot_id, "\n")] = 0;
    if (settings.root) {
        if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL)) return fail("mount namespace");
        settings.idmap = can_idmap();
        limits_probe(settings.instance);
    }
    DIR *folder = opendir(".");
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (entry->d_name[0] != '.') adopt(entry->d_name, &base);
    if (folder) closedir(folder);
    ask_for_fabric(&user, &net);
    if (fabric_open(settings.instance, user, net, base)) return -1;
    if (!settings.root) {
        if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL)) return fail("mount namespace");
    }
    const char *egress = settings.root ? "" : way_out(net >= 0);
    if ((relay = relay_start()) < 0) return -1;
    frame_text(reply, address_of(0));
    frame_text(reply, settings.root ? settings.idmap ? "idmapped" : "shared" : "user");
    frame_text(reply, limits_kind());
    frame_text(reply, egress);
    frame_text(reply, fabric.name);
    return 0;
}

/* ---- the daemon's requests: verb, id, arguments; answered by "ok" or "error", id, … ---- */
static void run_nft(const char *id, const char *rules) {
    char *const argv[] = { "nft", "-f", "-", NULL };
    for (int i = 0; i < COMMANDS_MAX; i++) {
        if (commands[i].pid) continue;
        if ((commands[i].pid = fabric_command(argv, rules)) < 0) break;
        snprintf(commands[i].id, sizeof commands[i].id, "%s", id);
        return;
    }
    wire_say(control, "error", id, "cannot start nft", NULL);
}

static void request(struct message *m) {
    const char *verb = wire_text(m), *id = wire_text(m);
    struct frame reply = { 0 };
    struct sandbox *s = NULL;
    int bad = 0;
    frame_text(&reply, "ok");
    frame_text(&reply, id);
    if (!strcmp(verb, "open")) {
        if (strcmp(wire_text(m), PROTOCOL)) bad = refuse("the daemon speaks another version");
        else bad = open_spawner(m, &reply);
    } else if (!strcmp(verb, "create")) {
        const char *uid = wire_text(m);
        bad = create(m, uid, &s);
        if (!bad && m->at < m->size) bad = sandbox_start(s, m); /* the first container in the same message */
        if (!bad) frame_text(&reply, s->host_network ? "" : address_of(s->index));
    } else if (!strcmp(verb, "start")) {
        s = find(wire_text(m));
        bad = !s || s->sock < 0 ? refuse("no such sandbox") : sandbox_start(s, m);
    } else if (!strcmp(verb, "remove")) {
        begin_removal(id, wire_text(m));
        free(reply.data);
        return;
    } else if (!strcmp(verb, "nft")) {
        run_nft(id, wire_text(m));
        free(reply.data);
        return;
    } else if (!strcmp(verb, "expose") || !strcmp(verb, "names")) {
        const char *path = wire_text(m);
        int port = *verb == 'e' ? relay_expose(relay, path) : relay_names(relay, path);
        if (port < 0) bad = -1;
        else frame_number(&reply, port);
    } else bad = refuse("unknown request %s", verb);
    if (!bad) {
        if (frame_send(&reply, control, NULL, 0, 0)) exit(0);
        return;
    }
    free(reply.data);
    wire_say(control, "error", id, problem, NULL);
}

static void reap(void) {
    pid_t pid;
    int status;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (int i = 0; i < COMMANDS_MAX; i++) {
            if (commands[i].pid != pid) continue;
            commands[i].pid = 0;
            if (status == 0) wire_say(control, "ok", commands[i].id, NULL);
            else wire_say(control, "error", commands[i].id, WEXITSTATUS(status) == 127 ? "nft is not installed" : "nft refused the rules", NULL);
        }
        for (struct sandbox **at = &blanks; *at; at = &(*at)->next)
            if ((*at)->pid == pid) { /* it could not become ready; do not try for ever */
                struct sandbox *dead = *at;
                *at = dead->next;
                sandbox_free(dead);
                blank_count--;
                pool_size = 0;
                break;
            }
    }
}

static void farewell(void) { /* nothing of ours stays when no Pod does */
    for (struct sandbox *s; (s = blanks); sandbox_free(s)) {
        blanks = s->next;
        kill(s->pid, SIGKILL);
        waitpid(s->pid, NULL, 0);
    }
    for (struct sandbox *s = pods; s; s = s->next)
        if (s->sock >= 0) exit(0);
    if (fabric.netlink < 0) exit(0);
    char rules[64];
    char *const argv[] = { "nft", "-f", "-", NULL };
    snprintf(rules, sizeof rules, "table ip %s {}\ndelete table ip %s\n", fabric.name, fabric.name);
    pid_t pid = settings.root ? fabric_command(argv, rules) : -1;
    if (pid > 0) waitpid(pid, NULL, 0);
    limits_close();
    if (settings.root) fabric_close();
    else way_out_close();
    exit(0);
}

int spawner_main(int sock) {
    control = sock;
    struct rlimit files;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    for (;;) {
        struct pollfd polls[2 + 256] = { { control, POLLIN, 0 }, { signals, POLLIN, 0 } };
        int count = 2;
        for (struct removal *r = removals; r && count < 258; r = r->next) polls[count++] = (struct pollfd){ r->pidfd, POLLIN, 0 };
        bool refill = relay >= 0 && blank_count < pool_size;
        int n = poll(polls, count, refill ? 0 : -1);
        if (n == 0 && refill) { /* only when there is nothing else to do */
            struct sandbox *s = sandbox_blank(false, 0);
            if (s) s->next = blanks, blanks = s, blank_count++;
            else pool_size = 0;
        }
        if (n <= 0) continue;
        int at = 2;
        for (struct removal **r = &removals; *r && at < count; at++)
            if (polls[at].revents) finish_removal(r);
            else r = &(*r)->next;
        if (polls[1].revents) {
            struct signalfd_siginfo info;
            while (read(signals, &info, sizeof info) > 0) {}
            reap();
        }
        if (polls[0].revents) {
            struct message m;
            if (wire_read(control, &m) != 1) farewell();
            request(&m);
            wire_free(&m);
        }
    }
}
