/* config_ports.c - names of ports, and which cable ends where. */
#include <string.h>

#include "config/config_reader.h"

static const struct config_node *text_of(const struct config_node *port, const char *key)
{
	const struct config_node *value = config_tree_find(port, key);

	return value && value->shape == CONFIG_TEXT && !value->is_refused ? value : NULL;
}

/* Another port of that name; null for none. */
static const struct config_node *other_called(const struct config_node *ports, const struct config_node *port,
					      const char *name)
{
	for (const struct config_node *other = ports->child; other; other = other->next) {
		const struct config_node *its = text_of(other, "name");

		if (other != port && its && strcmp(its->text, name) == 0)
			return other;
	}
	return NULL;
}

static bool stands_before(const struct config_node *port, const struct config_node *other)
{
	while (port && port != other)
		port = port->next;
	return port != NULL;
}

static void check_peer(const struct config_node *ports, const struct config_node *port, const struct config_node *peer,
		       struct config_faults *faults)
{
	const struct config_node *other = other_called(ports, port, peer->text), *back, *name = text_of(port, "name");

	if (!other) {
		config_faults_add(faults, peer->mark, "ports.peer: no other port is called '%.60s'", peer->text);
		return;
	}
	back = text_of(other, "peer");
	if (back && (!name || strcmp(back->text, name->text) != 0))
		config_faults_add(faults, peer->mark,
				  "ports.peer: '%.60s' is the peer of another port\nName each other", peer->text);
}

void config_ports_check(const struct config_node *ports, struct config_faults *faults)
{
	size_t count = 0;

	for (const struct config_node *port = ports->child; port; port = port->next)
		count++;
	/* There is a fault then already, and comparing each with each would take long. */
	if (count > QUERN_MAX_PORTS)
		return;
	for (const struct config_node *port = ports->child; port; port = port->next) {
		const struct config_node *name = text_of(port, "name"), *peer = text_of(port, "peer");
		const struct config_node *other = name ? other_called(ports, port, name->text) : NULL;

		if (other && stands_before(other, port))
			config_faults_add(faults, name->mark,
					  "ports.name: two ports are called '%.60s'\nGive each a name of its own",
					  name->text);
		if (peer)
			check_peer(ports, port, peer, faults);
	}
}
