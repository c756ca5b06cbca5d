/* test_shard_forward_bursts.c - many flows in one burst: whichever way each of them is found, all arrive, and those of
 * one flow in their order. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "support/forward_lab.h"

enum { CLIENTS = 5000, FIRST_PORT = 1024, LENGTHS = 200, ROUNDS = 300, TARGET = 100, IDLE_MS = 1000 };

/* What has been said by each client and not been heard: datagrams have lengths in turn. */
struct client {
	uint16_t said, heard;     /* datagrams that were to arrive at its target */
	uint16_t asked, answered; /* and at itself */
	struct quern_endpoint at; /* quern's end towards the target; port 0 until it is known */
};

static struct lab lab;
static struct client clients[CLIENTS];
static struct random random_source;
static uint64_t said; /* by all clients, with a time to live and without */

static void open_lab(void)
{
	static const struct quern_forward_target target = {.to = {.address = LAB_ADDRESS(1, TARGET)}};
	static struct quern_forward_rule rule = {
		.name = "any", .targets = &target, .target_count = 1, .keep_port = true};

	rule.listen = lab_end(0, 1, 0);
	rule.idle_ms = IDLE_MS;
	lab_open(&lab, &(struct lab_plan){.max_sessions = CLIENTS, .rules = &rule, .rule_count = 1});
	random_seed(&random_source, 64);
}

static uint32_t length_of(uint16_t number)
{
	return number % LENGTHS + 1u;
}

static struct quern_endpoint end_of(uint32_t number)
{
	return lab_end(0, (uint16_t)(200 + number % 7), (uint16_t)(30000 + number));
}

/* A datagram of a client; now and then one that has no time to live. */
static struct lab_datagram say_to_target(uint32_t number)
{
	struct client *client = &clients[number];
	struct lab_datagram datagram = {.source = end_of(number),
					.dest = lab_end(0, 1, (uint16_t)(FIRST_PORT + number)),
					.text_bytes = length_of(client->said),
					.ttl = random_below(&random_source, 50) ? 64 : 1};

	said++;
	if (datagram.ttl > 1)
		client->said++;
	return datagram;
}

static struct lab_datagram say_to_client(uint32_t number)
{
	return (struct lab_datagram){.source = lab_end(1, TARGET, (uint16_t)(FIRST_PORT + number)),
				     .dest = clients[number].at,
				     .text_bytes = length_of(clients[number].asked++)};
}

static void hear_at_target(void)
{
	const struct lab_packet *packet;

	while ((packet = lab_next(&lab, 1))) {
		struct lab_datagram heard;
		struct client *client;

		cr_assert_null(lab_datagram_read(packet->frame, packet->bytes, &heard));
		client = &clients[heard.dest.port - FIRST_PORT];
		cr_assert_eq(heard.text_bytes, length_of(client->heard), "client %u: out of order",
			     heard.dest.port - FIRST_PORT);
		client->heard++;
		client->at = heard.source;
	}
}

/* Answers, and errors about what had no time to live. */
static void hear_at_client(void)
{
	const struct lab_packet *packet;

	while ((packet = lab_next(&lab, 0))) {
		struct lab_datagram heard;
		uint32_t number;

		if (packet->frame[9] == 1)
			continue;
		cr_assert_null(lab_datagram_read(packet->frame, packet->bytes, &heard));
		number = heard.source.port - (uint32_t)FIRST_PORT;
		cr_assert_eq(heard.dest.port, end_of(number).port, "an answer came to another client");
		cr_assert_eq(heard.text_bytes, length_of(clients[number].answered), "client %u: out of order", number);
		clients[number].answered++;
	}
}

/* A burst of some of the first `count` clients, or of answers to them. */
static void burst(uint32_t count)
{
	struct lab_datagram datagrams[SHARD_BURST];
	uint16_t filled = 0, wanted = (uint16_t)(1 + random_below(&random_source, SHARD_BURST));
	bool to_target = random_below(&random_source, 2);

	for (uint32_t tries = 0; filled < wanted && tries < 4 * SHARD_BURST; tries++) {
		uint32_t number = random_below(&random_source, count);

		if (to_target)
			datagrams[filled++] = say_to_target(number);
		else if (clients[number].at.port != 0)
			datagrams[filled++] = say_to_client(number);
	}
	lab_say_burst(&lab, to_target ? 0 : 1, datagrams, filled);
	hear_at_target();
	hear_at_client();
}

static void check_all(void)
{
	for (uint32_t i = 0; i < CLIENTS; i++)
		cr_assert(clients[i].said == clients[i].heard && clients[i].asked == clients[i].answered, "client %u",
			  i);
}

/* Few flows, many, and few again; then all sessions end, and the same clients have others. */
Test(shard_forward_bursts, every_flow_arrives_whole_and_in_order)
{
	static const uint32_t counts[] = {1, 20, 3000, CLIENTS, 8};

	open_lab();
	for (uint32_t life = 0; life < 2; life++) {
		for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
			for (uint32_t round = 0; round < ROUNDS; round++)
				burst(counts[i]);
			cr_assert(shard_forward_validate(lab.forward));
		}
		check_all();
		lab_advance(&lab, 2 * IDLE_MS);
		cr_assert_eq(shard_forward_sessions(lab.forward), 0);
		for (uint32_t i = 0; i < CLIENTS; i++)
			clients[i].at.port = 0;
	}
	cr_assert_eq(lab_counters(&lab, 0)->udp_forwarded + lab_counters(&lab, 0)->drops[QUERN_DROP_UDP_TTL], said);
	lab_close(&lab);
}
