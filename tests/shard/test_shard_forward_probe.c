/* test_shard_forward_probe.c - probes of targets by UDP, byte by byte, and what counts as an answer. */
#include <criterion/criterion.h>

#include "support/check_lab.h"
#include "support/raw_words.h"

enum { PROBED = 5301, FALL = CHECK_LAB_FALL };

static struct lab lab;

/* What targets say on UDP: the text that is asked for, or another. */
static void answer_datagram(const struct lab_packet *probe, const char *text)
{
	struct lab_packet answer = *probe;
	uint8_t *ip = answer.frame;
	uint32_t bytes = (uint32_t)strlen(text);
	uint8_t pseudo[12] = {0};

	check_lab_turn_round(ip);
	memcpy(ip + 22, probe->frame + 20, 2);
	memcpy(ip + 20, probe->frame + 22, 2);
	memcpy(ip + 28, text, bytes);
	answer.bytes = 28 + bytes;
	put16(ip + 2, answer.bytes);
	put16(ip + 24, 8 + bytes);
	put16(ip + 10, 0);
	put16(ip + 10, ~ones_sum(0, ip, 20) & 0xffff);
	memcpy(pseudo, ip + 12, 8);
	pseudo[9] = 17;
	put16(pseudo + 10, 8 + bytes);
	put16(ip + 26, 0);
	put16(ip + 26, ~ones_sum(ones_sum(0, pseudo, 12), ip + 20, 8 + bytes) & 0xffff);
	check_lab_say(&lab, &answer);
}

static struct quern_forward_check check_by_udp(void)
{
	return (struct quern_forward_check){.probe = QUERN_PROBE_UDP,
					    .port = PROBED,
					    .request = "are you there",
					    .request_bytes = 13,
					    .answer = "here",
					    .answer_bytes = 4};
}

Test(shard_forward_probe, by_udp_the_answer_must_begin_as_it_should)
{
	struct lab_packet probe;

	check_lab_open(&lab, check_by_udp(), false);
	probe = check_lab_wait_probe(&lab);
	cr_assert_eq(get16(probe.frame + 22), PROBED);
	cr_assert_eq(get32(probe.frame + 12), LAB_ADDRESS(1, 1));
	cr_assert_eq(probe.bytes, 28 + 13);
	cr_assert_arr_eq(probe.frame + 28, "are you there", 13);
	answer_datagram(&probe, "her");
	cr_assert_eq(check_lab_state(&lab, 0), QUERN_TARGET_NEW);
	probe = check_lab_wait_probe(&lab);
	answer_datagram(&probe, "here I am");
	cr_assert_eq(check_lab_state(&lab, 0), QUERN_TARGET_UP);
	for (int i = 0; i < FALL; i++) {
		probe = check_lab_wait_probe(&lab);
		answer_datagram(&probe, "there");
	}
	cr_assert_eq(check_lab_state(&lab, 0), QUERN_TARGET_DOWN);
	cr_assert_eq(check_lab_cause(&lab, 0), QUERN_TARGET_WRONG);
	cr_assert_eq(lab_counters(&lab, 1)->drops[QUERN_DROP_UDP_NO_LISTENER], 0);
	lab_close(&lab);
}

/* Answers that are none: from another port or host, or to another port or address of ours. */
Test(shard_forward_probe, by_udp_forged_answers_do_not_count)
{
	static const uint8_t places[] = {15, 19, 21, 23};

	check_lab_open(&lab, check_by_udp(), false);
	for (size_t i = 0; i < sizeof(places); i++) {
		struct lab_packet probe = check_lab_wait_probe(&lab);

		probe.frame[places[i]] ^= 2;
		answer_datagram(&probe, "here I am");
		cr_assert_neq(check_lab_state(&lab, 0), QUERN_TARGET_UP, "byte %u", places[i]);
	}
	cr_assert_eq(lab_counters(&lab, 1)->drops[QUERN_DROP_UDP_NO_LISTENER], 4);
	lab_close(&lab);
}

Test(shard_forward_probe, a_closed_port_is_told_by_icmp_and_counts_at_once)
{
	check_lab_open(&lab, check_by_udp(), false);
	for (int i = 0; i < FALL; i++) {
		struct lab_packet probe = check_lab_wait_probe(&lab), error = {.bytes = 56};
		uint8_t *ip = error.frame;

		ip[0] = 0x45;
		ip[3] = 56;
		ip[8] = 64;
		ip[9] = 1;
		memcpy(ip + 12, probe.frame + 16, 4);
		memcpy(ip + 16, probe.frame + 12, 4);
		ip[20] = 3;
		ip[21] = 3;
		memcpy(ip + 28, probe.frame, 28);
		put16(ip + 10, ~ones_sum(0, ip, 20) & 0xffff);
		put16(ip + 22, ~ones_sum(0, ip + 20, 36) & 0xffff);
		check_lab_say(&lab, &error);
		cr_assert_eq(check_lab_state(&lab, 0), i == FALL - 1 ? QUERN_TARGET_DOWN : QUERN_TARGET_NEW);
	}
	cr_assert_eq(check_lab_cause(&lab, 0), QUERN_TARGET_REFUSED);
	cr_assert_eq(lab_counters(&lab, 1)->drops[QUERN_DROP_ICMP_IGNORED], 0);
	lab_close(&lab);
}
