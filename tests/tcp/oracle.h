/* oracle.h - RFC 9293 3.10.7 transcribed by hand, with RFC 5961, RFC 1337 and RFC 6191 (no timestamps): what must come
 * of one segment. Knows nothing of lib/tcp. */
#ifndef TCP_ORACLE_H
#define TCP_ORACLE_H

#include "support/shard_driver.h"

/* Where the RFC leaves room: with the bit, the other of two right behaviours. */
enum oracle_choice {
	CHOICE_HOLE_ACKS = 1 << 0,       /* the ACK of a segment beyond a hole is processed, its text is not */
	CHOICE_SYN_ACK_TRIMMED = 1 << 1, /* SYN+ACK in SYN-RECEIVED completes the handshake (figure 7) */
	CHOICE_SYN_REPEATED = 1 << 2,    /* a duplicate of the old SYN with more on it gets SYN+ACK again */
	CHOICE_AFTER_FIN_ACK = 1 << 3,   /* what comes after the peer's FIN is ignored, but with an ACK */
	CHOICE_TIME_WAIT_QUIET = 1 << 4, /* TIME-WAIT does not answer a bare ACK, nor SYN with ACK or FIN */
	CHOICE_SYN_RCVD_ACK = 1 << 5,    /* an ACK far off in SYN-RECEIVED gets RFC 5961's ACK */
	CHOICE_REOPEN_ABOVE = 1 << 6,    /* "larger than the last SEQ" means above RCV.NXT */
	CHOICE_SYN_FIN_DROPPED = 1 << 7, /* SYN with FIN is dropped in SYN-SENT as it is in LISTEN */
	CHOICE_SYN_TEXT_LEFT = 1 << 8,   /* text on SYN+ACK is left unacknowledged */
	CHOICES_END = 1 << 9
};

/* The transmission control block, in absolute sequence numbers. */
struct oracle_tcb {
	enum quern_state state;
	bool passive;
	uint32_t iss, snd_una, snd_nxt, max_snd_wnd;
	uint32_t irs, rcv_nxt, rcv_wnd;
};

/* What must come of it. */
struct oracle_outcome {
	enum quern_state next;
	uint8_t flags;       /* of the answer, 0 for silence */
	bool any_seq;        /* the answer begins a connection: its SEQ is not known */
	uint32_t seq, ack;   /* of the answer; `ack` with ACK only */
	uint32_t told;       /* bits 1 << enum driver_what */
	uint32_t maybe_told; /* the same, where both are right */
	enum quern_end how;  /* with TOLD_ENDED */
	uint32_t text_bytes; /* taken in order */
};

/* One segment for one connection, under a set of enum oracle_choice. */
struct oracle_outcome oracle_outcome(const struct oracle_tcb *tcb, const struct raw_segment *segment,
				     unsigned int choices);

/* RFC 9293 3.10.7.4, for oracle_outcome() only. */
void oracle_synchronized(struct oracle_tcb *tcb, const struct raw_segment *segment, unsigned int choices,
			 struct oracle_outcome *outcome);

/* The steps that both parts share. */
void oracle_send(struct oracle_outcome *outcome, int flags, uint32_t seq, uint32_t ack);
void oracle_tell(struct oracle_outcome *outcome, enum driver_what what);
void oracle_end(struct oracle_tcb *tcb, struct oracle_outcome *outcome, enum quern_end how);
void oracle_text_and_fin(struct oracle_tcb *tcb, struct raw_segment *rest, unsigned int choices,
			 struct oracle_outcome *outcome);

#endif
