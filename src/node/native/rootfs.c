/* The base of a container's root, the same for every container: the host's programs read-only, everything else its own.
 * Runs in the builder, may be done ahead of time. rootfs_complete (content.c) adds what the container's spec says. */
#include "skiff.h"
#include <linux/openat2.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

int lookup(int root, const char *path) {
    struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
    return syscall(SYS_openat2, root, path, &how, sizeof how);
}

static int point_deep(int root, const char *path, bool folder, int depth) {
    int fd = lookup(root, path);
    if (fd >= 0) return fd;
    if (errno != ENOENT || depth > 40) return fail("mount point %s", path);
    char parent[PATH_MAX], link[PATH_MAX], full[PATH_MAX * 2 + 2];
    const char *slash = strrchr(path, '/');
    if (!slash[1]) return refuse("mount point %s", path);
    snprintf(parent, sizeof parent, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    int up = point_deep(root, parent, true, depth + 1);
    if (up < 0) return -1;
    ssize_t n = readlinkat(up, slash + 1, link, sizeof link - 1);
    if (n > 0) { /* dangling: follow it inside the new root */
        link[n] = 0;
        close(up);
        snprintf(full, sizeof full, "%s/%s", link[0] == '/' ? "" : parent, link);
        return point_deep(root, full, folder, depth + 1);
    }
    if (folder) {
        if (mkdirat(up, slash + 1, 0755) && errno != EEXIST) fail("mkdir %s", path);
        else fd = lookup(root, path);
    } else {
        int made = openat(up, slash + 1, O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (made < 0) fail("create %s", path);
        else close(made), fd = lookup(root, path);
    }
    close(up);
    return fd;
}
int point(int root, const char *path, bool folder) { return point_deep(root, path, folder, 0); }

static int system_folder(int root, const char *name) { /* as the host has it: a folder or a link (merged /usr) */
    char host[64], to[64];
    struct stat st;
    snprintf(host, sizeof host, "/%s", name);
    if (lstat(host, &st)) return 0;
    if (S_ISLNK(st.st_mode)) {
        ssize_t n = readlink(host, to, sizeof to - 1);
        if (n <= 0) return 0;
        to[n] = 0;
        return symlinkat(to, root, name) ? fail("link %s", host) : 0;
    }
    if (mkdirat(root, name, 0755)) return fail("mkdir %s", host);
    return tree_attach(tree_clone(host, NULL, TREE_READ_ONLY, -1), root, name);
}

static int own_folders(int root) {
    static const struct { const char *name; mode_t mode; } folders[] = {
        { ".skiff", 0700 }, { "etc", 0755 }, { "tmp", 01777 }, { "var", 0755 }, { "var/tmp", 01777 }, { "var/lib", 0755 },
        { "var/log", 0755 }, { "var/cache", 0755 }, { "run", 0755 }, { "run/lock", 01777 }, { "root", 0700 }, { "home", 0755 },
        { "mnt", 0755 }, { "srv", 0755 }, { "proc", 0555 }, { "sys", 0555 }, { "dev", 0755 }, { "dev/pts", 0755 }, { "dev/shm", 01777 },
    };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (mkdirat(root, folders[i].name, folders[i].mode)) return fail("mkdir %s", folders[i].name);
        if (folders[i].mode & 01000) fchmodat(root, folders[i].name, folders[i].mode, 0); /* past the umask */
    }
    return symlinkat("/run", root, "var/run") ? fail("link /var/run") : 0;
}

static int devices(int root) {
    static const char *nodes[] = { "null", "zero", "full", "random", "urandom", "tty" };
    static const char *links[][2] = { { "/proc/self/fd", "dev/fd" }, { "/proc/self/fd/0", "dev/stdin" }, { "/proc/self/fd/1", "dev/stdout" },
                                      { "/proc/self/fd/2", "dev/stderr" }, { "pts/ptmx", "dev/ptmx" } };
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/%s", nodes[i]);
        int at = point(root, path, false);
        if (at < 0 || tree_attach(tree_clone(path, NULL, 0, -1), at, "")) return -1;
        close(at);
    }
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (symlinkat(links[i][0], root, links[i][1])) return fail("link %s", links[i][1]);
    if (tree_attach(fs_new("devpts", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, "newinstance", "", "ptmxmode", "0666", "mode", "0620", NULL), root, "dev/pts")) return -1;
    return tree_attach(fs_new("tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, "mode", "1777", NULL), root, "dev/shm");
}

static int cover(int root, const char *path) {
    struct stat st;
    int at = lookup(root, path);
    if (at < 0) return 0;
    fstat(at, &st);
    int fd = S_ISDIR(st.st_mode) ? fs_new("tmpfs", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, "size", "4k", "mode", "0000", NULL)
                                 : tree_clone("/dev/null", NULL, TREE_READ_ONLY, -1);
    int bad = tree_attach(fd, at, "");
    close(at);
    return bad;
}

int rootfs_base(char **hide, int hides, int *root_fd) {
    static const char *system[] = { "usr", "opt", "bin", "sbin", "lib", "lib64", "lib32", "libx32" };
    if (unshare(CLONE_NEWNS)) return fail("new mount namespace");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) return fail("private mounts");
    umask(0);
    int root = fs_new("tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, "mode", "0755", NULL);
    if (root < 0) return -1;
    /* Anywhere will do as the place of the new root until pivot_root: it hides nothing but from this builder. */
    if (tree_attach(fcntl(root, F_DUPFD_CLOEXEC, 0), AT_FDCWD, "/tmp")) return -1;
    if (own_folders(root)) return -1;
    for (size_t i = 0; i < sizeof system / sizeof *system; i++)
        if (system_folder(root, system[i])) return -1;
    /* proc before the host is left: the kernel wants to see a fully visible one. */
    if (tree_attach(fs_new("proc", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, NULL), root, "proc")) return -1;
    if (tree_attach(tree_clone("/sys", NULL, TREE_READ_ONLY, -1), root, "sys") || devices(root)) return -1;
    /* The host's /etc is kept aside, unattached to any visible place, as the lower layer of the container's own. */
    if (mkdirat(root, ".skiff/etc", 0700) || mkdirat(root, ".skiff/host-etc", 0755)) return fail("mkdir .skiff");
    if (tree_attach(tree_clone("/etc", NULL, TREE_READ_ONLY | TREE_ALONE, -1), root, ".skiff/host-etc")) return -1;
    for (int i = 0; i < hides; i++)
        if (cover(root, hide[i])) return -1;
    if (fchdir(root) || syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) || chdir("/")) return fail("leave the host's root");
    *root_fd = root;
    return 0;
}
