/* sim_sabotage.c - faults that break a rule on purpose. */
#include "sim/sim_sabotage.h"

#include <signal.h>
#include <string.h>

#include <rte_ip.h>
#include <rte_tcp.h>

#include "sim/sim_world.h"
#include "support/raw_words.h"

enum { ETHER_BYTES = 14, FLAGS_AT = 13 };

enum sim_sabotage sim_sabotage_named(const char *name)
{
	static const char *const names[] = {"none", "text", "reset", "fin", "leak", "dark", "crash"};

	for (int i = 0; i < SIM_SABOTAGES_END; i++)
		if (strcmp(names[i], name) == 0)
			return (enum sim_sabotage)i;
	return SIM_SABOTAGES_END;
}

static struct rte_tcp_hdr *tcp_of(const struct sim_world *world, const struct sim_frame *frame, uint8_t **ip)
{
	*ip = rte_pktmbuf_mtod_offset(frame->mbuf, uint8_t *, world->plan->ethernet ? ETHER_BYTES : 0);
	return (struct rte_tcp_hdr *)(*ip + (world->plan->is_ip6 ? sizeof(struct rte_ipv6_hdr)
								 : sizeof(struct rte_ipv4_hdr)));
}

static void mend_checksum(const struct sim_world *world, uint8_t *ip, struct rte_tcp_hdr *tcp)
{
	tcp->cksum = 0;
	tcp->cksum = world->plan->is_ip6 ? rte_ipv6_udptcp_cksum((struct rte_ipv6_hdr *)ip, tcp)
					 : rte_ipv4_udptcp_cksum((struct rte_ipv4_hdr *)ip, tcp);
}

/* The frame says something that its sender did not. */
static void forge(struct sim_world *world, struct sim_frame *frame)
{
	uint8_t *ip;
	struct rte_tcp_hdr *tcp = tcp_of(world, frame, &ip);

	switch (world->sabotage) {
	case SIM_SABOTAGE_TEXT:
		rte_pktmbuf_mtod(frame->mbuf, uint8_t *)[frame->mbuf->pkt_len - 1] ^= 1;
		break;
	case SIM_SABOTAGE_RESET:
		((uint8_t *)tcp)[FLAGS_AT] |= RST;
		break;
	case SIM_SABOTAGE_FIN:
		((uint8_t *)tcp)[FLAGS_AT] |= FIN;
		break;
	case SIM_SABOTAGE_NONE:
	case SIM_SABOTAGE_LEAK:
	case SIM_SABOTAGE_DARK:
	case SIM_SABOTAGE_CRASH:
	case SIM_SABOTAGES_END:
		return;
	}
	mend_checksum(world, ip, tcp);
}

/* Text, but not that of a last ACK: a RST in its place would be one to a half-open connection, which nobody is told of.
 */
static bool is_apt(struct sim_world *world, const struct sim_frame *frame)
{
	const struct raw_segment *segment = &frame->segment;
	struct sim_tuple tuple = {segment->source, segment->dest, segment->source_port, segment->dest_port};
	const struct sim_flow *flow = frame->is_tcp ? sim_wire_flow(world, &tuple) : NULL;

	return flow && segment->text_bytes > 0 && !(segment->flags & FIN) && segment->seq != flow->iss + 1;
}

void sim_sabotage_frame(struct sim_world *world, struct sim_frame *frame)
{
	if (world->sabotage == SIM_SABOTAGE_NONE || world->is_sabotaged || !is_apt(world, frame))
		return;
	world->is_sabotaged = true;
	if (world->sabotage == SIM_SABOTAGE_LEAK)
		rte_pktmbuf_alloc(sim_host_wire_pool());
	else if (world->sabotage == SIM_SABOTAGE_CRASH)
		raise(SIGSEGV);
	else
		forge(world, frame);
}

void sim_sabotage_heal(struct sim_world *world)
{
	for (uint32_t i = 0; world->sabotage == SIM_SABOTAGE_DARK && i < SIM_HOSTS_MAX * SIM_HOSTS_MAX; i++)
		world->links[i].dark_until_ns = UINT64_MAX;
}
