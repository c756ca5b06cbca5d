/* cli_exchange.c - which ways of ending a connection go with what is said on it. */
#include <errno.h>
#include <stdio.h>

#include "cli/cli_settings.h"

static int refuse(char error[CLI_ERROR_TEXT], const char *text)
{
	snprintf(error, CLI_ERROR_TEXT, "%s", text);
	return -EINVAL;
}

static int check_half(const struct cli_service *service, char error[CLI_ERROR_TEXT])
{
	if (service->http.is_spoken)
		return refuse(error,
			      "--close half goes with --payload none or bytes:N; of HTTP the client closes whole: "
			      "give --close client");
	if (service->payload_bytes > 0 && service->hold.most > 0)
		return refuse(error, "--close half sends FIN right behind the client's last text; leave out --hold");
	return 0;
}

static int check_never(const struct cli_settings *settings, const struct cli_service *service,
		       char error[CLI_ERROR_TEXT])
{
	if (service->hold.most > 0)
		return refuse(error, "--close never keeps connections to the end of the run; leave out --hold");
	if (service->cps == CLI_CPS_MAX && settings->connections == 0)
		return refuse(error, "--close never with --cps max opens more than there is room for; give --cc, "
				     "--connections or a --cps of less");
	return 0;
}

int cli_complete_exchange(const struct cli_settings *settings, const struct cli_service *service,
			  char error[CLI_ERROR_TEXT])
{
	if (settings->command == CLI_SERVE || settings->udp.is_spoken)
		return 0;
	if (service->close == CLI_CLOSE_HALF)
		return check_half(service, error);
	return service->close == CLI_CLOSE_NEVER ? check_never(settings, service, error) : 0;
}
