/* A container as the daemon describes it: fields of key and value(s), in any order; lists keep theirs. */
#include "skiff.h"

static int by_target(const void *a, const void *b) {
    const struct mount *x = a, *y = b;
    int order = strcmp(x->target, y->target);
    return order ? order : x->order - y->order;
}

static char **push(char **list, int *count, char *text) { /* keeps a NULL at the end */
    if ((*count & (*count + 1)) == 0) {
        list = realloc(list, sizeof *list * (*count * 2 + 4));
        if (!list) abort();
    }
    list[(*count)++] = text;
    list[*count] = NULL;
    return list;
}

static int parse_mount(struct message *m, struct spec *spec, const char *key) {
    if (spec->mount_count == MOUNTS_MAX) return refuse("more than %d mounts", MOUNTS_MAX);
    if (!spec->mounts && !(spec->mounts = calloc(MOUNTS_MAX, sizeof *spec->mounts))) return refuse("no memory");
    struct mount *one = &spec->mounts[spec->mount_count];
    one->order = spec->mount_count++;
    one->fd = -1;
    one->target = (char *)wire_text(m);
    if (!strcmp(key, "bind")) {
        one->kind = BIND;
        one->source = (char *)wire_text(m);
        one->sub = (char *)wire_text(m);
        const char *flags = wire_text(m);
        one->read_only = strchr(flags, 'r') != NULL;
        one->idmap = strchr(flags, 'i') != NULL;
    } else if (!strcmp(key, "tmpfs")) {
        one->kind = TMPFS;
        one->size_bytes = wire_number(m);
    } else if (!strcmp(key, "overlay")) {
        one->kind = OVERLAY;
        one->source = (char *)wire_text(m);
        one->upper = (char *)wire_text(m);
        one->work = (char *)wire_text(m);
    } else {
        one->kind = CONTENT;
        one->mode = strtoul(wire_text(m), NULL, 8);
        one->content = wire_next_sized(m, &one->length);
        if (!one->content) return refuse("mount %s has no content", one->target);
    }
    if (one->target[0] != '/') return refuse("mount target %s is not absolute", one->target);
    return 0;
}

int spec_parse(struct message *m, struct spec *spec) {
    *spec = (struct spec){ .cwd = "", .log_path = "", .termination_path = "" };
    const char *key;
    while ((key = wire_next(m))) {
        int bad = 0;
        if (!strcmp(key, "name")) spec->name = wire_next(m);
        else if (!strcmp(key, "attempt")) spec->attempt = wire_number(m);
        else if (!strcmp(key, "arg")) spec->argv = push(spec->argv, &spec->argc, (char *)wire_text(m));
        else if (!strcmp(key, "env")) spec->env = push(spec->env, &spec->envs, (char *)wire_text(m));
        else if (!strcmp(key, "cwd")) spec->cwd = (char *)wire_text(m);
        else if (!strcmp(key, "user")) spec->user = wire_number(m);
        else if (!strcmp(key, "group")) spec->group = wire_number(m);
        else if (!strcmp(key, "readonly")) spec->read_only_root = wire_number(m);
        else if (!strcmp(key, "stdin")) spec->has_stdin = wire_number(m);
        else if (!strcmp(key, "tty")) spec->tty = wire_number(m);
        else if (!strcmp(key, "log")) spec->log_path = (char *)wire_text(m);
        else if (!strcmp(key, "termination")) spec->termination_path = (char *)wire_text(m);
        else if (!strcmp(key, "memory")) spec->memory_bytes = wire_number(m);
        else if (!strcmp(key, "cpu")) spec->cpu_millis = wire_number(m);
        else if (!strcmp(key, "bind") || !strcmp(key, "tmpfs") || !strcmp(key, "overlay") || !strcmp(key, "file")) bad = parse_mount(m, spec, key);
        else bad = refuse("unknown field %s", key);
        if (bad) return -1;
    }
    if (!spec->name || !*spec->name || strchr(spec->name, '/')) return refuse("a container needs a name");
    if (!spec->argc) return refuse("container %s has no command", spec->name);
    if (!spec->env) spec->env = calloc(1, sizeof *spec->env);
    qsort(spec->mounts, spec->mount_count, sizeof *spec->mounts, by_target);
    return 0;
}

void spec_free(struct spec *spec) {
    free(spec->argv);
    free(spec->env);
    free(spec->mounts);
    *spec = (struct spec){ 0 };
}
