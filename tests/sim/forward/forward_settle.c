/* forward_settle.c - after each burst: what was to come has come, and every frame is counted once. */
#include "sim/forward/forward_world.h"

#include <inttypes.h>
#include <string.h>

static struct quern_counters counters_of(const struct forward_world *world)
{
	struct quern_counters sum = {.rx_packets = 0};

	for (uint16_t port = 0; port < world->plan.port_count; port++) {
		const struct quern_counters *one = shard_counters(world->shards[port]);

		for (int reason = 0; reason < QUERN_DROPS_END; reason++)
			sum.drops[reason] += one->drops[reason];
		sum.rx_packets += one->rx_packets;
		sum.tx_packets += one->tx_packets;
		sum.moved_out += one->moved_out;
		sum.udp_forwarded += one->udp_forwarded;
		sum.udp_returned += one->udp_returned;
		sum.udp_errors_passed += one->udp_errors_passed;
		sum.unreachables_sent += one->unreachables_sent;
		sum.unreachables_throttled += one->unreachables_throttled;
		sum.udp_sessions_opened += one->udp_sessions_opened;
		sum.udp_sessions_ended += one->udp_sessions_ended;
	}
	return sum;
}

/* Whether its client has said nothing more in this burst. */
static bool is_last_of(const struct forward_world *world, const struct forward_message *message)
{
	const struct forward_message *end = &world->messages[world->message_count];

	for (const struct forward_message *later = message + 1; later < end; later++)
		if (later->session == message->session && !later->is_back && !later->is_damaged)
			return false;
	return true;
}

/* One that was damaged is dropped where somebody has looked, and else keeps its session like any other. */
static void settle_damaged(struct forward_world *world, struct forward_message *message)
{
	struct forward_session *session = message->session;

	if (message->heard == 0) {
		world->due.drops[QUERN_DROP_UDP_MALFORMED]++;
		return;
	}
	if (message->heard != message->wanted)
		forward_fail(world, "of a damaged datagram some copies were sent");
	if (!message->is_back && is_last_of(world, message))
		memcpy(session->mac, message->mac, 6);
	if (!message->is_back || world->plan.rules[session->rule].answers_refresh)
		forward_refresh(world, session);
}

/* What did not come had no next hop, or no port: where there is something that may be missing. */
static void settle_messages(struct forward_world *world)
{
	for (uint32_t i = 0; i < world->message_count; i++) {
		struct forward_message *message = &world->messages[i];
		uint32_t missing = (uint32_t)__builtin_popcount(message->wanted & ~message->heard);

		if (message->wanted == 0)
			continue;
		if (message->is_damaged) {
			settle_damaged(world, message);
		} else if (missing != 0 && !message->is_back && world->plan.loses_asked) {
			world->due.drops[QUERN_DROP_NO_NEXT_HOP] += missing;
		} else if (missing != 0 && message->session->is_in_doubt) {
			world->due.drops[QUERN_DROP_UDP_NO_PORT] += missing;
			world->is_uneven[message->session->rule] = true;
		} else if (missing != 0) {
			forward_fail(world, "%u copies of datagram %u did not come out", missing, message->number);
		}
	}
	for (uint32_t i = 0; i < world->error_count; i++)
		if (!world->errors[i].is_heard)
			forward_fail(world, "an ICMP error about an open session was not passed on");
}

/* Of the new ones, who has found no port is none; where the clients are is known for the next burst. */
static void settle_sessions(struct forward_world *world)
{
	for (uint32_t i = world->session_count; i-- > 0;) {
		struct forward_session *session = &world->sessions[i];

		memcpy(session->mac_before, session->mac, 6);
		if (!session->is_in_doubt)
			continue;
		session->is_in_doubt = false;
		if (session->copies[0].is_known)
			continue;
		*session = world->sessions[--world->session_count];
		world->due.opened--;
	}
}

static void expect(struct forward_world *world, const char *what, uint64_t found, uint64_t due)
{
	if (found != due)
		forward_fail(world, "%s: %" PRIu64 " are counted, and %" PRIu64 " were seen or due", what, found, due);
}

static void settle_drops(struct forward_world *world, const struct quern_counters *now)
{
	uint64_t more = 0;

	for (enum quern_drop reason = 1; reason < QUERN_DROPS_END; reason++) {
		uint64_t found = now->drops[reason] - world->before.drops[reason], due = world->due.drops[reason];

		if (found < due || (found > due && world->due.broken == 0))
			expect(world, quern_drop_name(reason), found, due);
		more += found - due;
	}
	expect(world, "drops of broken frames", more, world->due.broken);
}

static void settle_counters(struct forward_world *world)
{
	const struct quern_counters now = counters_of(world), *before = &world->before;
	const struct forward_tally *due = &world->due;
	const struct forward_heard *heard = &world->heard;
	uint64_t refused = now.unreachables_sent - before->unreachables_sent;
	uint64_t throttled = now.unreachables_throttled - before->unreachables_throttled;

	settle_drops(world, &now);
	expect(world, "frames received", now.rx_packets - before->rx_packets, due->frames);
	expect(world, "frames sent", now.tx_packets - before->tx_packets, heard->frames);
	expect(world, "frames moved", now.moved_out - before->moved_out, due->moved);
	expect(world, "forwarded", now.udp_forwarded - before->udp_forwarded, heard->forwarded);
	expect(world, "returned", now.udp_returned - before->udp_returned, heard->returned);
	expect(world, "ICMP errors passed on", now.udp_errors_passed - before->udp_errors_passed, heard->passed);
	expect(world, "ICMP errors", refused, heard->refused);
	expect(world, "ICMP errors and those left out", refused + throttled, due->refusals);
	expect(world, "sessions opened", now.udp_sessions_opened - before->udp_sessions_opened, due->opened);
	expect(world, "sessions ended", now.udp_sessions_ended - before->udp_sessions_ended, due->ended);
	expect(world, "records", shard_forward_sessions(world->group), forward_records(world));
	expect(world, "buffers in use", forward_buffers(), 0);
	world->before = now;
}

void forward_settle(struct forward_world *world)
{
	settle_messages(world);
	settle_sessions(world);
	settle_counters(world);
	if (!shard_forward_validate(world->group))
		forward_fail(world, "the sessions do not agree with themselves");
	for (uint16_t port = 0; port < world->plan.port_count && world->last_number % 8 == 0; port++)
		if (!shard_validate(world->shards[port]))
			forward_fail(world, "the shard of port %u does not agree with itself", port);
	memset(&world->due, 0, sizeof(world->due));
	memset(&world->heard, 0, sizeof(world->heard));
	world->message_count = 0;
	world->error_count = 0;
}
