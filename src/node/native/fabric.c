/* The network that Pods live in. As root: the host's own namespace. As a normal user: a user and network namespace whose
 * way out is pasta. A Pod is a namespace with one veth pair, /32 address and default route to the gateway; the fabric has a
 * /32 route to each (no bridge: no limit of 1,023 ports, no neighbour flooding, hairpin is plain routing).
 * Closing a Pod's namespace removes its pair, in the background; deleting the link would take 35 ms. */
#include "skiff.h"
#include <dirent.h>
#include <linux/capability.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

struct fabric fabric = { .net = -1, .user = -1, .netlink = -1 };

int namespace_fd(const char *kind) {
    char path[64];
    snprintf(path, sizeof path, "/proc/thread-self/ns/%s", kind);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? fail("%s", path) : fd;
}

static void add_address(struct request *q, int index, uint32_t address, int prefix) {
    struct ifaddrmsg body = { AF_INET, prefix, 0, RT_SCOPE_UNIVERSE, index };
    uint32_t network = htobe32(address);
    nl_message(q, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &body, sizeof body);
    nl_attr(q, IFA_LOCAL, &network, 4);
    nl_attr(q, IFA_ADDRESS, &network, 4);
}

static void add_route(struct request *q, int index, uint32_t to, int prefix, uint32_t gateway) {
    struct rtmsg body = { AF_INET, prefix, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK, RTN_UNICAST, 0 };
    uint32_t network = htobe32(to), via = htobe32(gateway), own = htobe32(fabric.base + 1);
    nl_message(q, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &body, sizeof body);
    if (prefix) nl_attr(q, RTA_DST, &network, 4);
    if (gateway) nl_attr(q, RTA_GATEWAY, &via, 4);
    else if (to != fabric.base + 1) nl_attr(q, RTA_PREFSRC, &own, 4);
    nl_attr(q, RTA_OIF, &index, 4);
}

static bool overlaps(uint32_t dst, int prefix, void *context) {
    uint32_t base = *(uint32_t *)context;
    int shorter = prefix < 16 ? prefix : 16;
    return (dst ^ base) >> (32 - shorter) == 0;
}

static int make_holder(void) { /* the interface that holds the gateway's address: dummy where the kernel has it, else an empty bridge */
    static const char *kinds[] = { "dummy", "bridge" };
    int error = 0;
    if (if_nametoindex(fabric.name)) return 0; /* left by the spawner before */
    for (int i = 0; i < 2; i++) {
        struct request q = { .size = 0 };
        struct ifinfomsg up = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
        nl_message(&q, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &up, sizeof up);
        nl_attr(&q, IFLA_IFNAME, fabric.name, strlen(fabric.name) + 1);
        struct rtattr *info = nl_attr(&q, IFLA_LINKINFO, NULL, 0);
        nl_attr(&q, IFLA_INFO_KIND, kinds[i], strlen(kinds[i]));
        nl_end(&q, info);
        if ((error = nl_talk(fabric.netlink, &q)) == 0) return 0;
    }
    errno = -error;
    return fail("interface %s", fabric.name);
}

/* The holder's alias names the run folder, so that what a killed daemon left can be known for dead: its folder is gone. */
static void sweep(void) {
    DIR *links = opendir("/sys/class/net");
    for (struct dirent *entry; links && (entry = readdir(links));) {
        char path[NAME_MAX + 32], folder[PATH_MAX], rules[128];
        if (strncmp(entry->d_name, "sk", 2) || strlen(entry->d_name) != 8 || !strcmp(entry->d_name, fabric.name)) continue;
        snprintf(path, sizeof path, "/sys/class/net/%s/ifalias", entry->d_name);
        if (read_file(AT_FDCWD, path, folder, sizeof folder) <= 0) continue;
        folder[strcspn(folder, "\n")] = 0;
        if (folder[0] != '/' || access(folder, F_OK) == 0) continue;
        char *const nft[] = { "nft", "-f", "-", NULL };
        snprintf(rules, sizeof rules, "table ip %s {}\ndelete table ip %s\n", entry->d_name, entry->d_name);
        pid_t pid = fabric_command(nft, rules);
        if (pid > 0) waitpid(pid, NULL, 0);
        struct request q = { .size = 0 };
        struct ifinfomsg link = { .ifi_index = if_nametoindex(entry->d_name) };
        nl_message(&q, RTM_DELLINK, 0, &link, sizeof link);
        if (link.ifi_index) nl_talk(fabric.netlink, &q);
    }
    if (links) closedir(links);
}

static void sign(void) {
    char path[64], folder[PATH_MAX];
    snprintf(path, sizeof path, "/sys/class/net/%s/ifalias", fabric.name);
    if (getcwd(folder, sizeof folder)) write_file(AT_FDCWD, path, folder);
}

static int choose_range(void) { /* the first /16 that the host has no route into */
    for (int second = 244; second < 256; second++) {
        fabric.base = 10u << 24 | (unsigned)second << 16;
        if (nl_routes(fabric.netlink, overlaps, &fabric.base) == 0) return 0;
    }
    return refuse("no free address range: the host has routes into all of 10.244.0.0/16 to 10.255.0.0/16");
}

static int enter_own_network(void) {
    char map[64];
    uid_t uid = getuid();
    gid_t gid = getgid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET)) return fail("user and network namespace");
    if (write_file(AT_FDCWD, "/proc/self/setgroups", "deny")) return -1;
    snprintf(map, sizeof map, "%u %u 1", uid, uid);
    if (write_file(AT_FDCWD, "/proc/self/uid_map", map)) return -1;
    snprintf(map, sizeof map, "%u %u 1", gid, gid);
    return write_file(AT_FDCWD, "/proc/self/gid_map", map);
}

int fabric_open(const char *instance, int adopted_user, int adopted_net, uint32_t adopted_base) {
    fabric.rootless = getuid() != 0;
    snprintf(fabric.name, sizeof fabric.name, "sk%s", instance);
    if (fabric.rootless && adopted_net >= 0) {
        if (setns(adopted_user, CLONE_NEWUSER) || setns(adopted_net, CLONE_NEWNET)) return fail("enter the network of running Pods");
    } else if (fabric.rootless && enter_own_network()) return -1;
    if (fabric.rootless && (fabric.user = namespace_fd("user")) < 0) return -1;
    if ((fabric.net = namespace_fd("net")) < 0 || (fabric.netlink = nl_open()) < 0) return -1;
    if (!fabric.rootless) sweep();
    fabric.base = adopted_base;
    if (!adopted_base) {
        struct request q = { .size = 0 };
        struct ifinfomsg old = { .ifi_index = if_nametoindex(fabric.name) };
        nl_message(&q, RTM_DELLINK, 0, &old, sizeof old);
        if (old.ifi_index) nl_talk(fabric.netlink, &q); /* a leftover without Pods: choose afresh */
        if (choose_range()) return -1;
    }
    if (make_holder()) return -1;
    if (!fabric.rootless) sign();
    struct request q = { .size = 0 };
    struct ifinfomsg lo = { .ifi_index = 1, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
    if (fabric.rootless) nl_message(&q, RTM_NEWLINK, 0, &lo, sizeof lo);
    add_address(&q, if_nametoindex(fabric.name), fabric.base + 1, 16);
    int error = nl_talk(fabric.netlink, &q);
    if (error && error != -EEXIST) return errno = -error, fail("gateway address");
    write_file(AT_FDCWD, "/proc/sys/net/ipv4/ip_forward", "1"); /* without it Pods reach the gateway only */
    return 0;
}

static int connect_pod(int index, int pod_net, int pod_netlink) {
    char name[IFNAMSIZ + 8];
    struct request q = { .size = 0 };
    struct ifinfomsg down = { .ifi_flags = 0 }, up = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP }, peer = { .ifi_index = 2 }, eth0 = { .ifi_index = 2, .ifi_flags = IFF_UP, .ifi_change = IFF_UP },
                     lo = { .ifi_index = 1, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
    snprintf(name, sizeof name, "%sp%d", fabric.name, index);
    nl_message(&q, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &down, sizeof down);
    nl_attr(&q, IFLA_IFNAME, name, strlen(name) + 1);
    struct rtattr *info = nl_attr(&q, IFLA_LINKINFO, NULL, 0);
    nl_attr(&q, IFLA_INFO_KIND, "veth", 4);
    struct rtattr *data = nl_attr(&q, IFLA_INFO_DATA, NULL, 0), *other = nl_attr(&q, VETH_INFO_PEER, &peer, sizeof peer);
    nl_attr(&q, IFLA_IFNAME, "eth0", 5);
    nl_attr(&q, IFLA_NET_NS_FD, &pod_net, 4);
    nl_end(&q, other), nl_end(&q, data), nl_end(&q, info);
    /* Up without a link-local address: each new address on the host makes browsers drop their connections (ERR_NETWORK_CHANGED). */
    uint8_t none = IN6_ADDR_GEN_MODE_NONE;
    nl_message(&q, RTM_NEWLINK, 0, &up, sizeof up);
    nl_attr(&q, IFLA_IFNAME, name, strlen(name) + 1);
    struct rtattr *families = nl_attr(&q, IFLA_AF_SPEC, NULL, 0), *inet6 = nl_attr(&q, AF_INET6, NULL, 0);
    nl_attr(&q, IFLA_INET6_ADDR_GEN_MODE, &none, sizeof none);
    nl_end(&q, inet6), nl_end(&q, families);
    int error = nl_talk(fabric.netlink, &q);
    if (error) return error;
    q = (struct request){ .size = 0 };
    nl_message(&q, RTM_NEWLINK, 0, &lo, sizeof lo);
    nl_message(&q, RTM_NEWLINK, 0, &eth0, sizeof eth0);
    add_address(&q, 2, fabric.base + index, 32);
    add_route(&q, 2, fabric.base + 1, 32, 0);
    add_route(&q, 2, 0, 0, fabric.base + 1);
    if ((error = nl_talk(pod_netlink, &q))) return error;
    q = (struct request){ .size = 0 }; /* after the peer is up: a route over a link without carrier is refused to some kernels */
    add_route(&q, if_nametoindex(name), fabric.base + index, 32, 0);
    return nl_talk(fabric.netlink, &q);
}

/* Leaves the caller in the Pod's new network namespace, so that a clone inherits it; then fabric_leave. */
int fabric_enter(int index) {
    if (unshare(CLONE_NEWNET)) return fail("network namespace");
    int net = namespace_fd("net"), netlink = nl_open(), error = -EIO;
    write_file(AT_FDCWD, "/proc/sys/net/ipv4/ip_unprivileged_port_start", "0"); /* port 80 for every user */
    write_file(AT_FDCWD, "/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
    write_file(AT_FDCWD, "/proc/sys/net/ipv4/conf/all/accept_redirects", "0");
    write_file(AT_FDCWD, "/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1"); /* no link-local address; ::1 stays */
    if (setns(fabric.net, CLONE_NEWNET)) abort(); /* nothing sound can follow */
    if (net >= 0 && netlink >= 0) error = connect_pod(index, net, netlink);
    if (!error && setns(net, CLONE_NEWNET)) error = -errno;
    if (net >= 0) close(net);
    if (netlink >= 0) close(netlink);
    if (!error) return 0;
    errno = -error;
    return fail("connect Pod %d", index);
}

int fabric_leave(void) { return setns(fabric.net, CLONE_NEWNET) ? fail("return to the fabric") : 0; }

void fabric_close(void) { /* as root what stays in the host's namespace; as a user all goes with the last process */
    struct request q = { .size = 0 };
    struct ifinfomsg holder = { .ifi_index = if_nametoindex(fabric.name) };
    if (!holder.ifi_index) return;
    nl_message(&q, RTM_DELLINK, 0, &holder, sizeof holder);
    nl_talk(fabric.netlink, &q);
}

int fabric_command(char *const argv[], const char *input) {
    int in[2];
    if (pipe2(in, O_CLOEXEC)) return fail("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        if (fabric.rootless) { /* it runs as an id that is not 0 in its user namespace: hand the capability on */
            struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
            struct __user_cap_data_struct data[2];
            syscall(SYS_capget, &head, data);
            data[0].inheritable = data[0].permitted;
            syscall(SYS_capset, &head, data);
            prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0);
        }
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        dup2(in[0], 0);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(in[0]);
    if (pid > 0)
        for (size_t done = 0, size = strlen(input); done < size;) {
            ssize_t n = write(in[1], input + done, size - done);
            if (n <= 0) break;
            done += n;
        }
    close(in[1]);
    return pid < 0 ? fail("fork") : pid;
}
