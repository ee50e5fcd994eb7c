/* What went wrong, and small helpers over files, sockets and time that report it. */
#include "skiff.h"
#include <stdarg.h>
#include <sys/un.h>
#include <time.h>

char problem[1024];

int fail(const char *format, ...) {
    int saved = errno;
    va_list list;
    va_start(list, format);
    int n = vsnprintf(problem, sizeof problem, format, list);
    va_end(list);
    if (n >= 0 && (size_t)n < sizeof problem) snprintf(problem + n, sizeof problem - n, ": %s", strerror(saved));
    errno = saved;
    return -1;
}

int refuse(const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(problem, sizeof problem, format, list);
    va_end(list);
    return -1;
}

int write_file(int at, const char *path, const char *text) {
    int fd = openat(at, path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return fail("%s", path);
    ssize_t size = strlen(text), n = write(fd, text, size);
    if (n != size) fail("%s", path);
    close(fd);
    return n == size ? 0 : -1;
}

int read_file(int at, const char *path, char *text, size_t size) {
    int fd = openat(at, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return fail("%s", path);
    ssize_t n = read(fd, text, size - 1);
    close(fd);
    if (n < 0) return fail("%s", path);
    text[n] = 0;
    return n;
}

int write_durable(int dir, const char *name, const void *data, size_t size) {
    char temporary[NAME_MAX + 1];
    snprintf(temporary, sizeof temporary, "%s.tmp", name);
    int fd = openat(dir, temporary, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) return fail("%s", temporary);
    bool ok = write(fd, data, size) == (ssize_t)size && fdatasync(fd) == 0;
    if (!ok) fail("write %s", temporary);
    close(fd);
    if (!ok) return -1;
    return renameat(dir, temporary, dir, name) ? fail("rename %s", name) : 0;
}

int make_folders(const char *path) {
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = part + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        if (mkdir(part, 0755) && errno != EEXIST) return fail("mkdir %s", part);
        *slash = '/';
    }
    return mkdir(part, 0755) && errno != EEXIST ? fail("mkdir %s", part) : 0;
}

void now_stamp(char out[40]) {
    struct timespec t;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &tm);
    size_t n = strftime(out, 40, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, 40 - n, ".%09ldZ", t.tv_nsec);
}

long long monotonic_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static int unix_address(struct sockaddr_un *address, const char *path) {
    *address = (struct sockaddr_un){ AF_UNIX, "" };
    if (strlen(path) >= sizeof address->sun_path) return refuse("socket path is too long: %s", path);
    strcpy(address->sun_path, path);
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

int unix_listen(const char *path) {
    struct sockaddr_un address;
    int sock = unix_address(&address, path);
    if (sock < 0) return -1;
    unlink(path);
    if (bind(sock, (void *)&address, sizeof address) || listen(sock, 64)) {
        fail("listen on %s", path);
        close(sock);
        return -1;
    }
    return sock;
}

int unix_connect(const char *path) {
    struct sockaddr_un address;
    int sock = unix_address(&address, path);
    if (sock < 0) return -1;
    if (connect(sock, (void *)&address, sizeof address)) {
        fail("connect to %s", path);
        close(sock);
        return -1;
    }
    return sock;
}
