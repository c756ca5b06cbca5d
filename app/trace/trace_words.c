/* trace_words.c - values become words. */
#include "trace/trace_words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/report_format.h"

#define NS_A_SECOND UINT64_C(1000000000)

enum { LONG_HOURS = 100 };

__attribute__((format(printf, 2, 3))) static void add(struct trace_words *words, const char *format, ...)
{
	va_list arguments;

	if (words->count == TRACE_WORDS_MOST)
		return;
	va_start(arguments, format);
	vsnprintf(words->words[words->count++], TRACE_WORD_TEXT, format, arguments);
	va_end(arguments);
}

char *trace_flags_text(uint16_t flags, char text[TRACE_WORD_TEXT])
{
	static const struct {
		uint16_t flag;
		const char *name;
	} names[] = {{QUERN_SYN, "SYN"}, {QUERN_FIN, "FIN"}, {QUERN_RST, "RST"}, {QUERN_PSH, "PSH"}, {QUERN_ACK, "ACK"},
		     {QUERN_URG, "URG"}, {QUERN_ECE, "ECE"}, {QUERN_CWR, "CWR"}, {QUERN_AE, "AE"}};
	size_t used = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (flags & names[i].flag)
			used += (size_t)snprintf(text + used, TRACE_WORD_TEXT - used, "%s%s", used ? "+" : "",
						 names[i].name);
	if (used == 0)
		snprintf(text, TRACE_WORD_TEXT, "no flags");
	return text;
}

/* Numbers of what occupies some; else only where the number is not the one that is due. */
static void add_numbers(struct trace_words *words, const struct trace_event *event)
{
	const struct quern_segment *segment = &event->segment;
	const uint32_t odd = TRACE_KEEPALIVE | TRACE_WINDOW_PROBE | TRACE_GAP | TRACE_OUTSIDE;

	if (segment->text_bytes > 0)
		add(words, "seq %" PRIu32 ":%" PRIu32, event->seq, event->seq + segment->text_bytes);
	else if (event->end != event->seq || segment->flags & QUERN_RST || event->marks & odd)
		add(words, "seq %" PRIu32, event->seq);
	if (segment->flags & QUERN_ACK)
		add(words, "ack %" PRIu32, event->ack);
	if (!(segment->flags & QUERN_RST))
		add(words, "win %" PRIu32, event->window);
	if (segment->text_bytes > 0)
		add(words, "len %" PRIu32, segment->text_bytes);
	if (segment->flags & QUERN_URG)
		add(words, "urg %u", segment->urgent);
}

/* Of timestamps, what each end's clock shows since its first one. */
static void add_options(struct trace_words *words, const struct trace_connection *connection,
			const struct trace_event *event)
{
	const struct quern_segment *segment = &event->segment;
	const uint32_t *first = connection->first_tsval;
	uint32_t base = connection->bases[!event->from];

	if (segment->mss)
		add(words, "mss %u", segment->mss);
	if (segment->has_scale)
		add(words, "ws %u", segment->scale);
	if (segment->sack_permitted)
		add(words, "sackOK");
	for (uint8_t i = 0; i < segment->sack_count; i++)
		add(words, "sack %" PRIu32 ":%" PRIu32, segment->sacks[i].left - base, segment->sacks[i].right - base);
	if (segment->has_timestamps && segment->flags & QUERN_SYN && !(segment->flags & QUERN_ACK))
		add(words, "ts %" PRIu32, segment->tsval - first[event->from]);
	else if (segment->has_timestamps)
		add(words, "ts %" PRIu32 "/%" PRIu32, segment->tsval - first[event->from],
		    segment->tsecr - first[!event->from]);
	for (uint8_t i = 0; i < segment->unknown_count; i++)
		add(words, "option %u", segment->unknown[i]);
	if (segment->options_end_early)
		add(words, "options cut");
}

static void add_marks(struct trace_words *words, const struct trace_event *event)
{
	words->marks_at = words->count;
	for (int place = 0; place < TRACE_PLACES_END; place++) {
		if (!(event->marks & 1u << place))
			continue;
		if (place == TRACE_PLACE_DUPLICATE_ACK)
			add(words, "%s %" PRIu32, trace_mark_text((enum trace_mark_place)place), event->nth);
		else
			add(words, "%s", trace_mark_text((enum trace_mark_place)place));
	}
}

void trace_words_of(struct trace_words *words, const struct trace_connection *connection,
		    const struct trace_event *event)
{
	char flags[TRACE_WORD_TEXT];

	words->count = words->next = 0;
	words->marks_apart = false;
	add(words, "%s", trace_flags_text(event->segment.flags, flags));
	add_numbers(words, event);
	add_options(words, connection, event);
	add_marks(words, event);
}

bool trace_words_line(struct trace_words *words, size_t columns, char line[TRACE_LINE_TEXT])
{
	size_t used = 0;

	line[0] = '\0';
	while (words->next < words->count) {
		bool is_mark = words->next >= words->marks_at;
		char piece[TRACE_WORD_TEXT + 4];
		size_t length =
			(size_t)snprintf(piece, sizeof(piece), is_mark ? "(%s)" : "%s", words->words[words->next]);

		if (words->marks_apart && words->next == words->marks_at && used > 0)
			return true;
		if (used > 0 && (used + 1 + length > columns || used + 1 + length >= TRACE_LINE_TEXT))
			return true;
		used += (size_t)snprintf(line + used, TRACE_LINE_TEXT - used, "%s%s", used ? " " : "", piece);
		words->next++;
	}
	return used > 0;
}

const char *trace_state_text(enum quern_state state)
{
	return state == QUERN_NO_STATE ? "?" : quern_state_name(state);
}

/* Three digits behind the point at most, and no zeros at the end. */
static void format_part(uint64_t value, uint64_t unit, const char *name, char text[TRACE_TIME_TEXT])
{
	char digits[16];
	size_t length;

	snprintf(digits, sizeof(digits), ".%03u", (unsigned int)(value % unit * 1000 / unit));
	length = strlen(digits);
	while (length > 0 && (digits[length - 1] == '0' || digits[length - 1] == '.'))
		digits[--length] = '\0';
	snprintf(text, TRACE_TIME_TEXT, "%" PRIu64 "%s%s", value / unit, digits, name);
}

static void format_span(uint64_t ns, char text[TRACE_TIME_TEXT])
{
	uint64_t seconds = ns / NS_A_SECOND;

	if (ns == 0)
		snprintf(text, TRACE_TIME_TEXT, "0");
	else if (ns < 1000)
		snprintf(text, TRACE_TIME_TEXT, "%" PRIu64 " ns", ns);
	else if (ns < 1000000)
		format_part(ns, 1000, " µs", text);
	else if (seconds == 0)
		format_part(ns, 1000000, " ms", text);
	else if (seconds < 600)
		format_part(ns, NS_A_SECOND, " s", text);
	else if (seconds < 3600)
		snprintf(text, TRACE_TIME_TEXT, "%" PRIu64 ":%02" PRIu64 " min", seconds / 60, seconds % 60);
	else if (seconds >= LONG_HOURS * 3600)
		snprintf(text, TRACE_TIME_TEXT, "%" PRIu64 " d", seconds / (24 * 3600));
	else if (seconds % 3600 == 0)
		snprintf(text, TRACE_TIME_TEXT, "%" PRIu64 " h", seconds / 3600);
	else
		snprintf(text, TRACE_TIME_TEXT, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64 " h", seconds / 3600,
			 seconds / 60 % 60, seconds % 60);
}

/* In whole units: how far a clock has gone back matters to nobody. */
static void format_back(uint64_t ns, char text[TRACE_TIME_TEXT])
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = {{1, "ns"},
		     {1000, "µs"},
		     {1000000, "ms"},
		     {NS_A_SECOND, "s"},
		     {60 * NS_A_SECOND, "min"},
		     {3600 * NS_A_SECOND, "h"},
		     {24 * 3600 * NS_A_SECOND, "d"}};
	size_t unit = 0;

	while (unit + 1 < sizeof(units) / sizeof(units[0]) && ns >= units[unit + 1].ns)
		unit++;
	snprintf(text, TRACE_TIME_TEXT, "-%" PRIu64 " %s", ns / units[unit].ns, units[unit].name);
}

char *trace_time_text(int64_t ns, char text[TRACE_TIME_TEXT])
{
	if (ns < 0)
		format_back(0 - (uint64_t)ns, text);
	else
		format_span((uint64_t)ns, text);
	return text;
}

size_t trace_columns(const char *text)
{
	size_t columns = 0;

	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

const char *trace_wrap(const char *text, size_t columns, char line[TRACE_LINE_TEXT])
{
	size_t length = strlen(text);

	if (length == 0)
		return NULL;
	if (length > columns) {
		length = columns;
		while (length > 0 && text[length] != ' ')
			length--;
		if (length == 0)
			length = columns;
	}
	snprintf(line, TRACE_LINE_TEXT, "%.*s", (int)length, text);
	return text + length + strspn(text + length, " ");
}

void trace_title(const struct trace_connection *connection, char text[TRACE_TITLE_TEXT])
{
	char segments[REPORT_NUMBER_TEXT], up[REPORT_NUMBER_TEXT], down[REPORT_NUMBER_TEXT], span[TRACE_TIME_TEXT];
	int used;

	used = snprintf(text, TRACE_TITLE_TEXT, "connection %" PRIu32 ": %s segment%s in %s", connection->number,
			report_format_count(connection->segments, segments), connection->segments == 1 ? "" : "s",
			trace_time_text((int64_t)(connection->last_ns - connection->first_ns), span));
	if (connection->text_bytes[0] + connection->text_bytes[1] > 0)
		used += snprintf(text + used, TRACE_TITLE_TEXT - (size_t)used, ", text %s and %s bytes",
				 report_format_count(connection->text_bytes[0], up),
				 report_format_count(connection->text_bytes[1], down));
	if (connection->vlan != 0)
		snprintf(text + used, TRACE_TITLE_TEXT - (size_t)used, ", VLAN %u", connection->vlan);
}

const char *trace_note(const struct trace_connection *connection, uint32_t place)
{
	const char *notes[2];
	uint32_t count = 0;

	if (!connection->has_beginning)
		notes[count++] = "its beginning was not captured: numbers count from the first that were seen, and "
				 "windows are not scaled";
	else if (!connection->has_scales)
		notes[count++] = "one of its SYNs was not captured: windows are not scaled";
	if (connection->unfinished_sums > 0)
		notes[count++] = "some checksums were left to the port: what it sent was captured before it made them";
	return place < count ? notes[place] : NULL;
}
