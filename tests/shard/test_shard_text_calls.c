/* test_shard_text_calls.c - an application's calls about text at odd moments, and with buffers short. */
#include <criterion/criterion.h>

#include "support/bare_eal.h"
#include "support/script.h"

static struct driver driver;

/* Established at a shard of `config`, with `bytes` bytes held that nobody reads yet. */
static struct script holding(const struct shard_config *config, uint32_t bytes)
{
	struct script script;

	driver_open(&driver, config);
	driver.reader = (struct driver_reader){.reads = true};
	driver_listen(&driver, SCRIPT_PORT, NULL);
	script = script_new(&driver);
	establish_passive(&script);
	for (uint32_t done = 0; done < bytes; done += 1000)
		say_text(&script, ACK, 1 + done, 1, bytes - done < 1000 ? bytes - done : 1000);
	driver.heard_next = driver.heard_count;
	return script;
}

/* Who was refused is told when there is room, though nothing of it is in flight whose ACK would make some. */
Test(shard_text_calls, who_found_no_buffer_is_told_when_there_is_one)
{
	struct shard_config config = {.max_flights = 1};
	struct script script;

	bare_eal_start();
	config.pool = bare_eal_pool("few", 63);
	script = holding(&config, 65000);
	cr_assert_gt(driver_counters(&driver)->drops[QUERN_DROP_TCP_NO_BUFFERS], 0);
	cr_assert_eq(driver_send(&driver, script.conn, 1000), 0);
	driver_collect(&driver);
	told_nothing(&script);
	app_resume(&script, UINT32_MAX);
	driver_collect(&driver);
	while (driver.told_next < driver.told_count && driver.told[driver.told_next].what == TOLD_TEXT)
		driver.told_next++;
	told(&script, TOLD_WRITABLE);
	app_send(&script, 1000);
	driver_close(&driver);
}
