/* forward_act.c - what happens: bursts of datagrams of all kinds, answers, errors, time. */
#include "sim/forward/forward_world.h"

#include <string.h>

enum { DONT_FRAGMENT = 0x4000, TEXT_MAX = 1472, STRANGER = 150, FARTHEST_MS = 5000, HEADERS_MAX = 60, SHORT_TEXT = 8 };

static void collect(struct forward_world *world)
{
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint16_t count;

	for (uint16_t port = 0; port < world->plan.port_count; port++) {
		do {
			count = shard_transmit(world->shards[port], mbufs, SHARD_BURST);
			for (uint16_t i = 0; i < count; i++) {
				forward_hear(world, port, mbufs[i]);
				rte_pktmbuf_free(mbufs[i]);
			}
		} while (count == SHARD_BURST);
	}
}

void forward_say(struct forward_world *world, uint16_t port, struct rte_mbuf **mbufs, uint16_t count)
{
	struct rte_mbuf *foreign[SHARD_BURST];

	world->due.frames += count;
	world->datagrams += count;
	shard_receive(world->shards[port], mbufs, count, world->now_ns);
	rte_pktmbuf_free_bulk(foreign, shard_foreign(world->shards[port], foreign, SHARD_BURST));
	collect(world);
}

/* Neighbours that were asked, and whose time has come. */
static void say_neighbours(struct forward_world *world)
{
	for (uint32_t i = 0; i < FORWARD_ASKED; i++) {
		struct forward_asked *asked = &world->asked[i];
		struct rte_mbuf *mbuf;

		if (asked->due_ns == 0 || asked->due_ns > world->now_ns)
			continue;
		asked->due_ns = 0;
		mbuf = forward_mbuf(asked->frame, asked->bytes);
		forward_say(world, asked->port, &mbuf, 1);
	}
}

/* A client of a port; false where it has none. */
static bool draw_client(struct forward_world *world, uint16_t port, struct forward_client *client)
{
	struct random *random = &world->random;
	uint32_t first = random_below(random, FORWARD_CLIENTS);

	if (world->plan.is_thin && world->plan.rules[0].port == port && !forward_one_in(random, 3)) {
		forward_plan_client(&world->plan, random, client);
		return true;
	}
	for (uint32_t i = 0; i < FORWARD_CLIENTS; i++) {
		struct forward_client *found = &world->plan.clients[(first + i) % FORWARD_CLIENTS];

		if (found->port != port)
			continue;
		if (forward_one_in(random, 50))
			found->mac[4]++;
		*client = *found;
		return true;
	}
	return false;
}

static uint32_t draw_bytes(struct random *random)
{
	if (forward_one_in(random, 5))
		return random_below(random, TEXT_MAX + 1);
	return forward_one_in(random, 8) ? TEXT_MAX - random_below(random, 300) : random_below(random, 120);
}

/* Texts of a burst that are so short must not be taken for each other. */
static uint32_t unlike_others(const struct forward_world *world, uint32_t bytes)
{
	for (uint32_t i = 0; i < world->message_count && bytes < SHORT_TEXT; i++)
		if (world->messages[i].datagram.text_bytes == bytes)
			bytes += SHORT_TEXT;
	return bytes;
}

static void draw_text(struct forward_world *world, struct forward_message *message)
{
	struct random *random = &world->random;
	struct lab_datagram *datagram = &message->datagram;
	bool is_ip4 = !quern_ip6_is_set(&datagram->dest.ip6);

	message->number = ++world->last_number;
	datagram->text_from = message->number * 7;
	datagram->id = (uint16_t)random_next(random);
	datagram->text_bytes = unlike_others(world, draw_bytes(random));
	datagram->no_checksum = is_ip4 && forward_one_in(random, 10);
	datagram->fragment = is_ip4 && forward_one_in(random, 3) ? DONT_FRAGMENT : 0;
	if (!world->plan.is_thin && forward_one_in(random, 12))
		datagram->ttl = (uint8_t)(1 + random_below(random, 2));
	if (world->plan.is_thin)
		datagram->text_bytes %= 1000;
	message->is_padded = forward_one_in(random, 10);
	message->has_options = is_ip4 && forward_one_in(random, 20);
	message->is_damaged = !datagram->no_checksum && datagram->ttl != 1 && datagram->text_bytes > 0 &&
			      datagram->text_bytes + HEADERS_MAX < world->plan.mtu && forward_one_in(random, 20);
}

static bool draw_question(struct forward_world *world, uint16_t port, struct forward_message *message)
{
	struct forward_client client;

	if (!draw_client(world, port, &client))
		return false;
	message->datagram.source = client.from;
	message->datagram.dest = client.to;
	memcpy(message->mac, client.mac, 6);
	if (forward_one_in(&world->random, 15))
		message->datagram.dest.port = (uint16_t)(1 + random_below(&world->random, 60000));
	return true;
}

/* Somebody who is no target speaks to an end that is a session's. */
static bool draw_stranger(struct forward_world *world, uint16_t port, struct forward_message *message)
{
	struct random *random = &world->random;
	const struct forward_session *session;
	const struct forward_copy *copy;

	if (world->session_count == 0)
		return false;
	session = &world->sessions[random_below(random, world->session_count)];
	copy = &session->copies[random_below(random, session->copy_count)];
	if (!copy->is_known || copy->port != port)
		return false;
	message->datagram.dest = copy->local;
	message->datagram.source = copy->remote;
	if (forward_one_in(random, 2))
		message->datagram.source =
			forward_host(port, STRANGER, copy->remote.port, quern_ip6_is_set(&copy->remote.ip6));
	else
		message->datagram.source.port ^= 0x100;
	forward_mac(&message->datagram.source, message->mac);
	return forward_is_clear(world, port, &message->datagram.source);
}

/* The next that is due of what is to be said at a port. */
static bool take_answer(struct forward_world *world, uint16_t port, struct forward_answer *answer)
{
	for (uint32_t i = 0; i < world->answer_count; i++) {
		if (world->answers[i].port != port || world->answers[i].due_ns > world->now_ns)
			continue;
		*answer = world->answers[i];
		memmove(&world->answers[i], &world->answers[i + 1],
			(--world->answer_count - i) * sizeof(world->answers[0]));
		return forward_is_clear(world, port, &answer->from);
	}
	return false;
}

/* A frame that nobody can take for a datagram: cut short, or with another bit in its IP header. */
static uint32_t break_frame(struct forward_world *world, uint8_t *frame, uint32_t bytes)
{
	uint32_t link = world->plan.ethernet ? FORWARD_LINK : 0;

	world->due.broken++;
	if (frame[link] >> 4 == 6 || forward_one_in(&world->random, 2))
		return link + random_below(&world->random, bytes - link);
	frame[link + random_below(&world->random, 20)] ^= (uint8_t)(1u << random_below(&world->random, 8));
	return bytes;
}

static struct rte_mbuf *draw_broken(struct forward_world *world, uint16_t port)
{
	static struct forward_message message;
	uint8_t frame[FORWARD_FRAME];
	uint32_t bytes;

	memset(&message, 0, sizeof(message));
	if (!draw_question(world, port, &message))
		return NULL;
	draw_text(world, &message);
	message.is_padded = false;
	bytes = forward_frame_build(world, port, &message, frame);
	return forward_mbuf(frame, break_frame(world, frame, bytes));
}

static struct rte_mbuf *draw_error(struct forward_world *world, uint16_t port, const struct forward_answer *error)
{
	uint8_t frame[FORWARD_FRAME];

	/* Who was a target may be a client by now, and would speak of what it was answered. */
	if (forward_find_client(world, port, &error->from, &error->to))
		return NULL;
	forward_expect_error(world, error);
	return forward_mbuf(frame, forward_frame_error(world, port, error, frame));
}

/* One frame of a burst; null where there is none of the kind that was drawn. */
static struct rte_mbuf *draw_frame(struct forward_world *world, uint16_t port)
{
	struct forward_message *message = &world->messages[world->message_count];
	uint32_t kind = random_below(&world->random, 20);
	uint8_t frame[FORWARD_FRAME];
	struct forward_answer answer;
	uint32_t bytes;

	memset(message, 0, sizeof(*message));
	if (kind == 0)
		return draw_broken(world, port);
	if (kind < 10 && take_answer(world, port, &answer)) {
		if (answer.is_error)
			return draw_error(world, port, &answer);
		message->datagram.source = answer.from;
		message->datagram.dest = answer.to;
		forward_mac(&answer.from, message->mac);
	} else if (!(kind < 12 ? draw_stranger(world, port, message) : draw_question(world, port, message))) {
		return NULL;
	}
	draw_text(world, message);
	bytes = forward_frame_build(world, port, message, frame);
	forward_expect(world, port, message);
	world->message_count++;
	return forward_mbuf(frame, bytes);
}

static void say_burst(struct forward_world *world)
{
	uint16_t port = (uint16_t)random_below(&world->random, world->plan.port_count);
	uint32_t wanted = forward_one_in(&world->random, 3) ? 1 : 1 + random_below(&world->random, FORWARD_BURST);
	struct rte_mbuf *mbufs[FORWARD_BURST];
	uint16_t count = 0;

	for (uint32_t i = 0; i < wanted; i++) {
		mbufs[count] = draw_frame(world, port);
		count = (uint16_t)(count + (mbufs[count] != NULL));
	}
	forward_say(world, port, mbufs, count);
	forward_settle(world);
}

static void advance(struct forward_world *world)
{
	struct random *random = &world->random;
	uint64_t span = forward_one_in(random, 8) ? FARTHEST_MS * (uint64_t)FORWARD_MS : 30 * (uint64_t)FORWARD_MS;

	world->now_ns += random_next(random) % span;
	for (uint16_t port = 0; port < world->plan.port_count; port++)
		shard_expire(world->shards[port], world->now_ns);
	forward_end_idle(world);
	collect(world);
	forward_settle(world);
}

void forward_step(struct forward_world *world)
{
	say_neighbours(world);
	forward_settle(world);
	say_burst(world);
	if (forward_one_in(&world->random, 20))
		forward_reload(world);
	if (forward_one_in(&world->random, 2))
		advance(world);
}
