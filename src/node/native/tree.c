/* Detached mounts: clones of host trees, new file systems, overlays. The spawner makes those that need its rights. */
#include "skiff.h"
#include <linux/capability.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/syscall.h>

static int open_source(const char *path, const char *sub) { /* a subPath never leaves its volume */
    int base = open(path, O_PATH | O_CLOEXEC);
    if (base < 0) return fail("%s", path);
    if (!sub || !*sub) return base;
    struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
    int fd = syscall(SYS_openat2, base, sub, &how, sizeof how);
    if (fd < 0) fail("subPath %s of %s", sub, path);
    close(base);
    return fd;
}

int tree_clone(const char *path, const char *sub, int flags, int userns) {
    int source = open_source(path, sub), fd;
    if (source < 0) return -1;
    struct stat st;
    fstat(source, &st);
    fd = open_tree(source, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | (flags & TREE_ALONE ? 0 : AT_RECURSIVE));
    close(source);
    if (fd < 0) return fail("clone the mount of %s", path);
    struct mount_attr attr = { .attr_set = MOUNT_ATTR_NOSUID };
    if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode)) attr.attr_set |= MOUNT_ATTR_NODEV;
    if (flags & TREE_READ_ONLY) attr.attr_set |= MOUNT_ATTR_RDONLY;
    if (flags & TREE_IDMAP && userns >= 0) attr.attr_set |= MOUNT_ATTR_IDMAP, attr.userns_fd = userns;
    if (mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr)) {
        fail("attributes of the mount of %s", path);
        close(fd);
        return -1;
    }
    return fd;
}

int tree_attach(int fd, int at, const char *path) {
    if (fd < 0) return -1;
    int bad = move_mount(fd, "", at, path, MOVE_MOUNT_F_EMPTY_PATH | (*path ? 0 : MOVE_MOUNT_T_EMPTY_PATH));
    if (bad) fail("attach a mount at %s", path);
    close(fd);
    return bad;
}

int tree_read_only(int fd) {
    struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
    return mount_setattr(fd, "", AT_EMPTY_PATH, &attr, sizeof attr) ? fail("make a mount read-only") : 0;
}

int fs_new(const char *type, unsigned attributes, ...) {
    int context = fsopen(type, FSOPEN_CLOEXEC), fd = -1;
    if (context < 0) return fail("file system %s", type);
    va_list list;
    va_start(list, attributes);
    for (const char *key; (key = va_arg(list, const char *));) {
        const char *value = va_arg(list, const char *);
        if (fsconfig(context, *value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, *value ? value : NULL, 0)) {
            fail("%s option %s=%s", type, key, value);
            goto out;
        }
    }
    if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) fail("create %s", type);
    else if ((fd = fsmount(context, FSMOUNT_CLOEXEC, attributes)) < 0) fail("mount %s", type);
out:
    va_end(list);
    close(context);
    return fd;
}

/* Acts on files as `id` but keeps every capability, which a plain setfsuid would not. */
static void act_on_files_as(unsigned id) {
    struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2];
    setfsgid(id);
    setfsuid(id);
    if (syscall(SYS_capget, &head, data)) return;
    data[0].effective = data[0].permitted;
    data[1].effective = data[1].permitted;
    syscall(SYS_capset, &head, data);
}

static int overlay_on(const char *lowers, const char *upper, const char *work) {
    return fs_new("overlay", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, "lowerdir", lowers, "upperdir", upper, "workdir", work, "userxattr", "", NULL);
}

/* A writable top over read-only layers. As root every part is an idmapped clone, attached below `scratch` only until the
 * overlay has its own private clones; the overlay is created with the Pod's file system ids, because id 0 has no place in
 * an idmapped top: the work folder would fail with EOVERFLOW and the overlay silently become read-only. */
int tree_overlay(const struct mount *m, int userns, unsigned owner, const char *scratch) {
    if ((mkdir(m->upper, 0755) && errno != EEXIST) || (mkdir(m->work, 0755) && errno != EEXIST)) return fail("mkdir %s", m->upper);
    if (userns < 0) return overlay_on(m->source, m->upper, m->work);
    char parent[PATH_MAX], top[PATH_MAX], path[PATH_MAX + 16], lowers[PATH_MAX * 2] = "", upper[PATH_MAX * 2], work[PATH_MAX * 2];
    snprintf(parent, sizeof parent, "%s", m->upper);
    char *slash = strrchr(parent, '/');
    if (!slash || strncmp(parent, m->work, slash - parent + 1) || strchr(m->work + (slash - parent) + 1, '/'))
        return refuse("overlay folders %s and %s do not lie side by side", m->upper, m->work);
    *slash = 0;
    int count = 0, fd = -1;
    char *list = strdup(m->source), *rest = list, *one;
    while ((one = strsep(&rest, ":"))) {
        snprintf(path, sizeof path, "%s/l%d", scratch, count);
        mkdir(path, 0700);
        if (tree_attach(tree_clone(one, NULL, TREE_READ_ONLY | TREE_IDMAP, userns), AT_FDCWD, path)) goto out;
        count++;
        snprintf(lowers + strlen(lowers), sizeof lowers - strlen(lowers), "%s%s", count > 1 ? ":" : "", path);
    }
    snprintf(top, sizeof top, "%s/top", scratch);
    mkdir(top, 0700);
    if (tree_attach(tree_clone(parent, NULL, TREE_IDMAP, userns), AT_FDCWD, top)) goto out;
    snprintf(upper, sizeof upper, "%s%s", top, m->upper + strlen(parent));
    snprintf(work, sizeof work, "%s%s", top, m->work + strlen(parent));
    act_on_files_as(owner);
    fd = overlay_on(lowers, upper, work);
    act_on_files_as(0);
    umount2(top, MNT_DETACH);
out:
    free(list);
    while (count--) {
        snprintf(path, sizeof path, "%s/l%d", scratch, count);
        umount2(path, MNT_DETACH);
    }
    return fd;
}
