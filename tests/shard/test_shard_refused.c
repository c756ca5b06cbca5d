/* test_shard_refused.c - while the port takes no frames, nothing that is owed goes out, and time goes on. */
#include <criterion/criterion.h>

#include "support/script.h"

static struct driver driver;

Test(shard_refused, a_syn_ack_keeps_its_timer_though_a_fin_is_owed_that_has_to_wait_for_it)
{
	struct reached reached = state_reach(&driver, QUERN_SYN_RCVD, true);
	struct script *script = &reached.script;
	struct raw_segment urgent = script_segment(script, SYN | URG, 1 << 30, 0);

	cr_assert_eq(quern_conn_shutdown(driver.shard, script->conn), 0);
	driver.now_ns += UINT64_C(1001000000);
	shard_expire(driver.shard, driver.now_ns);
	/* Any segment with urgent text gives it a flight, and behind a SYN a flight has nothing to say. */
	urgent.urgent = 1;
	driver_inject(&driver, &urgent);
	cr_assert(shard_validate(driver.shard), "what is in flight has no timer");
	hear(script, SYN | ACK, 0, 1);
	hear(script, FIN | ACK, 1, 1);
	hear(script, ACK, 2, 1);
	say(script, ACK, 1, 2);
	in_state(script, QUERN_FIN_WAIT_2);
	driver_close(&driver);
}
