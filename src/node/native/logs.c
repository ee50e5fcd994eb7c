/* A container's log: CRI lines "TIME STREAM F|P text", rotated at 10 MiB, five files (x.log, x.log.1 … x.log.4).
 * Writing blocks, so a container that floods waits for the disk. */
#include "skiff.h"

#define ROTATE_BYTES (10 << 20)
#define ROTATE_FILES 5
#define LOG_FLAGS (O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC | O_NOFOLLOW)

int log_open(struct log *log, int dir, const char *name) {
    struct stat st;
    log->dir = dir;
    snprintf(log->name, sizeof log->name, "%s", name);
    log->fd = openat(dir, name, LOG_FLAGS, 0640);
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
    log->fd = openat(log->dir, log->name, LOG_FLAGS, 0640);
    log->size = 0;
}

static struct { size_t size; char data[4 * LOG_BUFFER]; } lines; /* stamped, not yet written */

static void flush(struct log *log) {
    if (log->size && log->size + (off_t)lines.size > ROTATE_BYTES) rotate(log);
    for (size_t done = 0; log->fd >= 0 && done < lines.size;) {
        ssize_t n = write(log->fd, lines.data + done, lines.size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) break; /* a full disk loses lines, never the Pod */
        done += n;
    }
    log->size += lines.size;
    lines.size = 0;
}

static void put_line(struct log *log, const struct stream *stream, const char *stamp, const char *text, size_t size, bool whole) {
    if (lines.size + size + 64 > sizeof lines.data) flush(log);
    lines.size += sprintf(lines.data + lines.size, "%s %s %c ", stamp, stream->tag == 'o' ? "stdout" : "stderr", whole ? 'F' : 'P');
    memcpy(lines.data + lines.size, text, size);
    lines.size += size;
    lines.data[lines.size++] = '\n';
}

void log_pump(struct log *log, struct stream *stream, bool final) {
    char stamp[40];
    while (stream->fd >= 0) {
        ssize_t n = read(stream->fd, stream->buffer + stream->used, sizeof stream->buffer - stream->used);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN && !final) return;
        now_stamp(stamp);
        if (n <= 0) { /* the end (EIO: the last holder of a terminal left) */
            if (stream->used) put_line(log, stream, stamp, stream->buffer, stream->used, false);
            stream->used = 0;
            close(stream->fd);
            stream->fd = -1;
        } else {
            size_t size = stream->used + n, start = 0;
            for (char *end; (end = memchr(stream->buffer + start, '\n', size - start)); start = end - stream->buffer + 1)
                put_line(log, stream, stamp, stream->buffer + start, end - stream->buffer - start, true);
            if (start == 0 && size == sizeof stream->buffer) {
                put_line(log, stream, stamp, stream->buffer, size, false);
                start = size;
            }
            if (log->eager && start < size) { /* a prompt has no end of line, and somebody waits for it */
                put_line(log, stream, stamp, stream->buffer + start, size - start, false);
                start = size;
            }
            memmove(stream->buffer, stream->buffer + start, size - start);
            stream->used = size - start;
        }
        flush(log);
        if (!final) return; /* others wait too */
    }
}

void log_close(struct log *log) {
    for (int i = 0; i < 2; i++) log_pump(log, &log->streams[i], true);
    if (log->fd >= 0) close(log->fd);
    if (log->dir >= 0) close(log->dir);
    log->fd = log->dir = -1;
}
