/* forward_text.c - the forwarder's report as a person reads it. */
#include <string.h>

#include "cli/cli_address.h"
#include "forward/forward_report.h"
#include "report/report_format.h"
#include "report/report_parts.h"

bool forward_report_adds_up(const struct forward_report *report)
{
	const struct quern_counters *traffic = &report->run.traffic;

	return traffic->udp_sessions_opened == traffic->udp_sessions_ended + report->use.sessions;
}

/* The address alone: what stands before the port of an endpoint that has one. */
static size_t write_address(const struct quern_endpoint *endpoint, char text[QUERN_ENDPOINT_TEXT])
{
	struct quern_endpoint with_port = *endpoint;

	with_port.port = 1;
	quern_format_endpoint(&with_port, text);
	*strrchr(text, ':') = '\0';
	return strlen(text);
}

char *forward_target_text(const struct quern_endpoint *to, char text[QUERN_ENDPOINT_TEXT])
{
	if (to->port == 0)
		write_address(to, text);
	else
		quern_format_endpoint(to, text);
	return text;
}

char *forward_listen_text(const struct quern_forward_rule *rule, char text[FORWARD_LISTEN_TEXT])
{
	char address[QUERN_ENDPOINT_TEXT];

	write_address(&rule->listen, address);
	if (rule->listen.port == 0)
		snprintf(text, FORWARD_LISTEN_TEXT, "%s:*", address);
	else if (rule->last_port != 0)
		snprintf(text, FORWARD_LISTEN_TEXT, "%s:%u-%u", address, rule->listen.port, rule->last_port);
	else
		snprintf(text, FORWARD_LISTEN_TEXT, "%s:%u", address, rule->listen.port);
	return text;
}

static void print_datagrams(FILE *out, const struct forward_report *report)
{
	const struct quern_counters *traffic = &report->run.traffic;
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT], c[REPORT_NUMBER_TEXT];

	fprintf(out, "datagrams     forwarded %s   returned %s   ICMP errors passed on %s\n",
		report_format_count(traffic->udp_forwarded, a), report_format_count(traffic->udp_returned, b),
		report_format_count(traffic->udp_errors_passed, c));
	if (report->run.duration_s > 0)
		fprintf(out, "              %s and %s per second\n",
			report_format_count((uint64_t)((double)traffic->udp_forwarded / report->run.duration_s), a),
			report_format_count((uint64_t)((double)traffic->udp_returned / report->run.duration_s), b));
}

static void print_sessions(FILE *out, const struct forward_report *report)
{
	const struct quern_counters *traffic = &report->run.traffic;
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT];

	if (report->use.capacity == 0) {
		fputs("sessions      none: all rules are one way\n", out);
	} else {
		fprintf(out, "sessions      opened %s   ended %s", report_format_count(traffic->udp_sessions_opened, a),
			report_format_count(traffic->udp_sessions_ended, b));
		fprintf(out, "   open at end %s, of %s there may be\n", report_format_count(report->use.sessions, a),
			report_format_count(report->use.capacity, b));
		fprintf(out, "              check: opened = ended + open  %s\n",
			forward_report_adds_up(report) ? "✓" : "✗");
	}
	if (report->reloads_taken + report->reloads_refused > 0)
		fprintf(out, "rules         read again %s, refused %s\n", report_format_count(report->reloads_taken, a),
			report_format_count(report->reloads_refused, b));
}

static void print_packets(FILE *out, const struct quern_counters *traffic)
{
	char a[REPORT_NUMBER_TEXT], b[REPORT_NUMBER_TEXT];

	fprintf(out, "packets       rx %s  tx %s", report_format_big((double)traffic->rx_packets, a),
		report_format_big((double)traffic->tx_packets, b));
	report_text_drops(out, traffic);
	if (traffic->unreachables_sent + traffic->unreachables_throttled > 0)
		fprintf(out, "              ICMP errors sent %s, left out by their limit %s\n",
			report_format_count(traffic->unreachables_sent, a),
			report_format_count(traffic->unreachables_throttled, b));
}

void forward_report_text(FILE *out, const struct forward_report *report, bool colors)
{
	report_text_header(out, &report->run, colors);
	print_datagrams(out, report);
	print_sessions(out, report);
	forward_stats_text(out, &report->stats);
	print_packets(out, &report->run.traffic);
	report_text_impaired(out, &report->run);
	report_text_capture(out, &report->run);
	report_text_machine(out, &report->run);
}
