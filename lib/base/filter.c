/* filter.c - filters of connections as users write them. */
#include <quern/observe.h>

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Names are the RFC's; in lower case and with '_' for '-' they are keys of JSON. */
static bool is_name(const char *name, const char *text)
{
	for (; *name != '\0' && *text != '\0'; name++, text++) {
		char letter = *text == '_' ? '-' : (char)toupper((unsigned char)*text);

		if (letter != *name)
			return false;
	}
	return *name == *text;
}

static int add_state(struct quern_conn_filter *filter, const char *text)
{
	for (int state = QUERN_SYN_SENT; state < QUERN_STATES_END; state++) {
		if (!is_name(quern_state_name((enum quern_state)state), text))
			continue;
		filter->states |= 1u << state;
		return 0;
	}
	return -EINVAL;
}

/* ADDR, or [ADDR] as it stands before a port; :: is any, and so none. */
static int set_address(struct quern_endpoint *endpoint, const char *text)
{
	size_t length = strlen(text);
	char inside[QUERN_IP6_TEXT];
	struct quern_endpoint read = {.port = 0};

	if (quern_parse_address(text, &read.address) != 0) {
		bool is_bracketed = text[0] == '[' && text[length - 1] == ']';

		length -= is_bracketed ? 2 : 0;
		if (length >= sizeof(inside))
			return -EINVAL;
		memcpy(inside, text + is_bracketed, length);
		inside[length] = '\0';
		if (quern_parse_ip6(inside, &read.ip6) != 0)
			return -EINVAL;
	}
	*endpoint = read;
	return 0;
}

/* ":80" is a port at any address. */
static int set_endpoint(struct quern_endpoint *endpoint, const char *text)
{
	char with_address[QUERN_ENDPOINT_TEXT + 8];
	struct quern_endpoint read;
	int length;

	if (set_address(endpoint, text) == 0)
		return 0;
	length = snprintf(with_address, sizeof(with_address), "%s%s", text[0] == ':' ? "0.0.0.0" : "", text);
	if (length >= (int)sizeof(with_address) || quern_parse_endpoint(with_address, &read) != 0)
		return -EINVAL;
	*endpoint = read;
	return 0;
}

int quern_conn_filter_add(struct quern_conn_filter *filter, const char *name, const char *value)
{
	if (strcmp(name, "state") == 0)
		return add_state(filter, value);
	if (strcmp(name, "local") == 0)
		return set_endpoint(&filter->local, value);
	if (strcmp(name, "remote") == 0)
		return set_endpoint(&filter->remote, value);
	return -EINVAL;
}
