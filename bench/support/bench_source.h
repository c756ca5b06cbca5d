/* bench_source.h - clients without a state: SYNs to a server, and each answer made from the frame that it answers. */
#ifndef SUPPORT_BENCH_SOURCE_H
#define SUPPORT_BENCH_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

/* What is sent and seen. A connection is complete for its server once that has its FIN acknowledged: by a `last_acks`.
 */
struct bench_source_counts {
	uint64_t syns;
	uint64_t syn_acks;  /* seen, and answered by ACK and an octet of text, or by nothing */
	uint64_t fins;      /* seen, and answered by FIN and ACK */
	uint64_t last_acks; /* bare ACKs seen: they need no answer */
	uint64_t texts;     /* text without FIN, answered by ACK */
	uint64_t resets;    /* seen */
	uint64_t arps;      /* answered */
	uint64_t ignored;   /* all else */
};

/* Who the clients are: `addresses` of them from `first` on, each with all ports from 1024 to 60999. Host order. */
struct bench_source {
	uint8_t mac[6];
	uint8_t target_mac[6];
	uint32_t target;
	uint16_t target_port;
	uint32_t first;
	uint32_t addresses;
	uint32_t next_address; /* whose SYN is next, from 0 on */
	uint16_t next_port;
	bool is_mute; /* nobody is behind the SYNs: what they draw is counted and not answered */
	struct bench_source_counts counts;
};

/* Fills an empty mbuf with the ARP request for the server's MAC address. */
void bench_source_ask(struct bench_source *source, struct rte_mbuf *mbuf);

/* Fills an empty mbuf with the next client's SYN. */
void bench_source_syn(struct bench_source *source, struct rte_mbuf *mbuf);

/* Turns a frame of the server's into its answer, and counts it; false where it needs none. The frame alone says what is
 * to be answered: a SYN+ACK by ACK and one octet of text, but by who is mute; text by its ACK, FIN by FIN and ACK. */
bool bench_source_answer(struct bench_source *source, struct rte_mbuf *mbuf);

#endif
