/* metrics_names.h - every metric, from one list: name, type, labels and help. The names are a promise: dashboards and
 * alerts of users hang on them. docs/metrics.md has the same table, and a test holds it against this one. */
#ifndef METRICS_NAMES_H
#define METRICS_NAMES_H

#define METRICS(X)                                                                                                     \
	X(BUILD_INFO, "quern_build_info", GAUGE, "version dpdk git", "1, and by its labels what runs")                 \
	X(OPENED, "quern_connections_opened_total", COUNTER, "role",                                                   \
	  "Connections begun: by clients, connects that found no port or record included; by peers of servers")        \
	X(ESTABLISHED, "quern_connections_established_total", COUNTER, "role", "Connections that reached ESTABLISHED") \
	X(CLOSED, "quern_connections_closed_total", COUNTER, "role how",                                               \
	  "Connections that were established and have ended")                                                          \
	X(FAILED, "quern_connections_failed_total", COUNTER, "role reason", "Set-ups that came to nothing")            \
	X(ACTIVE, "quern_connections_active", GAUGE, "role state", "Connections now, by their state")                  \
	X(SETUP, "quern_connection_setup_seconds", HISTOGRAM, "role",                                                  \
	  "Time from SYN to ESTABLISHED of connections whose start lies in the measured time")                         \
	X(TABLE_ENTRIES, "quern_table_entries", GAUGE, "worker", "Entries of connection tables in use")                \
	X(TABLE_CAPACITY, "quern_table_capacity", GAUGE, "worker", "Entries that connection tables have room for")     \
	X(TIMERS, "quern_timers_pending", GAUGE, "worker",                                                             \
	  "Connections with a timer; cancelled ones too, until their time comes")                                      \
	X(TIMER_LAG, "quern_timer_lag_seconds", GAUGE, "worker", "How late timers are that are due")                   \
	X(BUSY_RATIO, "quern_worker_busy_ratio", GAUGE, "worker",                                                      \
	  "Share of the turns of the worker's loop that found work, in the last second")                               \
	X(CYCLES, "quern_worker_cycles_total", COUNTER, "worker kind",                                                 \
	  "TSC cycles of the worker since its first turn, by whether a turn found work")                               \
	X(PACKETS, "quern_packets_total", COUNTER, "port dir", "Frames received, and handed to the port")              \
	X(BYTES, "quern_bytes_total", COUNTER, "port dir", "Bytes of these frames, Ethernet header included")          \
	X(DROPS, "quern_drops_total", COUNTER, "port reason", "Frames that went no further; docs/metrics.md says why") \
	X(MBUFS, "quern_mbufs_in_use", GAUGE, "pool", "Buffers in queues, on their way, or lent to the port")          \
	X(FORWARDED, "quern_udp_forwarded_packets_total", COUNTER, "rule",                                             \
	  "Datagrams of clients sent on to targets; of one that all get, each copy")                                   \
	X(FLOWS, "quern_udp_flows", GAUGE, "rule", "Sessions of the rule now")                                         \
	X(RELOADS, "quern_config_reloads_total", COUNTER, "result", "Reloads that were asked for")

enum metrics_name {
#define X(id, name, type, labels, help) METRICS_##id,
	METRICS(X)
#undef X
		METRICS_END
};

struct metrics_info {
	const char *name;
	const char *type;
	const char *labels; /* their names, a space between two */
	const char *help;
};

extern const struct metrics_info metrics_infos[METRICS_END];

#endif
