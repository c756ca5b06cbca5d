/* doctor_command.c - takes the inventory, asks what bench would need, and prints. */
#include "doctor/doctor_command.h"

#include <errno.h>
#include <string.h>

#include "cli/cli_engine.h"
#include "cli/cli_exit.h"
#include "cli/cli_output.h"
#include "cli/cli_place.h"
#include "doctor/doctor.h"

/* What `quern bench` without flags needs on this machine. */
static void find_need(struct doctor_look *look)
{
	static struct quern_engine_config config;
	struct cli_settings settings;
	struct cli_workers workers;
	struct cli_cores usable;
	char error[QUERN_ERROR_TEXT];

	cli_settings_init(&settings, CLI_BENCH);
	cli_place_usable(&usable);
	if (cli_complete(&settings, error) != 0 || cli_place_bench(&settings, &usable, &workers, error) != 0)
		return;
	settings.seed = 1;
	cli_engine_fill(&config, &settings);
	for (uint16_t number = 0; number < workers.count; number++)
		cli_engine_add_shard(&config, &settings, &workers, number, "bench");
	look->has_memory = quern_engine_need(&config, &look->need, error) == 0;
}

/* Writes the JSON that was asked for; the exit code. */
static int write_json(const char *path, const struct doctor_look *look, const struct doctor_verdict *verdict)
{
	bool is_stdout = strcmp(path, "-") == 0;
	FILE *out = is_stdout ? stdout : fopen(path, "w");
	int rc;

	if (!out)
		return cli_fail(CLI_EXIT_USAGE, "--json %s: %s", path, strerror(errno));
	rc = cli_write_json(out, doctor_json(look, verdict));
	if (!is_stdout && fclose(out) != 0 && rc == 0)
		rc = -errno;
	return rc == 0 ? CLI_EXIT_DONE : cli_fail(CLI_EXIT_FAILED, "--json %s: %s", path, strerror(-rc));
}

int doctor_command(struct cli_settings *settings)
{
	static struct doctor_look look;
	static struct doctor_verdict verdict;
	bool json_is_all = settings->json && strcmp(settings->json, "-") == 0;
	int code = CLI_EXIT_DONE;

	quern_inventory_take(&look.inventory);
	find_need(&look);
	doctor_judge(&look, &verdict);
	if (!json_is_all)
		doctor_text(stdout, &look, &verdict);
	if (settings->json)
		code = write_json(settings->json, &look, &verdict);
	if (code != CLI_EXIT_DONE)
		return code;
	return cli_finish_output(verdict.is_ready ? CLI_EXIT_DONE : CLI_EXIT_MACHINE);
}
