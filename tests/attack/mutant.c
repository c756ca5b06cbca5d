/* mutant.c - seed frames and what becomes of them. */
#include "attack/mutant.h"

#include <string.h>

#include <criterion/criterion.h>

#include "support/exact_mbuf.h"
#include "support/raw_icmp.h"

enum { IP_BYTES = 20, ETHER_BYTES = 14, TCP = 6, UDP = 17, ICMP = 1, ICMP6 = 58, TEXT_QUEUED = 3000 };

static const enum quern_state states[MUTANT_STATES] = {QUERN_SYN_RCVD,   QUERN_ESTABLISHED, QUERN_FIN_WAIT_1,
						       QUERN_FIN_WAIT_2, QUERN_CLOSE_WAIT,  QUERN_CLOSING,
						       QUERN_LAST_ACK,   QUERN_TIME_WAIT,   QUERN_LISTEN};

static const uint8_t snd_nxts[MUTANT_STATES] = {1, 1, 2, 2, 1, 2, 2, 2, 0},
		     rcv_nxts[MUTANT_STATES] = {1, 1, 1, 1, 2, 2, 2, 2, 0};

void mutant_open(struct mutant_crowd *crowd, bool ethernet)
{
	const struct shard_config config = {.ethernet = ethernet};

	driver_open(&crowd->driver, &config);
	driver_listen(&crowd->driver, SCRIPT_PORT, NULL);
	for (unsigned int i = 0; i < MUTANT_STATES; i++) {
		struct reached *member = &crowd->members[i];

		*member = (struct reached){
			.script = script_new(&crowd->driver), .snd_nxt = snd_nxts[i], .rcv_nxt = rcv_nxts[i]};
		member->script.remote_port = (uint16_t)(30000 + i);
		state_walk(&member->script, states[i]);
	}
	/* One has text in flight, which ACKs move. */
	driver_send(&crowd->driver, crowd->members[1].script.conn, TEXT_QUEUED);
	driver_collect(&crowd->driver);
	crowd->driver.heard_next = crowd->driver.heard_count;
}

static uint32_t near(struct random *random, uint32_t number)
{
	static const uint32_t steps[] = {0,     0,     0,     1,    2,    (uint32_t)-1, (uint32_t)-2,
					 65534, 65535, 65536, 1000, 3000, 0x80000000,   (uint32_t)-65535};

	return number + steps[random_below(random, sizeof(steps) / sizeof(*steps))];
}

struct raw_segment mutant_segment(struct random *random, const struct reached *member)
{
	struct raw_segment segment = script_segment(&member->script, 0, near(random, member->rcv_nxt), 0);

	segment.flags = (uint8_t)(random_below(random, 3) ? random_below(random, 64) : ACK);
	segment.ack = member->script.iss + near(random, member->snd_nxt);
	segment.window = (uint16_t)near(random, 0);
	segment.urgent = (uint16_t)near(random, 0);
	segment.reserved = (uint8_t)random_below(random, 16);
	segment.mss = (uint16_t)(random_below(random, 2) ? near(random, 48) : 0);
	segment.option_bytes = (uint8_t)(random_below(random, 3) ? 0 : random_below(random, 36));
	for (uint32_t i = 0; i < segment.option_bytes; i++)
		segment.options[i] = (uint8_t)(random_below(random, 2) ? random_next(random) : random_below(random, 9));
	segment.text_bytes = random_below(random, 2) ? 0 : random_below(random, 200);
	return segment;
}

static uint32_t sum_of(const uint8_t *bytes, uint32_t count, uint32_t sum)
{
	for (uint32_t i = 0; i < count; i++)
		sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void put_sum(uint8_t *at, uint32_t sum)
{
	at[0] = (uint8_t)(~sum >> 8);
	at[1] = (uint8_t)~sum;
}

/* The same of IPv6, whose header has no sum; what comes next is what is summed. */
static void repair_ip6(uint8_t *ip, uint32_t bytes)
{
	uint32_t total = RAW_IP6_BYTES + ((uint32_t)ip[4] << 8 | ip[5]);
	uint32_t place = ip[6] == TCP ? 16 : ip[6] == UDP ? 6 : 2;

	if (total >= RAW_IP6_BYTES + place + 2 && total <= bytes)
		raw_ip6_seal(ip, total, ip[6], place);
}

void mutant_repair(uint8_t *ip, uint32_t bytes)
{
	uint32_t header = (uint32_t)(ip[0] & 15) * 4, total, place;
	uint8_t *l4 = ip + header;

	if (ip[0] >> 4 == 6 && bytes >= RAW_IP6_BYTES) {
		repair_ip6(ip, bytes);
		return;
	}
	if (bytes < IP_BYTES || header < IP_BYTES || header > bytes)
		return;
	ip[10] = ip[11] = 0;
	put_sum(ip + 10, sum_of(ip, header, 0));
	total = (uint32_t)ip[2] << 8 | ip[3];
	place = ip[9] == TCP ? 16 : ip[9] == UDP ? 6 : 2;
	if (total < header + place + 2 || total > bytes)
		return;
	l4[place] = l4[place + 1] = 0;
	put_sum(l4 + place, sum_of(l4, total - header, ip[9] == ICMP ? 0 : sum_of(ip + 12, 8, ip[9] + total - header)));
}

/* An ARP packet between the peer and the shard, or about them. */
static uint32_t arp_seed(struct random *random, uint8_t *at)
{
	static const uint8_t head[8] = {0, 1, 8, 0, 6, 4, 0, 1};

	memset(at, 0, 46);
	memcpy(at, head, sizeof(head));
	at[7] = (uint8_t)(1 + random_below(random, 3));
	memcpy(at + 8, driver_peer_mac, 6);
	for (int i = 0; i < 4; i++) {
		at[14 + i] = (uint8_t)(DRIVER_REMOTE >> (24 - 8 * i));
		at[24 + i] = (uint8_t)(DRIVER_LOCAL >> (24 - 8 * i));
	}
	at[17] = (uint8_t)(at[17] + random_below(random, 8));
	return 46;
}

/* A solicitation, an advertisement, or nearly one, between the two. */
static uint32_t nd_seed(struct random *random, uint8_t *at)
{
	enum { ND_BYTES = 24, MAC_BYTES = 8 };
	const struct raw_segment between = {.source = DRIVER_REMOTE, .dest = DRIVER_LOCAL};
	uint8_t *message = at + raw_ip6_put(at, &between, ND_BYTES + MAC_BYTES);

	at[7] = 255;
	memset(message, 0, ND_BYTES + MAC_BYTES);
	message[0] = (uint8_t)(135 + random_below(random, 3));
	message[4] = (uint8_t)(random_next(random) & 0xe0);
	memcpy(message + 8, at + 8 + 16 * random_below(random, 2), 16);
	message[23] = (uint8_t)(message[23] + random_below(random, 8));
	message[ND_BYTES] = (uint8_t)(1 + random_below(random, 3));
	message[ND_BYTES + 1] = 1;
	memcpy(message + ND_BYTES + 2, driver_peer_mac, 6);
	raw_ip6_seal(at, RAW_IP6_BYTES + ND_BYTES + MAC_BYTES, ICMP6, 2);
	return RAW_IP6_BYTES + ND_BYTES + MAC_BYTES;
}

static uint32_t put_link(struct random *random, uint8_t *frame, bool arp)
{
	uint32_t at = ETHER_BYTES;

	memcpy(frame, driver_mac, 6);
	memcpy(frame + 6, driver_peer_mac, 6);
	if (arp && random_below(random, 2))
		memset(frame, 0xff, 6);
	if (random_below(random, 8) == 0) {
		memcpy(frame + 12, "\x81\x00\x00", 4);
		at += 4;
	}
	if (raw_is_ip6())
		memcpy(frame + at - 2, "\x86\xdd", 2);
	else
		memcpy(frame + at - 2, arp ? "\x08\x06" : "\x08\x00", 2);
	return at;
}

/* An ICMP error about a segment that the member has sent, or nearly. */
static uint32_t error_seed(struct random *random, const struct reached *member, uint8_t *ip)
{
	static const uint8_t types[] = {3, 3, 3, 4, 11, 12};
	uint32_t seq = member->snd_una - 1 + random_below(random, 3);
	struct raw_icmp icmp =
		raw_icmp_about(&member->script, types[random_below(random, sizeof(types))],
			       (uint8_t)random_below(random, 16), seq, random_below(random, RAW_TEXT_MAX));

	icmp.mtu = (uint16_t)random_below(random, 1600);
	return raw_icmp_build(ip, &icmp);
}

static void set_protocol(uint8_t *ip, bool is_udp)
{
	if (raw_is_ip6())
		ip[6] = is_udp ? UDP : ICMP6;
	else
		ip[9] = is_udp ? UDP : ICMP;
}

static const char *echo_request(void)
{
	return raw_is_ip6() ? "\x80\0\0\0" : "\x08\0\0\0";
}

static uint32_t seed_frame(struct random *random, const struct reached *member, uint32_t link_bytes, uint8_t *frame,
			   uint32_t *l3)
{
	bool arp = link_bytes && random_below(random, 8) == 0;
	struct raw_segment segment;
	uint32_t bytes;

	*l3 = link_bytes ? put_link(random, frame, arp) : 0;
	if (arp)
		return *l3 + (raw_is_ip6() ? nd_seed(random, frame + *l3) : arp_seed(random, frame + *l3));
	if (random_below(random, 8) == 0)
		return *l3 + error_seed(random, member, frame + *l3);
	segment = mutant_segment(random, member);
	bytes = raw_build(frame + *l3, &segment);
	if (random_below(random, 8) == 0) {
		bool is_udp = random_below(random, 2);

		set_protocol(frame + *l3, is_udp);
		if (random_below(random, 2))
			memcpy(frame + *l3 + raw_ip_bytes(), is_udp ? "\x12\x34\0\x50" : echo_request(), 4);
		mutant_repair(frame + *l3, bytes);
	}
	return *l3 + bytes;
}

uint32_t mutant_frame(struct random *random, const struct reached *member, uint32_t link_bytes,
		      uint8_t frame[MUTANT_FRAME_MAX])
{
	uint32_t l3, bytes = seed_frame(random, member, link_bytes, frame, &l3), alterations = random_below(random, 5);
	uint32_t header = bytes < l3 + 64 ? bytes : l3 + 64;

	for (uint32_t i = 0; i < alterations; i++) {
		uint32_t at = random_below(random, 4) ? random_below(random, header) : random_below(random, bytes);

		if (random_below(random, 2))
			frame[at] ^= (uint8_t)(1 << random_below(random, 8));
		else
			frame[at] = (uint8_t)random_next(random);
	}
	if (random_below(random, 2) && bytes >= l3 + IP_BYTES)
		mutant_repair(frame + l3, bytes - l3);
	switch (random_below(random, 8)) {
	case 0:
		return random_below(random, bytes + 1);
	case 1:
		memset(frame + bytes, 0xa5, 60);
		return bytes + random_below(random, 60);
	case 2:
		for (uint32_t i = 0; i < bytes; i++)
			frame[i] = (uint8_t)random_next(random);
		return bytes;
	default:
		return bytes;
	}
}

static void check_sent(const struct driver *driver, const struct rte_mbuf *mbuf)
{
	const uint8_t *ip = rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, driver->link_bytes);
	struct raw_segment segment;
	const char *wrong;

	/* Tagged frames are answered in kind, ARP and ICMP have their own tests. */
	if (driver->link_bytes && memcmp(ip - 2, raw_is_ip6() ? "\x86\xdd" : "\x08\x00", 2) != 0)
		return;
	if (ip[raw_is_ip6() ? 6 : 9] != TCP)
		return;
	wrong = raw_read(ip, mbuf->data_len - driver->link_bytes, &segment);
	cr_assert_null(wrong, "a frame that was sent is wrong: %s", wrong);
}

uint32_t mutant_throw(struct mutant_crowd *crowd, const uint8_t *frame, uint32_t bytes, bool exact)
{
	struct driver *driver = &crowd->driver;
	struct rte_mbuf *mbufs[SHARD_BURST];
	uint32_t sent = 0;
	uint16_t count;

	if (exact) {
		mbufs[0] = exact_mbuf(driver->in_pool, frame, bytes);
	} else {
		mbufs[0] = rte_pktmbuf_alloc(driver->in_pool);
		memcpy(rte_pktmbuf_append(mbufs[0], (uint16_t)bytes), frame, bytes);
	}
	shard_receive(driver->shard, mbufs, 1, driver->now_ns);
	do {
		count = shard_transmit(driver->shard, mbufs, SHARD_BURST);
		for (uint16_t i = 0; i < count; i++) {
			check_sent(driver, mbufs[i]);
			rte_pktmbuf_free(mbufs[i]);
		}
		sent += count;
	} while (count == SHARD_BURST);
	driver->told_next = driver->told_count;
	return sent;
}
