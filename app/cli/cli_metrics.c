/* cli_metrics.c - reads what --metrics says. */
#include "cli/cli_metrics.h"

#include <string.h>
#include <sys/un.h>

static const char unix_prefix[] = "unix:";

const char *cli_metrics_path(const char *where)
{
	size_t length = strlen(unix_prefix);

	return strncmp(where, unix_prefix, length) == 0 ? where + length : NULL;
}

bool cli_set_metrics(struct cli_settings *settings, const char *value)
{
	const char *path = cli_metrics_path(value);
	struct quern_endpoint at;

	settings->metrics = strcmp(value, "off") == 0 ? NULL : value;
	if (!settings->metrics)
		return true;
	if (path)
		return path[0] != '\0' && strlen(path) < sizeof(((struct sockaddr_un *)NULL)->sun_path);
	return quern_parse_endpoint(value, &at) == 0;
}
