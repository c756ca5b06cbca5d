/* cli_http.c - which flags go together where HTTP is spoken, and what follows from it. */
#include <errno.h>
#include <stdio.h>

#include "cli/cli_settings.h"

/* Connections of load where neither --cps nor --cc says how many, and they last. */
enum { LASTING_CONNECTIONS = 100 };

static int refuse(char error[CLI_ERROR_TEXT], const char *text)
{
	snprintf(error, CLI_ERROR_TEXT, "%s", text);
	return -EINVAL;
}

static int complete_server(const struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	const struct cli_http *http = &service->http;

	if (http->is_payload)
		return refuse(error, "--payload http is a flag of bench; serve is told --http");
	if (!http->is_spoken && (http->root || http->body_given))
		return refuse(error, "--root and --body say what --http answers; give --http as well");
	if (http->root && http->body_given)
		return refuse(error, "give --root or --body, not both");
	if (http->is_spoken && (service->close_given || service->hold.most > 0))
		return refuse(error, "with --http each request says who closes; leave out --close and --hold");
	return 0;
}

/* RFC 9112 9.6: a request with Connection: close has the server close first. */
static int complete_single(struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	if (service->close_given && service->close != CLI_CLOSE_SERVER)
		return refuse(error, "with one request a connection the server closes first; leave out --close, or "
				     "give --requests N");
	if (service->hold.most > 0)
		return refuse(error, "with one request a connection nothing is held; leave out --hold, or give "
				     "--requests N");
	service->close = CLI_CLOSE_SERVER;
	return 0;
}

static int complete_lasting(const struct cli_settings *settings, struct cli_service *service,
			    char error[CLI_ERROR_TEXT])
{
	if (service->close == CLI_CLOSE_SERVER || service->close == CLI_CLOSE_BOTH)
		return refuse(error, "with --requests the client closes, behind the last answer; give --close client "
				     "or rst");
	if (service->http.requests == 0 && service->hold.most > 0)
		return refuse(error, "--requests 0 keeps connections as long as the run lasts; leave out --hold");
	if (service->http.requests == 0 && settings->connections > 0)
		return refuse(error, "--requests 0 keeps connections as long as the run lasts; give --cc and -d, not "
				     "--connections");
	if (service->cps == 0 && service->cc == 0)
		service->cc = LASTING_CONNECTIONS;
	return 0;
}

int cli_complete_http(const struct cli_settings *settings, struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	struct cli_http *http = &service->http;

	/* A list of requests has paths of its own. */
	if (!http->path && http->list.count > 0 && !http->list.is_by_flags)
		http->path = "/";
	http->is_spoken = http->path || service->answers & CLI_ANSWER_HTTP ||
			  (settings->command == CLI_BENCH && http->is_payload);
	if (settings->command == CLI_SERVE)
		return complete_server(service, error);
	if (settings->command == CLI_LOAD && http->is_payload && !http->path)
		return refuse(error, "--payload http needs a path: name the target as http://ADDR:PORT/PATH");
	if (http->is_spoken && service->payload != CLI_PAYLOAD_NONE && !http->is_payload)
		return refuse(error, "--payload bytes:N, echo, sink and source go with a target tcp://ADDR:PORT");
	if (!http->is_spoken && http->body_given)
		return refuse(error, "--body is what HTTP answers: give --payload http");
	if (!http->is_spoken && http->list.count > 0)
		return refuse(error, "--method, --header, --data, --expect and --expect-body need HTTP: name the "
				     "target as http://ADDR:PORT/PATH");
	if (!http->is_spoken)
		return 0;
	if (!http->path)
		http->path = "/";
	if (cli_complete_requests(service, error) != 0)
		return -EINVAL;
	return http->requests == 1 ? complete_single(service, error) : complete_lasting(settings, service, error);
}
