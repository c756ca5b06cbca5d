/* udp_fragments_table.c - datagrams in the making: by name, in the order of their first parts, and their pages. */
#include "udp/udp_fragments_parts.h"

#include <string.h>

#include "base/check.h"
#include "base/line.h"

/* The parts of the memory, in order. */
struct layout {
	size_t datagrams, buckets, pages, free_pages, whole, end;
};

static uint32_t buckets_for(uint32_t datagrams)
{
	uint32_t buckets = UDP_FRAGMENTS_LEAST;

	while (buckets < datagrams)
		buckets *= 2;
	return buckets;
}

/* And those of the longest one, which are there in any case. */
static uint32_t pages_for(uint32_t datagrams)
{
	return datagrams * UDP_FRAGMENTS_PAGES + UDP_FRAGMENTS_PAGES_OF_ONE;
}

static struct layout lay_out(uint32_t datagrams)
{
	struct layout at;

	at.datagrams = base_line_up(sizeof(struct udp_fragments));
	at.buckets = at.datagrams + base_line_up(datagrams * sizeof(struct udp_whole));
	at.pages = at.buckets + base_line_up(buckets_for(datagrams) * sizeof(uint32_t));
	at.free_pages = at.pages + (size_t)pages_for(datagrams) * UDP_FRAGMENTS_PAGE;
	at.whole = at.free_pages + base_line_up(pages_for(datagrams) * sizeof(uint16_t));
	at.end = at.whole + base_line_up(UDP_WHOLE_MAX);
	return at;
}

size_t udp_fragments_bytes(uint32_t datagrams)
{
	return datagrams >= UDP_FRAGMENTS_LEAST && datagrams <= UDP_FRAGMENTS_MOST ? lay_out(datagrams).end : 0;
}

struct udp_fragments *udp_fragments_open(void *memory, uint32_t datagrams, const uint64_t secret[2])
{
	const struct layout at = lay_out(datagrams);
	struct udp_fragments *fragments = memory;
	char *block = memory;

	*fragments = (struct udp_fragments){
		.secret = {{secret[0], secret[1]}},
		.wholes = (struct udp_whole *)(void *)(block + at.datagrams),
		.buckets = (uint32_t *)(void *)(block + at.buckets),
		.pages = (uint8_t *)(block + at.pages),
		.free_pages = (uint16_t *)(void *)(block + at.free_pages),
		.joined = (uint8_t *)(block + at.whole),
		.capacity = datagrams,
		.bucket_mask = buckets_for(datagrams) - 1,
		.page_count = pages_for(datagrams),
	};
	while (fragments->free_page_count < fragments->page_count) {
		fragments->free_pages[fragments->free_page_count] = (uint16_t)fragments->free_page_count;
		fragments->free_page_count++;
	}
	for (uint32_t i = datagrams; i > 0; i--) {
		fragments->wholes[i - 1].next = fragments->free;
		fragments->free = i;
	}
	return fragments;
}

static struct udp_whole *at(const struct udp_fragments *fragments, uint32_t place)
{
	return &fragments->wholes[place - 1];
}

static uint32_t place_of(const struct udp_fragments *fragments, const struct udp_whole *whole)
{
	return (uint32_t)(whole - fragments->wholes) + 1;
}

static uint32_t *bucket_of(const struct udp_fragments *fragments, const struct udp_whole_name *name)
{
	return &fragments->buckets[hash_sip(&fragments->secret, name, sizeof(*name)) & fragments->bucket_mask];
}

struct udp_whole *udp_whole_find(const struct udp_fragments *fragments, const struct udp_whole_name *name)
{
	for (uint32_t place = *bucket_of(fragments, name); place; place = at(fragments, place)->next)
		if (memcmp(&at(fragments, place)->name, name, sizeof(*name)) == 0)
			return at(fragments, place);
	return NULL;
}

struct udp_whole *udp_whole_begin(struct udp_fragments *fragments, const struct udp_whole_name *name, uint32_t now_ms)
{
	uint32_t place = fragments->free, *bucket = bucket_of(fragments, name);
	struct udp_whole *whole = at(fragments, place);

	CHECK(place != 0);
	fragments->free = whole->next;
	*whole = (struct udp_whole){.name = *name, .began_ms = now_ms, .next = *bucket, .older = fragments->newest};
	*bucket = place;
	if (fragments->newest)
		at(fragments, fragments->newest)->newer = place;
	else
		fragments->oldest = place;
	fragments->newest = place;
	fragments->used++;
	return whole;
}

void udp_whole_empty(struct udp_fragments *fragments, struct udp_whole *whole)
{
	for (uint32_t i = 0; i < UDP_FRAGMENTS_PAGES_OF_ONE; i++) {
		if (whole->pages[i])
			fragments->free_pages[fragments->free_page_count++] = (uint16_t)(whole->pages[i] - 1);
		whole->pages[i] = 0;
	}
}

void udp_whole_end(struct udp_fragments *fragments, struct udp_whole *whole)
{
	uint32_t place = place_of(fragments, whole), *link = bucket_of(fragments, &whole->name);

	while (*link != place)
		link = &at(fragments, *link)->next;
	*link = whole->next;
	*(whole->older ? &at(fragments, whole->older)->newer : &fragments->oldest) = whole->newer;
	*(whole->newer ? &at(fragments, whole->newer)->older : &fragments->newest) = whole->older;
	udp_whole_empty(fragments, whole);
	whole->next = fragments->free;
	fragments->free = place;
	fragments->used--;
}

void udp_whole_write(struct udp_fragments *fragments, struct udp_whole *whole, uint32_t from, const uint8_t *bytes,
		     uint32_t count)
{
	while (count > 0) {
		uint32_t place = from % UDP_FRAGMENTS_PAGE, fit = UDP_FRAGMENTS_PAGE - place;
		uint16_t *page = &whole->pages[from / UDP_FRAGMENTS_PAGE];

		fit = fit < count ? fit : count;
		if (*page == 0) {
			CHECK(fragments->free_page_count > 0);
			*page = (uint16_t)(fragments->free_pages[--fragments->free_page_count] + 1);
		}
		memcpy(fragments->pages + (size_t)(*page - 1) * UDP_FRAGMENTS_PAGE + place, bytes, fit);
		from += fit;
		bytes += fit;
		count -= fit;
	}
}

void udp_whole_read(const struct udp_fragments *fragments, const struct udp_whole *whole, uint8_t *to)
{
	for (uint32_t from = 0; from < whole->end; from += UDP_FRAGMENTS_PAGE) {
		const uint8_t *page =
			fragments->pages + (size_t)(whole->pages[from / UDP_FRAGMENTS_PAGE] - 1) * UDP_FRAGMENTS_PAGE;
		uint32_t rest = whole->end - from;

		memcpy(to + from, page, rest < UDP_FRAGMENTS_PAGE ? rest : UDP_FRAGMENTS_PAGE);
	}
}

bool udp_fragments_have_room(const struct udp_fragments *fragments)
{
	return fragments->free != 0 && fragments->free_page_count >= UDP_FRAGMENTS_PAGES_OF_ONE;
}

bool udp_fragments_next(const struct udp_fragments *fragments, uint32_t *late_ms)
{
	if (fragments->oldest == 0)
		return false;
	*late_ms = at(fragments, fragments->oldest)->began_ms + UDP_FRAGMENTS_MS;
	return true;
}

bool udp_fragments_are_late(const struct udp_fragments *fragments, uint32_t now_ms)
{
	uint32_t late_ms;

	return udp_fragments_next(fragments, &late_ms) && (int32_t)(now_ms - late_ms) >= 0;
}

const uint8_t *udp_fragments_first(struct udp_fragments *fragments, uint32_t most, struct packet *packet,
				   uint16_t *port)
{
	const struct udp_whole *whole = at(fragments, fragments->oldest);
	uint32_t head_bytes, bytes;

	CHECK(fragments->oldest != 0 && most <= UDP_FRAGMENTS_PAGE);
	if (!whole->has_first || whole->is_spoilt)
		return NULL;
	*packet = whole->first;
	*port = whole->name.port;
	head_bytes = wire_fragment_head_again(fragments->joined, whole->head, packet);
	bytes = packet->fragment.bytes < most ? packet->fragment.bytes : most;
	memcpy(fragments->joined + head_bytes, fragments->pages + (size_t)(whole->pages[0] - 1) * UDP_FRAGMENTS_PAGE,
	       bytes);
	return fragments->joined;
}

struct udp_fragments_loss udp_fragments_give_up(struct udp_fragments *fragments)
{
	struct udp_whole *whole = at(fragments, fragments->oldest);
	struct udp_fragments_loss loss = {whole->frames, whole->name.port};

	CHECK(fragments->oldest != 0);
	udp_whole_end(fragments, whole);
	return loss;
}

uint8_t *udp_fragments_whole(struct udp_fragments *fragments)
{
	return fragments->joined;
}

uint32_t udp_fragments_used(const struct udp_fragments *fragments)
{
	return fragments->used;
}

/* Every datagram is in one list, and where its name says. */
static bool lists_agree(const struct udp_fragments *fragments)
{
	uint32_t spare = 0, used = 0, found = 0, before = 0;

	for (uint32_t place = fragments->free; place && spare <= fragments->capacity;
	     place = at(fragments, place)->next)
		spare++;
	for (uint32_t place = fragments->oldest; place && used <= fragments->capacity;
	     place = at(fragments, place)->newer) {
		const struct udp_whole *whole = at(fragments, place);

		used++;
		found += udp_whole_find(fragments, &whole->name) == whole;
		if (whole->older != before ||
		    (before && (int32_t)(whole->began_ms - at(fragments, before)->began_ms) < 0))
			return false;
		before = place;
	}
	return used == fragments->used && found == used && used + spare == fragments->capacity &&
	       before == fragments->newest;
}

bool udp_fragments_validate(const struct udp_fragments *fragments)
{
	uint32_t pages = fragments->free_page_count;

	if (!lists_agree(fragments))
		return false;
	for (uint32_t place = fragments->oldest; place; place = at(fragments, place)->newer) {
		const struct udp_whole *whole = at(fragments, place);
		uint32_t bytes = 0;

		for (uint32_t i = 0; i < UDP_FRAGMENTS_PAGES_OF_ONE; i++)
			pages += whole->pages[i] != 0;
		for (uint32_t i = 0; i < whole->part_count; i++)
			bytes += whole->parts[i].bytes;
		if (bytes != whole->have)
			return false;
	}
	return pages == fragments->page_count;
}
