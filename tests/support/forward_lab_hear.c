/* forward_lab_hear.c - what came out of the laboratory's ports. */
#include "support/forward_lab.h"

#include <criterion/criterion.h>

#include "support/raw_frame.h"

const struct lab_packet *lab_next(struct lab *lab, uint16_t number)
{
	struct lab_port *port = &lab->ports[number];

	return port->heard_next < port->heard_count ? &port->heard[port->heard_next++] : NULL;
}

struct lab_datagram lab_hear(struct lab *lab, uint16_t number)
{
	const struct lab_packet *packet = lab_next(lab, number);
	struct lab_datagram datagram;
	const char *fault;

	cr_assert_not_null(packet, "nothing came out of port %u", number);
	fault = lab_datagram_read(packet->frame, packet->bytes, &datagram);
	cr_assert_null(fault, "a datagram that came out of port %u is wrong: %s", number, fault);
	return datagram;
}

struct lab_datagram lab_from_to(struct quern_endpoint source, struct quern_endpoint dest, uint32_t from)
{
	return (struct lab_datagram){.source = source, .dest = dest, .text_bytes = 100, .text_from = from};
}

void lab_expect_end(const struct quern_endpoint *found, const struct quern_endpoint *expected)
{
	char is[QUERN_ENDPOINT_TEXT], ought[QUERN_ENDPOINT_TEXT];

	cr_assert_str_eq(quern_format_endpoint(found, is), quern_format_endpoint(expected, ought));
}

uint16_t lab_expect_own(const struct quern_endpoint *found, uint16_t port, uint16_t number)
{
	bool is_ip6 = quern_ip6_is_set(&found->ip6);
	uint16_t host = (uint16_t)(is_ip6 ? found->ip6.low : found->address & 0xffff);
	struct quern_endpoint own = is_ip6 ? lab_end6(port, host, number) : lab_end(port, host, number);

	lab_expect_end(found, &own);
	cr_assert(host >= 1 && host <= 4, "host %u is not one of the port's own", host);
	return host;
}

struct lab_datagram lab_hear_same(struct lab *lab, uint16_t port, const struct lab_datagram *said)
{
	struct lab_datagram heard = lab_hear(lab, port);

	cr_assert_eq(heard.text_bytes, said->text_bytes);
	cr_assert_eq(heard.text_sum, raw_text_sum(said->text_from, said->text_bytes));
	cr_assert_eq(heard.ttl, LAB_TTL - 1);
	cr_assert_eq(heard.no_checksum, said->no_checksum);
	return heard;
}

void lab_hear_nothing(struct lab *lab)
{
	for (uint16_t number = 0; number < lab->port_count; number++)
		cr_assert_eq(lab->ports[number].heard_next, lab->ports[number].heard_count,
			     "something came out of port %u", number);
}
