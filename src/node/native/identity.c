/* Who a container is and what it may: user namespaces closed, capabilities, ids, system call filter. */
#include "skiff.h"
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static void landlock(void) { /* abstract unix sockets and signals stay inside the Pod; kernel 6.12, else left out */
    struct { uint64_t files, network, scoped; } rule = { 0, 0, 3 };
    int fd = syscall(444 /* landlock_create_ruleset */, &rule, sizeof rule, 0);
    if (fd < 0) return;
    syscall(446 /* landlock_restrict_self */, fd, 0);
    close(fd);
}

int identity_confine(void) {
    if (prctl(PR_SET_DUMPABLE, 0)) return fail("dumpable");
    if (write_file(AT_FDCWD, "/proc/sys/user/max_user_namespaces", "0")) return -1;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return fail("no_new_privs");
    landlock();
    return 0;
}

#define CALL(number, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, skip, 0)
static int filter(bool pretend) { /* pretend: with one id alone, changes of owner are answered as done */
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 11), /* foreign system calls: ENOSYS */
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 9, 0),
        CALL(SYS_io_uring_setup, 8), CALL(SYS_io_uring_enter, 7), CALL(SYS_io_uring_register, 6),
        CALL(SYS_chown, 6), CALL(SYS_fchown, 5), CALL(SYS_lchown, 4), CALL(SYS_fchownat, 3), CALL(SYS_setgroups, 2),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, pretend ? SECCOMP_RET_ERRNO : SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof code / sizeof *code, code };
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) ? fail("seccomp") : 0;
}

/* In-Pod root keeps what file owners need, valid in the Pod's user namespace alone; any other user keeps nothing. */
int identity_drop(unsigned user, unsigned group, bool mapped) {
    static const int root_keeps[] = { CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_SETUID, CAP_SETGID, CAP_KILL };
    uint64_t keep = 0;
    for (size_t i = 0; mapped && i < sizeof root_keeps / sizeof *root_keeps; i++) keep |= 1ull << root_keeps[i];
    for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
        if (!(keep >> cap & 1)) prctl(PR_CAPBSET_DROP, cap);
    if (mapped) {
        gid_t gid = group;
        if (setgroups(1, &gid)) return fail("groups");
        if (setresgid(group, group, group)) return fail("group %u", group);
        if (setresuid(user, user, user)) return fail("user %u", user);
    }
    if (user) keep = 0;
    struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2] = { { keep, keep, 0 }, { keep >> 32, keep >> 32, 0 } };
    if (syscall(SYS_capset, &head, data)) return fail("capabilities");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return fail("no_new_privs");
    return filter(!mapped);
}
