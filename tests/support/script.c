/* script.c - a TCP test as a script. */
#include "support/script.h"

#include <criterion/criterion.h>

static const char *const what_texts[] = {"nothing", "established", "peer closed", "unanswered", "ended",
					 "text",    "writable",    "urgent",      "ICMP"};

struct script script_new(struct driver *driver)
{
	return (struct script){.driver = driver,
			       .local = DRIVER_LOCAL,
			       .remote = DRIVER_REMOTE,
			       .local_port = SCRIPT_PORT,
			       .remote_port = SCRIPT_REMOTE_PORT,
			       .peer_iss = SCRIPT_PEER_ISS,
			       .window = DRIVER_WINDOW,
			       .mss = DRIVER_MSS,
			       .mark_ms = driver_now_ms(driver)};
}

struct script script_reader(struct driver *driver, const struct quern_tcp_options *options)
{
	driver_open(driver, NULL);
	driver->reader = (struct driver_reader){.reads = true, .appetite = UINT32_MAX};
	driver_listen(driver, SCRIPT_PORT, options);
	return script_new(driver);
}

struct script script_connect(struct driver *driver, uint16_t local_port, const struct quern_tcp_options *options)
{
	const struct quern_source source = {
		.addresses = raw_range(DRIVER_LOCAL, DRIVER_LOCAL), .first_port = local_port, .last_port = local_port};
	const struct quern_endpoint target = raw_endpoint(DRIVER_REMOTE, SCRIPT_REMOTE_PORT);
	struct script script = script_new(driver);
	uint8_t route;
	int result;

	script.local_port = local_port;
	result = quern_route_add(driver->shard, &source, &target, options, &driver_events, driver, &route);
	cr_assert_eq(result, 0, "quern_route_add() says %d", result);
	result = quern_connect(driver->shard, route, &script.conn);
	cr_assert_eq(result, 0, "quern_connect() says %d", result);
	driver_collect(driver);
	return script;
}

struct raw_segment script_segment(const struct script *script, int flags, uint32_t seq, uint32_t ack)
{
	return (struct raw_segment){.source = script->remote,
				    .dest = script->local,
				    .source_port = script->remote_port,
				    .dest_port = script->local_port,
				    .flags = (uint8_t)flags,
				    .seq = script->peer_iss + seq,
				    .ack = (flags & ACK) ? script->iss + ack : 0,
				    .text_from = seq - 1,
				    .window = script->window,
				    .mss = (uint16_t)((flags & SYN) ? script->mss : 0)};
}

void script_say(struct script *script, int flags, uint32_t seq, uint32_t ack, uint32_t text_bytes)
{
	struct raw_segment segment = script_segment(script, flags, seq, ack);

	segment.text_bytes = text_bytes;
	driver_inject(script->driver, &segment);
}

void script_say_at(struct script *script, int flags, uint32_t seq, uint32_t ack, uint32_t text_bytes, uint32_t tsval,
		   uint32_t tsecr)
{
	struct raw_segment segment = script_segment(script, flags, seq, ack);

	segment.text_bytes = text_bytes;
	raw_add_timestamps(&segment, tsval, tsecr);
	driver_inject(script->driver, &segment);
}

static void check_heard(struct script *script, int line, const struct raw_segment *heard, int flags, uint32_t seq,
			uint32_t ack, uint32_t text_bytes)
{
	script->heard = *heard;
	cr_assert_eq(heard->flags, flags, "line %d: sent %s instead of %s (SEQ %u, ACK %u)", line,
		     raw_flags_text(heard->flags), raw_flags_text((uint8_t)flags), heard->seq - script->iss,
		     heard->ack - script->peer_iss);
	if ((flags & SYN) && !script->iss_known) {
		script->iss = heard->seq - seq;
		script->iss_known = true;
	}
	cr_assert_eq(heard->source, script->local, "line %d: source address", line);
	cr_assert_eq(heard->dest, script->remote, "line %d: destination address", line);
	cr_assert_eq(heard->source_port, script->local_port, "line %d: source port", line);
	cr_assert_eq(heard->dest_port, script->remote_port, "line %d: destination port", line);
	cr_assert_eq(heard->seq - script->iss, seq, "line %d: %s with SEQ %u instead of %u", line,
		     raw_flags_text(heard->flags), heard->seq - script->iss, seq);
	if (flags & ACK)
		cr_assert_eq(heard->ack - script->peer_iss, ack, "line %d: %s with ACK %u instead of %u", line,
			     raw_flags_text(heard->flags), heard->ack - script->peer_iss, ack);
	cr_assert_eq(heard->text_bytes, text_bytes, "line %d: %u bytes of text instead of %u", line, heard->text_bytes,
		     text_bytes);
	cr_assert_eq(heard->text_sum, raw_text_sum(seq - 1, text_bytes), "line %d: the text is not what was given",
		     line);
	cr_assert_eq(heard->urgent, 0, "line %d: urgent pointer", line);
	cr_assert_eq(heard->mss != 0, (flags & SYN) != 0, "line %d: MSS belongs on SYN and nowhere else", line);
}

void script_hear(struct script *script, int line, int flags, uint32_t seq, uint32_t ack, uint32_t text_bytes)
{
	const struct driver_heard *heard = driver_next_heard(script->driver);

	cr_assert_not_null(heard, "line %d: silence instead of %s", line, raw_flags_text((uint8_t)flags));
	check_heard(script, line, &heard->segment, flags, seq, ack, text_bytes);
}

void script_hear_at(struct script *script, int line, uint64_t ms, int flags, uint32_t seq, uint32_t ack,
		    uint32_t text_bytes)
{
	const struct driver_heard *heard = driver_next_heard(script->driver);

	cr_assert_not_null(heard, "line %d: silence instead of %s", line, raw_flags_text((uint8_t)flags));
	check_heard(script, line, &heard->segment, flags, seq, ack, text_bytes);
	cr_assert(heard->at_ms - script->mark_ms >= ms && heard->at_ms - script->mark_ms <= ms + 1,
		  "line %d: %s after %d ms instead of %d", line, raw_flags_text((uint8_t)flags),
		  (int)(heard->at_ms - script->mark_ms), (int)ms);
}

void script_hear_reset(struct script *script, int line, uint32_t seq, uint32_t ack)
{
	const struct driver_heard *heard = driver_next_heard(script->driver);

	cr_assert_not_null(heard, "line %d: silence instead of RST", line);
	check_heard(script, line, &heard->segment, RST | (heard->segment.flags & ACK), seq, ack, 0);
}

void script_hear_nothing(struct script *script, int line)
{
	const struct driver_heard *heard = driver_next_heard(script->driver);

	if (heard != NULL)
		cr_assert_fail("line %d: sent %s (SEQ %u, ACK %u) after %d ms instead of nothing", line,
			       raw_flags_text(heard->segment.flags), heard->segment.seq - script->iss,
			       heard->segment.ack - script->peer_iss, (int)(heard->at_ms - script->mark_ms));
}

void script_told(struct script *script, int line, enum driver_what what, enum quern_end how)
{
	const struct driver_told *event = driver_next_told(script->driver);

	cr_assert_not_null(event, "line %d: the application is not told \"%s\"", line, what_texts[what]);
	cr_assert_eq(event->what, what, "line %d: the application is told \"%s\" instead of \"%s\"", line,
		     what_texts[event->what], what_texts[what]);
	cr_assert_eq(event->how, how, "line %d: ended as \"%s\" instead of \"%s\"", line, quern_end_name(event->how),
		     quern_end_name(how));
	script->conn = event->conn;
}

void script_told_bytes(struct script *script, int line, enum driver_what what, uint32_t bytes)
{
	const struct driver_told *event = driver_next_told(script->driver);

	cr_assert_not_null(event, "line %d: the application is not told \"%s\"", line, what_texts[what]);
	cr_assert_eq(event->what, what, "line %d: the application is told \"%s\" instead of \"%s\"", line,
		     what_texts[event->what], what_texts[what]);
	cr_assert_eq(event->bytes, bytes, "line %d: told \"%s\" of %u bytes instead of %u", line, what_texts[what],
		     event->bytes, bytes);
}

void script_told_closed(struct script *script, int line)
{
	struct driver *driver = script->driver;

	if (driver->told_next < driver->told_count && driver->told[driver->told_next].what == TOLD_PEER_CLOSED)
		driver->told_next++;
	script_told(script, line, TOLD_ENDED, QUERN_END_CLOSED);
}

void script_told_nothing(struct script *script, int line)
{
	const struct driver_told *event = driver_next_told(script->driver);

	if (event != NULL)
		cr_assert_fail("line %d: the application is told \"%s\" instead of nothing", line,
			       what_texts[event->what]);
}

enum quern_state script_state(const struct script *script)
{
	return driver_state_of(script->driver->shard, script->local, script->remote, script->local_port,
			       script->remote_port);
}

void script_in_state(struct script *script, int line, enum quern_state state)
{
	enum quern_state found = script_state(script);

	cr_assert_eq(found, state, "line %d: state %s instead of %s", line, quern_state_name(found),
		     quern_state_name(state));
}

void mark(struct script *script)
{
	script->mark_ms = driver_now_ms(script->driver);
}

void advance(struct script *script, uint64_t ms)
{
	driver_advance(script->driver, ms);
}

void app_send(struct script *script, uint32_t bytes)
{
	uint32_t taken = driver_send(script->driver, script->conn, bytes);

	cr_assert_eq(taken, bytes, "only %u of %u bytes are taken", taken, bytes);
	driver_collect(script->driver);
}

void app_resume(struct script *script, uint32_t appetite)
{
	script->driver->reader.appetite = appetite;
	cr_assert_eq(quern_conn_resume(script->driver->shard, script->conn), 0);
	driver_collect(script->driver);
}

void app_close(struct script *script)
{
	cr_assert_eq(quern_conn_close(script->driver->shard, script->conn), 0);
	driver_collect(script->driver);
}

void app_shutdown(struct script *script)
{
	cr_assert_eq(quern_conn_shutdown(script->driver->shard, script->conn), 0);
	driver_collect(script->driver);
}

void app_abort(struct script *script)
{
	cr_assert_eq(quern_conn_abort(script->driver->shard, script->conn), 0);
	driver_collect(script->driver);
}

struct quern_conn_info script_info(struct script *script)
{
	struct quern_conn_info info;

	cr_assert_eq(quern_conn_info(script->driver->shard, script->conn, &info), 0);
	return info;
}

void establish_passive(struct script *script)
{
	say(script, SYN, 0, 0);
	hear(script, SYN | ACK, 0, 1);
	say(script, ACK, 1, 1);
	hear_nothing(script);
	told(script, TOLD_ESTABLISHED);
	in_state(script, QUERN_ESTABLISHED);
}

void establish_active(struct script *script)
{
	hear(script, SYN, 0, 0);
	say(script, SYN | ACK, 0, 1);
	hear(script, ACK, 1, 1);
	told(script, TOLD_ESTABLISHED);
	in_state(script, QUERN_ESTABLISHED);
}

void close_actively(struct script *script)
{
	app_close(script);
	hear(script, FIN | ACK, 1, 1);
	say(script, ACK, 1, 2);
	in_state(script, QUERN_FIN_WAIT_2);
	say(script, FIN | ACK, 1, 2);
	hear(script, ACK, 2, 2);
	told_closed(script);
	in_state(script, QUERN_TIME_WAIT);
	hear_nothing(script);
	told_nothing(script);
}
