/* test_tcp_cookie.c - SYN cookies: what they remember, for how long, and what is taken for one. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "base/seq.h"
#include "tcp/tcp_cookie.h"
#include "tcp/tcp_open.h"

static const struct hash_secret isn_secret = {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};

static struct hash_secret drawn(struct random *random)
{
	return (struct hash_secret){{random_next(random), random_next(random)}};
}

static struct tcp_cookie_keys keys_since(struct random *random, uint32_t slot)
{
	struct hash_secret first = drawn(random), second = drawn(random);
	struct tcp_cookie_keys keys = {.present_since = 0};

	tcp_cookie_new_key(&keys, &first, slot);
	tcp_cookie_new_key(&keys, &second, slot);
	return keys;
}

static struct tcp_cookie_syn random_syn(struct random *random)
{
	struct tcp_cookie_syn syn = {.key = {(uint32_t)random_next(random), (uint32_t)random_next(random),
					     (uint16_t)random_next(random), (uint16_t)random_next(random)},
				     .peer_iss = (uint32_t)random_next(random)};

	syn.isn_origin = tcp_isn(&isn_secret, &syn.key, 0);
	return syn;
}

Test(tcp_cookie, remembers_of_every_mss_the_nearest_below)
{
	static const uint16_t known[] = {48, 536, 1220, 1360, 1400, 1440, 1460, 8960};
	struct random random;
	struct tcp_cookie_keys keys;

	random_seed(&random, 1);
	keys = keys_since(&random, 7);
	for (uint32_t mss = 48, nearest = 0; mss <= UINT16_MAX; mss++) {
		struct tcp_cookie_syn syn = random_syn(&random);
		uint32_t iss = tcp_cookie_make(&keys, &syn, (uint16_t)mss, 7);

		nearest += nearest + 1 < sizeof(known) / sizeof(known[0]) && known[nearest + 1] == mss;
		cr_assert_eq(tcp_cookie_check(&keys, &syn, iss, 7), known[nearest], "MSS %u", mss);
	}
}

/* For as long as the clock of ISNs takes to come round and beyond, also where 32 bits of slots end. */
Test(tcp_cookie, is_good_in_its_slot_and_the_next_and_never_after)
{
	static const uint32_t begins[] = {0, 7, 255, 256, UINT32_MAX - 3, UINT32_MAX};
	struct random random;

	random_seed(&random, 2);
	for (unsigned int i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		struct tcp_cookie_keys keys = keys_since(&random, begins[i]);

		for (uint32_t made = 0; made < TCP_COOKIE_KEY_SLOTS; made++) {
			struct tcp_cookie_syn syn = random_syn(&random);
			uint32_t slot = begins[i] + made, iss = tcp_cookie_make(&keys, &syn, 1460, slot);

			cr_assert_not(tcp_cookie_key_is_old(&keys, slot));
			cr_assert_eq(tcp_cookie_check(&keys, &syn, iss, slot - 1), 0, "not before it was made");
			for (uint32_t age = 0; age < 1000; age++)
				cr_assert_eq(tcp_cookie_check(&keys, &syn, iss, slot + age), age < 2 ? 1460 : 0,
					     "slot %u, age %u", slot, age);
		}
		cr_assert(tcp_cookie_key_is_old(&keys, begins[i] + TCP_COOKIE_KEY_SLOTS));
	}
}

Test(tcp_cookie, outlives_a_change_of_the_secret_that_made_it)
{
	struct random random;
	struct tcp_cookie_keys keys;

	random_seed(&random, 3);
	keys = keys_since(&random, 100);
	for (uint32_t slot = 100; slot < 100 + 20 * TCP_COOKIE_KEY_SLOTS; slot++) {
		struct tcp_cookie_syn before = random_syn(&random), after = random_syn(&random);
		uint32_t old = tcp_cookie_make(&keys, &before, 1220, slot), new;

		if (tcp_cookie_key_is_old(&keys, slot + 1)) {
			struct hash_secret fresh = drawn(&random);

			tcp_cookie_new_key(&keys, &fresh, slot + 1);
		}
		new = tcp_cookie_make(&keys, &after, 8960, slot + 1);
		cr_assert_eq(tcp_cookie_check(&keys, &before, old, slot + 1), 1220);
		cr_assert_eq(tcp_cookie_check(&keys, &after, new, slot + 1), 8960);
		cr_assert_eq(tcp_cookie_check(&keys, &before, old, slot + 2), 0);
	}
}

/* Of the secret two changes ago nothing is taken, whatever its slot. */
Test(tcp_cookie, of_another_secret_is_refused)
{
	struct random random;

	random_seed(&random, 4);
	for (unsigned int i = 0; i < 10000; i++) {
		struct tcp_cookie_keys ours = keys_since(&random, 50), theirs = keys_since(&random, 50);
		struct tcp_cookie_syn syn = random_syn(&random);
		uint32_t slot = 49 + i % 2;

		cr_assert_eq(tcp_cookie_check(&ours, &syn, tcp_cookie_make(&theirs, &syn, 1460, slot), 50), 0);
	}
}

/* Addresses, ports and the peer's ISN are all in the MAC. */
Test(tcp_cookie, with_any_bit_of_its_syn_changed_is_refused)
{
	enum { BITS = 8 * (sizeof(struct flow_key) + sizeof(uint32_t)) };
	struct random random;
	struct tcp_cookie_keys keys;

	random_seed(&random, 5);
	keys = keys_since(&random, 50);
	for (unsigned int i = 0; i < 1000; i++) {
		struct tcp_cookie_syn syn = random_syn(&random);
		uint32_t iss = tcp_cookie_make(&keys, &syn, 1460, 50);

		cr_assert_eq(tcp_cookie_check(&keys, &syn, iss, 50), 1460);
		for (unsigned int bit = 0; bit < BITS; bit++) {
			struct tcp_cookie_syn forged = syn;

			((uint8_t *)&forged)[bit / 8] ^= (uint8_t)(1 << bit % 8);
			forged.isn_origin = tcp_isn(&isn_secret, &forged.key, 0);
			cr_assert_eq(tcp_cookie_check(&keys, &forged, iss, 50), 0, "bit %u", bit);
		}
	}
}

/* Where an ACK may be anything, one number in 2^28 is good: those of eight MSSs in two slots. */
Test(tcp_cookie, is_one_of_sixteen_numbers_among_all)
{
	struct random random;
	struct tcp_cookie_keys keys;
	struct tcp_cookie_syn syn;
	unsigned int good = 0;

	random_seed(&random, 6);
	keys = keys_since(&random, 50);
	syn = random_syn(&random);
	for (uint32_t slot = 0; slot < 256; slot++) {
		/* All numbers of the two slots that are good now; a sample of the others. */
		uint32_t step = slot == 49 || slot == 50 ? 1 : 1 << 12;

		for (uint32_t low = 0; low < 1 << TCP_COOKIE_MAC_BITS; low += step)
			good += tcp_cookie_check(&keys, &syn, syn.isn_origin + (slot << TCP_COOKIE_MAC_BITS) + low,
						 50) != 0;
	}
	cr_assert_eq(good, 16);
}

/* RFC 9293 3.4.1, RFC 6528: numbers of a flow go on where they were, however its SYNs were answered. */
Test(tcp_cookie, lies_on_the_clock_of_isns)
{
	struct random random;
	struct tcp_cookie_keys keys;

	random_seed(&random, 7);
	keys = keys_since(&random, 50);
	for (unsigned int i = 0; i < 10000; i++) {
		struct tcp_cookie_syn syn = random_syn(&random), again = syn;
		uint64_t slot_ns = (UINT64_C(4000) << TCP_COOKIE_MAC_BITS),
			 ns = 50 * slot_ns + random_next(&random) % slot_ns;
		uint32_t iss = tcp_cookie_make(&keys, &syn, 1460, tcp_cookie_slot(ns));

		again.peer_iss = (uint32_t)random_next(&random);
		cr_assert_eq(tcp_cookie_slot(ns), 50);
		cr_assert(seq_before(iss - (1 << 24), tcp_isn(&isn_secret, &syn.key, (uint32_t)(ns / 4000))));
		cr_assert(seq_before(iss, tcp_isn(&isn_secret, &syn.key, (uint32_t)((ns + slot_ns) / 4000))));
		cr_assert(seq_before(iss, tcp_cookie_make(&keys, &again, 48, 51)), "later ones are above it");
	}
}

/* A connection that a cookie has made has said some octets and is gone. An ACK of these is none of a cookie: one that
 * was taken for it would make the connection anew, with numbers that go on where the old text ends. */
Test(tcp_cookie, is_not_what_acknowledges_octets_behind_it)
{
	enum { OCTETS = 100000 };
	struct random random;
	struct tcp_cookie_keys keys;
	struct tcp_cookie_syn syn;

	random_seed(&random, 5);
	keys = keys_since(&random, 7);
	syn = random_syn(&random);
	for (uint32_t mss = 48; mss <= 1460; mss += 1412 / 4) {
		uint32_t iss = tcp_cookie_make(&keys, &syn, (uint16_t)mss, 7);

		cr_assert_neq(tcp_cookie_check(&keys, &syn, iss, 7), 0);
		for (uint32_t octets = 1; octets <= OCTETS; octets++)
			cr_assert_eq(tcp_cookie_check(&keys, &syn, iss + octets, 7), 0, "%u octets", octets);
	}
}

/* The SYN+ACK went out with the cookie: it is not owed any more. */
Test(tcp_cookie, a_connection_made_by_one_owes_no_syn)
{
	const struct segment ack = {.seq = 5001, .ack = 9001, .flags = TCP_ACK, .wnd = 1000};
	const struct quern_tcp_options defaults = {.mss = 0};
	struct tcp_conn conn = {.state = QUERN_NO_STATE};
	struct tcp_profile profile;

	cr_assert_eq(tcp_profile_make(&profile, &defaults, 1500), 0);
	tcp_open_from_cookie(&conn, &ack, 1460, &profile, 1000);
	cr_assert_eq(conn.state, QUERN_SYN_RCVD);
	cr_assert_eq(conn.flags & TCP_OWES, 0);
	cr_assert(conn.flags & TCP_SYN_IN_FLIGHT);
}
