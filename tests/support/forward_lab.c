/* forward_lab.c - a group of shards without ports, clock or threads. */
#include "support/forward_lab.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/bare_eal.h"
#include "support/lab_hosts.h"
#include "support/raw_frame.h"
#include "support/raw_words.h"

enum { POOL_BUFFERS = 2047, NS_PER_MS = 1000000, START_MS = 1000000, HOSTS = 4, GATEWAY = 9, MTU = 1500 };
enum { ETHER_BYTES = 14, TAG_BYTES = 4, ETHER_VLAN = 0x8100 };

static struct rte_mempool *in_pool, *out_pool;

struct rte_mempool *lab_in_pool(void)
{
	return in_pool;
}

static bool is_ethernet(void)
{
	return getenv("QUERN_TEST_ETHER") != NULL;
}

void lab_only_without_ethernet(const char *why)
{
	if (is_ethernet())
		cr_skip_test("%s", why);
}

static void mac_of_port(uint16_t number, uint8_t mac[6])
{
	memcpy(mac, (uint8_t[]){2, 0, 0, 0, 0, (uint8_t)(number + 1)}, 6);
}

struct quern_endpoint lab_end(uint16_t port, uint16_t host, uint16_t number)
{
	return (struct quern_endpoint){.address = LAB_ADDRESS(port, host), .port = number};
}

static struct quern_ip6 address6(uint16_t port, uint16_t host)
{
	return (struct quern_ip6){UINT64_C(0x20010db800000000) | (uint64_t)port << 16, host};
}

struct quern_endpoint lab_end6(uint16_t port, uint16_t host, uint16_t number)
{
	return (struct quern_endpoint){.ip6 = address6(port, host), .port = number};
}

static void *zeroed(size_t bytes)
{
	void *memory = aligned_alloc(64, (bytes + 63) & ~(size_t)63);

	cr_assert_gt(bytes, 0);
	cr_assert_not_null(memory);
	memset(memory, 0, bytes);
	return memory;
}

static void open_port(struct lab *lab, const struct lab_plan *plan, uint16_t number)
{
	struct lab_port *port = &lab->ports[number];
	struct shard_config config = {
		.number = number,
		.max_connections = 64,
		.max_time_wait = 64,
		.ethernet = is_ethernet(),
		.vlan = is_ethernet() ? plan->vlan : 0,
		.tx_multi_segs = plan->gathers,
		.max_udp_flows = plan->max_sessions ? 2 * plan->max_sessions : 2000,
		.addresses = {LAB_ADDRESS(number, 1), LAB_ADDRESS(number, HOSTS), {0, 0}, {0, 0}},
		.prefix_length = 16,
		.gateway = number == 0 ? LAB_ADDRESS(0, GATEWAY) : 0,
		.ip6 = {address6(number, 1), address6(number, HOSTS), {0, 0}, 48},
		.mtu = plan->mtu ? plan->mtu : MTU,
		.seed = number + 1u,
		.pool = out_pool,
		.pool_shards = (uint16_t)lab->port_count,
		.plan = plan->port_plans ? &plan->port_plans[number] : NULL,
		.queue = plan->queue,
	};

	mac_of_port(number, config.mac);
	port->memory = zeroed(shard_bytes(&config));
	port->heard = calloc(LAB_HEARD_MAX, sizeof(*port->heard));
	cr_assert_not_null(port->heard);
	port->shard = shard_open(&config, port->memory, lab->now_ns);
	shard_forward_join(lab->forward, port->shard, number);
}

static struct rte_mbuf *filled(const uint8_t *bytes, uint32_t count)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(in_pool);
	char *at = mbuf ? rte_pktmbuf_append(mbuf, (uint16_t)count) : NULL;

	cr_assert_not_null(at);
	memcpy(at, bytes, count);
	return mbuf;
}

/* Puts the tag of the VLAN behind the MAC addresses of a frame, or takes it off. */
static uint32_t put_tag(uint8_t *tagged, const uint8_t *frame, uint32_t bytes, uint16_t vlan)
{
	memcpy(tagged, frame, 12);
	put16(tagged + 12, ETHER_VLAN);
	put16(tagged + 14, vlan);
	memcpy(tagged + 16, frame + 12, bytes - 12);
	return bytes + TAG_BYTES;
}

static void take_tag(struct lab_packet *packet, uint16_t vlan)
{
	cr_assert_eq(get16(packet->frame + 12), ETHER_VLAN);
	cr_assert_eq(get16(packet->frame + 14), vlan);
	packet->bytes -= TAG_BYTES;
	memmove(packet->frame + 12, packet->frame + 12 + TAG_BYTES, packet->bytes - 12);
}

/* A frame as it comes, with a tag where the laboratory has one. */
static struct rte_mbuf *tagged(const struct lab *lab, const uint8_t *frame, uint32_t bytes)
{
	uint8_t with_tag[ETHER_BYTES + TAG_BYTES + LAB_FRAME_MAX];

	return lab->vlan ? filled(with_tag, put_tag(with_tag, frame, bytes, lab->vlan)) : filled(frame, bytes);
}

static void receive(struct lab *lab, uint16_t number, const uint8_t *frame, uint32_t bytes)
{
	struct rte_mbuf *mbuf = tagged(lab, frame, bytes);

	shard_receive(lab->ports[number].shard, &mbuf, 1, lab->now_ns);
}

/* The host that is asked for its MAC address answers. */
static void answer(struct lab *lab, uint16_t number, const uint8_t *question)
{
	uint8_t reply[LAB_ANSWER_MAX];
	uint32_t bytes = lab_answer(question, reply);

	if (bytes > 0)
		receive(lab, number, reply, bytes);
}

/* Takes the link header off, and looks whether it leads to the host that the packet is for. */
static void strip(uint16_t number, struct lab_packet *packet)
{
	uint8_t link[12];

	if (!lab_mac_of_many(packet->frame + ETHER_BYTES, link))
		lab_mac_of_dest(packet->frame + ETHER_BYTES, link);
	mac_of_port(number, link + 6);
	cr_assert_arr_eq(packet->frame, link, sizeof(link), "to another host, or from another port");
	packet->bytes -= ETHER_BYTES;
	memmove(packet->frame, packet->frame + ETHER_BYTES, packet->bytes);
}

/* Frames may be spread over several buffers. */
static void hear(struct lab *lab, uint16_t number, struct rte_mbuf *mbuf)
{
	struct lab_port *port = &lab->ports[number];
	struct lab_packet *packet;

	if (port->heard_next == port->heard_count)
		port->heard_next = port->heard_count = 0;
	cr_assert_lt(port->heard_count, LAB_HEARD_MAX);
	packet = &port->heard[port->heard_count++];
	packet->bytes = 0;
	cr_assert_leq(mbuf->pkt_len, LAB_FRAME_MAX);
	for (const struct rte_mbuf *part = mbuf; part; part = part->next) {
		memcpy(packet->frame + packet->bytes, rte_pktmbuf_mtod(part, const void *), part->data_len);
		packet->bytes += part->data_len;
	}
	cr_assert_eq(packet->bytes, mbuf->pkt_len);
	rte_pktmbuf_free(mbuf);
	if (!is_ethernet())
		return;
	if (lab->vlan)
		take_tag(packet, lab->vlan);
	if (lab_is_of_neighbours(packet->frame, packet->bytes)) {
		port->heard_count--;
		answer(lab, number, packet->frame);
		return;
	}
	strip(number, packet);
}

void lab_collect(struct lab *lab)
{
	struct rte_mbuf *mbufs[SHARD_BURST];

	for (uint16_t number = 0; number < lab->port_count; number++) {
		uint16_t count = SHARD_BURST;

		while (count == SHARD_BURST) {
			count = shard_transmit(lab->ports[number].shard, mbufs, SHARD_BURST);
			for (uint16_t i = 0; i < count; i++)
				hear(lab, number, mbufs[i]);
		}
	}
}

/* Asks for the MAC address of the way to a target at every port. */
static void meet(struct lab *lab, const struct quern_endpoint *target)
{
	for (uint16_t number = 0; number < lab->port_count; number++) {
		quern_reachable(lab->ports[number].shard, target);
		lab_collect(lab);
	}
}

static void meet_all(struct lab *lab, const struct quern_forward_rule *rules, uint16_t count)
{
	for (uint16_t rule = 0; is_ethernet() && rule < count; rule++)
		for (uint16_t i = 0; i < rules[rule].target_count; i++)
			meet(lab, &rules[rule].targets[i].to);
}

/* Null where no target is checked. */
static struct shard_checks *make_checks(const struct lab *lab, const struct quern_forward_rule *rules, uint16_t count)
{
	const struct shard_checks_config config = {
		.first_port = LAB_CHECK_PORT, .seed = 9, .now_ms = (uint32_t)(lab->now_ns / NS_PER_MS)};
	size_t bytes = shard_checks_bytes(rules, count);

	return bytes ? shard_checks_build(zeroed(bytes), rules, count, lab->checks, &config) : NULL;
}

void lab_open(struct lab *lab, const struct lab_plan *plan)
{
	bool has_checks = shard_checks_bytes(plan->rules, plan->rule_count) > 0;
	const struct shard_forward_config config = {.max_sessions = plan->max_sessions ? plan->max_sessions : 1000,
						    .counts_sources = plan->counts_sources,
						    .fragmented = 16,
						    .seed = 7,
						    .is_prober = !plan->checks,
						    .number = plan->queue,
						    .groups = plan->groups,
						    .check_port = has_checks ? LAB_CHECK_PORT : 0};

	if (!in_pool) {
		bare_eal_start();
		in_pool = bare_eal_pool("in", POOL_BUFFERS);
		out_pool = bare_eal_pool("out", POOL_BUFFERS);
	}
	memset(lab, 0, sizeof(*lab));
	lab->now_ns = (uint64_t)START_MS * NS_PER_MS;
	lab->port_count = plan->ports ? plan->ports : 2;
	lab->vlan = is_ethernet() ? plan->vlan : 0;
	lab->memory = zeroed(shard_forward_bytes(&config));
	lab->forward = shard_forward_open(&config, lab->memory, lab->now_ns);
	for (uint16_t number = 0; number < lab->port_count; number++)
		open_port(lab, plan, number);
	lab->rules = zeroed(shard_rules_bytes(plan->rules, plan->rule_count));
	cr_assert_eq(shard_rules_build(lab->rules, lab->forward, plan->rules, plan->rule_count), 0);
	lab->owns_checks = !plan->checks;
	lab->checks = plan->checks ? plan->checks : make_checks(lab, plan->rules, plan->rule_count);
	shard_rules_check(lab->rules, lab->checks);
	shard_forward_use(lab->forward, lab->rules);
	lab_advance(lab, 0);
	meet_all(lab, plan->rules, plan->rule_count);
}

void lab_offer(struct lab *lab, const struct quern_forward_rule *rules, uint16_t count)
{
	size_t sources_bytes = shard_reload_sources_bytes(lab->forward, rules, count);
	void *sources = sources_bytes ? zeroed(sources_bytes) : NULL;

	cr_assert(shard_forward_is_settled(lab->forward));
	lab->next_rules = zeroed(shard_reload_bytes(lab->forward, rules, count));
	cr_assert_eq(shard_reload_build(lab->next_rules, lab->forward, rules, count, sources), 0);
	lab->next_checks = make_checks(lab, rules, count);
	shard_reload_check(lab->next_rules, lab->next_checks);
	if (sources)
		lab->sources = sources;
	meet_all(lab, rules, count);
	shard_forward_offer(lab->forward, lab->next_rules);
}

uint32_t lab_settle(struct lab *lab)
{
	uint32_t turns = 0;

	for (; !shard_forward_is_settled(lab->forward); turns++) {
		lab_advance(lab, 0);
		cr_assert(shard_forward_validate(lab->forward), "after turn %u", turns);
	}
	/* Nothing may look at them any more. */
	free(lab->rules);
	lab->rules = lab->next_rules;
	lab->next_rules = NULL;
	free(lab->checks);
	lab->checks = lab->next_checks;
	lab->next_checks = NULL;
	return turns;
}

void lab_close(struct lab *lab)
{
	lab_hear_nothing(lab);
	cr_assert(shard_forward_validate(lab->forward), "the sessions do not agree with themselves");
	for (uint16_t number = 0; number < lab->port_count; number++) {
		struct lab_port *port = &lab->ports[number];

		cr_assert(shard_validate(port->shard), "the shard of port %u does not agree with itself", number);
		shard_close(port->shard);
		free(port->memory);
		free(port->heard);
	}
	free(lab->memory);
	free(lab->rules);
	free(lab->sources);
	if (lab->owns_checks)
		free(lab->checks);
	cr_assert_eq(rte_mempool_in_use_count(in_pool), 0, "a received frame was not given back");
	cr_assert_eq(rte_mempool_in_use_count(out_pool), 0, "a frame to send was not given back");
}

/* A packet as a frame for a port. */
static struct rte_mbuf *frame_for(const struct lab *lab, uint16_t port, const uint8_t *packet, uint32_t bytes)
{
	uint8_t frame[ETHER_BYTES + LAB_FRAME_MAX];
	uint32_t link_bytes = is_ethernet() ? ETHER_BYTES : 0;

	if (!lab_mac_of_many(packet, frame))
		mac_of_port(port, frame);
	lab_mac_of_source(packet, frame + 6);
	put16(frame + 12, packet[0] >> 4 == 6 ? 0x86dd : 0x0800);
	memcpy(frame + link_bytes, packet, bytes);
	return tagged(lab, frame, link_bytes + bytes);
}

void lab_say_bytes(struct lab *lab, uint16_t port, const uint8_t *packet, uint32_t bytes)
{
	struct rte_mbuf *mbuf = frame_for(lab, port, packet, bytes);

	shard_receive(lab->ports[port].shard, &mbuf, 1, lab->now_ns);
	lab_collect(lab);
}

void lab_say_burst(struct lab *lab, uint16_t port, const struct lab_datagram *datagrams, uint16_t count)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint8_t packet[LAB_DATAGRAM_MAX];

	for (uint16_t i = 0; i < count; i++) {
		cr_assert_leq(datagrams[i].text_bytes, LAB_TEXT_MAX, "longer than a laboratory has room for");
		mbufs[i] = frame_for(lab, port, packet, lab_datagram_build(packet, &datagrams[i]));
	}
	shard_receive(lab->ports[port].shard, mbufs, count, lab->now_ns);
	lab_collect(lab);
}

void lab_say(struct lab *lab, uint16_t port, const struct lab_datagram *datagram)
{
	lab_say_burst(lab, port, datagram, 1);
}

void lab_advance(struct lab *lab, uint64_t ms)
{
	for (uint64_t i = 0; i <= ms; i++) {
		for (uint16_t number = 0; number < lab->port_count; number++)
			shard_expire(lab->ports[number].shard, lab->now_ns);
		lab_collect(lab);
		lab->now_ns += i < ms ? NS_PER_MS : 0;
	}
}

const struct quern_counters *lab_counters(const struct lab *lab, uint16_t port)
{
	return shard_counters(lab->ports[port].shard);
}
