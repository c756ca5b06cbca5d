/* shard_driver.h - one shard on a virtual clock: what goes in, what comes out and what its application hears. */
#ifndef SUPPORT_SHARD_DRIVER_H
#define SUPPORT_SHARD_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "shard/shard.h"
#include "support/raw_frame.h"
#include "support/raw_ip6.h"

#define DRIVER_LOCAL 0xc6120001U /* 198.18.0.1, the first address of the shard */
#define DRIVER_LOCAL_LAST 0xc6120004U
#define DRIVER_REMOTE 0xc6130001U /* 198.19.0.1, where the test speaks from */

enum {
	DRIVER_WINDOW = 65535, /* what the test advertises: MAX.SND.WND of its connections */
	DRIVER_MSS = 1400,     /* the MSS of the test's SYN */
	DRIVER_HEARD_MAX = 4096,
	DRIVER_TOLD_MAX = 1024
};

enum driver_what {
	TOLD_ESTABLISHED = 1,
	TOLD_PEER_CLOSED,
	TOLD_UNANSWERED,
	TOLD_ENDED,
	TOLD_TEXT, /* `bytes` taken; only an application that reads is told this and what follows */
	TOLD_WRITABLE,
	TOLD_URGENT, /* the next `bytes` bytes */
	TOLD_ICMP    /* `bytes` is enum quern_icmp; only where the test hears_icmp */
};

/* What the application of the test does inside a callback. */
enum driver_habit { HABIT_WAIT, HABIT_CLOSE, HABIT_SHUTDOWN, HABIT_ABORT };

struct driver_told {
	enum driver_what what;
	enum quern_end how;
	uint32_t bytes;
	struct quern_conn conn;
	uint64_t at_ms;
};

struct driver_heard {
	struct raw_segment segment;
	uint64_t at_ms;
};

/* The application's way with the text of its one connection. Where it does not read, all text is taken, untold. */
struct driver_reader {
	bool reads;
	uint32_t appetite;  /* bytes that it takes yet */
	uint32_t received;  /* each byte is checked against the stream */
	uint32_t sent;      /* by driver_send() */
	uint32_t answers;   /* bytes that it sends when it has taken text */
	uint32_t greets;    /* bytes that it sends when it hears "established" */
	uint32_t closes_at; /* bytes received when it closes, within on_data; 0 for never */
	enum driver_habit on_text;
};

struct driver {
	struct quern_shard *shard;
	void *memory;
	struct rte_mempool *in_pool;  /* of frames that are injected */
	struct rte_mempool *out_pool; /* the shard's own */
	uint64_t now_ns;
	uint32_t
		link_bytes; /* of the Ethernet header that frames get here, and lose, where the configuration says so */
	bool is_hardware;   /* the shard leaves sums to its port, which raw_port.h is then */
	unsigned int arp_heard;
	struct driver_heard heard[DRIVER_HEARD_MAX];
	unsigned int heard_next, heard_count;
	struct driver_told told[DRIVER_TOLD_MAX];
	unsigned int told_next, told_count;
	enum driver_habit on_established, on_peer_closed, on_icmp;
	bool hears_icmp;
	struct driver_reader reader;
	struct quern_conn last; /* the connection of the latest callback or connect */
};

/* The callbacks that note what the application is told; their `app` is the driver. */
extern const struct quern_events driver_events;

/* What the pools of frames in and out hold each, unless a test that needs more says so before its first driver_open():
 * there is a process for each test, and a buffer costs it a page. */
extern unsigned int driver_pool_buffers;

/* Makes a shard. Where `config` (may be null) leaves them zero: 64 connections, 32 half-open ones, 64 TIME-WAIT
 * records, addresses LOCAL to LOCAL_LAST of 198.18.0.0/15, MTU 1500, no Ethernet header, seed 1, a pool of its own. The
 * clock begins at `start_ms`. May be opened again after driver_close(). With Ethernet the shard's MAC address is
 * driver_mac, and ARP and neighbour discovery that it sends are counted, and not read. With QUERN_TEST_CUT in the
 * environment it has a port that gathers, sums and cuts. */
extern const uint8_t driver_mac[6], driver_peer_mac[6];
void driver_open_at(struct driver *driver, const struct shard_config *config, uint64_t start_ms);
void driver_open(struct driver *driver, const struct shard_config *config);

/* Checks that the shard is valid, closes it, and checks that every buffer is back. */
void driver_close(struct driver *driver);

/* One frame in, and whatever comes of it in the same turn. */
void driver_inject(struct driver *driver, const struct raw_segment *segment);
/* Some in one burst. */
void driver_inject_burst(struct driver *driver, const struct raw_segment *segments, uint16_t count);

void driver_inject_bytes(struct driver *driver, const uint8_t *frame, uint32_t bytes);

/* The application sends the next `bytes` bytes of its stream; returns how many were taken. */
uint32_t driver_send(struct driver *driver, struct quern_conn conn, uint32_t bytes);

/* Ends a turn: collects the frames that the shard has to send. */
void driver_collect(struct driver *driver);

/* Moves the clock from deadline to deadline. */
void driver_advance(struct driver *driver, uint64_t ms);

uint64_t driver_now_ms(const struct driver *driver);

/* The next segment that the shard has sent, or null. */
const struct driver_heard *driver_next_heard(struct driver *driver);

/* The next thing that the application was told, or null. */
const struct driver_told *driver_next_told(struct driver *driver);

/* The state of a connection, by the addresses that the test has for its ends. */
enum quern_state driver_state_of(struct quern_shard *shard, uint32_t local, uint32_t remote, uint16_t local_port,
				 uint16_t remote_port);

/* A listener on LOCAL at `port`. */
void driver_listen(struct driver *driver, uint16_t port, const struct quern_tcp_options *options);

const struct quern_counters *driver_counters(const struct driver *driver);

#endif
