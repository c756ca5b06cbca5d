/* diff_diag.c - what the kernel says of a connection's state, be it half-open, closed by its application or in
 * TIME-WAIT. */
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "differential/diff_net.h"
#include "support/raw_ip6.h"

/* The kernel's numbers of states, include/net/tcp_states.h. */
static const enum quern_state states[] = {QUERN_CLOSED,     QUERN_ESTABLISHED, QUERN_SYN_SENT,  QUERN_SYN_RCVD,
					  QUERN_FIN_WAIT_1, QUERN_FIN_WAIT_2,  QUERN_TIME_WAIT, QUERN_CLOSED,
					  QUERN_CLOSE_WAIT, QUERN_LAST_ACK,    QUERN_LISTEN,    QUERN_CLOSING,
					  QUERN_SYN_RCVD};

struct question {
	struct nlmsghdr header;
	struct inet_diag_req_v2 what;
};

int diff_net_open_diag(void)
{
	return socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
}

static void put_address(__be32 *at, uint32_t address)
{
	const struct quern_ip6 ip6 = raw_ip6(address);

	if (!raw_is_ip6()) {
		at[0] = htonl(address);
		return;
	}
	at[0] = htonl((uint32_t)(ip6.high >> 32));
	at[1] = htonl((uint32_t)ip6.high);
	at[2] = htonl((uint32_t)(ip6.low >> 32));
	at[3] = htonl((uint32_t)ip6.low);
}

enum quern_state diff_net_state(int diag, uint32_t local, uint16_t local_port, uint32_t remote, uint16_t remote_port)
{
	struct question question = {.header = {.nlmsg_len = sizeof(question),
					       .nlmsg_type = SOCK_DIAG_BY_FAMILY,
					       .nlmsg_flags = NLM_F_REQUEST},
				    .what = {.sdiag_family = raw_is_ip6() ? AF_INET6 : AF_INET,
					     .sdiag_protocol = IPPROTO_TCP,
					     .idiag_states = UINT32_MAX,
					     .id = {.idiag_sport = htons(local_port),
						    .idiag_dport = htons(remote_port),
						    .idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE}}}};
	_Alignas(struct nlmsghdr) uint8_t answer[4096];
	const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
	const struct inet_diag_msg *message = NLMSG_DATA(header);

	put_address(question.what.id.idiag_src, local);
	put_address(question.what.id.idiag_dst, remote);
	CHECK(send(diag, &question, sizeof(question), 0) == sizeof(question));
	CHECK(recv(diag, answer, sizeof(answer), 0) >= (ssize_t)sizeof(*header));
	if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return QUERN_CLOSED;
	CHECK(message->idiag_state < sizeof(states) / sizeof(states[0]));
	return states[message->idiag_state];
}
