/* skiff-pod: the spawner (one, replaceable) and the supervisors (PID 1 of each Pod). One static program, no libraries.
 *
 *   daemon --fd 3--> spawner          prepares namespaces, addresses and host mounts; exits when the daemon goes
 *   daemon --ctl.sock--> supervisor   watch, stop, exec, attach, dial; outlives daemon and spawner
 *   spawner --ctl.sock--> supervisor  start, with descriptors of prepared mounts
 *   supervisor --pair--> builder      one a container: builds the root, becomes the container's process
 */
#ifndef SKIFF_H
#define SKIFF_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define PROTOCOL "1"
#define RANGE 65536u
#define RANGE_BASE 0x40000000u
#define MOUNTS_MAX 200
#define MESSAGE_MAX (64u << 20)

/* ---- failure.c: what went wrong, as a sentence; every function here answers -1 after setting it ---- */
extern char problem[1024];
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));   /* with errno's text */
int refuse(const char *format, ...) __attribute__((format(printf, 1, 2))); /* without */
int write_file(int at, const char *path, const char *text);
int read_file(int at, const char *path, char *text, size_t size);          /* NUL-terminated; the length */
int write_durable(int dir, const char *name, const void *data, size_t size); /* temporary name, fdatasync, rename */
int make_folders(const char *path);
void now_stamp(char out[40]);                                              /* RFC 3339, nanoseconds, UTC */
long long monotonic_ms(void);
int unix_listen(const char *path);
int unix_connect(const char *path);

/* ---- wire.c: messages of binary-safe fields, with descriptors ---- */
struct message { char *data; size_t size, at; int fds[MOUNTS_MAX + 16], fd_count; };
int wire_read(int sock, struct message *m);                /* 1 a message, 0 the end, -1 */
int wire_load(int fd, struct message *m);                  /* the same of a file */
char *wire_next(struct message *m);                        /* the next field, NUL-terminated; NULL at the end */
char *wire_next_sized(struct message *m, size_t *size);
const char *wire_text(struct message *m);                  /* as wire_next, "" at the end */
long long wire_number(struct message *m);
int wire_take_fd(struct message *m, int index);            /* the caller closes it */
void wire_free(struct message *m);                         /* closes what was not taken */
struct frame { char *data; size_t size, room; };
void frame_text(struct frame *f, const char *text);
void frame_bytes(struct frame *f, const void *data, size_t size);
void frame_number(struct frame *f, long long number);
void frame_rest(struct frame *f, const struct message *m); /* the fields of m that are not read yet */
int frame_send(struct frame *f, int sock, const int *fds, int count, int flags); /* frees the frame */
int frame_save(struct frame *f, int dir, const char *name); /* durable; frees the frame */
int wire_say(int sock, ...);                               /* texts, then NULL */

/* ---- spec.c: a container as the daemon describes it ---- */
enum mount_kind { BIND, TMPFS, OVERLAY, CONTENT };
struct mount {
    enum mount_kind kind;
    char *source, *target, *sub;                           /* OVERLAY: source = lowers, joined by ':' */
    char *upper, *work, *content;
    size_t length;
    unsigned long long size_bytes;
    unsigned mode;
    bool read_only, idmap;
    int order, fd;
};
struct spec {
    char *name, *cwd, *log_path, *termination_path, **argv, **env;
    int attempt, argc, envs, mount_count;
    unsigned user, group;
    bool read_only_root, has_stdin, tty;
    long long memory_bytes, cpu_millis;
    struct mount *mounts;                                  /* parents before children */
};
int spec_parse(struct message *m, struct spec *spec);      /* points into m */
void spec_free(struct spec *spec);

/* ---- tree.c: detached mounts ---- */
enum { TREE_READ_ONLY = 1, TREE_IDMAP = 2, TREE_ALONE = 4 };
int tree_clone(const char *path, const char *sub, int flags, int userns);
int tree_attach(int fd, int at, const char *path);         /* closes fd */
int tree_read_only(int fd);
int fs_new(const char *type, unsigned attributes, ...);    /* key, value, …, NULL; an empty value is a flag */
int tree_overlay(const struct mount *m, int userns, unsigned owner, const char *scratch);

/* ---- rootfs.c, content.c: a container's file system; runs in its builder ---- */
int rootfs_base(char **hide, int hides, int *root_fd);     /* new mount namespace, the host's programs, own everything else */
int rootfs_complete(int root, const struct spec *spec, const char *hostname, const char *hosts, const char *resolv);
int point(int root, const char *path, bool folder);        /* a mount point, made where missing, never outside root */
int lookup(int root, const char *path);

/* ---- identity.c: who the container is and what it may ---- */
int identity_confine(void);                                /* PID 1, once a Pod */
int identity_drop(unsigned user, unsigned group, bool mapped);

/* ---- logs.c: CRI lines, rotation ---- */
#define LOG_BUFFER 16384
struct stream { int fd; char tag; size_t used; char buffer[LOG_BUFFER]; };
struct log { int dir, fd; bool eager; off_t size; char name[NAME_MAX + 1]; struct stream streams[2]; };
int log_open(struct log *log, int dir, const char *name);
void log_pump(struct log *log, struct stream *stream, bool final); /* non-blocking read; closes the stream at its end */
void log_close(struct log *log);

/* ---- limits.c: cgroups where they can be written ---- */
struct limits { int procs[4], count, oom; };
void limits_probe(const char *instance);                   /* in the spawner; sets what limits_name() says */
const char *limits_kind(void);
int limits_make(const char *uid, const struct spec *spec, struct limits *out);
void limits_remove(const char *uid);
void limits_close(void);                                   /* the group of this instance, when it is empty */
long long limits_oom_kills(int fd);

/* ---- builder.c, container.c, supervisor.c, session.c ---- */
struct container {
    struct container *next;
    struct message start; struct spec spec;
    enum { STARTING, RUNNING, ENDING, EXITED } state;
    pid_t pid; int builder, status, root_fd, mount_fd, stdin_fd, oom_fd;
    ino_t mount_ns;
    struct log log;
    char started[40], finished[40];
    int exit_code, signal; bool oom_killed, stopped, has_cgroup;
    long long oom_before, kill_at_ms;
    char start_error[1024], termination[4096]; size_t termination_size;
};
struct pod { char hostname[256], *hosts, *resolv; char **hide; int hides; int folder; bool mapped; struct container *containers; };
extern struct pod pod;
extern void (*tell)(const struct container *c);            /* a fact changed */
void builder_prepare(void);                                /* forks the builder of the next container ahead of time */
int builder_take(struct container *c, struct frame *f, const int *fds, int count);
void container_start(struct message *m);
struct container *container_find(const char *name);
void container_builder(struct container *c);               /* its builder said something, or became the program */
void container_reap(pid_t pid, int status);
void container_stop(struct container *c, int signal, long long grace_ms);
void container_kill(struct container *c);
void container_watch_memory(void);
void container_fields(const struct container *c, struct frame *f);
void become(const struct spec *spec, char **argv);         /* drops, execs; returns only after writing problem; exit code */
int exec_failure(void);
void container_inputs_close(const struct container *but);  /* in a child: others' ends must not keep an input open */
void session_start(int sock, struct message *m);           /* exec, attach, dial: a process of its own */
int supervisor_main(int spawner, char **hide, int hides, bool mapped);

/* ---- netlink.c, fabric.c: addresses ---- */
struct fabric { int net, user, netlink; uint32_t base; char name[16]; bool rootless; };
extern struct fabric fabric;
struct request { char bytes[4096]; size_t size, last; int count; };
void nl_message(struct request *q, int type, int flags, const void *body, size_t size);
struct rtattr;
struct rtattr *nl_attr(struct request *q, int type, const void *data, size_t size);
void nl_end(struct request *q, struct rtattr *nest);
int nl_talk(int sock, struct request *q);                  /* all in one send; the first error, negative */
int nl_open(void);
int nl_routes(int sock, bool (*each)(uint32_t dst, int prefix, void *context), void *context);
int fabric_open(const char *instance, int adopted_user, int adopted_net, uint32_t adopted_base);
int fabric_enter(int index);                               /* into a new network namespace of address base + index */
int fabric_leave(void);
void fabric_close(void);
int fabric_command(char *const argv[], const char *input); /* runs a program in the fabric; its pid */
int namespace_fd(const char *kind);

/* ---- relay.c: connections of Pods to the daemon, DNS questions ---- */
int relay_start(void);                                     /* the socket to the relay process */
int relay_expose(int relay, const char *path);             /* the port that was taken at the gateway; path: a unix socket */
int relay_names(int relay, const char *path);
void relay_pair(int a, int b);                             /* copies both ways until both ends are closed */

/* ---- sandbox.c, spawner.c ---- */
struct sandbox { struct sandbox *next; char uid[64]; int index, sock, userns; pid_t pid; bool mapped, host_network; };
extern struct settings { char *instance, **hide; int hides; bool points; bool root, idmap; } settings;
struct sandbox *sandbox_blank(bool host_network, unsigned user);
void sandbox_free(struct sandbox *s);                      /* closes; the kernel frees the rest */
int spawner_free_index(void);
int sandbox_start(struct sandbox *s, struct message *m);   /* m stands at the container's fields */
int spawner_main(int control);
void stay_outside(int control);                            /* pasta.c */
const char *way_out(bool adopted);
void way_out_close(void);
#endif
