/* raw_port.c - gathers, sums and cuts frames as a port would. */
#include "support/raw_port.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "support/raw_words.h"

enum { IP4 = 20, IP6 = 40, TCP = 6, FIN_AND_PSH = 0x09, FRAME_MAX = 65535 };

/* The headers of a frame, by its bytes. */
struct headers {
	uint32_t link, ip, tcp; /* bytes of each */
	bool is_ip6;
};

bool raw_port_cuts(void)
{
	return getenv("QUERN_TEST_CUT") != NULL;
}

static struct raw_port_seen seen;

const struct raw_port_seen *raw_port_seen(void)
{
	return &seen;
}

/* Of addresses, protocol and length: what the checksum of TCP covers before its header. */
static uint16_t pseudo_sum(const uint8_t *ip, bool is_ip6, uint32_t bytes)
{
	return (uint16_t)ones_sum(TCP + bytes, ip + (is_ip6 ? 8 : 12), is_ip6 ? 32 : 8);
}

static struct headers read_headers(const struct rte_mbuf *mbuf, const uint8_t *frame)
{
	bool is_ip6 = frame[mbuf->l2_len] >> 4 == 6;
	struct headers headers = {.link = mbuf->l2_len, .ip = is_ip6 ? IP6 : IP4, .is_ip6 = is_ip6};

	headers.tcp = (uint32_t)(frame[headers.link + headers.ip + 12] >> 4) * 4;
	cr_assert_eq(mbuf->l3_len, headers.ip, "l3_len is %d", (int)mbuf->l3_len);
	cr_assert_eq(mbuf->l4_len, headers.tcp, "l4_len is %d, not %u", (int)mbuf->l4_len, headers.tcp);
	cr_assert_eq(mbuf->ol_flags & (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6),
		     is_ip6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4);
	cr_assert_geq(mbuf->data_len, headers.link + headers.ip + headers.tcp, "headers in several buffers");
	return headers;
}

/* What DPDK asks of who sends a frame to be cut. */
static void check_cut(const struct rte_mbuf *mbuf, const uint8_t *frame, const struct headers *headers)
{
	uint32_t head = headers->link + headers->ip + headers->tcp;
	const uint8_t *ip = frame + headers->link, *tcp = ip + headers->ip;

	cr_assert(mbuf->ol_flags & RTE_MBUF_F_TX_TCP_CKSUM);
	cr_assert(headers->is_ip6 || mbuf->ol_flags & RTE_MBUF_F_TX_IP_CKSUM);
	cr_assert_gt(mbuf->tso_segsz, 0);
	cr_assert_gt(mbuf->pkt_len - head, mbuf->tso_segsz, "nothing to be cut");
	cr_assert_eq((mbuf->pkt_len - head) % mbuf->tso_segsz, 0, "the last segment is less than full");
	cr_assert_eq(get16(tcp + 16), pseudo_sum(ip, headers->is_ip6, mbuf->pkt_len - headers->link - headers->ip));
	cr_assert_leq(mbuf->nb_segs, RAW_PORT_BUFFERS, "%d buffers", (int)mbuf->nb_segs);
}

static void finish_tcp(uint8_t *frame, uint32_t bytes, const struct headers *headers)
{
	uint8_t *ip = frame + headers->link, *tcp = ip + headers->ip;
	uint32_t tcp_bytes = bytes - headers->link - headers->ip;

	put16(tcp + 16, 0);
	put16(tcp + 16, (uint16_t)~ones_sum(pseudo_sum(ip, headers->is_ip6, tcp_bytes), tcp, tcp_bytes));
}

static void finish_ip(uint8_t *ip, uint32_t bytes, bool is_ip6)
{
	if (is_ip6) {
		put16(ip + 4, bytes - IP6);
		return;
	}
	put16(ip + 2, bytes);
	put16(ip + 10, 0);
	put16(ip + 10, (uint16_t)~ones_sum(0, ip, IP4));
}

/* The segment whose text begins `at` bytes behind that of the first. */
static void cut(uint8_t *to, const uint8_t *frame, const struct headers *headers, uint32_t at, uint32_t bytes,
		bool is_last)
{
	uint32_t head = headers->link + headers->ip + headers->tcp;
	uint8_t *tcp = to + headers->link + headers->ip;

	memcpy(to, frame, head);
	memcpy(to + head, frame + head + at, bytes);
	put32(tcp + 4, get32(tcp + 4) + at);
	if (!is_last)
		tcp[13] &= (uint8_t)~FIN_AND_PSH;
	finish_ip(to + headers->link, head - headers->link + bytes, headers->is_ip6);
	finish_tcp(to, head + bytes, headers);
}

/* One more frame that leaves, of so many bytes; null where the pool has no more buffers. */
static uint8_t *append(struct rte_mempool *pool, uint32_t bytes, struct rte_mbuf *frames[RAW_PORT_FRAMES],
		       unsigned int *count)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);

	if (!mbuf)
		return NULL;
	cr_assert_lt(*count, RAW_PORT_FRAMES);
	frames[(*count)++] = mbuf;
	return (uint8_t *)rte_pktmbuf_append(mbuf, (uint16_t)bytes);
}

static unsigned int cut_all(const struct rte_mbuf *mbuf, const uint8_t *frame, struct rte_mempool *pool,
			    struct rte_mbuf *frames[RAW_PORT_FRAMES])
{
	struct headers headers = read_headers(mbuf, frame);
	uint32_t head = headers.link + headers.ip + headers.tcp, text = mbuf->pkt_len - head, size = mbuf->tso_segsz;
	unsigned int count = 0;

	check_cut(mbuf, frame, &headers);
	seen.cut++;
	seen.text_bytes = text;
	seen.size = size;
	seen.most_bytes = RTE_MAX(seen.most_bytes, text);
	for (uint32_t at = 0; at < text; at += size) {
		uint8_t *to = append(pool, head + size, frames, &count);

		if (!to)
			break;
		cut(to, frame, &headers, at, size, at + size == text);
	}
	return count;
}

static unsigned int send_one(const struct rte_mbuf *mbuf, const uint8_t *frame, struct rte_mempool *pool,
			     struct rte_mbuf *frames[RAW_PORT_FRAMES])
{
	unsigned int count = 0;
	uint8_t *to = append(pool, mbuf->pkt_len, frames, &count);
	struct headers headers;

	if (!to)
		return 0;
	memcpy(to, frame, mbuf->pkt_len);
	if (mbuf->ol_flags & RTE_MBUF_F_TX_TCP_CKSUM) {
		headers = read_headers(mbuf, frame);
		finish_tcp(to, mbuf->pkt_len, &headers);
	}
	return count;
}

unsigned int raw_port_send(struct rte_mbuf *mbuf, struct rte_mempool *pool, struct rte_mbuf *frames[RAW_PORT_FRAMES])
{
	static uint8_t flat[FRAME_MAX];
	const uint8_t *frame;
	unsigned int count;

	cr_assert_leq(mbuf->pkt_len, FRAME_MAX);
	rte_mbuf_sanity_check(mbuf, 1);
	frame = rte_pktmbuf_read(mbuf, 0, mbuf->pkt_len, flat);
	cr_assert_not_null(frame);
	count = mbuf->ol_flags & RTE_MBUF_F_TX_TCP_SEG ? cut_all(mbuf, frame, pool, frames)
						       : send_one(mbuf, frame, pool, frames);
	rte_pktmbuf_free(mbuf);
	return count;
}
