/* cli_udp.c - flags of datagrams, which of them go together, and what follows from them. */
#include "cli/cli_udp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_set.h"
#include "payload/payload_stamp.h"

enum {
	DEFAULT_FLOWS = 64,
	DEFAULT_MTU = 1500,
	HEADERS_IP4 = 28, /* of IP and UDP */
	HEADERS_IP6 = 48,
	RECORDS = 1024 /* of TCP, which is not spoken */
};
#define MAX_PPS UINT64_C(1000000000)

bool cli_set_udp(struct cli_settings *settings, const char *value)
{
	(void)value;
	return settings->udp.is_spoken = true;
}

bool cli_set_pps(struct cli_settings *settings, const char *value)
{
	if (strcmp(value, "max") != 0)
		return cli_count_within(value, 1, MAX_PPS, &settings->udp.pps);
	settings->udp.pps = CLI_PPS_MAX;
	return true;
}

bool cli_set_flows(struct cli_settings *settings, const char *value)
{
	uint64_t flows;

	if (!cli_count_within(value, 1, CLI_UDP_FLOWS_MAX, &flows))
		return false;
	settings->udp.flows = (uint32_t)flows;
	return true;
}

bool cli_set_one_way(struct cli_settings *settings, const char *value)
{
	if (settings->command == CLI_FORWARD)
		return cli_set_rule_one_way(settings, value);
	return settings->udp.is_one_way = true;
}

static int refuse(char error[CLI_ERROR_TEXT], const char *text)
{
	snprintf(error, CLI_ERROR_TEXT, "%s", text);
	return -EINVAL;
}

static int complete_server(const struct cli_settings *settings, const struct cli_service *service,
			   char error[CLI_ERROR_TEXT])
{
	if (!settings->udp.is_spoken)
		return 0;
	if (service->answers & CLI_ANSWER_HTTP || service->payload != CLI_PAYLOAD_NONE)
		return refuse(error,
			      "--udp sends back what comes, or takes it by --discard; leave out --http and --payload");
	if (service->close_given || service->hold.most > 0)
		return refuse(error, "datagrams have no connection; leave out --close and --hold");
	return 0;
}

/* The longest text that leaves by every port in one packet. */
static uint32_t longest_text(const struct cli_settings *settings, const struct cli_service *service)
{
	uint32_t headers =
		cli_address_version(cli_address_of(&service->target[0])) == CLI_IP6 ? HEADERS_IP6 : HEADERS_IP4;
	uint32_t least = PAYLOAD_DATAGRAM_MAX;

	for (uint16_t i = 0; i < settings->port_count; i++) {
		uint32_t mtu = settings->ports[i].mtu ? settings->ports[i].mtu : DEFAULT_MTU;
		uint32_t text = mtu > headers ? mtu - headers : 0;

		least = text < least ? text : least;
	}
	return least;
}

static int complete_size(const struct cli_settings *settings, struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	uint32_t most = longest_text(settings, service);

	if (service->payload > CLI_PAYLOAD_HTTP)
		return refuse(error, "--payload echo, sink and source go with a target tcp://ADDR:PORT; datagrams have "
				     "--payload bytes:N");
	if (service->payload == CLI_PAYLOAD_NONE) {
		service->payload = CLI_PAYLOAD_BYTES;
		service->payload_bytes = PAYLOAD_STAMP_BYTES;
	}
	if (service->payload_bytes >= PAYLOAD_STAMP_BYTES && service->payload_bytes <= most)
		return 0;
	/* RFC 8085 3.2: no fragments. */
	snprintf(error, CLI_ERROR_TEXT,
		 "--payload bytes:%u: a datagram to udp:// has 18 to %u bytes, which is what fits into one packet; for "
		 "longer ones raise --mtu",
		 service->payload_bytes, most);
	return -EINVAL;
}

static int complete_client(struct cli_settings *settings, struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	struct cli_udp *udp = &settings->udp;

	if (service->profile || service->ramp_ns != 0)
		return refuse(error, "datagrams have one rate, and no ramp; give --pps, not --profile or --ramp");
	if (service->cps != 0 || service->cc != 0 || settings->connections != 0 || service->hold.most != 0 ||
	    service->close_given)
		return refuse(error, "datagrams have no connection; give --pps, not --cps, --cc, --connections, --hold "
				     "or --close");
	if (service->http.is_payload || service->http.requests_given)
		return refuse(error, "HTTP needs a target http://ADDR:PORT/PATH");
	/* RFC 8085 3.1: who is not answered has to be told how much is meant. */
	if (udp->is_one_way && udp->pps == 0)
		return refuse(error, "--one-way needs a rate, since no answers bound it: --pps 50k, or --pps max");
	if (udp->pps == 0)
		udp->pps = CLI_PPS_MAX;
	if (udp->flows == 0)
		udp->flows = DEFAULT_FLOWS;
	return complete_size(settings, service, error);
}

int cli_complete_udp(struct cli_settings *settings, struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	const struct cli_udp *udp = &settings->udp;

	if (settings->command == CLI_SERVE && complete_server(settings, service, error) != 0)
		return -EINVAL;
	if (settings->command == CLI_LOAD && !udp->is_spoken && (udp->pps != 0 || udp->flows != 0 || udp->is_one_way))
		return refuse(error, "--pps, --flows and --one-way need datagrams: name the target as udp://ADDR:PORT");
	if (!udp->is_spoken)
		return 0;
	if (settings->max_connections == 0)
		settings->max_connections = RECORDS;
	if (settings->max_time_wait == 0)
		settings->max_time_wait = RECORDS;
	return settings->command == CLI_LOAD ? complete_client(settings, service, error) : 0;
}
