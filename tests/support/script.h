/* script.h - a TCP test as a script: what the test says, what it hears, and what the application is told. Numbers are
 * relative: SEQ of what is said to the test's ISS, ACK of it to the shard's, and the other way round for what is heard.
 */
#ifndef SUPPORT_SCRIPT_H
#define SUPPORT_SCRIPT_H

#include "support/shard_driver.h"

enum { SCRIPT_PORT = 80, SCRIPT_REMOTE_PORT = 40000, SCRIPT_PEER_ISS = 0x7ffff000 };

/* One connection, from the test's end. */
struct script {
	struct driver *driver;
	uint32_t local, remote;
	uint16_t local_port, remote_port;
	uint32_t peer_iss; /* the test's own */
	uint16_t window;   /* what say() advertises */
	uint16_t mss;      /* the option on its SYN, left out where 0 */
	uint32_t iss;      /* the shard's, learnt from its first SYN */
	bool iss_known;
	uint64_t mark_ms;         /* where hear_at() counts from */
	struct quern_conn conn;   /* from script_connect() or the first callback */
	struct raw_segment heard; /* the last that hear() and its like have found */
};

/* From REMOTE:40000 to the shard's LOCAL:80. */
struct script script_new(struct driver *driver);

/* Where the application calls connect, from LOCAL:`local_port` to the test. */
struct script script_connect(struct driver *driver, uint16_t local_port, const struct quern_tcp_options *options);

/* The state that the shard has it in. */
enum quern_state script_state(const struct script *script);

/* The segment that say() would send, to be altered and injected. */
struct raw_segment script_segment(const struct script *script, int flags, uint32_t seq, uint32_t ack);

void script_say(struct script *script, int flags, uint32_t seq, uint32_t ack, uint32_t text_bytes);
/* The same with timestamps. */
void script_say_at(struct script *script, int flags, uint32_t seq, uint32_t ack, uint32_t text_bytes, uint32_t tsval,
		   uint32_t tsecr);
void script_hear(struct script *script, int line, int flags, uint32_t seq, uint32_t ack, uint32_t text_bytes);
void script_hear_at(struct script *script, int line, uint64_t ms, int flags, uint32_t seq, uint32_t ack,
		    uint32_t text_bytes);
void script_hear_reset(struct script *script, int line, uint32_t seq, uint32_t ack);
void script_hear_nothing(struct script *script, int line);
void script_told(struct script *script, int line, enum driver_what what, enum quern_end how);
void script_told_bytes(struct script *script, int line, enum driver_what what, uint32_t bytes);
void script_told_closed(struct script *script, int line);
void script_told_nothing(struct script *script, int line);
void script_in_state(struct script *script, int line, enum quern_state state);

/* Each fails the test where it does not find what it names; all of them look at the next thing that happened. */
#define say(script, flags, seq, ack) script_say(script, flags, seq, ack, 0)
#define say_text(script, flags, seq, ack, bytes) script_say(script, flags, seq, ack, bytes)
#define say_at(script, flags, seq, ack, bytes, tsval, tsecr) script_say_at(script, flags, seq, ack, bytes, tsval, tsecr)
#define hear(script, flags, seq, ack) script_hear(script, __LINE__, flags, seq, ack, 0)
#define hear_text(script, flags, seq, ack, bytes) script_hear(script, __LINE__, flags, seq, ack, bytes)
#define hear_at(script, ms, flags, seq, ack) script_hear_at(script, __LINE__, ms, flags, seq, ack, 0)
#define hear_text_at(script, ms, flags, seq, ack, bytes) script_hear_at(script, __LINE__, ms, flags, seq, ack, bytes)
#define hear_reset(script, seq, ack) script_hear_reset(script, __LINE__, seq, ack)
#define hear_nothing(script) script_hear_nothing(script, __LINE__)
#define told(script, what) script_told(script, __LINE__, what, QUERN_END_NONE)
#define told_ended(script, how) script_told(script, __LINE__, TOLD_ENDED, how)
#define told_text(script, bytes) script_told_bytes(script, __LINE__, TOLD_TEXT, bytes)
#define told_urgent(script, bytes) script_told_bytes(script, __LINE__, TOLD_URGENT, bytes)
#define told_icmp(script, what) script_told_bytes(script, __LINE__, TOLD_ICMP, what)
#define told_closed(script) script_told_closed(script, __LINE__)
#define told_nothing(script) script_told_nothing(script, __LINE__)
#define in_state(script, state) script_in_state(script, __LINE__, state)

/* Text is the stream's at SEQ, the first byte having SEQ 1, both ways: it is checked wherever it is heard or read.
 * told_closed(): an orderly end after our own close, whether or not the peer's FIN was worth a call of its own.
 * hear_reset() is for a RST of our own accord: RFC 9293 3.10.5 has no ACK on it, which many stacks add. */

/* Time from here on is what hear_at() means. */
void mark(struct script *script);

void advance(struct script *script, uint64_t ms);

/* The application's calls, each ending the turn; they must succeed. */
void app_send(struct script *script, uint32_t bytes); /* all of it must be taken */
void app_resume(struct script *script, uint32_t appetite);
void app_close(struct script *script);
void app_shutdown(struct script *script);
void app_abort(struct script *script);

/* What quern_conn_info() says of the connection, which must be there. */
struct quern_conn_info script_info(struct script *script);

/* Where a fresh connection stands after state_reach(), in relative numbers. */
struct reached {
	struct script script;
	uint32_t snd_una, snd_nxt, rcv_nxt;
};

/* A fresh shard, driven by segments and calls to `state`; `actively` matters for SYN-RECEIVED only. */
struct reached state_reach(struct driver *driver, enum quern_state state, bool actively);

/* Drives one more connection, of a shard that is open and listens, to a state that a passive open comes to. */
void state_walk(struct script *script, enum quern_state state);

/* A shard with a listener whose application reads: all that comes, until its appetite is changed. */
struct script script_reader(struct driver *driver, const struct quern_tcp_options *options);

/* Ways to a state that end with nothing unheard and untold. */
void establish_passive(struct script *script); /* needs a listener */
void establish_active(struct script *script);  /* after script_connect() */
void close_actively(struct script *script);    /* from ESTABLISHED to TIME-WAIT */

#endif
