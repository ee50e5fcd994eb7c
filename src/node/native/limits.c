/* Memory and CPU limits by cgroups, version 2 or 1, where they can be written; else the supervisor looks at memory itself. */
#include "skiff.h"
#include <dirent.h>
#include <sys/sysmacros.h>

static struct { bool v2, memory, cpu; char group[64]; } cgroups;

static bool make_group(const char *controller) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "/sys/fs/cgroup/%s%s", controller, cgroups.group);
    return mkdir(path, 0755) == 0 || errno == EEXIST;
}

void limits_probe(const char *instance) {
    char controllers[256] = "";
    snprintf(cgroups.group, sizeof cgroups.group, "/skiff-%s", instance);
    if (access("/sys/fs/cgroup", W_OK)) return;
    if (read_file(AT_FDCWD, "/sys/fs/cgroup/cgroup.controllers", controllers, sizeof controllers) > 0) {
        write_file(AT_FDCWD, "/sys/fs/cgroup/cgroup.subtree_control", "+memory +cpu +pids");
        cgroups.v2 = make_group("");
        char path[128];
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/cgroup.subtree_control", cgroups.group);
        bool on = cgroups.v2 && write_file(AT_FDCWD, path, "+memory +cpu") == 0;
        cgroups.memory = on && strstr(controllers, "memory");
        cgroups.cpu = on && strstr(controllers, "cpu");
        return;
    }
    cgroups.memory = access("/sys/fs/cgroup/memory/cgroup.procs", W_OK) == 0 && make_group("memory");
    cgroups.cpu = access("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", F_OK) == 0 && make_group("cpu");
    if (!cgroups.cpu && access("/sys/fs/cgroup/cpu/cgroup.procs", W_OK) == 0) cgroups.cpu = make_group("cpu");
}

const char *limits_kind(void) { return cgroups.v2 && cgroups.memory ? "cgroup2" : cgroups.memory || cgroups.cpu ? "cgroup1" : "polling"; }

static int open_group(const char *controller, const char *name, const char *file, const char *value) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "/sys/fs/cgroup/%s%s/%s", controller, cgroups.group, name);
    if (mkdir(path, 0755) && errno != EEXIST) return fail("mkdir %s", path);
    snprintf(path, sizeof path, "/sys/fs/cgroup/%s%s/%s/%s", controller, cgroups.group, name, file);
    if (value && write_file(AT_FDCWD, path, value)) return -1;
    snprintf(path, sizeof path, "/sys/fs/cgroup/%s%s/%s/cgroup.procs", controller, cgroups.group, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd < 0 ? fail("%s", path) : fd;
}

int limits_make(const char *uid, const struct spec *spec, struct limits *out) {
    char name[NAME_MAX], value[64], path[PATH_MAX];
    *out = (struct limits){ .oom = -1 };
    snprintf(name, sizeof name, "%s.%s.%d", uid, spec->name, spec->attempt);
    if (spec->memory_bytes && cgroups.memory) {
        const char *controller = cgroups.v2 ? "" : "memory";
        snprintf(value, sizeof value, "%lld", spec->memory_bytes);
        int fd = open_group(controller, name, cgroups.v2 ? "memory.max" : "memory.limit_in_bytes", value);
        if (fd < 0) return -1;
        out->procs[out->count++] = fd;
        if (cgroups.v2) {
            snprintf(path, sizeof path, "/sys/fs/cgroup%s/%s/memory.oom.group", cgroups.group, name);
            write_file(AT_FDCWD, path, "1");
        }
        snprintf(path, sizeof path, "/sys/fs/cgroup/%s%s/%s/%s", controller, cgroups.group, name, cgroups.v2 ? "memory.events" : "memory.oom_control");
        out->oom = open(path, O_RDONLY | O_CLOEXEC);
    }
    if (spec->cpu_millis && cgroups.cpu) {
        snprintf(value, sizeof value, cgroups.v2 ? "%lld 100000" : "%lld", spec->cpu_millis * 100);
        int fd = open_group(cgroups.v2 ? "" : "cpu", name, cgroups.v2 ? "cpu.max" : "cpu.cfs_quota_us", value);
        if (fd >= 0) out->procs[out->count++] = fd; /* a kernel without quota: the limit is not enforced */
    }
    return 0;
}

void limits_remove(const char *uid) {
    static const char *controllers[] = { "", "memory", "cpu" };
    for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++) {
        char path[PATH_MAX];
        if (!cgroups.memory && !cgroups.cpu) return;
        snprintf(path, sizeof path, "/sys/fs/cgroup/%s%s", controllers[i], cgroups.group);
        DIR *folder = opendir(path);
        if (!folder) continue;
        for (struct dirent *entry; (entry = readdir(folder));)
            if (!strncmp(entry->d_name, uid, strlen(uid))) unlinkat(dirfd(folder), entry->d_name, AT_REMOVEDIR);
        closedir(folder);
    }
}

void limits_close(void) {
    static const char *controllers[] = { "", "memory", "cpu" };
    for (size_t i = 0; i < sizeof controllers / sizeof *controllers && (cgroups.memory || cgroups.cpu); i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "/sys/fs/cgroup/%s%s", controllers[i], cgroups.group);
        rmdir(path);
    }
}

long long limits_oom_kills(int fd) {
    char text[1024];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    if (n <= 0) return 0;
    text[n] = 0;
    char *at = strstr(text, "oom_kill ");
    return at ? atoll(at + 9) : 0;
}
