/* sim_check.c - records, timers, states and buffers of a host, from inside. */
#include "sim/sim_check.h"

#include "base/seq.h"
#include "shard/shard_flight.h"
#include "sim/sim_world.h"
#include "support/edges.h"
#include "support/raw_ip6.h"
#include "tcp/tcp_timer.h"

enum { ACKS_TO_SPARE = 2 };

static const struct tcp_conn *conn_of(const struct quern_shard *shard, struct quern_conn handle)
{
	const struct tcp_conn *conn = &shard->conns[handle.index];

	return conn->generation == handle.generation && conn->key.local_port ? conn : NULL;
}

static void check_state(struct sim_world *world, struct sim_end *end, const struct tcp_conn *conn)
{
	enum quern_state state = conn->state;
	bool is_over = state == QUERN_TIME_WAIT || state == QUERN_CLOSED;

	if (!edge_is_legal(end->state, state) || is_over != !!(conn->flags & TCP_LINGERS))
		sim_fail(world, SIM_RULE_EDGE, "host %u: from %s to %s in one turn", end->host,
			 quern_state_name(end->state), quern_state_name(state));
	end->state = state;
}

/* The longest that anything waits; and what is due has fired, where the turn has looked at timers at all. */
static void check_timer(struct sim_world *world, const struct sim_host *host, const struct tcp_conn *conn,
			const struct tcp_flight *tcp)
{
	uint32_t rto_ms = tcp_timer_rto(conn, tcp), smss = tcp_smss(conn);

	if (rto_ms < TCP_RTO_FIRST_MS || rto_ms > TCP_RTO_MAX_MS)
		sim_fail(world, SIM_RULE_RECORDS, "host %u: an RTO of %u ms", host->number, rto_ms);
	if (host->has_expired && conn->timer.due != WHEEL_NEVER && seq_before(conn->timer.due, host->shard->tick))
		sim_fail(world, SIM_RULE_RECORDS, "host %u: a timer of %u ms ago has not fired", host->number,
			 host->shard->tick - conn->timer.due);
	if (tcp && tcp->congestion.cwnd < smss)
		sim_fail(world, SIM_RULE_NUMBERS, "host %u: a congestion window of %u bytes, less than a segment of %u",
			 host->number, tcp->congestion.cwnd, smss);
}

static void check_numbers(struct sim_world *world, struct sim_end *end, const struct tcp_conn *conn)
{
	const struct shard_flight *flight = shard_flight_of(world->hosts[end->host].shard, conn);
	const struct tcp_flight *tcp = flight ? &flight->tcp : NULL;
	uint32_t una = tcp_snd_una(conn, tcp), nxt = tcp_snd_nxt(conn, tcp);

	if (seq_before(nxt, una))
		sim_fail(world, SIM_RULE_NUMBERS, "host %u: SND.UNA is %u beyond SND.NXT", end->host, una - nxt);
	if (seq_before(una, end->snd_una))
		sim_fail(world, SIM_RULE_NUMBERS, "host %u: SND.UNA went back by %u", end->host, end->snd_una - una);
	if (end->state > QUERN_SYN_SENT && end->rcv_nxt && seq_before(conn->rcv_nxt, end->rcv_nxt))
		sim_fail(world, SIM_RULE_NUMBERS, "host %u: RCV.NXT went back by %u", end->host,
			 end->rcv_nxt - conn->rcv_nxt);
	check_timer(world, &world->hosts[end->host], conn, tcp);
	end->snd_una = una;
	end->rcv_nxt = conn->state > QUERN_SYN_SENT ? conn->rcv_nxt : 0;
}

/* Of twins, each connection is one's. */
static void check_twin(struct sim_world *world, const struct sim_end *end)
{
	for (uint32_t i = 0; world->plan->has_twins && i < world->end_count; i++) {
		const struct sim_end *other = &world->ends[i];

		if (!other->has_ended && other->host != end->host && sim_wire_same(&other->tuple, &end->tuple) &&
		    !sim_app_lingers(other) && !sim_app_lingers(end))
			sim_fail(world, SIM_RULE_RECORDS, "hosts %u and %u have the same connection", end->host,
				 other->host);
	}
}

static void check_ends(struct sim_world *world, const struct sim_host *host)
{
	uint32_t live = 0, known = 0;

	for (uint32_t i = 0; i < world->end_count; i++) {
		struct sim_end *end = &world->ends[i];
		const struct tcp_conn *conn;

		if (end->host != host->number || end->is_lost)
			continue;
		conn = conn_of(host->shard, end->conn);
		if (!conn != end->has_ended)
			sim_fail(world, SIM_RULE_RECORDS, "host %u: a connection %s", end->host,
				 conn ? "has ended, and has a record" : "is gone, and its end was not told");
		if (!conn || end->has_ended)
			continue;
		live++;
		check_state(world, end, conn);
		check_numbers(world, end, conn);
		check_twin(world, end);
	}
	/* What the application does not know of is half-open, or waits to be accepted. */
	for (uint32_t i = 0; i < host->shard->config.max_connections; i++) {
		const struct tcp_conn *conn = &host->shard->conns[i];

		known += conn->key.local_port && !(conn->flags & TCP_WAITS_ACCEPT) &&
			 !(conn->state == QUERN_SYN_RCVD && conn->flags & TCP_PASSIVE);
	}
	if (known != live)
		sim_fail(world, SIM_RULE_RECORDS, "host %u has %u connections that are told, and %u were", host->number,
			 known, live);
}

static struct sim_tuple tuple_of(const struct quern_shard *shard, const struct flow_key *key)
{
	struct quern_conn_info info;

	shard_ip6_ends(shard, key, &info);
	return (struct sim_tuple){raw_address(&info.local), raw_address(&info.remote), key->local_port,
				  key->remote_port};
}

static bool is_resting(const struct quern_shard *shard, const struct sim_tuple *tuple)
{
	for (uint32_t i = 0; i < shard->config.max_time_wait; i++) {
		const struct tcp_time_wait *record = &shard->time_wait.records[i];

		if (record->flags & TCP_TIME_WAIT_LIVE) {
			struct sim_tuple ours = tuple_of(shard, &record->key);

			if (sim_wire_same(&ours, tuple))
				return true;
		}
	}
	return false;
}

/* A record that is gone before its time was evicted, reopened by RFC 6191, or ended by a RST where those may. */
static void check_rests(struct sim_world *world, struct sim_host *host)
{
	const struct quern_shard *shard = host->shard;
	const struct quern_counters *counters = shard_counters(shard);
	bool may_go =
		counters->time_wait_evicted != host->evicted || host->is_reopened || shard->config.time_wait_reset;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < host->rest_count; i++) {
		if (is_resting(shard, &host->rests[i].tuple))
			host->rests[kept++] = host->rests[i];
		else if (!may_go && world->now_ns < host->rests[i].until_ns)
			sim_fail(world, SIM_RULE_REUSE, "host %u: port %u left TIME-WAIT %lu ms before 2MSL was over",
				 host->number, host->rests[i].tuple.source_port,
				 (unsigned long)((host->rests[i].until_ns - world->now_ns) / SIM_NS_PER_MS));
	}
	host->rest_count = kept;
	host->evicted = counters->time_wait_evicted;
	/* The old record goes once the handshake of the new one is done. */
	host->is_reopened |= counters->time_wait_reopened != 0;
}

static bool is_known(const struct sim_host *host, const struct sim_tuple *tuple)
{
	for (uint32_t i = 0; i < host->rest_count; i++)
		if (sim_wire_same(&host->rests[i].tuple, tuple))
			return true;
	return false;
}

static void note_rests(struct sim_world *world, struct sim_host *host)
{
	const struct quern_shard *shard = host->shard;

	for (uint32_t i = 0; i < shard->config.max_time_wait; i++) {
		const struct tcp_time_wait *record = &shard->time_wait.records[i];
		struct sim_tuple tuple;

		if (!(record->flags & TCP_TIME_WAIT_LIVE))
			continue;
		tuple = tuple_of(shard, &record->key);
		if (!is_known(host, &tuple) && host->rest_count < SIM_RESTS_MAX)
			host->rests[host->rest_count++] =
				(struct sim_rest){tuple, world->now_ns + world->plan->time_wait_ms * SIM_NS_PER_MS};
	}
}

/* Buffers in the out line, but not where the port gathers: there a queue's own may be among them. */
static bool count_out(const struct sim_world *world, uint32_t *buffers)
{
	for (uint8_t number = 0; number < world->plan->hosts; number++) {
		const struct quern_shard *shard = world->hosts[number].shard;

		if (world->plan->is_hardware && shard->out_head != shard->out_tail)
			return false;
		*buffers += shard->out_tail - shard->out_head;
	}
	return true;
}

static void check_buffers(struct sim_world *world)
{
	uint32_t used = sim_host_buffers() - world->lost, known = sim_link_buffers(world);

	for (uint8_t number = 0; number < world->plan->hosts; number++) {
		const struct sim_host *host = &world->hosts[number];

		known += host->stolen_count + host->moved_count + host->shard->buffers.used;
	}
	if (count_out(world, &known) && used != known)
		sim_fail(world, SIM_RULE_BALANCE, "%u buffers are in use, and %u are known of", used, known);
}

/* Whatever comes in draws one ACK, and so do timers and calls; and each connection may owe one since buffers were
 * short.
 */
static void check_quiet(struct sim_world *world, const struct sim_host *host)
{
	uint32_t most = host->heard + host->fired + host->calls + host->shard->conns_used + ACKS_TO_SPARE;

	if (host->bare_acks > most)
		sim_fail(world, SIM_RULE_QUIET, "host %u says %u ACKs, for %u frames, %u timers and %u calls",
			 host->number, host->bare_acks, host->heard, host->fired, host->calls);
}

void sim_check_turn(struct sim_world *world, uint8_t number)
{
	struct sim_host *host = &world->hosts[number];

	if (!shard_validate(host->shard))
		sim_fail(world, SIM_RULE_RECORDS, "host %u does not agree with itself: shard_validate()", number);
	check_ends(world, host);
	check_rests(world, host);
	note_rests(world, host);
	check_buffers(world);
	check_quiet(world, host);
}

bool sim_check_is_over(const struct sim_world *world)
{
	for (uint8_t number = 0; number < world->plan->hosts; number++) {
		const struct quern_shard *shard = world->hosts[number].shard;

		if (shard->conns_used || shard->time_wait.live || shard->out_head != shard->out_tail)
			return false;
	}
	return world->in_flight.used == 0;
}

void sim_check_left(struct sim_world *world)
{
	char text[240] = "";
	uint32_t used = 0;

	for (uint32_t i = 0; i < world->end_count; i++) {
		const struct sim_end *end = &world->ends[i];

		if (!end->has_ended && used < sizeof(text))
			used += (uint32_t)snprintf(text + used, sizeof(text) - used,
						   " side %u in %s, %u of %u bytes sent;",
						   2 * end->number + !end->is_active, quern_state_name(end->state),
						   end->sent, end->to_send);
	}
	for (uint8_t number = 0; number < world->plan->hosts; number++) {
		const struct quern_shard *shard = world->hosts[number].shard;

		if (used < sizeof(text))
			used += (uint32_t)snprintf(text + used, sizeof(text) - used,
						   " host %u: %u records, %u in TIME-WAIT;", number, shard->conns_used,
						   shard->time_wait.live);
	}
	sim_fail(world, SIM_RULE_LIVENESS, "%lu s after the last fault:%s %u frames on their way",
		 (unsigned long)((world->now_ns - world->plan->end_ns) / SIM_NS_PER_MS / 1000), text,
		 world->in_flight.used);
}
