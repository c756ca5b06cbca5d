/* test_names.c - every state, end and drop reason has a name of its own. */
#include <ctype.h>
#include <criterion/criterion.h>

#include <quern/conn.h>
#include <quern/counters.h>

static const char *state_name(int number)
{
	return quern_state_name((enum quern_state)number);
}

static const char *end_name(int number)
{
	return quern_end_name((enum quern_end)number);
}

static const char *icmp_name(int number)
{
	return quern_icmp_name((enum quern_icmp)number);
}

static const char *icmp_text(int number)
{
	return quern_icmp_text((enum quern_icmp)number);
}

static const char *drop_name(int number)
{
	return quern_drop_name((enum quern_drop)number);
}

static const char *drop_text(int number)
{
	return quern_drop_text((enum quern_drop)number);
}

static const struct {
	const char *(*name)(int number);
	int end;
	bool is_key; /* for JSON: small letters and underscores */
} LISTS[] = {
	{state_name, QUERN_STATES_END, false},
	{end_name, QUERN_ENDS_END, true},
	{icmp_name, QUERN_ICMPS_END, true},
	{icmp_text, QUERN_ICMPS_END, false},
	{drop_name, QUERN_DROPS_END, true},
	{drop_text, QUERN_DROPS_END, false},
};

enum { LISTS_COUNT = sizeof LISTS / sizeof LISTS[0] };

Test(names, are_complete_and_unique)
{
	for (int list = 0; list < LISTS_COUNT; list++) {
		cr_assert_gt(LISTS[list].end, 1);
		for (int i = 1; i < LISTS[list].end; i++) {
			const char *name = LISTS[list].name(i);

			cr_assert_not_null(name, "list %d number %d", list, i);
			cr_assert_gt(strlen(name), 2, "list %d number %d", list, i);
			for (int j = 1; j < i; j++)
				cr_assert_str_neq(name, LISTS[list].name(j));
		}
	}
}

Test(names, keys_are_fit_for_json)
{
	for (int list = 0; list < LISTS_COUNT; list++) {
		for (int i = 1; LISTS[list].is_key && i < LISTS[list].end; i++) {
			for (const char *at = LISTS[list].name(i); *at != '\0'; at++)
				cr_assert(islower(*at) || *at == '_', "%s", LISTS[list].name(i));
		}
	}
}

Test(names, a_number_that_is_none_has_a_question_mark)
{
	for (int list = 0; list < LISTS_COUNT; list++) {
		cr_assert_str_eq(LISTS[list].name(0), "?");
		cr_assert_str_eq(LISTS[list].name(LISTS[list].end), "?");
		cr_assert_str_eq(LISTS[list].name(-1), "?");
	}
}

Test(names, states_are_written_as_the_rfc_writes_them)
{
	cr_assert_str_eq(quern_state_name(QUERN_SYN_RCVD), "SYN-RECEIVED");
	cr_assert_str_eq(quern_state_name(QUERN_TIME_WAIT), "TIME-WAIT");
	cr_assert_str_eq(quern_end_name(QUERN_END_REFUSED), "refused");
	cr_assert_str_eq(quern_drop_name(QUERN_DROP_TCP_CHECKSUM), "tcp_checksum");
	cr_assert_str_eq(quern_drop_text(QUERN_DROP_IP_FRAGMENT), "fragment");
}
