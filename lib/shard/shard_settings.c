/* shard_settings.c - settings that one connection changes for itself: it moves to a variant of its service. */
#include "shard/shard_flight.h"

#include <errno.h>
#include <string.h>

#include "tcp/tcp_timer.h"
#include "tcp/tcp_timestamps.h"

/* The variant of a service with these settings, made where there is none; null with no room left. */
static struct shard_service *variant_of(struct quern_shard *shard, const struct shard_service *service,
					const struct tcp_profile *profile)
{
	struct shard_service *variant = &shard->services[shard->service_count];

	for (uint8_t i = 0; i < shard->service_count; i++)
		if (shard->services[i].origin == service->origin &&
		    memcmp(&shard->services[i].tcp, profile, sizeof(*profile)) == 0)
			return &shard->services[i];
	if (shard->service_count == SHARD_SERVICES)
		return NULL;
	*variant = *service;
	variant->tcp = *profile;
	variant->half_open = 0;
	shard->service_count++;
	return variant;
}

/* The listener or route that the connection came from. */
static const struct shard_service *origin_of(const struct quern_shard *shard, const struct tcp_conn *conn)
{
	return &shard->services[shard->services[conn->profile].origin];
}

/* The connection goes on as one of a variant with these settings. 0 or -ENOSPC. */
static int move_to(struct quern_shard *shard, struct tcp_conn *conn, const struct tcp_profile *wanted)
{
	const struct shard_service *variant = variant_of(shard, shard_service_of(shard, conn), wanted);

	if (!variant)
		return -ENOSPC;
	conn->profile = (uint8_t)(variant - shard->services);
	return 0;
}

int quern_conn_keepalive(struct quern_shard *shard, struct quern_conn handle, const struct quern_tcp_options *options)
{
	struct tcp_conn *conn = shard_conn_alive(shard, handle);
	struct tcp_profile wanted, filled;
	const struct shard_flight *flight;
	bool was_on;
	int error;

	if (!conn)
		return -ENOENT;
	flight = shard_flight_of(shard, conn);
	error = tcp_profile_make(&filled, options, shard->config.mtu);
	if (error < 0)
		return error;
	memcpy(&wanted, &shard_service_of(shard, conn)->tcp, sizeof(wanted));
	wanted.keepalive = filled.keepalive;
	wanted.keepalive_idle_ms = filled.keepalive_idle_ms;
	wanted.keepalive_interval_ms = filled.keepalive_interval_ms;
	wanted.keepalive_probes = filled.keepalive_probes;
	was_on = shard_service_of(shard, conn)->tcp.keepalive;
	error = move_to(shard, conn, &wanted);
	if (error < 0)
		return error;
	/* Idle time counts from here: what was heard 25 days ago is out of the reach of 32 bits. */
	if (!was_on) {
		tcp_timestamps_on_silence(conn, shard->now_ms - conn->heard_ms);
		conn->heard_ms = shard->now_ms;
	}
	if (!(conn->flags & TCP_IN_FLIGHT) && (!flight || flight->tcp.snd_una == conn->snd_end))
		tcp_timer_on_rest(conn, &shard->wheel, &shard_service_of(shard, conn)->tcp, shard->now_ms);
	return 0;
}

int quern_conn_nagle(struct quern_shard *shard, struct quern_conn handle, bool on)
{
	struct tcp_conn *conn = shard_conn_alive(shard, handle);
	struct tcp_profile wanted;
	int error;

	if (!conn)
		return -ENOENT;
	memcpy(&wanted, &shard_service_of(shard, conn)->tcp, sizeof(wanted));
	wanted.nagle = on;
	error = move_to(shard, conn, &wanted);
	if (error < 0)
		return error;
	/* What it has held back goes. */
	if (!on)
		shard_tcp_owes(shard, conn);
	return 0;
}

int quern_conn_user_timeout(struct quern_shard *shard, struct quern_conn handle, uint32_t timeout_ms)
{
	struct tcp_conn *conn = shard_conn_alive(shard, handle);
	const struct tcp_profile *before;
	const struct shard_flight *flight;
	struct tcp_profile wanted;
	int error;

	if (!conn)
		return -ENOENT;
	before = &shard_service_of(shard, conn)->tcp;
	memcpy(&wanted, before, sizeof(wanted));
	wanted.has_user_timeout = timeout_ms > 0 || origin_of(shard, conn)->tcp.has_user_timeout;
	wanted.user_timeout_ms = timeout_ms > 0 ? timeout_ms : origin_of(shard, conn)->tcp.user_timeout_ms;
	error = move_to(shard, conn, &wanted);
	if (error < 0)
		return error;
	flight = shard_flight_of(shard, conn);
	tcp_timer_on_patience(conn, flight ? &flight->tcp : NULL, &shard->wheel, before,
			      &shard_service_of(shard, conn)->tcp, shard->now_ms);
	return 0;
}
