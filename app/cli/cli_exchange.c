/* cli_exchange.c - which ways of ending a connection go with what is said on it, and how often. */
#include <errno.h>
#include <stdio.h>

#include "cli/cli_settings.h"

/* Connections where neither --cps nor --cc says how many, and they last. */
enum { LASTING_CONNECTIONS = 100 };

static int refuse(char error[CLI_ERROR_TEXT], const char *text)
{
	snprintf(error, CLI_ERROR_TEXT, "%s", text);
	return -EINVAL;
}

static int check_half(const struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	if (service->http.is_spoken)
		return refuse(error,
			      "--close half goes with text of which nobody knows who ends it; of HTTP the client "
			      "closes whole: give --close client");
	if (service->payload != CLI_PAYLOAD_NONE && service->hold.most > 0)
		return refuse(error, "--close half sends FIN right behind the client's last text; leave out --hold");
	return 0;
}

static int check_never(const struct cli_settings *settings, const struct cli_service *service,
		       char error[CLI_ERROR_TEXT])
{
	if (service->hold.most > 0)
		return refuse(error, "--close never keeps connections to the end of the run; leave out --hold");
	if ((service->cps == CLI_CPS_MAX || service->cps + service->cc == 0) && settings->connections == 0)
		return refuse(error, "--close never with --cps max opens more than there is room for; give --cc, "
				     "--connections or a --cps of less");
	return 0;
}

/* Of what the client begins, the client knows the end: how much it sends, and how often. */
static int check_asking(const struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	bool is_once = service->http.requests == 1;

	if (service->payload == CLI_PAYLOAD_BYTES && is_once)
		return 0;
	if (service->close == CLI_CLOSE_SERVER || service->close == CLI_CLOSE_BOTH)
		return refuse(
			error,
			is_once ? "of echo and sink the client knows how much there is, and closes; give --close "
				  "client, rst, half or never"
				: "with --requests the client closes, behind the last answer; give --close client "
				  "or rst");
	return 0;
}

static int check_source(const struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	bool is_constant = service->payload_size.kind == CLI_SPAN_CONSTANT;

	if (service->close == CLI_CLOSE_BOTH ||
	    (!is_constant && service->close != CLI_CLOSE_SERVER && service->close != CLI_CLOSE_HALF))
		return refuse(error, "of a source of sizes that are drawn only the server knows the end; give --close "
				     "server or half");
	return 0;
}

static int check_requests(const struct cli_settings *settings, struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	const struct cli_http *http = &service->http;

	if (http->is_spoken || service->payload == CLI_PAYLOAD_BYTES || service->payload == CLI_PAYLOAD_ECHO ||
	    service->payload == CLI_PAYLOAD_SINK) {
		if (service->think.most > 0 && http->requests == 1)
			return refuse(error,
				      "--think is the time between two requests of a connection; give --requests N "
				      "as well");
	} else if (http->requests_given || service->think.most > 0) {
		return refuse(error,
			      settings->command == CLI_BENCH
				      ? "--requests and --think need something that is asked: give --payload http, "
					"bytes:N, echo:SIZE or sink:SIZE"
				      : "--requests and --think need something that is asked: name the target as "
					"http://ADDR:PORT/PATH, or give --payload bytes:N, echo:SIZE or sink:SIZE");
	}
	if (http->is_spoken || http->requests != 0)
		return 0;
	if (service->hold.most > 0 || settings->connections > 0)
		return refuse(error, "--requests 0 keeps connections as long as the run lasts; give --cc and -d, not "
				     "--hold or --connections");
	return 0;
}

static void choose_pattern(struct cli_service *service)
{
	bool is_checked = service->payload > CLI_PAYLOAD_HTTP;

	if (service->pattern == CLI_PATTERN_AUTO)
		service->pattern = is_checked ? CLI_PATTERN_RANDOM : CLI_PATTERN_ZERO;
}

static int check_kind(const struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	switch (service->payload) {
	case CLI_PAYLOAD_BYTES:
	case CLI_PAYLOAD_ECHO:
	case CLI_PAYLOAD_SINK:
		return check_asking(service, error);
	case CLI_PAYLOAD_SOURCE:
		return check_source(service, error);
	case CLI_PAYLOAD_NONE:
	case CLI_PAYLOAD_HTTP:
	case CLI_PAYLOADS:
		break;
	}
	return 0;
}

int cli_complete_exchange(const struct cli_settings *settings, struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	int rc = 0;

	choose_pattern(service);
	if (service->payload == CLI_PAYLOAD_SOURCE && !service->close_given)
		service->close = CLI_CLOSE_SERVER;
	if (settings->udp.is_spoken)
		return 0;
	/* How often it is asked is the client's to know. */
	if (settings->command == CLI_SERVE && service->payload == CLI_PAYLOAD_BYTES &&
	    (service->close == CLI_CLOSE_CLIENT || service->close >= CLI_CLOSE_HALF))
		service->http.requests = 0;
	if (settings->command != CLI_SERVE)
		rc = check_requests(settings, service, error);
	if (rc != 0)
		return rc;
	rc = check_kind(service, error);
	if (rc != 0 || settings->command == CLI_SERVE)
		return rc;
	if (!service->http.is_spoken && service->http.requests != 1 && service->cps == 0 && service->cc == 0)
		service->cc = LASTING_CONNECTIONS;
	if (service->close == CLI_CLOSE_HALF)
		return check_half(service, error);
	return service->close == CLI_CLOSE_NEVER ? check_never(settings, service, error) : 0;
}
