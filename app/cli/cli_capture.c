/* cli_capture.c - reads what --pcap says. */
#include "cli/cli_capture.h"

#include <string.h>
#include <time.h>

static const char limit_key[] = ",frames=";

bool cli_set_pcap(struct cli_settings *settings, const char *value)
{
	const char *limit = strrchr(value, ',');
	size_t length = strlen(value);
	uint64_t frames = 0;

	if (limit != NULL && strncmp(limit, limit_key, strlen(limit_key)) == 0) {
		if (!cli_parse_count(limit + strlen(limit_key), &frames))
			return false;
		length = (size_t)(limit - value);
		frames = frames != 0 ? frames : UINT64_MAX;
	}
	if (length == 0 || length >= sizeof(settings->pcap))
		return false;
	memcpy(settings->pcap, value, length);
	settings->pcap[length] = '\0';
	settings->pcap_frames = frames;
	return true;
}

static uint64_t wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * CLI_NS_PER_S + (uint64_t)now.tv_nsec;
}

struct quern_capture_config cli_capture_config(const struct cli_settings *settings)
{
	return (struct quern_capture_config){.path = settings->pcap[0] != '\0' ? settings->pcap : NULL,
					     .max_frames = settings->pcap_frames,
					     .wall_ns = wall_ns};
}
