/* wire_sides.c - datagrams as they come to a forwarder and as they go on, by the book. */
#include "wire_sides.h"

#include <string.h>

#include <criterion/criterion.h>

uint16_t sides_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

void sides_put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

void sides_put_ip6(uint8_t *at, struct quern_ip6 address)
{
	for (int i = 0; i < 8; i++) {
		at[i] = (uint8_t)(address.high >> (56 - 8 * i));
		at[8 + i] = (uint8_t)(address.low >> (56 - 8 * i));
	}
}

void sides_sum_up(struct frame *frame, int version)
{
	if (version == 6)
		frame6_fix_checksum(frame, 17);
	else
		frame_fix_checksums(frame);
	if (sides_get16(frame->bytes + frame->l4 + 6) == 0)
		sides_put16(frame->bytes + frame->l4 + 6, UINT16_MAX);
}

static void random_bytes(uint8_t *at, uint32_t bytes, struct random *random)
{
	for (uint32_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)random_next(random);
}

void sides_expect(const struct sides *sides, struct frame *expected)
{
	uint8_t *ip, *udp;

	*expected = sides->frame;
	ip = expected->bytes + expected->l3;
	udp = expected->bytes + expected->l4;
	if (sides->version == 6) {
		ip[7]--;
		sides_put_ip6(ip + 8, sides->goes_pair.local);
		sides_put_ip6(ip + 24, sides->goes_pair.remote);
	} else {
		ip[8]--;
		sides_put16(ip + 12, sides->goes.local >> 16);
		sides_put16(ip + 14, sides->goes.local);
		sides_put16(ip + 16, sides->goes.remote >> 16);
		sides_put16(ip + 18, sides->goes.remote);
	}
	sides_put16(udp, sides->goes.local_port);
	sides_put16(udp + 2, sides->goes.remote_port);
	sides_sum_up(expected, sides->version);
}

void sides_aim_at_zero(struct sides *sides, bool is_ip, bool as_it_goes)
{
	uint8_t *word = sides->frame.bytes + (is_ip ? sides->frame.l3 + 4 : sides->frame.l4 + 8);
	uint32_t checksum_at = is_ip ? sides->frame.l3 + 10 : sides->frame.l4 + 6;
	struct frame summed;

	sides_put16(word, 0);
	sides_sum_up(&sides->frame, sides->version);
	summed = sides->frame;
	if (as_it_goes)
		sides_expect(sides, &summed);
	memcpy(word, summed.bytes + checksum_at, 2);
	sides_sum_up(&sides->frame, sides->version);
}

static void draw4(struct sides *sides, struct random *random, uint32_t text_bytes)
{
	uint8_t options[40];
	uint8_t *ip;

	memset(options, 1, sizeof options);
	frame_make(
		&sides->frame,
		&(struct frame_plan){.protocol = 17,
				     .no_ethernet = random_below(random, 2),
				     .text_bytes = text_bytes,
				     .ip_options = options,
				     .ip_options_bytes = random_below(random, 3) ? 0 : 4 * random_below(random, 11)});
	ip = sides->frame.bytes + sides->frame.l3;
	ip[1] = (uint8_t)random_next(random);
	random_bytes(ip + 4, 2, random);
	ip[6] = random_below(random, 2) ? 0x40 : 0;
	ip[8] = (uint8_t)(2 + random_below(random, 254));
	random_bytes(ip + 12, 8, random);
	ip[12] = (uint8_t)(1 + random_below(random, 126));
	ip[16] = (uint8_t)(1 + random_below(random, 126));
}

static void draw6(struct sides *sides, struct random *random, uint32_t text_bytes)
{
	static const uint8_t options[24] = {60, 0, 1, 4, 0, 0, 0, 0, 17, 1, 1, 12};
	uint32_t kind = random_below(random, 3);
	uint8_t *ip;

	frame6_make(&sides->frame, &(struct frame6_plan){.protocol = 17,
							 .no_ethernet = random_below(random, 2),
							 .text_bytes = text_bytes,
							 .next = kind == 1 ? 0 : 60,
							 .extensions = kind == 1 ? options : options + 8,
							 .extension_bytes = kind == 1   ? 24
									    : kind == 2 ? 16
											: 0});
	ip = sides->frame.bytes + sides->frame.l3;
	random_bytes(ip + 1, 3, random);
	ip[7] = (uint8_t)(2 + random_below(random, 254));
	random_bytes(ip + 8, 32, random);
	ip[8] = 0x20;
	ip[24] = 0x20;
}

void sides_draw(struct sides *sides, struct random *random, int version)
{
	uint32_t text_bytes = 2 + random_below(random, SIDES_TEXT_MAX);

	sides->version = version;
	sides->goes = (struct flow_key){0x01000000 + random_below(random, 0x70000000), (uint32_t)random_next(random),
					(uint16_t)(1 + random_below(random, 65535)),
					(uint16_t)(1 + random_below(random, 65535))};
	sides->goes_pair = (struct ip6_pair){{random_next(random) >> 2, random_next(random)},
					     {random_next(random) >> 2, random_next(random)}};
	if (version == 6)
		draw6(sides, random, text_bytes);
	else
		draw4(sides, random, text_bytes);
	random_bytes(sides->frame.bytes + sides->frame.l4, 4, random);
	random_bytes(sides->frame.bytes + sides->frame.l4 + 8, text_bytes, random);
	sides_sum_up(&sides->frame, version);
}

struct wire_udp_ends sides_goes(const struct sides *sides)
{
	return (struct wire_udp_ends){&sides->goes, sides->version == 6 ? &sides->goes_pair : NULL};
}

void sides_parse(const struct frame *frame, struct packet *packet)
{
	struct wire_expect expect = {.ethernet = frame->l3 != 0, .ip6 = true};

	memcpy(expect.mac, FRAME_OUR_MAC, 6);
	cr_assert_eq(frame_parse_exact(frame->bytes, frame->length, &expect, packet), QUERN_DROP_NONE);
}

struct wire_udp_ends sides_goes46(const struct sides *sides)
{
	return (struct wire_udp_ends){&sides->goes, sides->version == 4 ? &sides->goes_pair : NULL};
}

static void put_header6(uint8_t *ip, const struct sides *sides, const uint8_t *old, uint32_t udp_bytes)
{
	memset(ip, 0, 40);
	ip[0] = (uint8_t)(0x60 | old[1] >> 4);
	ip[1] = (uint8_t)(old[1] << 4);
	sides_put16(ip + 4, udp_bytes);
	ip[6] = 17;
	ip[7] = (uint8_t)(old[8] - 1);
	sides_put_ip6(ip + 8, sides->goes_pair.local);
	sides_put_ip6(ip + 24, sides->goes_pair.remote);
}

static void put_header4(uint8_t *ip, const struct sides *sides, const uint8_t *old, uint32_t udp_bytes)
{
	memset(ip, 0, 20);
	ip[0] = 0x45;
	ip[1] = (uint8_t)(old[0] << 4 | old[1] >> 4);
	sides_put16(ip + 2, 20 + udp_bytes);
	if (20 + udp_bytes > 1260)
		ip[6] = 0x40;
	else
		sides_put16(ip + 4, SIDES_ID);
	ip[8] = (uint8_t)(old[7] - 1);
	ip[9] = 17;
	sides_put16(ip + 12, sides->goes.local >> 16);
	sides_put16(ip + 14, sides->goes.local);
	sides_put16(ip + 16, sides->goes.remote >> 16);
	sides_put16(ip + 18, sides->goes.remote);
}

void sides_expect46(const struct sides *sides, struct frame *expected)
{
	const struct frame *came = &sides->frame;
	uint32_t udp_bytes = came->length - came->l4;

	expected->l3 = 0;
	expected->l4 = sides->version == 4 ? 40 : 20;
	expected->length = expected->l4 + udp_bytes;
	if (sides->version == 4)
		put_header6(expected->bytes, sides, came->bytes + came->l3, udp_bytes);
	else
		put_header4(expected->bytes, sides, came->bytes + came->l3, udp_bytes);
	memcpy(expected->bytes + expected->l4, came->bytes + came->l4, udp_bytes);
	sides_put16(expected->bytes + expected->l4, sides->goes.local_port);
	sides_put16(expected->bytes + expected->l4 + 2, sides->goes.remote_port);
	sides_sum_up(expected, sides->version == 4 ? 6 : 4);
}

void sides_error_make(struct frame *frame, const struct sides_error *error)
{
	static const uint8_t extension[8] = {58, 0, 1, 4}, no_operations[8] = {1, 1, 1, 1, 1, 1, 1, 1};
	uint8_t *ip, *icmp;

	if (error->version == 6)
		frame6_make(frame, &(struct frame6_plan){.protocol = 58,
							 .text_bytes = error->quote_bytes,
							 .next = 60,
							 .extensions = extension,
							 .extension_bytes = error->front});
	else
		frame_make(frame, &(struct frame_plan){.protocol = 1,
						       .text_bytes = error->quote_bytes,
						       .ip_options = no_operations,
						       .ip_options_bytes = error->front});
	ip = frame->bytes + frame->l3;
	icmp = frame->bytes + frame->l4;
	memcpy(icmp, error->word, 2);
	sides_put16(icmp + 4, error->rest >> 16);
	sides_put16(icmp + 6, error->rest);
	memcpy(icmp + 8, error->quote, error->quote_bytes);
	if (error->version == 6) {
		ip[7] = error->ttl;
		memcpy(ip + 8, error->source, 16);
		memcpy(ip + 24, error->dest, 16);
		frame6_fix_checksum(frame, 58);
	} else {
		ip[8] = error->ttl;
		memcpy(ip + 12, error->source, 4);
		memcpy(ip + 16, error->dest, 4);
		frame_fix_checksums(frame);
	}
}
