/* As a normal user: the way out of the fabric. pasta must be started from outside the fabric's user namespace, so a process
 * stays there for it; pasta itself outlives the spawner, as Pods do. */
#include "skiff.h"
#include <signal.h>
#include <sys/wait.h>

static int outside = -1;

static void start_pasta(pid_t spawner) {
    char user[64], net[64];
    snprintf(user, sizeof user, "/proc/%d/ns/user", spawner);
    snprintf(net, sizeof net, "/proc/%d/ns/net", spawner);
    /* --no-map-gw: the gateway must not stand for the host's loopback, or every Pod reached every local service. */
    char *const argv[] = { "pasta", "--config-net", "-q", "-a", "10.0.2.15", "-n", "24", "-g", "10.0.2.2", "-t", "none", "-u", "none", "-T", "none", "-U", "none",
                           "--no-map-gw", "--no-netns-quit", "-P", "pasta.pid", "--userns", user, "--netns", net, NULL };
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        for (int i = 0; i < 3; i++) dup2(null, i);
        close_range(3, ~0u, 0);
        execvp(argv[0], argv);
        _exit(127);
    }
    int status = 0;
    waitpid(pid, &status, 0); /* it goes to the background when it is ready */
    wire_say(outside, status == 0 ? "" : WEXITSTATUS(status) == 127 ? "pasta is not installed"
             : access("/dev/net/tun", R_OK | W_OK) ? "pasta needs /dev/net/tun, which this user may not open" : "pasta failed", NULL);
}

/* Forks: the child returns and becomes the spawner; the parent stays outside until it ends. */
void stay_outside(int control) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) return;
    pid_t spawner = fork();
    outside = pair[spawner != 0];
    close(pair[spawner == 0]);
    if (spawner == 0) return;
    close(control);
    struct message m;
    while (wire_read(outside, &m) == 1) {
        wire_free(&m);
        start_pasta(spawner);
    }
    waitpid(spawner, NULL, 0);
    _exit(0);
}

static pid_t pasta_pid(void) {
    char text[32], path[64], name[64];
    if (read_file(AT_FDCWD, "pasta.pid", text, sizeof text) <= 0) return 0;
    pid_t pid = atoi(text);
    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    return pid > 1 && read_file(AT_FDCWD, path, name, sizeof name) > 0 && !strncmp(name, "pas", 3) ? pid : 0; /* pasta, passt.avx2 */
}

void way_out_close(void) {
    pid_t pid = pasta_pid();
    if (pid) kill(pid, SIGTERM);
    unlink("pasta.pid");
}

/* Empty when Pods can reach the outside, else why not. */
const char *way_out(bool adopted) {
    static char why[128];
    struct message m;
    if (adopted && pasta_pid()) return "";
    way_out_close();
    if (wire_say(outside, "pasta", NULL) || wire_read(outside, &m) != 1) return "pasta could not be started";
    snprintf(why, sizeof why, "%s", wire_text(&m));
    wire_free(&m);
    return why;
}
