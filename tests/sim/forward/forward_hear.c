/* forward_hear.c - what comes out of ports: the datagrams that went in, once each, in order, to who must have them. */
#include "sim/forward/forward_world.h"

#include <inttypes.h>
#include <string.h>

#include "support/raw_words.h"

enum { LOWEST_PORT = 1024, OFTEN = 4, LATE_MAX_MS = 6000, IP_VERSION_6 = 6 };

/* Where frames say that they go. */
struct link {
	uint8_t port;
	uint8_t mac[6];
	const uint8_t *packet;
	uint32_t bytes;
};

static const char *text_of(const struct quern_endpoint *end)
{
	static char text[4][QUERN_ENDPOINT_TEXT];
	static unsigned int next;

	return quern_format_endpoint(end, text[next++ % 4]);
}

static bool goes_to(const struct forward_world *world, const struct link *link, const uint8_t mac[6])
{
	return !world->plan.ethernet || memcmp(link->mac, mac, 6) == 0;
}

/* By maglev the same client has the same target, whenever it comes. */
static const char *judge_maglev(struct forward_world *world, const struct forward_session *session, uint8_t target)
{
	uint32_t place = session->client.port * 31u + session->client.address + (uint32_t)session->client.ip6.low;

	for (uint32_t i = 0; i < FORWARD_SEEN; i++) {
		struct forward_seen *seen = &world->seen[(place + i) % FORWARD_SEEN];

		if (!seen->is_used) {
			*seen = (struct forward_seen){true, session->rule, target, session->client};
			return NULL;
		}
		if (seen->rule == session->rule && forward_same(&seen->client, &session->client))
			return seen->target == target ? NULL : "maglev sent its client to another target before";
	}
	return NULL;
}

/* Of equal weights, and as long as none found no port behind its choice, each has its turn. */
static const char *judge_turns(struct forward_world *world, const struct forward_session *session, uint8_t target)
{
	const struct quern_forward_rule *rule = &world->plan.rules[session->rule];
	uint32_t *turns = world->turns[session->rule], most = 0, least = UINT32_MAX;
	bool is_even = !world->is_uneven[session->rule];

	turns[target]++;
	for (uint16_t i = 0; i < rule->target_count; i++) {
		is_even &= (rule->targets[i].weight | 1) == (rule->targets[0].weight | 1);
		most = turns[i] > most ? turns[i] : most;
		least = turns[i] < least ? turns[i] : least;
	}
	/* Some may still be on their way in the same burst. */
	return is_even && !world->plan.loses_asked && most - least > 1 + FORWARD_BURST ? "round robin is uneven" : NULL;
}

static const char *judge_choice(struct forward_world *world, const struct forward_session *session, uint8_t target)
{
	if (session->is_older)
		return NULL;
	switch (world->plan.rules[session->rule].balance) {
	case QUERN_BALANCE_MAGLEV:
		return judge_maglev(world, session, target);
	case QUERN_BALANCE_ROUND_ROBIN:
		return judge_turns(world, session, target);
	case QUERN_BALANCE_LEAST_SESSIONS:
	case QUERN_BALANCE_ALL:
	case QUERN_BALANCES_END:
		break;
	}
	return NULL;
}

/* Whether a datagram may be a copy's first: to a target of the rule, from an end that is nobody else's. */
static const char *adopt(struct forward_world *world, const struct link *link, struct forward_session *session,
			 struct forward_copy *copy, const struct lab_datagram *heard)
{
	const struct quern_forward_rule *rule = &world->plan.rules[session->rule];
	uint16_t target = rule->balance == QUERN_BALANCE_ALL ? copy->target : 0;
	struct quern_endpoint to;
	const struct forward_session *other;
	uint8_t of_other;

	for (;; target++) {
		if (target == rule->target_count)
			return "it goes to none of the rule's targets";
		to = rule->targets[target].to;
		to.port = to.port ? to.port : session->listen.port;
		if (forward_same(&to, &heard->dest))
			break;
		if (rule->balance == QUERN_BALANCE_ALL)
			return "it goes to another target than that copy's";
	}
	if (link->port != forward_port_towards(&world->plan, &to))
		return "it leaves by a port that does not lead there";
	if (!forward_is_own(&world->plan, link->port, &heard->source) || heard->source.port < LOWEST_PORT)
		return "its source is no end of ours";
	if (!forward_is_ours(&world->plan, link->port, &heard->dest, &heard->source))
		return "its answer would come to another worker";
	other = forward_find_client(world, link->port, &heard->dest, &heard->source);
	if (forward_find_target(world, link->port, &heard->dest, &heard->source, &of_other) ||
	    (other && !other->is_in_doubt))
		return "its source is another session's";
	*copy = (struct forward_copy){.is_known = true,
				      .target = (uint8_t)target,
				      .port = link->port,
				      .local = heard->source,
				      .remote = heard->dest};
	return judge_choice(world, session, (uint8_t)target);
}

static const char *judge_there(struct forward_world *world, const struct link *link, struct forward_message *message,
			       const struct lab_datagram *heard)
{
	struct forward_session *session = message->session;
	const char *fault = "it is wanted no more";
	uint8_t mac[6];

	for (uint8_t number = 0; number < session->copy_count; number++) {
		struct forward_copy *copy = &session->copies[number];

		if (!(message->wanted & ~message->heard & 1u << number))
			continue;
		fault = NULL;
		if (!copy->is_known)
			fault = adopt(world, link, session, copy, heard);
		else if (!forward_same(&copy->remote, &heard->dest) || !forward_same(&copy->local, &heard->source) ||
			 copy->port != link->port)
			fault = "its session has other ends";
		if (fault)
			continue;
		forward_mac(&copy->remote, mac);
		if (!goes_to(world, link, mac))
			return "it goes to another MAC address";
		if (message->number <= copy->last_there)
			return "it comes behind a later one";
		copy->last_there = message->number;
		message->heard |= 1u << number;
		return NULL;
	}
	return fault;
}

/* A client's datagram that was damaged, and passed on all the same in this burst, has told where the client is. One
 * that wants a closer look may be behind an answer that came later: ways there and back keep no order between them. */
static bool is_told_so(const struct forward_world *world, const struct link *link,
		       const struct forward_message *message)
{
	for (const struct forward_message *before = world->messages; before < message; before++)
		if (before->session == message->session && !before->is_back &&
		    (before->is_damaged ? goes_to(world, link, before->mac)
					: goes_to(world, link, message->session->mac_before)))
			return true;
	return false;
}

static const char *judge_back(struct forward_world *world, const struct link *link, struct forward_message *message,
			      const struct lab_datagram *heard)
{
	struct forward_session *session = message->session;
	struct forward_copy *copy = &session->copies[message->copy];

	if (!(message->wanted & ~message->heard & 1))
		return "it is wanted no more";
	if (link->port != session->port || !forward_same(&heard->dest, &session->client))
		return "it goes to another client";
	if (!forward_same(&heard->source, &session->listen))
		return "its source is not whom the client has asked";
	if (!goes_to(world, link, message->to_mac) && !is_told_so(world, link, message))
		return "it goes to another MAC address than the client's";
	if (message->number <= copy->last_back)
		return "it comes behind a later one";
	copy->last_back = message->number;
	message->heard |= 1;
	return NULL;
}

static const char *judge(struct forward_world *world, const struct link *link, struct forward_message *message,
			 const struct lab_datagram *heard)
{
	const struct lab_datagram *said = &message->datagram;

	if (!message->session || message->wanted == 0)
		return "it ought to have been dropped";
	if (heard->ttl != said->ttl - 1)
		return "its time to live is wrong";
	if (heard->no_checksum != said->no_checksum)
		return "it had a checksum, or none";
	return message->is_back ? judge_back(world, link, message, heard) : judge_there(world, link, message, heard);
}

/* Whom a target answers, when, and how often. */
static void plan_answers(struct forward_world *world, const struct link *link, const struct lab_datagram *heard)
{
	struct random *random = &world->random;
	uint32_t count = forward_one_in(random, 5) ? random_below(random, 4) : 1;
	uint32_t header = link->packet[0] >> 4 == IP_VERSION_6 ? 40 : 20;

	for (uint32_t i = 0; i < count && world->answer_count < FORWARD_ANSWERS; i++) {
		struct forward_answer *answer = &world->answers[world->answer_count++];
		uint64_t late_ms = forward_one_in(random, OFTEN) ? random_below(random, LATE_MAX_MS) : 0;

		*answer = (struct forward_answer){.due_ns = world->now_ns + late_ms * FORWARD_MS,
						  .port = link->port,
						  .from = heard->dest,
						  .to = heard->source,
						  .quote_bytes = (uint8_t)(header + 8),
						  .is_error = !world->plan.is_shared && forward_one_in(random, 12)};
		memcpy(answer->quote, link->packet, answer->quote_bytes);
	}
}

static void hear_datagram(struct forward_world *world, const struct link *link)
{
	const char *fault, *why = "nobody has said it in this burst";
	struct lab_datagram heard;

	fault = lab_datagram_read(link->packet, link->bytes, &heard);
	for (uint32_t i = 0; i < world->message_count; i++) {
		struct forward_message *message = &world->messages[i];

		if (message->datagram.text_sum != heard.text_sum || message->datagram.text_bytes != heard.text_bytes)
			continue;
		/* What was damaged on its way here must still be seen to be. */
		if (!fault == message->is_damaged) {
			why = fault ? fault : "what was damaged has become right";
			continue;
		}
		why = judge(world, link, message, &heard);
		if (why)
			continue;
		world->heard.returned += message->is_back;
		world->heard.forwarded += !message->is_back;
		if (!message->is_back)
			plan_answers(world, link, &heard);
		return;
	}
	forward_fail(world, "a datagram from %s to %s, of %u bytes, at port %u: %s (%s, protocol %u)",
		     text_of(&heard.source), text_of(&heard.dest), heard.text_bytes, link->port, why,
		     fault ? fault : "well-formed", link->packet[9]);
}

/* Quern's own word about what goes no further. */
static bool is_refused(struct forward_world *world, const struct link *link, const struct quern_endpoint *source,
		       const struct quern_endpoint *dest)
{
	for (uint32_t i = 0; i < world->message_count; i++) {
		struct forward_message *message = &world->messages[i];

		if (message->refusals == 0 || !forward_same(&message->datagram.source, source) ||
		    !forward_same(&message->datagram.dest, dest) || !goes_to(world, link, message->mac))
			continue;
		message->refusals--;
		world->heard.refused++;
		return true;
	}
	return false;
}

/* An error is looked at behind the datagrams of its burst: any of these may have told where the client is by then. */
static bool is_told_in_burst(const struct forward_world *world, const struct link *link,
			     const struct forward_session *session)
{
	for (uint32_t i = 0; i < world->message_count; i++) {
		const struct forward_message *message = &world->messages[i];

		if (message->session == session && !message->is_back && goes_to(world, link, message->mac))
			return true;
	}
	return false;
}

/* A target's, passed on. */
static bool is_passed(struct forward_world *world, const struct link *link, const struct quern_endpoint *source,
		      const struct quern_endpoint *dest)
{
	for (uint32_t i = 0; i < world->error_count; i++) {
		struct forward_error *error = &world->errors[i];

		if (error->is_heard || error->session->port != link->port ||
		    !forward_same(&error->session->client, source) || !forward_same(&error->session->listen, dest) ||
		    (!goes_to(world, link, error->to_mac) && !is_told_in_burst(world, link, error->session)))
			continue;
		error->is_heard = true;
		world->heard.passed++;
		return true;
	}
	return false;
}

/* Targets say that a port is closed, quern of a datagram that has a session never. */
static void hear_error(struct forward_world *world, const struct link *link, const struct quern_endpoint *source,
		       const struct quern_endpoint *dest)
{
	bool is_ip6 = link->packet[0] >> 4 == IP_VERSION_6;
	const uint8_t *icmp = link->packet + (is_ip6 ? 40 : 20);
	bool is_unreachable = icmp[0] == (is_ip6 ? 1 : 3) && icmp[1] == (is_ip6 ? 4 : 3);

	if (!(is_unreachable && is_passed(world, link, source, dest)) && !is_refused(world, link, source, dest))
		forward_fail(world, "an ICMP error at port %u about what %s sent to %s, which nobody is to hear",
			     link->port, text_of(source), text_of(dest));
}

/* A neighbour answers at once, later, or not. */
static void hear_neighbour(struct forward_world *world, uint16_t port, const uint8_t *answer, uint32_t bytes)
{
	bool is_lost = world->plan.loses_asked && forward_one_in(&world->random, 2);
	uint64_t late_ms =
		world->plan.loses_asked && forward_one_in(&world->random, 3) ? random_below(&world->random, 3000) : 0;

	world->heard.asked++;
	for (uint32_t i = 0; !is_lost && i < FORWARD_ASKED; i++) {
		struct forward_asked *asked = &world->asked[i];

		if (asked->due_ns != 0)
			continue;
		asked->due_ns = world->now_ns + late_ms * FORWARD_MS;
		asked->port = (uint8_t)port;
		asked->bytes = (uint8_t)bytes;
		memcpy(asked->frame, answer, bytes);
		return;
	}
}

void forward_hear(struct forward_world *world, uint16_t port, const struct rte_mbuf *mbuf)
{
	static uint8_t frame[FORWARD_FRAME];
	struct link link = {.port = (uint8_t)port};
	uint32_t bytes = 0, link_bytes = world->plan.ethernet ? FORWARD_LINK : 0;
	struct quern_endpoint source, dest;
	uint8_t answer[96], own[6];

	world->heard.frames++;
	for (const struct rte_mbuf *part = mbuf; part; part = part->next) {
		memcpy(frame + bytes, rte_pktmbuf_mtod(part, const void *), part->data_len);
		bytes += part->data_len;
	}
	forward_port_mac(port, own);
	if (bytes != mbuf->pkt_len || (link_bytes && memcmp(frame + 6, own, 6) != 0))
		forward_fail(world, "a frame of %u bytes, that says %u, or is not from port %u", bytes, mbuf->pkt_len,
			     port);
	if (link_bytes && (bytes = forward_frame_neighbour(frame, bytes, answer)) != 0) {
		hear_neighbour(world, port, answer, bytes);
		return;
	}
	bytes = mbuf->pkt_len - link_bytes;
	memcpy(link.mac, frame, 6);
	if (bytes > world->plan.mtu)
		forward_fail(world, "a packet of %u bytes at port %u", bytes, port);
	if (!forward_frame_whole(world, frame + link_bytes, &bytes))
		return;
	link.packet = frame + link_bytes;
	link.bytes = bytes;
	if (forward_frame_quoted(link.packet, bytes, &source, &dest))
		hear_error(world, &link, &source, &dest);
	else
		hear_datagram(world, &link);
}
