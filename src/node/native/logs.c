/* A container's log: CRI lines "TIME STREAM F|P text", rotated at 10 MiB, five files (x.log, x.log.1 … x.log.4).
 * Writing blocks, so a container that floods waits for the disk. */
#include "skiff.h"

#define ROTATE_BYTES (10 << 20)
#define ROTATE_FILES 5

int log_open(struct log *log, int dir, const char *name) {
    struct stat st;
    log->dir = dir;
    snprintf(log->name, sizeof log->name, "%s", name);
    log->fd = openat(dir, name, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (log->fd < 0) return fail("log %s", name);
    log->size = fstat(log->fd, &st) ? 0 : st.st_size;
    return 0;
}

static void rotate(struct log *log) {
    char from[NAME_MAX + 16], to[NAME_MAX + 16];
    for (int i = ROTATE_FILES - 1; i > 0; i--) {
        snprintf(to, sizeof to, "%s.%d", log->name, i);
        if (i > 1) snprintf(from, sizeof from, "%s.%d", log->name, i - 1);
        else snprintf(from, sizeof from, "%s", log->name);
        renameat(log->dir, from, log->dir, to);
    }
    close(log->fd);
    log->fd = -1;
    log_open(log, log->dir, log->name);
}

static void put_line(struct log *log, const struct stream *stream, const char *stamp, const char *text, size_t size, bool whole) {
    char line[LOG_BUFFER + 80];
    int n = snprintf(line, sizeof line - size - 1, "%s %s %c ", stamp, stream->tag == 'o' ? "stdout" : "stderr", whole ? 'F' : 'P');
    memcpy(line + n, text, size);
    line[n + size] = '\n';
    size += n + 1;
    for (size_t done = 0; log->fd >= 0 && done < size;) {
        ssize_t wrote = write(log->fd, line + done, size - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) break; /* a full disk loses lines, never the Pod */
        done += wrote;
    }
    log->size += size;
    if (log->size >= ROTATE_BYTES) rotate(log);
}

void log_pump(struct log *log, struct stream *stream, bool final) {
    char stamp[40];
    while (stream->fd >= 0) {
        ssize_t n = read(stream->fd, stream->buffer + stream->used, sizeof stream->buffer - stream->used);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN && !final) return;
        if (n <= 0) { /* the end (EIO: the last holder of a terminal left) */
            now_stamp(stamp);
            if (stream->used) put_line(log, stream, stamp, stream->buffer, stream->used, false);
            stream->used = 0;
            close(stream->fd);
            stream->fd = -1;
            return;
        }
        size_t size = stream->used + n, start = 0;
        now_stamp(stamp);
        for (char *end; (end = memchr(stream->buffer + start, '\n', size - start)); start = end - stream->buffer + 1)
            put_line(log, stream, stamp, stream->buffer + start, end - stream->buffer - start, true);
        if (start == 0 && size == sizeof stream->buffer) {
            put_line(log, stream, stamp, stream->buffer, size, false);
            start = size;
        }
        memmove(stream->buffer, stream->buffer + start, size - start);
        stream->used = size - start;
        if (!final) return; /* others wait too */
    }
}

void log_close(struct log *log) {
    for (int i = 0; i < 2; i++) log_pump(log, &log->streams[i], true);
    if (log->fd >= 0) close(log->fd);
    if (log->dir >= 0) close(log->dir);
    log->fd = log->dir = -1;
}
