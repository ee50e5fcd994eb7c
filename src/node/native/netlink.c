/* Requests to the kernel's routing, many in one send. */
#include "skiff.h"
#include <linux/rtnetlink.h>

void nl_message(struct request *q, int type, int flags, const void *body, size_t size) {
    struct nlmsghdr *head = (void *)(q->bytes + q->size);
    q->last = q->size;
    *head = (struct nlmsghdr){ NLMSG_LENGTH(size), type, NLM_F_REQUEST | NLM_F_ACK | flags, ++q->count, 0 };
    memcpy(NLMSG_DATA(head), body, size);
    q->size += NLMSG_ALIGN(head->nlmsg_len);
}

struct rtattr *nl_attr(struct request *q, int type, const void *data, size_t size) {
    struct nlmsghdr *head = (void *)(q->bytes + q->last);
    struct rtattr *attr = (void *)(q->bytes + q->size);
    if (q->size + RTA_SPACE(size) > sizeof q->bytes) abort(); /* requests have a fixed shape */
    attr->rta_type = type;
    attr->rta_len = RTA_LENGTH(size);
    if (data) memcpy(RTA_DATA(attr), data, size);
    q->size += RTA_ALIGN(attr->rta_len);
    head->nlmsg_len = q->size - q->last;
    return attr;
}

void nl_end(struct request *q, struct rtattr *nest) { nest->rta_len = q->bytes + q->size - (char *)nest; }

int nl_talk(int sock, struct request *q) {
    char answer[16384];
    int error = 0, left = q->count;
    if (send(sock, q->bytes, q->size, 0) < 0) return -errno;
    while (left > 0) {
        ssize_t n = recv(sock, answer, sizeof answer, 0);
        if (n < 0) return -errno;
        for (struct nlmsghdr *head = (void *)answer; NLMSG_OK(head, n); head = NLMSG_NEXT(head, n)) {
            if (head->nlmsg_type != NLMSG_ERROR) continue;
            left--;
            if (!error) error = ((struct nlmsgerr *)NLMSG_DATA(head))->error;
        }
    }
    return error;
}

int nl_open(void) {
    int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    return sock < 0 ? fail("netlink") : sock;
}

int nl_routes(int sock, bool (*each)(uint32_t dst, int prefix, void *context), void *context) {
    struct { struct nlmsghdr head; struct rtmsg body; } ask = {
        { sizeof ask, RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 }, { .rtm_family = AF_INET } };
    char answer[16384];
    bool stopped = false;
    if (send(sock, &ask, sizeof ask, 0) < 0) return fail("read routes");
    for (;;) {
        ssize_t n = recv(sock, answer, sizeof answer, 0);
        if (n < 0) return fail("read routes");
        for (struct nlmsghdr *head = (void *)answer; NLMSG_OK(head, n); head = NLMSG_NEXT(head, n)) {
            if (head->nlmsg_type == NLMSG_DONE || head->nlmsg_type == NLMSG_ERROR) return stopped;
            struct rtmsg *route = NLMSG_DATA(head);
            if (route->rtm_dst_len == 0 || stopped) continue;
            int size = RTM_PAYLOAD(head);
            for (struct rtattr *a = RTM_RTA(route); RTA_OK(a, size); a = RTA_NEXT(a, size))
                if (a->rta_type == RTA_DST && each(__builtin_bswap32(*(uint32_t *)RTA_DATA(a)), route->rtm_dst_len, context)) stopped = true;
        }
    }
}
