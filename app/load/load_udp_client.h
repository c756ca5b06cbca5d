/* load_udp_client.h - the client of datagrams: sends them at a rate or within a window, and accounts for each. */
#ifndef LOAD_UDP_CLIENT_H
#define LOAD_UDP_CLIENT_H

#include <quern/udp.h>

#include "cli/cli_place.h"
#include "load/load_late.h"
#include "load/load_pace.h"
#include "load/load_udp_ledger.h"
#include "payload/payload_stamp.h"
#include "report/report_udp.h"

/* Written by its worker, read by the control thread. */
enum load_udp_phase {
	LOAD_UDP_WAITING,     /* for the MAC address of the way to the target */
	LOAD_UDP_UNREACHABLE, /* it did not come in time */
	LOAD_UDP_READY,       /* waits for the next trial */
	LOAD_UDP_WARMUP,
	LOAD_UDP_SENDING,
	LOAD_UDP_DRAINING /* sends nothing; what was sent is being decided */
};

/* What the control thread asks of all clients. */
struct load_udp_order {
	uint32_t trial; /* the number of the one to be run, from 1 on; written last */
	uint64_t pps;   /* of all clients; CLI_PPS_MAX */
	uint64_t warmup_ns;
	uint64_t duration_ns; /* 0: until it is ended */
	bool ends;            /* send nothing more */
	bool quits;           /* nor wait for answers */
};

struct load_udp_flow {
	struct quern_endpoint local;
	uint64_t next; /* the highest number that was answered on it, plus 1 */
};

struct load_udp_client {
	enum load_udp_phase phase;
	uint32_t finished; /* the last trial that is */
	const struct load_udp_order *order;
	const struct cli_settings *settings;
	const struct cli_service *service; /* of these settings, the one that there is */
	uint16_t port;                     /* by its place in the settings */
	struct report_udp_tally *tally;
	struct load_udp_ledger ledger; /* of requests; one way there is none */

	struct quern_range sources[CLI_MAX_ADDRESSES];
	struct quern_udp_socket sockets[CLI_MAX_ADDRESSES];
	uint16_t source_count;
	struct load_udp_flow *flows; /* flow i is sent from source i modulo their number */
	uint32_t flow_count;
	uint32_t first_flow; /* its number in the run */
	uint16_t number, count;

	uint32_t trial;
	uint16_t run;
	enum payload_stamp_kind kind; /* of what is sent now, and heard */
	uint64_t rate;                /* its share; 0 for as many as the window, or the port, lets go */
	bool is_idle;                 /* it has no share */
	struct cli_leg level;         /* the rate of all clients */
	struct load_pace pace;
	struct load_late late;
	uint32_t next_flow;     /* flows take turns */
	uint64_t next_sequence; /* so all of them have the same, but for those that have had their turn */
	uint32_t wire_bytes;
	uint64_t waiting_since_ns;
	uint64_t schedule_begin_ns;
	uint64_t measure_begin_ns, measure_end_ns; /* the end is later where the rate could not be kept */
	uint64_t last_sent_ns;
	uint64_t ends_due_ns; /* when flows are told to have ended once more */
	uint32_t ends_left;
	uint8_t text[PAYLOAD_DATAGRAM_MAX];
};

/* Prepares client `number` of `count`, which is the worker of that number; memory is reserved here. 0 or -ENOMEM. */
int load_udp_client_open(struct load_udp_client *client, const struct cli_settings *settings,
			 const struct cli_workers *workers, uint16_t number, const struct load_udp_order *order);
void load_udp_client_close(struct load_udp_client *client);

/* on_start and on_turn of the client's shard; `app` is the client. */
int load_udp_client_start(struct quern_shard *shard, void *app);
bool load_udp_client_turn(struct quern_shard *shard, void *app);

/* The phase, and whether a trial is finished, from any thread. */
enum load_udp_phase load_udp_client_phase(const struct load_udp_client *client);
bool load_udp_client_has_finished(const struct load_udp_client *client, uint32_t trial);

/* on_datagram of its sockets (load_udp_answers.c). */
void load_udp_client_hear(struct quern_shard *shard, struct quern_udp_socket socket,
			  const struct quern_datagram *datagram, void *app);

#endif
