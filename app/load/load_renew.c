/* load_renew.c - a client between two runs. What belongs to one run is named here, and nowhere else. */
#include <string.h>

#include "load/load_client_parts.h"

void load_client_renew(struct load_client *client)
{
	report_tally_renew(client->tally);
	client->left = client->quota;
	client->setting_up = 0;
	client->open = 0;
	client->retry_at_ns = 0;
	client->missed = 0;
	memset(client->missed_late, 0, sizeof(client->missed_late));
	client->late = (struct load_late){.seen_ns = client->late.seen_ns};
	client->deadline_ns = 0;
	client->sweep_next = 0;
	client->is_ending = false;
	client->unanswered = 0;
	client->heard_ns = 0;
	load_wheel_calm(&client->wheel);
}
