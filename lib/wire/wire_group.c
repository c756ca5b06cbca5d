/* wire_group.c - reports of groups, of all versions of IGMP and MLD. */
#include "wire/wire_group.h"

#include <string.h>

#include "base/check.h"
#include "wire/wire_build6.h"
#include "wire/wire_checksum.h"
#include "wire/wire_words.h"

enum {
	ETHER_FRAME_MIN = 60,
	TOS_INTERNET_CONTROL = 0xc0, /* RFC 3376 4 */
	IP_ALERT_BYTES = IP_BYTES + 4,
	IGMP_1_REPORT = 0x12,
	IGMP_2_REPORT = 0x16,
	IGMP_2_LEAVE = 0x17,
	IGMP_3_REPORT = 0x22,
	IP6_ALERT_BYTES = IP6_BYTES + 8,
	MLD_1_REPORT = 131,
	MLD_1_DONE = 132,
	MLD_1_BYTES = 24,
	MLD_2_REPORT = 143,
	REPORT_BYTES = 8
};

static const uint32_t ip_alert = 0x94040000; /* RFC 2113 */
static const uint32_t all_routers = 0xe0000002, all_igmp_3_routers = 0xe0000016;
static const uint64_t all_on_link = UINT64_C(0xff02) << 48;

void wire_group_mac4(uint32_t group, uint8_t mac[6])
{
	wire_store16(mac, 0x0100);
	wire_store32(mac + 2, 0x5e000000 | (group & 0x7fffff));
}

struct quern_ip6 wire_link_local(const uint8_t mac[6])
{
	uint64_t front = wire_load32(mac) >> 8, back = wire_load32(mac + 2) & 0xffffff;

	/* The bit that says that an address is the vendor's is the other way round here. */
	return (struct quern_ip6){UINT64_C(0xfe80) << 48, (front ^ 0x020000) << 40 | UINT64_C(0xfffe) << 24 | back};
}

/* What an older version of IGMP has for a record: its type; 0 for nothing. */
static uint8_t igmp_old_type(uint8_t version, enum wire_group_word word)
{
	if (word == WIRE_GROUP_LEFT)
		return version == 2 ? IGMP_2_LEAVE : 0;
	return version == 2 ? IGMP_2_REPORT : IGMP_1_REPORT;
}

/* Writes the message. Returns its bytes, and where it goes. */
static uint32_t igmp_message(uint8_t *igmp, const struct wire_group_report *report, uint32_t *dest)
{
	const struct wire_group_record *record = report->records;

	memset(igmp, 0, REPORT_BYTES);
	if (report->version < 3) {
		*dest = record->word == WIRE_GROUP_LEFT ? all_routers : (uint32_t)record->group.low;
		igmp[0] = igmp_old_type(report->version, record->word);
		wire_store32(igmp + 4, (uint32_t)record->group.low);
		return igmp[0] != 0 ? REPORT_BYTES : 0;
	}
	*dest = all_igmp_3_routers;
	igmp[0] = IGMP_3_REPORT;
	wire_store16(igmp + 6, (uint16_t)report->count);
	for (uint32_t i = 0; i < report->count; i++) {
		uint8_t *at = igmp + REPORT_BYTES + 8 * i;

		wire_store32(at, (uint32_t)record[i].word << 24);
		wire_store32(at + 4, (uint32_t)record[i].group.low);
	}
	return REPORT_BYTES + 8 * report->count;
}

/* RFC 3376 4: TTL 1, and an option that makes routers look into it. */
static void alert4_build(uint8_t *ip, uint32_t source, uint32_t dest, uint32_t bytes)
{
	uint16_t checksum;

	wire_store32(ip, UINT32_C(0x46000000) | TOS_INTERNET_CONTROL << 16 | (IP_ALERT_BYTES + bytes));
	wire_store32(ip + 4, IP_DONT_FRAGMENT);
	wire_store32(ip + 8, 1 << 24 | IP_PROTOCOL_IGMP << 16);
	wire_store32(ip + 12, source);
	wire_store32(ip + 16, dest);
	wire_store32(ip + IP_BYTES, ip_alert);
	checksum = wire_sum_finish(wire_sum(0, ip, IP_ALERT_BYTES));
	memcpy(ip + 10, &checksum, 2);
}

static void check_report(const struct wire_group_report *report, uint8_t newest)
{
	CHECK(report->version >= 1 && report->version <= newest);
	CHECK(report->count >= 1 && report->count <= (report->version == newest ? WIRE_GROUP_RECORDS_MAX : 1));
}

/* Behind an Ethernet header, up to the shortest frame. */
static uint32_t pad(uint8_t *frame, const struct wire_link *link, uint32_t bytes)
{
	if (link->bytes == 0 || bytes >= ETHER_FRAME_MIN)
		return bytes;
	memset(frame + bytes, 0, ETHER_FRAME_MIN - bytes);
	return ETHER_FRAME_MIN;
}

uint32_t wire_build_igmp(uint8_t *frame, const struct wire_link *link, uint32_t source,
			 const struct wire_group_report *report)
{
	uint8_t *ip = frame + link->bytes, *igmp = ip + IP_ALERT_BYTES;
	uint32_t dest, bytes;
	uint16_t checksum;

	check_report(report, 3);
	bytes = igmp_message(igmp, report, &dest);
	if (bytes == 0)
		return 0;
	checksum = wire_sum_finish(wire_sum(0, igmp, bytes));
	memcpy(igmp + 2, &checksum, 2);
	alert4_build(ip, source, dest, bytes);
	memcpy(frame, link->header, link->bytes);
	if (link->bytes > 0)
		wire_group_mac4(dest, frame);
	return pad(frame, link, link->bytes + (uint32_t)IP_ALERT_BYTES + bytes);
}

/* Writes the message. Returns its bytes, and where it goes. */
static uint32_t mld_message(uint8_t *mld, const struct wire_group_report *report, struct quern_ip6 *dest)
{
	const struct wire_group_record *record = report->records;

	memset(mld, 0, REPORT_BYTES);
	if (report->version == 1) {
		bool is_left = record->word == WIRE_GROUP_LEFT;

		*dest = is_left ? (struct quern_ip6){all_on_link, 2} : record->group;
		mld[0] = is_left ? MLD_1_DONE : MLD_1_REPORT;
		wire_store_ip6(mld + REPORT_BYTES, record->group);
		return MLD_1_BYTES;
	}
	*dest = (struct quern_ip6){all_on_link, 0x16};
	mld[0] = MLD_2_REPORT;
	wire_store16(mld + 6, (uint16_t)report->count);
	for (uint32_t i = 0; i < report->count; i++) {
		uint8_t *at = mld + REPORT_BYTES + 20 * i;

		wire_store32(at, (uint32_t)record[i].word << 24);
		wire_store_ip6(at + 4, record[i].group);
	}
	return REPORT_BYTES + 20 * report->count;
}

uint32_t wire_build_mld(uint8_t *frame, const struct wire_link *link, struct quern_ip6 source,
			const struct wire_group_report *report)
{
	/* ICMPv6 is next; router alert for MLD (RFC 2711), and padding. */
	static const uint8_t alert[8] = {IP_PROTOCOL_ICMP6, 0, 5, 2, 0, 0, 1, 0};
	const struct wire_ip_options options = {.ttl = 1};
	uint8_t *ip = frame + link->bytes, *mld = ip + IP6_ALERT_BYTES;
	struct ip6_pair pair = {.local = source};
	uint32_t bytes;

	check_report(report, 2);
	bytes = mld_message(mld, report, &pair.remote);
	wire_ip6_build(ip, &pair, 0, (uint32_t)sizeof(alert) + bytes, &options);
	memcpy(ip + IP6_BYTES, alert, sizeof(alert));
	wire_icmp6_finish(ip, mld, bytes);
	memcpy(frame, link->header, link->bytes);
	if (link->bytes > 0)
		wire_group_mac(pair.remote, frame);
	return link->bytes + (uint32_t)IP6_ALERT_BYTES + bytes;
}
