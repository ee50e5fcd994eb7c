/* Messages: u32 length, then fields of (u32 length, bytes, NUL), all little-endian. Descriptors ride on the first byte. */
#include "skiff.h"
#include <stdarg.h>

static ssize_t receive(int sock, void *data, size_t size, struct message *m) {
    union { char bytes[CMSG_SPACE(sizeof m->fds)]; struct cmsghdr align; } control;
    struct iovec part = { data, size };
    struct msghdr head = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control };
    ssize_t n;
    do n = recvmsg(sock, &head, MSG_CMSG_CLOEXEC); while (n < 0 && errno == EINTR);
    if (n <= 0) return n;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&head); c; c = CMSG_NXTHDR(&head, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        int count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int), *fds = (int *)CMSG_DATA(c);
        for (int i = 0; i < count; i++)
            if (m->fd_count < (int)(sizeof m->fds / sizeof *m->fds)) m->fds[m->fd_count++] = fds[i];
            else close(fds[i]);
    }
    return n;
}

static int receive_all(int sock, char *data, size_t size, struct message *m) {
    for (size_t have = 0; have < size;) {
        ssize_t n = receive(sock, data + have, size - have, m);
        if (n == 0 && have == 0) return 0;
        if (n <= 0) return n < 0 ? fail("read message") : refuse("message ends early");
        have += n;
    }
    return 1;
}

int wire_read(int sock, struct message *m) {
    uint32_t size;
    *m = (struct message){ 0 };
    int got = receive_all(sock, (char *)&size, sizeof size, m);
    if (got == 1 && size > MESSAGE_MAX) got = refuse("message of %u bytes", size);
    if (got == 1) {
        m->data = malloc(size + 1);
        m->size = size;
        if (!m->data) got = refuse("no memory for a message of %u bytes", size);
        else if (size && receive_all(sock, m->data, size, m) != 1) got = -1;
    }
    if (got != 1) wire_free(m);
    return got;
}

int wire_load(int fd, struct message *m) {
    struct stat st;
    uint32_t size;
    *m = (struct message){ 0 };
    if (fstat(fd, &st) || read(fd, &size, sizeof size) != sizeof size || size > MESSAGE_MAX || st.st_size != size + (off_t)sizeof size)
        return refuse("file does not hold a message");
    m->data = malloc(size + 1);
    m->size = size;
    if (m->data && read(fd, m->data, size) == (ssize_t)size) return 1;
    wire_free(m);
    return fail("read message");
}

char *wire_next_sized(struct message *m, size_t *size) {
    uint32_t length;
    if (m->size - m->at < sizeof length + 1) return NULL;
    memcpy(&length, m->data + m->at, sizeof length);
    if (length > m->size - m->at - sizeof length - 1) return NULL;
    char *field = m->data + m->at + sizeof length;
    field[length] = 0;
    m->at += sizeof length + length + 1;
    if (size) *size = length;
    return field;
}
char *wire_next(struct message *m) { return wire_next_sized(m, NULL); }
const char *wire_text(struct message *m) {
    const char *field = wire_next(m);
    return field ? field : "";
}
long long wire_number(struct message *m) { return atoll(wire_text(m)); }

int wire_take_fd(struct message *m, int index) {
    if (index < 0 || index >= m->fd_count) return refuse("message lacks descriptor %d", index);
    int fd = m->fds[index];
    m->fds[index] = -1;
    return fd;
}

void wire_free(struct message *m) {
    for (int i = 0; i < m->fd_count; i++)
        if (m->fds[i] >= 0) close(m->fds[i]);
    free(m->data);
    *m = (struct message){ 0 };
}

static void grow(struct frame *f, const void *data, size_t size) {
    if (f->room - f->size < size) {
        f->room = (f->size + size) * 2 + 256;
        if (!(f->data = realloc(f->data, f->room))) abort();
    }
    memcpy(f->data + f->size, data, size);
    f->size += size;
}
void frame_bytes(struct frame *f, const void *data, size_t size) {
    uint32_t length = size;
    if (!f->size) grow(f, &length, sizeof length); /* room for the message's own length */
    grow(f, &length, sizeof length);
    if (size) grow(f, data, size);
    grow(f, "", 1);
}
void frame_text(struct frame *f, const char *text) { frame_bytes(f, text, strlen(text)); }
void frame_number(struct frame *f, long long number) {
    char text[24];
    snprintf(text, sizeof text, "%lld", number);
    frame_text(f, text);
}
void frame_rest(struct frame *f, const struct message *m) {
    uint32_t none = 0;
    if (!f->size) grow(f, &none, sizeof none);
    grow(f, m->data + m->at, m->size - m->at);
}

int frame_send(struct frame *f, int sock, const int *fds, int count, int flags) {
    union { char bytes[CMSG_SPACE(sizeof(int) * (MOUNTS_MAX + 16))]; struct cmsghdr align; } control = { { 0 } };
    uint32_t size = f->size - sizeof size;
    memcpy(f->data, &size, sizeof size);
    int result = 0;
    for (size_t sent = 0; sent < f->size;) {
        struct iovec part = { f->data + sent, f->size - sent };
        struct msghdr head = { .msg_iov = &part, .msg_iovlen = 1 };
        if (count) {
            head.msg_control = control.bytes;
            head.msg_controllen = CMSG_SPACE(sizeof(int) * count);
            *CMSG_FIRSTHDR(&head) = (struct cmsghdr){ CMSG_LEN(sizeof(int) * count), SOL_SOCKET, SCM_RIGHTS };
            memcpy(CMSG_DATA(CMSG_FIRSTHDR(&head)), fds, sizeof(int) * count);
        }
        ssize_t n = sendmsg(sock, &head, MSG_NOSIGNAL | flags);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) { result = fail("send message"); break; }
        sent += n;
        count = 0;
    }
    free(f->data);
    *f = (struct frame){ 0 };
    return result;
}

int frame_save(struct frame *f, int dir, const char *name) {
    uint32_t size = f->size - sizeof size;
    memcpy(f->data, &size, sizeof size);
    int bad = write_durable(dir, name, f->data, f->size);
    free(f->data);
    *f = (struct frame){ 0 };
    return bad;
}

int wire_say(int sock, ...) {
    struct frame f = { 0 };
    va_list list;
    va_start(list, sock);
    for (const char *text; (text = va_arg(list, const char *));) frame_text(&f, text);
    va_end(list);
    return frame_send(&f, sock, NULL, 0, 0);
}
