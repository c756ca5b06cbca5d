/* sim_link.c - frames on their way. */
#include "sim/sim_link.h"

#include <string.h>

#include <rte_ip.h>
#include <rte_tcp.h>

#include "sim/sim_sabotage.h"
#include "sim/sim_world.h"
#include "support/exact_mbuf.h"
#include "support/raw_icmp.h"
#include "support/raw_words.h"

enum { ETHER_BYTES = 14, TO_GROUP = 1, HOST_UNREACHABLE = 1, TOO_BIG = 4 };

static struct sim_link *link_of(struct sim_world *world, uint8_t from, uint8_t to)
{
	return &world->links[from * SIM_HOSTS_MAX + to];
}

static uint32_t link_bytes(const struct sim_world *world)
{
	return world->plan->ethernet ? ETHER_BYTES : 0;
}

void sim_link_open(struct sim_world *world)
{
	const struct sim_plan *plan = world->plan;

	for (uint32_t i = 0; i < SIM_FRAMES_MAX; i++)
		world->in_flight.frames[i].next_free = i + 1 < SIM_FRAMES_MAX ? i + 2 : 0;
	world->in_flight.first_free = 1;
	world->in_flight.used = 0;
	for (uint8_t from = 0; from < plan->hosts; from++) {
		for (uint8_t to = 0; to < plan->hosts; to++) {
			struct sim_link *link = link_of(world, from, to);

			impair_line_open(&link->line, link->entries, SIM_LINE_MAX);
			link->seed = sim_seed_mix(plan->seed, 1000u + from * SIM_HOSTS_MAX + to);
			impair_open(&link->impair, &plan->links[from][to], link->seed, link_bytes(world));
			link->count = 0;
			link->dark_until_ns = link->narrow_until_ns = 0;
			/* Of a recorded plan, what is in the list and on. */
			memset(link->spared, plan->is_recorded ? 0xff : 0, sizeof(link->spared));
		}
	}
	for (uint32_t i = 0; plan->is_recorded && i < plan->count; i++) {
		const struct sim_event *event = &plan->events[i];

		if (event->kind == SIM_HARM && !event->is_off)
			world->links[event->who].spared[event->a / 8] &= (uint8_t) ~(1 << event->a % 8);
	}
}

/* A copy in a buffer of the links'; null where there is none. */
static struct rte_mbuf *copy_of(const struct sim_world *world, const struct rte_mbuf *mbuf)
{
	struct rte_mbuf *copy = rte_pktmbuf_copy(mbuf, sim_host_wire_pool(), 0, UINT32_MAX), *exact;

	if (!copy || !world->plan->is_exact)
		return copy;
	exact = exact_mbuf(sim_host_wire_pool(), rte_pktmbuf_mtod(copy, const uint8_t *), copy->pkt_len);
	exact->ol_flags |= copy->ol_flags;
	exact->tx_offload = copy->tx_offload;
	rte_pktmbuf_free(copy);
	return exact;
}

/* What a port would do on the way out, and on the way in: one buffer, with finished sums, which the port vouches for.
 */
static struct rte_mbuf *copy_out(const struct sim_world *world, struct rte_mbuf *mbuf)
{
	struct rte_mbuf *out = copy_of(world, mbuf);

	if (out && out->ol_flags & RTE_MBUF_F_TX_TCP_CKSUM) {
		uint8_t *ip = rte_pktmbuf_mtod_offset(out, uint8_t *, out->l2_len);
		struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(ip + out->l3_len);

		tcp->cksum = 0;
		tcp->cksum = ip[0] >> 4 == 6 ? rte_ipv6_udptcp_cksum((struct rte_ipv6_hdr *)ip, tcp)
					     : rte_ipv4_udptcp_cksum((struct rte_ipv4_hdr *)ip, tcp);
		if (out->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) {
			put16(ip + 10, 0);
			put16(ip + 10, ~ones_sum(0, ip, 20) & 0xffff);
		}
	}
	if (out)
		out->ol_flags =
			(out->ol_flags & RTE_MBUF_F_EXTERNAL) |
			(world->plan->is_hardware ? RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD : 0);
	rte_pktmbuf_free(mbuf);
	return out;
}

/* Describes a frame on its way; null, and the frame is gone, where there is no room, or no frame. */
static struct sim_frame *take_frame(struct sim_world *world, struct rte_mbuf *mbuf)
{
	struct sim_frames *all = &world->in_flight;
	struct sim_frame *frame;

	if (!mbuf)
		return NULL;
	if (!all->first_free) {
		rte_pktmbuf_free(mbuf);
		return NULL;
	}
	frame = &all->frames[all->first_free - 1];
	all->first_free = frame->next_free;
	all->used++;
	frame->mbuf = mbuf;
	frame->is_tcp = frame->is_corrupt = false;
	return frame;
}

void sim_link_free(struct sim_world *world, struct sim_frame *frame)
{
	frame->next_free = world->in_flight.first_free;
	world->in_flight.first_free = (uint32_t)(frame - world->in_flight.frames) + 1;
	world->in_flight.used--;
}

static void drop(struct sim_world *world, struct sim_frame *frame)
{
	rte_pktmbuf_free(frame->mbuf);
	sim_link_free(world, frame);
}

static void put(struct sim_world *world, struct sim_link *link, struct sim_frame *frame, uint64_t due_ns)
{
	if (!impair_line_put(&link->line, frame, due_ns))
		drop(world, frame);
}

static void put_copy(struct sim_world *world, struct sim_link *link, const struct sim_frame *frame, uint64_t due_ns)
{
	struct sim_frame *again = take_frame(world, copy_of(world, frame->mbuf));

	if (!again)
		return;
	again->segment = frame->segment;
	again->is_tcp = frame->is_tcp;
	put(world, link, again, due_ns);
}

/* RFC 1191 4, RFC 4443 3.2: what a router says of a packet that it cannot hand on, by the code of RFC 792 for it. */
static void answer_by_icmp(struct sim_world *world, uint8_t from, uint8_t to, const struct sim_frame *frame,
			   uint8_t code)
{
	const uint8_t *packet = rte_pktmbuf_mtod(frame->mbuf, const uint8_t *);
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(sim_host_wire_pool());
	struct raw_icmp icmp = {.source = RAW_ROUTER,
				.dest = frame->segment.source,
				.type = 3,
				.code = code,
				.mtu = code == TOO_BIG ? link_of(world, from, to)->narrow_mtu : 0,
				.quote_bytes = raw_quote_bytes()};
	struct sim_frame *answer = take_frame(world, mbuf);
	uint8_t bytes[RAW_ICMP_MAX], *at;
	uint32_t count, link = link_bytes(world);

	if (!answer)
		return;
	memcpy(icmp.quote, packet + link, icmp.quote_bytes);
	count = raw_icmp_build(bytes, &icmp);
	mbuf->data_len = (uint16_t)(link + count);
	mbuf->pkt_len = link + count;
	at = rte_pktmbuf_mtod(mbuf, uint8_t *);
	if (link) {
		memcpy(at, packet + 6, 6);
		memcpy(at + 6, packet, 6);
		memcpy(at + 12, packet + 12, 2);
	}
	memcpy(at + link, bytes, count);
	put(world, link_of(world, to, from), answer, world->now_ns + SIM_NS_PER_MS);
}

static bool is_spared(const struct sim_link *link, uint32_t number)
{
	return number >= SIM_HARMED_MAX ? true : link->spared[number / 8] >> number % 8 & 1;
}

/* What the model says; or, for a frame that is spared, how it would come through a line without faults. */
static uint32_t judge(struct sim_world *world, struct sim_link *link, uint32_t bytes, struct impair_fate *fate)
{
	uint64_t latest_ns;
	uint32_t number = link->count++, harm;

	/* Each frame has draws of its own, whatever became of others. */
	random_seed(&link->impair.random, sim_seed_mix(link->seed, number));
	impair_frame(&link->impair, bytes, world->now_ns, fate);
	latest_ns = link->impair.latest_ns > world->now_ns ? link->impair.latest_ns
							   : world->now_ns + link->impair.config.delay_ns;
	harm = (fate->copies == 0 ? SIM_LOST : 0u) | (fate->copies == 2 ? SIM_DOUBLED : 0u);
	for (uint8_t i = 0; i < fate->copies; i++)
		harm |= (fate->copy[i].is_corrupt ? SIM_CORRUPTED : 0u) |
			(fate->copy[i].due_ns > latest_ns ? SIM_REORDERED : 0u);
	if (harm == 0)
		return 0;
	if (world->is_healed || (world->plan->is_recorded && is_spared(link, number))) {
		*fate = (struct impair_fate){.copies = 1, .copy[0].due_ns = latest_ns};
		return 0;
	}
	if (!world->plan->is_recorded && number < SIM_HARMED_MAX)
		sim_seed_note_harm(world->plan, (uint8_t)(link - world->links), number, harm, world->now_ns);
	return harm;
}

static const char *fate_text(uint32_t harm)
{
	static char text[64];

	text[0] = '\0';
	if (harm & SIM_LOST)
		strcat(text, " lost");
	if (harm & SIM_DOUBLED)
		strcat(text, " twice");
	if (harm & SIM_REORDERED)
		strcat(text, " late");
	if (harm & SIM_CORRUPTED)
		strcat(text, " broken");
	return text;
}

/* A bit of the frame is turned, in a buffer that nobody else reads. Of IPv6, traffic class, flow label and hop limit
 * are in no checksum. */
static void corrupt(const struct sim_world *world, struct sim_frame *frame, uint32_t bit)
{
	uint8_t *bytes = rte_pktmbuf_mtod(frame->mbuf, uint8_t *);
	uint32_t at = bit / 8 - link_bytes(world);

	bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	frame->is_corrupt = !world->plan->is_ip6 || (at >= 4 && at != 7);
	if (frame->is_corrupt && world->plan->is_hardware)
		frame->mbuf->ol_flags = (frame->mbuf->ol_flags & RTE_MBUF_F_EXTERNAL) | RTE_MBUF_F_RX_IP_CKSUM_BAD |
					RTE_MBUF_F_RX_L4_CKSUM_BAD;
}

/* Copies that the plan asks for come later than any of the line's own. */
static void bring_again(struct sim_world *world, struct sim_link *link, const struct sim_frame *frame, uint32_t number)
{
	for (uint32_t i = 0; i < world->next_event; i++) {
		const struct sim_event *event = &world->plan->events[i];

		if (event->kind == SIM_COPY && !event->is_off && event->a == number &&
		    &world->links[event->who] == link)
			put_copy(world, link, frame, world->now_ns + event->b * SIM_NS_PER_MS);
	}
}

/* What the link does to a frame that is its own now. */
static void carry(struct sim_world *world, uint8_t from, uint8_t to, struct sim_frame *frame)
{
	struct sim_link *link = link_of(world, from, to);
	uint32_t bytes = frame->mbuf->pkt_len, harm, number = link->count;
	struct impair_fate fate;
	bool is_narrow = world->now_ns < link->narrow_until_ns && bytes - link_bytes(world) > link->narrow_mtu;

	harm = judge(world, link, bytes, &fate);
	if (world->now_ns < link->dark_until_ns || is_narrow) {
		sim_log_frame(world, from, to, frame, is_narrow ? " too long" : " in the dark");
		if (frame->is_tcp && world->plan->says_why)
			answer_by_icmp(world, from, to, frame, is_narrow ? TOO_BIG : HOST_UNREACHABLE);
		drop(world, frame);
		return;
	}
	sim_log_frame(world, from, to, frame, fate_text(harm));
	bring_again(world, link, frame, number);
	if (fate.copies == 0) {
		drop(world, frame);
		return;
	}
	if (fate.copies == 2)
		put_copy(world, link, frame, fate.copy[1].due_ns);
	if (fate.copy[0].is_corrupt)
		corrupt(world, frame, fate.copy[0].bit);
	put(world, link, frame, fate.copy[0].due_ns);
}

static uint8_t host_of(const struct sim_world *world, const struct sim_frame *frame)
{
	const uint8_t *bytes = rte_pktmbuf_mtod(frame->mbuf, const uint8_t *);
	uint8_t host = world->plan->ethernet ? (uint8_t)(bytes[5] - 1)
		       : bytes[0] >> 4 == 6  ? sim_host_of(get32(bytes + 36))
					     : sim_host_of(get32(bytes + 16));

	return sim_host_queue(world, host, frame);
}

/* Everybody on the link hears who speaks to a group. */
static void carry_to_all(struct sim_world *world, uint8_t from, struct sim_frame *frame)
{
	for (uint8_t to = 0; to < world->plan->hosts; to++) {
		struct sim_frame *copy;

		if (to == from || sim_host_address(world, to) == sim_host_address(world, from) ||
		    (world->plan->has_twins && to == SIM_OTHER_TWIN))
			continue;
		copy = take_frame(world, copy_of(world, frame->mbuf));
		if (copy)
			carry(world, from, to, copy);
	}
	drop(world, frame);
}

void sim_link_send(struct sim_world *world, uint8_t from, struct rte_mbuf *mbuf)
{
	struct sim_frame *frame = take_frame(world, world->plan->is_copied ? copy_out(world, mbuf) : mbuf);
	const uint8_t *bytes;
	uint8_t to;

	if (!frame)
		return;
	world->frames++;
	bytes = rte_pktmbuf_mtod(frame->mbuf, const uint8_t *);
	sim_wire_sent(world, from, frame);
	sim_sabotage_frame(world, frame);
	if (world->plan->ethernet && bytes[0] & TO_GROUP) {
		carry_to_all(world, from, frame);
		return;
	}
	to = host_of(world, frame);
	if (to >= world->plan->hosts || to == from)
		drop(world, frame);
	else
		carry(world, from, to, frame);
}

void sim_link_refuse(struct sim_world *world, uint8_t from, struct rte_mbuf *mbuf)
{
	struct sim_frame *frame = take_frame(world, world->plan->is_copied ? copy_out(world, mbuf) : mbuf);

	if (!frame)
		return;
	sim_wire_sent(world, from, frame);
	sim_log_frame(world, from, sim_host_of(frame->segment.dest), frame, " lost, refused");
	drop(world, frame);
}

uint64_t sim_link_next_ns(const struct sim_world *world, uint8_t to)
{
	uint64_t next_ns = UINT64_MAX;

	for (uint8_t from = 0; from < world->plan->hosts; from++) {
		const struct impair_line *line = &world->links[from * SIM_HOSTS_MAX + to].line;

		if (line->count > 0 && line->entries[0].due_ns < next_ns)
			next_ns = line->entries[0].due_ns;
	}
	return next_ns;
}

struct sim_frame *sim_link_take(struct sim_world *world, uint8_t to)
{
	bool was_overtaken;

	/* From whom it waits longest. */
	for (uint8_t from = 0; from < world->plan->hosts; from++) {
		struct impair_line *line = &link_of(world, from, to)->line;

		if (line->count > 0 && line->entries[0].due_ns == sim_link_next_ns(world, to))
			return impair_line_take(line, world->now_ns, &was_overtaken);
	}
	return NULL;
}

uint32_t sim_link_buffers(const struct sim_world *world)
{
	return world->in_flight.used;
}

void sim_link_close(struct sim_world *world)
{
	bool was_overtaken;

	for (uint32_t i = 0; i < SIM_HOSTS_MAX * SIM_HOSTS_MAX; i++) {
		struct impair_line *line = &world->links[i].line;
		struct sim_frame *frame;

		while ((frame = impair_line_take(line, UINT64_MAX, &was_overtaken)) != NULL)
			drop(world, frame);
	}
}
