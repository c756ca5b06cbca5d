/* cli_set_service.c - several services at once: begun, named, and checked against each other. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli_set.h"

enum {
	DEFAULT_BODY = 1024,
	MAX_WAYS = 240 /* of what a shard can route */
};

bool cli_settings_speak_of(struct cli_settings *settings, uint16_t number)
{
	if (number == CLI_MAX_SERVICES)
		return false;
	if (number == settings->service_count)
		settings->service[settings->service_count++] =
			(struct cli_service){.http = {.requests = 1, .body_bytes = DEFAULT_BODY}};
	settings->service_spoken = number;
	return true;
}

static bool is_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	size_t length = strlen(text);

	return length > 0 && length < CLI_SERVICE_TEXT && strspn(text, letters) == length;
}

bool cli_set_service(struct cli_settings *settings, const char *name)
{
	const struct cli_service *spoken = &settings->service[settings->service_spoken];
	bool is_begun = spoken->name || spoken->target_count > 0 || spoken->listen_count > 0;

	if (!is_name(name))
		return false;
	if (cli_settings_replaces(settings, CLI_GROUP_SERVICES) && settings->service_count > 1) {
		settings->service_count = 0;
		cli_settings_speak_of(settings, 0);
	} else if (is_begun && !cli_settings_speak_of(settings, settings->service_count)) {
		return false;
	}
	settings->service[settings->service_spoken].name = name;
	return true;
}

const char *cli_service_name(const struct cli_settings *settings, const struct cli_service *service,
			     char text[CLI_SERVICE_TEXT])
{
	if (service->name)
		return service->name;
	snprintf(text, CLI_SERVICE_TEXT, "%u", (unsigned int)(service - settings->service) + 1);
	return text;
}

void cli_name_service(const struct cli_settings *settings, const struct cli_service *service,
		      char error[CLI_ERROR_TEXT])
{
	char name[CLI_SERVICE_TEXT], text[CLI_ERROR_TEXT];

	if (settings->service_count < 2)
		return;
	memcpy(text, error, sizeof(text));
	snprintf(error, CLI_ERROR_TEXT, "service %s: %.440s", cli_service_name(settings, service, name), text);
}

static int refuse(char error[CLI_ERROR_TEXT], const char *text)
{
	snprintf(error, CLI_ERROR_TEXT, "%s", text);
	return -EINVAL;
}

static int check_names(const struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	for (uint16_t i = 0; i < settings->service_count; i++) {
		for (uint16_t j = 0; j < i; j++) {
			const char *name = settings->service[i].name, *other = settings->service[j].name;

			if (!name || !other || strcmp(name, other) != 0)
				continue;
			snprintf(error, CLI_ERROR_TEXT, "--service %s is there twice; give each a name of its own",
				 name);
			return -EINVAL;
		}
	}
	return 0;
}

static bool listens_at(const struct cli_service *service, const struct quern_endpoint *at)
{
	for (uint16_t i = 0; i < service->listen_count; i++) {
		const struct quern_endpoint *own = &service->listen[i];

		if (own->port == at->port && (cli_address_is_any(own) || cli_address_is_any(at) ||
					      cli_address_equal(cli_address_of(own), cli_address_of(at))))
			return true;
	}
	return false;
}

/* Who connects has to meet one service, always the same. */
static int check_listeners(const struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	char text[QUERN_ENDPOINT_TEXT];

	for (uint16_t i = 0; i < settings->service_count; i++) {
		const struct cli_service *service = &settings->service[i];

		for (uint16_t j = 0; j < service->listen_count * i; j++) {
			const struct quern_endpoint *at = &service->listen[j % service->listen_count];

			if (!listens_at(&settings->service[j / service->listen_count], at))
				continue;
			snprintf(error, CLI_ERROR_TEXT,
				 "--listen %s is of two services; give each a port or an address of its own",
				 quern_format_endpoint(at, text));
			return -EINVAL;
		}
	}
	return 0;
}

static int check_ways(const struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	unsigned int ways = 0;

	for (uint16_t i = 0; i < settings->service_count; i++)
		ways += (unsigned int)settings->service[i].source_count * settings->service[i].target_count;
	if (ways <= MAX_WAYS)
		return 0;
	snprintf(error, CLI_ERROR_TEXT,
		 "sources and targets make %u ways from one to the other, and %d is the most; put sources together to "
		 "ranges",
		 ways, MAX_WAYS);
	return -EINVAL;
}

int cli_complete_services(const struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	if (settings->service_is_astray)
		return refuse(error, "the file has several services, and a flag beside it is one service's; change the "
				     "file, or give all services by flags, each behind a --service NAME");
	if (settings->service_count > 1 && settings->udp.is_spoken)
		return refuse(error, "datagrams are a run of their own; leave one service");
	if (settings->service_count > 1 && settings->connections != 0)
		return refuse(error, "--connections ends a run of one service; with several give -d");
	return check_names(settings, error);
}

int cli_check_services(const struct cli_settings *settings, char error[CLI_ERROR_TEXT])
{
	int rc = check_listeners(settings, error);

	return rc != 0 ? rc : check_ways(settings, error);
}
