/* engine.h - ports, workers and shards: open, run, stop, close. */
#ifndef QUERN_ENGINE_H
#define QUERN_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <quern/counters.h>
#include <quern/calls.h>
#include <quern/capture.h>
#include <quern/forward.h>
#include <quern/impair.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { QUERN_MAX_PORTS = 16, QUERN_MAX_SHARDS = 64, QUERN_MAX_SHARDS_ON_PORT = 16, QUERN_ERROR_TEXT = 1024 };

enum quern_memory {
	QUERN_MEMORY_AUTO, /* hugepages where enough are free, else 4 KiB pages */
	QUERN_MEMORY_HUGE,
	QUERN_MEMORY_4K
};

/* A port's own addresses of IPv6, consecutive, 2^27 at most, and its network; all zero where it speaks IPv4 alone. */
struct quern_port_ip6 {
	struct quern_ip6 first;
	struct quern_ip6 last;
	struct quern_ip6 gateway; /* :: for none */
	uint8_t prefix_length;
};

/* A port. `device` is one of
 *   "cable"                two such in one engine are its two ends
 *   "tap:NAME"             a tap interface that the engine makes
 *   "af_packet:IFACE"      an interface of the kernel's, "af_xdp:IFACE" the same by AF_XDP
 *   "memif:PATH[,server]"  shared memory with another process; the side with ",server" makes the socket
 *   "pcap:FILE[,OUT]"      frames of a capture file; what is sent goes to OUT
 *   "0000:03:00.0[,ARGS]"  a PCI address with DPDK's arguments
 *   "net_DRIVER0[,ARGS]"   a virtual device by DPDK's own words
 * and at most 511 characters long. */
struct quern_port_config {
	const char *device;
	struct quern_range addresses; /* our own addresses of IPv4 on it, answered by ARP */
	uint8_t prefix_length;        /* of the network it is on */
	uint32_t gateway;             /* 0 for none */
	uint16_t mtu;                 /* 0 means 1500 */
	uint16_t vlan;                /* 0 means untagged */
	uint16_t queues;              /* at most; 0 means one for each shard, where the port can have so many */
	struct quern_impair impair[QUERN_WAYS]; /* all zero: what comes and goes passes as it is */
	struct quern_port_ip6 ip6;              /* beside those of IPv4; an MTU of 1280 at least */
};

/* A shard: one end's whole stack, bound to one port and run by one core. Several on one port share it: each flow is one
 * shard's, by the port's own spreading over its queues, or by a hash where it has but one. */
struct quern_shard_config {
	uint16_t port;            /* index into ports */
	uint16_t core;            /* CPU number; shards that name the same one share its worker */
	uint16_t lane;            /* 0 in general; shards of another lane have a worker of their own on the same core */
	const char *role;         /* "client" or "server", for the report */
	uint32_t max_connections; /* 0 means 131,072 */
	uint32_t max_half_open;   /* 0 means half of max_connections; their records come out of it */
	uint32_t max_time_wait;   /* 0 means 131,072 */
	uint32_t time_wait_ms;    /* 2MSL; 0 means 60,000 */
	bool time_wait_reset;     /* a RST ends TIME-WAIT, as RFC 9293 has it; default no (RFC 1337) */
	/* Once a turn, on the worker: pacing. Returns whether it found work. May be null. */
	bool (*on_turn)(struct quern_shard *shard, void *app);
	/* Once, on the worker, before the first turn: listen, add routes. 0 or -errno, which ends the run. May be null.
	 */
	int (*on_start)(struct quern_shard *shard, void *app);
	void *app;
};

struct quern_engine;
struct quern_order;
struct quern_stall;

struct quern_engine_config {
	struct quern_port_config ports[QUERN_MAX_PORTS];
	uint16_t port_count;
	struct quern_shard_config shards[QUERN_MAX_SHARDS];
	uint16_t shard_count;
	enum quern_memory memory;
	uint64_t seed;              /* 0 draws one from the system */
	int wait_link_ms;           /* how long quern_engine_open() waits for links to come up */
	char *const *eal_arguments; /* handed to EAL as they are, null-terminated; may be null */
	bool verbose;               /* let EAL's own messages through */
	/* On the control thread, once for each event of <quern/stall.h>. May be null. */
	void (*on_stall)(struct quern_engine *engine, const struct quern_stall *stall, void *app);
	void *stall_app;
	/* On the thread that opens, before EAL starts and when it has started or failed. Of the drivers in that folder
	 * EAL has been told all that it needs; null where it may need any, and behind the start. May be null. */
	void (*on_eal)(bool starts, const char *needless_folder);
	bool (*gives_up)(void); /* asked while quern_engine_open() waits; true ends it by -EINTR; may be null */
	/* RFC 9293 3.4.3: quern_engine_open() returns no sooner than so long after the start, and nothing is sent
	 * before; one MSL after a crash keeps old segments out of new connections. Default 0: ISNs are fresh. */
	uint32_t quiet_ms;
	struct quern_capture_config capture; /* all zero: none */
	struct quern_forward_config forward; /* of UDP, by all shards; all zero: none */
	/* On the control thread, between two ticks, when somebody gives an order (<quern/order.h>). May be null: none
	 * is taken. */
	void (*on_order)(struct quern_engine *engine, struct quern_order *order, void *app);
	void *order_app;
};

/* What a small program begins with: one port, whose address is given as "198.18.0.1/24" or "fd00::1/64", and one shard
 * on the last core that this process may use. `device` must outlive the opening. The rest is zero, the default, and the
 * caller's to change; `shards[0].on_start` is what he must add. 0, or -EINVAL where the address is none. */
int quern_engine_default(struct quern_engine_config *config, const char *device, const char *address);

/* Starts EAL, ports, memory and shards; nothing runs yet. One engine a process.
 * 0 or -errno; then `error` is one or more lines with cause, place and remedy, and nothing is left behind. */
int quern_engine_open(const struct quern_engine_config *config, struct quern_engine **engine,
		      char error[QUERN_ERROR_TEXT]);

/* What quern_engine_open() would find wrong, on any machine, with these ports and with the rules of forwarding for them
 * and for these workers, in the same words. Nothing is opened. 0 or -errno. */
int quern_engine_check_forward(const struct quern_engine_config *config, char error[QUERN_ERROR_TEXT]);

/* Starts the workers, calls `on_tick` at once and about every 100 ms on this thread until quern_engine_stop(), then
 * joins them. 0, or -errno with `error` when a worker could not start or stopped by itself. */
int quern_engine_run(struct quern_engine *engine, void (*on_tick)(struct quern_engine *engine, void *app), void *app,
		     char error[QUERN_ERROR_TEXT]);

/* Asks quern_engine_run() to return; safe from a signal handler and from a worker. */
void quern_engine_stop(struct quern_engine *engine);

/* Undoes quern_engine_open(): ports, memory, runtime files. */
void quern_engine_close(struct quern_engine *engine);

struct quern_forward_use {
	uint64_t sessions; /* that are open now */
	uint64_t capacity;
};

/* How many sessions are forwarded, while it runs. */
void quern_engine_sessions(const struct quern_engine *engine, struct quern_forward_use *use);

/* Copies the counters of a shard while it runs. */
void quern_engine_counters(const struct quern_engine *engine, uint16_t shard, struct quern_counters *counters);

struct quern_shard_memory {
	uint32_t connections; /* capacity */
	uint32_t time_waits;  /* capacity */
	uint32_t connections_used;
	uint32_t time_waits_used;
	uint64_t table_capacity;
	uint64_t table_used;
	uint64_t reserved_bytes;  /* records, table and wheel; buffers are counted apart */
	double bytes_established; /* a connection at capacity: record, table and wheel */
	double bytes_time_wait;
	double bytes_half_open;
	uint32_t timers;       /* that run; those that were cancelled too, until their time comes */
	uint32_t timer_lag_ms; /* how late the shard is with those that are due */
	uint32_t mbufs;        /* buffers of its pool; 0 for shards that share another's */
	uint32_t mbufs_used;   /* in queues, on their way, or lent to the port */
};

/* What a shard has reserved and uses. */
void quern_engine_memory(const struct quern_engine *engine, uint16_t shard, struct quern_shard_memory *memory);

struct quern_worker_report {
	uint16_t core;
	uint64_t cycles; /* wall TSC cycles since the first turn */
	uint64_t turns;
	uint64_t busy_turns;  /* turns that found work */
	uint64_t busy_cycles; /* of them; a turn is counted once it is over */
	uint64_t gaps;        /* turns that took QUERN_GAP_NS longer than their work: others had the core */
	uint64_t gap_ns;      /* in all */
	uint64_t longest_gap_ns;
	uint64_t stalls; /* times that it did not turn for QUERN_STALL_MS; a stop of the whole process is none */
	uint64_t longest_stall_ms;
};

/* Copies the figures of worker `number`; -ENOENT past the last. */
int quern_engine_worker(const struct quern_engine *engine, uint16_t number, struct quern_worker_report *report);

/* The number of the worker that runs a shard. */
uint16_t quern_engine_worker_of(const struct quern_engine *engine, uint16_t shard);

/* Describes shards whose port is on another NUMA node than their core, one line each, with the cores that are local.
 * Writes at most `size` bytes, and nothing where all are well placed; returns whether there was anything to say. */
bool quern_engine_placement(const struct quern_engine *engine, char *text, size_t size);

/* Whether frames can pass a port: the interface is up, the peer of shared memory is there. */
bool quern_engine_link_is_up(const struct quern_engine *engine, uint16_t port);

/* What the bad lines of a port have done to the frames of one way, since the engine was opened. False, and zeros, where
 * none were asked for, and past the last port. */
bool quern_engine_impaired(const struct quern_engine *engine, uint16_t port, enum quern_way way,
			   struct quern_impair_counters *counters);

/* How the capture goes. False, and zeros, where none was asked for. */
bool quern_engine_captured(const struct quern_engine *engine, struct quern_capture_report *report);

struct quern_machine {
	char cpu[64];
	uint16_t cores;
	uint16_t numa_nodes;
	const char *pages; /* "2M", "1G" or "4K" */
	const char *dpdk;  /* version */
	double tsc_hz;
};

/* Describes the machine as the engine uses it. */
void quern_engine_machine(const struct quern_engine *engine, struct quern_machine *machine);

/* The NUMA node of a CPU, and of what a port's device text names; -1 where it is on none, or not known. For choosing
 * cores; they need no engine. */
int quern_core_node(uint16_t core);
int quern_device_node(const char *device);

/* The driver that serves a port, e.g. "net_ring". */
const char *quern_engine_driver(const struct quern_engine *engine, uint16_t port);

/* "22.11.11" and the like; needs no engine. */
const char *quern_dpdk_version(void);

#ifdef __cplusplus
}
#endif

#endif
