/* What a container's spec adds to the base root: its own /etc, mounts, termination file, working folder. */
#include "skiff.h"
#include <sys/mount.h>

static int write_content(int root, const char *path, const char *content, size_t length, unsigned mode) {
    int fd = openat(root, path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0) return fail("create %s", path);
    bool ok = write(fd, content, length) == (ssize_t)length && fchmod(fd, mode) == 0;
    if (!ok) fail("write %s", path);
    close(fd);
    return ok ? 0 : -1;
}

static bool below(const char *path, const char *folder) {
    size_t n = strlen(folder);
    return !strncmp(path, folder, n) && path[n] == '/';
}

static bool is_folder(const struct mount *m) {
    struct stat st;
    return m->kind != CONTENT && (m->fd < 0 || (fstat(m->fd, &st) == 0 && S_ISDIR(st.st_mode)));
}

/* Mount points that a read-only host folder lacks: made in a folder of the Pod that is laid above it. */
static bool add_points(int root, const struct spec *spec, const char *folder, const char *above) {
    bool any = false;
    for (const struct mount *m = spec->mounts; m < spec->mounts + spec->mount_count; m++) {
        char path[PATH_MAX];
        if (!below(m->target, folder)) continue;
        int there = lookup(root, m->target);
        if (there >= 0) {
            close(there);
            continue;
        }
        snprintf(path, sizeof path, "%s%s", above, m->target + strlen(folder));
        int at = point(root, path, is_folder(m));
        if (at >= 0) close(at), any = true;
    }
    return any;
}

static int lay_above(int root, const char *folder, const char *above, const char *host) {
    char layers[PATH_MAX * 2];
    snprintf(layers, sizeof layers, "%s:%s", above, host);
    int fd = fs_new("overlay", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, "lowerdir", layers, "userxattr", "", NULL);
    return tree_attach(fd, root, folder + 1);
}

static int own_etc(int root, const struct spec *spec, const char *hostname, const char *hosts, const char *resolv) {
    char name[300];
    snprintf(name, sizeof name, "%s\n", hostname);
    fchmodat(root, ".skiff/etc", 0755, 0);
    if (write_content(root, ".skiff/etc/hosts", hosts, strlen(hosts), 0644) || write_content(root, ".skiff/etc/hostname", name, strlen(name), 0644) ||
        write_content(root, ".skiff/etc/resolv.conf", resolv, strlen(resolv), 0644) || write_content(root, ".skiff/etc/shadow", "", 0, 0) ||
        write_content(root, ".skiff/etc/gshadow", "", 0, 0) || (symlinkat("/proc/self/mounts", root, ".skiff/etc/mtab") && errno != EEXIST))
        return -1;
    for (const struct mount *m = spec->mounts; m < spec->mounts + spec->mount_count; m++) {
        char path[PATH_MAX];
        if (!below(m->target, "/etc")) continue;
        snprintf(path, sizeof path, "/.skiff/host-etc%s", m->target + 4);
        int there = lookup(root, path);
        if (there >= 0) {
            close(there);
            continue;
        }
        snprintf(path, sizeof path, "/.skiff%s", m->target);
        int at = point(root, path, is_folder(m));
        if (at < 0) return -1;
        close(at);
    }
    return lay_above(root, "/etc", "/.skiff/etc", "/.skiff/host-etc");
}

static int attach_mount(int root, struct mount *m, int number) {
    char path[64], size[32];
    struct stat st = { .st_mode = S_IFDIR };
    if (m->kind == TMPFS) {
        snprintf(size, sizeof size, "%llu", m->size_bytes);
        m->fd = fs_new("tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, "mode", "1777", "size", m->size_bytes ? size : "50%", NULL);
    } else if (m->kind == CONTENT) {
        snprintf(path, sizeof path, ".skiff/f%d", number);
        if (write_content(root, path, m->content, m->length, m->mode ? m->mode : 0644)) return -1;
        m->fd = open_tree(root, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
        if (m->fd < 0) return fail("content of %s", m->target);
        if (tree_read_only(m->fd)) return -1;
    }
    if (m->fd < 0) return -1;
    if (fstat(m->fd, &st)) return fail("source of %s", m->target);
    int at = point(root, m->target, S_ISDIR(st.st_mode));
    if (at < 0) return -1;
    int bad = tree_attach(m->fd, at, "");
    m->fd = -1;
    close(at);
    return bad;
}

static int termination_file(int root, const struct spec *spec) { /* writable by any user, also on a read-only root */
    if (!*spec->termination_path) return 0;
    static const char file[] = ".skiff/termination";
    if (write_content(root, file, "", 0, 0666)) return -1;
    int at = point(root, spec->termination_path, false);
    if (at < 0) return -1;
    int bad = tree_attach(open_tree(root, file, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), at, "");
    close(at);
    return bad;
}

int rootfs_complete(int root, const struct spec *spec, const char *hostname, const char *hosts, const char *resolv) {
    static const char *shadowed[] = { "/opt", "/usr" };
    if (own_etc(root, spec, hostname, hosts, resolv)) return -1;
    for (size_t i = 0; i < sizeof shadowed / sizeof *shadowed; i++) {
        char above[64];
        snprintf(above, sizeof above, "/.skiff/above%s", shadowed[i]);
        if (add_points(root, spec, shadowed[i], above) && lay_above(root, shadowed[i], above, shadowed[i])) return -1;
    }
    for (int i = 0; i < spec->mount_count; i++)
        if (attach_mount(root, &spec->mounts[i], i)) return -1;
    if (termination_file(root, spec)) return -1;
    if (*spec->cwd) {
        int cwd = point(root, spec->cwd, true);
        if (cwd < 0) return -1;
        close(cwd);
    }
    if (!spec->read_only_root) return 0;
    struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
    return mount_setattr(root, "", AT_EMPTY_PATH, &attr, sizeof attr) ? fail("read-only root") : 0;
}
