/* sim_wire.c - connections by what their frames say. */
#include "sim/sim_wire.h"

#include <string.h>

#include "base/seq.h"
#include "sim/sim_world.h"
#include "support/raw_ip6.h"

enum { ETHER_BYTES = 14, PROTOCOL_TCP = 6, RESTART_MS = 502 };

struct sim_tuple sim_wire_back(const struct sim_tuple *tuple)
{
	return (struct sim_tuple){tuple->dest, tuple->source, tuple->dest_port, tuple->source_port};
}

bool sim_wire_same(const struct sim_tuple *a, const struct sim_tuple *b)
{
	return a->source == b->source && a->dest == b->dest && a->source_port == b->source_port &&
	       a->dest_port == b->dest_port;
}

struct sim_flow *sim_wire_flow(struct sim_world *world, const struct sim_tuple *tuple)
{
	struct sim_flow *flow;

	for (uint32_t i = 0; i < world->flow_count; i++)
		if (sim_wire_same(&world->flows[i].tuple, tuple))
			return &world->flows[i];
	if (world->flow_count == SIM_FLOWS_MAX) {
		sim_fail(world, SIM_RULE_BALANCE, "frames of more than %d flows", SIM_FLOWS_MAX);
		return NULL;
	}
	flow = &world->flows[world->flow_count++];
	*flow = (struct sim_flow){.tuple = *tuple};
	return flow;
}

static struct sim_tuple tuple_of(const struct raw_segment *segment)
{
	return (struct sim_tuple){segment->source, segment->dest, segment->source_port, segment->dest_port};
}

/* The open that a SYN is of: index + 1, or 0 for none. */
static uint32_t open_of(const struct sim_world *world, const struct sim_flow *flow, uint32_t iss)
{
	for (uint32_t i = world->end_count; i > 0; i--) {
		const struct sim_end *end = &world->ends[i - 1];

		if (end->is_active && end->iss == iss && sim_wire_same(&end->tuple, &flow->tuple))
			return i;
	}
	return 0;
}

/* Then numbers of incarnations have no order. */
static bool has_restarted(const struct sim_world *world)
{
	for (uint8_t number = 0; number < world->plan->hosts; number++)
		if (world->hosts[number].restarts)
			return true;
	return false;
}

/* A SYN with another number begins another incarnation; what was heard of resets stays. */
static void begin(const struct sim_world *world, struct sim_flow *flow, const struct raw_segment *syn)
{
	struct sim_flow fresh = {.tuple = flow->tuple,
				 .is_known = true,
				 .iss = syn->seq,
				 .sent_end = syn->seq + 1,
				 .has_scale = syn->has_scale,
				 .scale = syn->scale,
				 .has_old = flow->is_known && flow->iss != syn->seq,
				 .has_two = flow->is_known && (flow->iss == syn->seq || has_restarted(world)),
				 .old_nxt = flow->sent_end,
				 .resets_heard = flow->resets_heard,
				 .reset_turn = flow->reset_turn,
				 .end = open_of(world, flow, syn->seq)};

	*flow = fresh;
}

/* The right edge of the window that a segment says. */
static uint32_t edge_of(const struct sim_flow *flow, const struct sim_flow *back, const struct raw_segment *segment)
{
	bool is_scaled = !(segment->flags & SYN) && flow->has_scale && back->has_scale;

	return segment->ack + ((uint32_t)segment->window << (is_scaled ? flow->scale : 0));
}

static const char *flow_text(const struct sim_flow *flow)
{
	static char text[64];

	snprintf(text, sizeof(text), "host %u:%u to host %u:%u", sim_host_of(flow->tuple.source),
		 flow->tuple.source_port, sim_host_of(flow->tuple.dest), flow->tuple.dest_port);
	return text;
}

/* Text at its number is what the application sent at that place. */
static void check_text(struct sim_world *world, const struct sim_flow *flow, const struct sim_frame *frame)
{
	const struct raw_segment *segment = &frame->segment;
	const struct sim_end *end = sim_app_end(world, flow->end);
	const uint8_t *text =
		rte_pktmbuf_mtod_offset(frame->mbuf, const uint8_t *, frame->mbuf->pkt_len - segment->text_bytes);
	uint32_t place = segment->seq - flow->iss - 1, given = sim_app_given(world, end);

	if (place > given || segment->text_bytes > given - place)
		sim_fail(world, SIM_RULE_TEXT, "%s: %u bytes at %u go out, of %u that were given", flow_text(flow),
			 segment->text_bytes, place, given);
	else if (sim_app_matches(world, end, place, text, segment->text_bytes) != segment->text_bytes)
		sim_fail(world, SIM_RULE_TEXT, "%s: the %u bytes that go out at %u are not those that were given",
			 flow_text(flow), segment->text_bytes, place);
}

/* RFC 9293 3.8.6: nothing beyond the window but the octet of a probe. */
static void check_window(struct sim_world *world, const struct sim_flow *flow, const struct sim_flow *back,
			 const struct raw_segment *segment)
{
	uint32_t end = segment->seq + segment->text_bytes;

	/* Of an incarnation that the peer has forgotten, and of which it knows two, there is no telling. */
	if (back->has_old && segment->flags & ACK && seq_before(segment->ack, back->iss))
		return;
	if (flow->has_two || back->has_two || !back->has_edge || !seq_before(back->edge_heard, end) ||
	    (segment->text_bytes == 1 && seq_before_eq(segment->seq, back->edge_heard)))
		return;
	sim_fail(world, SIM_RULE_NUMBERS, "%s: text from %u to %u, but the window ends at %u", flow_text(flow),
		 segment->seq - flow->iss, end - flow->iss, back->edge_heard - flow->iss);
}

static void check_numbers(struct sim_world *world, struct sim_flow *flow, const struct raw_segment *segment)
{
	uint32_t length = segment->text_bytes + !!(segment->flags & SYN) + !!(segment->flags & FIN);
	/* What had no next hop was lost before it got here. */
	bool may_skip = world->plan->ethernet;

	if (seq_before(segment->seq, flow->iss) || (!may_skip && seq_before(flow->sent_end, segment->seq)))
		sim_fail(world, SIM_RULE_NUMBERS, "%s: SEQ %u, with numbers up to %u used", flow_text(flow),
			 segment->seq - flow->iss, flow->sent_end - flow->iss);
	if (seq_before(flow->sent_end, segment->seq + length))
		flow->sent_end = segment->seq + length;
}

/* Behind all numbers that an ACK may be of. An open from a pair whose last connection was aborted may begin within the
 * old one's numbers, where those went faster than the clock of 4 us. */
static uint32_t last_of(const struct sim_flow *back)
{
	return back->has_old && seq_before(back->sent_end, back->old_nxt) ? back->old_nxt : back->sent_end;
}

static void check_sacks(struct sim_world *world, const struct sim_flow *flow, const struct sim_flow *back,
			const struct raw_segment *segment)
{
	for (uint8_t i = 0; i < segment->sack_count; i++) {
		uint32_t left = segment->sacks[i][0], right = segment->sacks[i][1];

		if (!seq_before(left, right) || seq_before(last_of(back), right) ||
		    (!back->has_old && seq_before(left, back->iss)))
			sim_fail(world, SIM_RULE_NUMBERS, "%s: SACK %u to %u, of numbers up to %u", flow_text(flow),
				 left - back->iss, right - back->iss, back->sent_end - back->iss);
	}
}

/* A late copy has brought a cookie back once more, and nobody has been told of that connection yet. */
static bool is_made_again(const struct sim_world *world, const struct sim_host *host, const struct sim_flow *flow)
{
	const struct sim_end *end = sim_app_end(world, flow->end);

	return shard_counters(host->shard)->cookies_accepted > 0 &&
	       (!flow->end || (!end->is_active && (end->has_ended || end->is_ghost)));
}

static void check_ack(struct sim_world *world, const struct sim_host *host, struct sim_flow *flow,
		      const struct sim_flow *back, const struct raw_segment *segment)
{
	uint32_t edge = edge_of(flow, back, segment), unit = 1u << flow->scale;

	if (flow->has_acked && is_made_again(world, host, flow) &&
	    (seq_before(segment->ack, flow->acked) || seq_before(edge, flow->edge_sent)))
		flow->has_acked = false;
	if (flow->has_acked && seq_before(segment->ack, flow->acked))
		sim_fail(world, SIM_RULE_NUMBERS, "%s: ACK %u after ACK %u: RCV.NXT went back", flow_text(flow),
			 segment->ack - back->iss, flow->acked - back->iss);
	if (back->is_known && seq_before(last_of(back), segment->ack))
		sim_fail(world, SIM_RULE_NUMBERS, "%s: ACK %u of numbers up to %u", flow_text(flow),
			 segment->ack - back->iss, back->sent_end - back->iss);
	/* A window is said in its unit, rounded down; and a SYN that goes again has none but 16 bits. */
	if (flow->has_acked && !(segment->flags & SYN) && seq_before(edge + unit - 1, flow->edge_sent))
		sim_fail(world, SIM_RULE_NUMBERS, "%s: the window ends at %u, and ended at %u before", flow_text(flow),
			 edge - back->iss, flow->edge_sent - back->iss);
	check_sacks(world, flow, back, segment);
	flow->acked = segment->ack;
	if (!flow->has_acked || seq_before(flow->edge_sent, edge))
		flow->edge_sent = edge;
	flow->has_acked = true;
}

static void check_reset(struct sim_world *world, const struct sim_host *host, const struct sim_flow *flow)
{
	if (host->heard_one_reset && sim_wire_same(&host->reset_tuple, &flow->tuple))
		sim_fail(world, SIM_RULE_QUIET, "%s: a RST answers a RST", flow_text(flow));
}

/* A TIME-WAIT record of the tuple's holds it. */
static void check_reuse(struct sim_world *world, const struct sim_host *host, const struct sim_flow *flow)
{
	/* One was evicted, or perhaps ended by a RST, in this very turn. */
	if (shard_counters(host->shard)->time_wait_evicted != host->evicted ||
	    world->plan->makes[host->number].time_wait_reset)
		return;
	for (uint32_t i = 0; i < host->rest_count; i++)
		if (sim_wire_same(&host->rests[i].tuple, &flow->tuple) && world->now_ns < host->rests[i].until_ns)
			sim_fail(world, SIM_RULE_REUSE, "%s: an open from a pair in TIME-WAIT", flow_text(flow));
}

/* The answer by cookie to a late copy of a SYN, in the same turn in which an earlier answer has come back. */
static bool is_stray(const struct sim_world *world, const struct sim_flow *flow, const struct raw_segment *syn)
{
	const struct sim_end *end = sim_app_end(world, flow->end);

	return flow->end && syn->flags & ACK && !end->is_active && flow->iss != syn->seq &&
	       end->since_turn == world->turns && end->peer && sim_app_end(world, end->peer)->iss + 1 == syn->ack;
}

/* Within its time a cookie is the same number, whatever became of the connection that it made; and so is an ISS
 * for 4 us. */
static bool begins_anew(const struct sim_world *world, const struct sim_flow *flow, const struct raw_segment *syn)
{
	const struct sim_end *end = sim_app_end(world, flow->end);

	return !flow->is_known || flow->iss != syn->seq || (flow->end && end->has_ended) ||
	       (syn->flags & ACK && flow->has_acked && flow->acked != syn->ack);
}

static void check_segment(struct sim_world *world, struct sim_host *host, struct sim_flow *flow, struct sim_flow *back,
			  const struct sim_frame *frame)
{
	const struct raw_segment *segment = &frame->segment;

	if (segment->flags & RST) {
		check_reset(world, host, flow);
		return;
	}
	if (segment->flags & SYN && is_stray(world, flow, segment))
		return;
	if (segment->flags & SYN && begins_anew(world, flow, segment)) {
		if (!(segment->flags & ACK))
			check_reuse(world, host, flow);
		begin(world, flow, segment);
	}
	/* Of a connection whose place another one tries to take, and which answers from TIME-WAIT. */
	if (!flow->is_known || (flow->has_old && segment->seq == flow->old_nxt && segment->text_bytes == 0))
		return;
	check_numbers(world, flow, segment);
	if (segment->text_bytes && flow->end)
		check_text(world, flow, frame);
	if (segment->text_bytes)
		check_window(world, flow, back, segment);
	/* Its peer may have begun anew, with numbers above the old ones: this may answer a late copy of a SYN. */
	if (segment->flags & ACK && !back->has_two && !(back->is_known && seq_before(segment->ack, back->iss)))
		check_ack(world, host, flow, back, segment);
	host->bare_acks += segment->text_bytes == 0 && !(segment->flags & (SYN | FIN));
}

static bool is_tcp(const uint8_t *packet)
{
	return packet[0] >> 4 == 6 ? packet[6] == PROTOCOL_TCP : packet[9] == PROTOCOL_TCP;
}

static bool is_ip(const struct sim_world *world, const uint8_t *frame)
{
	return !world->plan->ethernet || memcmp(frame + 12, "\x08\x06", 2) != 0;
}

void sim_wire_sent(struct sim_world *world, uint8_t number, struct sim_frame *frame)
{
	uint32_t link = world->plan->ethernet ? ETHER_BYTES : 0;
	const uint8_t *bytes = rte_pktmbuf_mtod(frame->mbuf, const uint8_t *);
	struct sim_flow *flow, *back;
	struct sim_tuple tuple, other;
	const char *wrong;

	if (frame->mbuf->nb_segs != 1)
		sim_fail(world, SIM_RULE_BALANCE, "host %u sends a frame of %u buffers unasked", number,
			 frame->mbuf->nb_segs);
	if (!is_ip(world, bytes) || !is_tcp(bytes + link))
		return;
	wrong = raw_read(bytes + link, frame->mbuf->pkt_len - link, &frame->segment);
	if (wrong) {
		sim_fail(world, SIM_RULE_NUMBERS, "host %u sends a frame that is wrong: %s", number, wrong);
		return;
	}
	frame->is_tcp = true;
	tuple = tuple_of(&frame->segment);
	other = sim_wire_back(&tuple);
	flow = sim_wire_flow(world, &tuple);
	back = sim_wire_flow(world, &other);
	if (flow && back)
		check_segment(world, &world->hosts[number], flow, back, frame);
}

/* RFC 9293 3.10.7.4: a repeated FIN starts 2MSL again; a record moves at most once in half a second. */
static void restart_rest(const struct sim_world *world, struct sim_host *host, const struct sim_flow *flow,
			 const struct raw_segment *segment)
{
	uint64_t until_ns = world->now_ns + (world->plan->time_wait_ms - RESTART_MS) * SIM_NS_PER_MS;
	struct sim_tuple ours = sim_wire_back(&flow->tuple);

	for (uint32_t i = 0; i < host->rest_count; i++)
		if (sim_wire_same(&host->rests[i].tuple, &ours) && host->rests[i].until_ns < until_ns &&
		    segment->seq + segment->text_bytes + 1 == flow->sent_end)
			host->rests[i].until_ns = until_ns;
}

static void move_edge(struct sim_flow *flow, uint32_t edge)
{
	if (seq_before(flow->edge_heard, edge))
		flow->edge_heard = edge;
}

/* An ACK arrives: the edge that it says. An older segment, or one that is refused, changes no window, but a later ACK
 * moves SND.UNA all the same, and so the edge beyond what was ever said (RFC 9293 3.10.7.4, docs/rfc.md row 47). */
static void hear_ack(struct sim_flow *flow, const struct sim_flow *back, const struct raw_segment *segment)
{
	uint32_t edge = edge_of(flow, back, segment);

	/* It is of what was before its hearer began anew. */
	if (back->is_known && seq_before(segment->ack, back->iss))
		return;
	if (!flow->has_edge) {
		flow->una = segment->ack;
		flow->edge_heard = edge;
		flow->has_edge = true;
	}
	if (flow->wnd < edge - segment->ack)
		flow->wnd = edge - segment->ack;
	if (seq_before(flow->una, segment->ack))
		flow->una = segment->ack;
	move_edge(flow, edge);
	move_edge(flow, flow->una + flow->wnd);
}

void sim_wire_heard(struct sim_world *world, uint8_t number, const struct sim_frame *frame)
{
	const struct raw_segment *segment = &frame->segment;
	struct sim_host *host = &world->hosts[number];
	struct sim_tuple tuple = tuple_of(segment), other = sim_wire_back(&tuple);
	struct sim_flow *flow, *back;
	bool is_late;

	if (!frame->is_tcp || frame->is_corrupt)
		return;
	flow = sim_wire_flow(world, &tuple);
	back = sim_wire_flow(world, &other);
	if (!flow || !back)
		return;
	if (segment->flags & RST) {
		flow->resets_heard++;
		flow->reset_turn = world->turns;
		host->reset_tuple = other;
		return;
	}
	if (!flow->is_known || seq_before(segment->seq + 1, flow->iss) || seq_before(flow->sent_end, segment->seq))
		return;
	is_late = segment->has_timestamps && seq_before(segment->tsval, flow->tsval_heard);
	if (segment->has_timestamps && !is_late)
		flow->tsval_heard = segment->tsval;
	if ((segment->flags & (FIN | ACK)) == (FIN | ACK) && !is_late)
		for (uint8_t i = 0; i < world->plan->hosts; i++)
			restart_rest(world, &world->hosts[i], flow, segment);
	if (segment->flags & ACK)
		hear_ack(flow, back, segment);
}
