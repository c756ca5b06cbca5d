/* config_check.c - what complete settings would start, in a few plain lines. */
#include <string.h>

#include "cli/cli_engine.h"
#include "cli/cli_exit.h"
#include "cli/cli_output.h"
#include "cli/cli_target.h"
#include "config/config_check.h"
#include "config/config_command.h"
#include "report/report_format.h"

static void print_time(const struct cli_settings *settings)
{
	char duration[REPORT_NUMBER_TEXT], warmup[REPORT_NUMBER_TEXT];

	printf("kind      %s", cli_command_name(settings->command));
	if (settings->duration_ns > 0)
		printf(", for %s", report_format_span(settings->duration_ns, duration));
	else if (settings->connections == 0)
		fputs(", until Ctrl-C", stdout);
	if (settings->connections > 0)
		printf(", %llu connections", (unsigned long long)settings->connections);
	if (settings->warmup_ns > 0)
		printf(", behind %s of warm-up", report_format_span(settings->warmup_ns, warmup));
	fputc('\n', stdout);
}

static void print_net(const struct cli_net *net, enum cli_version version)
{
	char first[QUERN_IP6_TEXT], last[QUERN_IP6_TEXT], gateway[QUERN_IP6_TEXT];
	int length = net->prefix_length - (version == CLI_IP4 ? CLI_IP4_BITS : 0);

	if (!net->is_spoken)
		return;
	printf(" %s", cli_address_text(net->addresses.first, first));
	if (!cli_address_equal(net->addresses.first, net->addresses.last))
		printf("-%s", cli_address_text(net->addresses.last, last));
	printf("/%d", length);
	if (net->has_gateway)
		printf(" by %s", cli_address_text(net->gateway, gateway));
}

static void print_ports(const struct cli_settings *settings, const struct cli_workers *workers)
{
	for (uint16_t i = 0; i < settings->port_count; i++) {
		const struct cli_port *port = &settings->ports[i];

		printf("%s%s", i == 0 ? "ports     " : "          ", port->device);
		for (enum cli_version version = CLI_IP4; version < CLI_VERSIONS; version++)
			print_net(&port->nets[version], version);
		if (port->vlan)
			printf(", VLAN %u", port->vlan);
		if (port->mtu)
			printf(", MTU %u", port->mtu);
		for (uint16_t j = 0; j < port->impair_count; j++)
			printf(", impaired by %s", port->impair_texts[j]);
		fputs(", on core", stdout);
		for (uint16_t j = 0; j < workers->count; j++) {
			if (workers->at[j].port == i)
				printf(" %u", workers->at[j].core);
		}
		fputc('\n', stdout);
	}
}

static void print_listeners(const struct cli_settings *settings, const struct cli_service *service)
{
	char text[QUERN_ENDPOINT_TEXT], payload[CLI_PAYLOAD_TEXT];

	fputs("server    at", stdout);
	for (uint16_t i = 0; i < service->listen_count; i++)
		printf(" %s", quern_format_endpoint(&service->listen[i], text));
	if (settings->command == CLI_BENCH)
		fputs(service->http.is_spoken ? ", speaks HTTP\n" : "\n", stdout);
	else if (settings->udp.is_spoken)
		fputs(", datagrams\n", stdout);
	else if (service->answers & CLI_ANSWER_HTTP)
		printf(", speaks HTTP%s%s\n", service->http.root ? ", files of " : "",
		       service->http.root ? service->http.root : "");
	else if (service->payload != CLI_PAYLOAD_NONE)
		printf(", payload %s\n", cli_format_payload(service, payload));
	else
		printf(", %s\n", service->answers & CLI_ANSWER_ECHO ? "sends all back" : "takes all, answers none");
}

static void print_clients(const struct cli_settings *settings, const struct cli_service *service)
{
	char target[CLI_TARGET_TEXT], first[QUERN_IP6_TEXT], last[QUERN_IP6_TEXT];

	fputs("client    from", stdout);
	for (uint16_t i = 0; i < service->source_count; i++) {
		struct cli_block block = cli_block_from_range(&service->source[i]);

		printf(" %s", cli_address_text(block.first, first));
		if (!cli_address_equal(block.first, block.last))
			printf("-%s", cli_address_text(block.last, last));
	}
	printf(" to %s\n", cli_format_target(settings, service, target));
}

static void print_datagrams(const struct cli_settings *settings)
{
	char number[REPORT_NUMBER_TEXT], flows[REPORT_NUMBER_TEXT];

	if (settings->judge.search_text)
		printf("load      the highest rate with %s", settings->judge.search_text);
	else if (settings->udp.pps == CLI_PPS_MAX)
		fputs("load      as many datagrams a second as go", stdout);
	else
		printf("load      %s datagrams a second", report_format_count(settings->udp.pps, number));
	printf(" of %u bytes, %s flows%s\n", settings->service[0].payload_bytes,
	       report_format_count(settings->udp.flows, flows), settings->udp.is_one_way ? ", one way" : "");
}

static void print_load(const struct cli_service *service, const char *search)
{
	static const char *const endings[CLI_CLOSES] = {"the client closes first",
							"the server closes first",
							"both ends close",
							"ended by RST",
							"the client half-closes behind its last text",
							"kept open to the end"};
	char number[REPORT_NUMBER_TEXT], span[CLI_SPAN_TEXT], payload[CLI_PAYLOAD_TEXT];

	fputs("load      ", stdout);
	if (search)
		printf("as many a second as keep %s", search);
	else if (service->profile)
		printf("up to %s a second, %s", report_format_count(service->cps, number), service->profile);
	else if (service->leg_count > 0)
		printf("%s a second", report_format_count(service->cps, number));
	else if (service->cc == 0)
		fputs("as many a second as go", stdout);
	if (service->cc > 0)
		printf("%s%s held open", service->leg_count > 0 ? ", at most " : "",
		       report_format_count(service->cc, number));
	if (service->ramp_ns > 0)
		printf(", reached in %s", report_format_span(service->ramp_ns, number));
	if (service->hold.most > 0)
		printf(", each for %s", cli_format_time_span(&service->hold, span));
	if (service->http.requests == 0)
		fputs(", requests all the while", stdout);
	else if (service->http.is_spoken || service->http.requests > 1)
		printf(", %u requests on each", service->http.requests);
	if (service->think.most > 0)
		printf(", %s between them", cli_format_time_span(&service->think, span));
	if (!service->http.is_spoken && service->payload != CLI_PAYLOAD_NONE)
		printf(", payload %s", cli_format_payload(service, payload));
	printf(", %s\n", endings[service->close]);
}

/* What is asked for over HTTP, where that is more than a GET of the target. */
static void print_requests(const struct cli_requests *list)
{
	char name[CLI_REQUEST_NAME_TEXT], bytes[REPORT_NUMBER_TEXT];

	for (uint16_t i = 0; i < list->count; i++) {
		const struct cli_request *request = &list->each[i];

		printf("asks      %s", cli_request_name(request, name));
		if (list->count > 1)
			printf(", weight %u", request->weight);
		if (request->body)
			printf(", sends %s bytes", report_format_count(request->body_bytes, bytes));
		if (request->wanted)
			printf(", expects %s bytes %s", report_format_count(request->wanted_bytes, bytes),
			       request->is_wanted_whole ? "and no others" : "among others");
		printf(", statuses %s\n", request->expect ? request->expect : "2xx,3xx");
	}
}

static void print_judge(const struct cli_judge *judge)
{
	for (uint16_t i = 0; i < judge->threshold_count; i++)
		printf("%s%s\n", i == 0 ? "held to   " : "          ", judge->threshold_texts[i]);
	if (judge->stop_if_text)
		printf("stops     if %s\n", judge->stop_if_text);
	if (judge->repeats > 0)
		printf("repeated  %u times\n", judge->repeats);
}

static void print_limits(const struct cli_settings *settings)
{
	char connections[REPORT_NUMBER_TEXT], resting[REPORT_NUMBER_TEXT], wait[REPORT_NUMBER_TEXT];

	printf("limits    %s connections and %s in TIME-WAIT an end; 2MSL %s\n",
	       report_format_count(settings->max_connections, connections),
	       report_format_count(settings->max_time_wait, resting), report_format_span(settings->time_wait_ns, wait));
}

/* Who listens, and who asks for what. */
static void print_ends(const struct cli_settings *settings)
{
	for (uint16_t i = 0; i < settings->service_count; i++) {
		const struct cli_service *service = &settings->service[i];
		char name[CLI_SERVICE_TEXT];

		if (settings->service_count > 1)
			printf("service   %s\n", cli_service_name(settings, service, name));
		if (settings->command != CLI_LOAD)
			print_listeners(settings, service);
		if (settings->command == CLI_SERVE)
			continue;
		print_clients(settings, service);
		if (settings->udp.is_spoken)
			print_datagrams(settings);
		else
			print_load(service, settings->judge.search_text);
		if (service->http.is_spoken && settings->command == CLI_LOAD)
			print_requests(&service->http.list);
	}
	print_judge(&settings->judge);
	print_limits(settings);
}

static void print_files(const struct cli_settings *settings)
{
	const char *const files[] = {settings->json, settings->html, settings->junit,
				     settings->csv,  settings->hlog, settings->pcap[0] != '\0' ? settings->pcap : NULL};
	const char *lead = "files     ";

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!files[i])
			continue;
		printf("%s%s", lead, files[i]);
		lead = " ";
	}
	if (*lead == ' ')
		putchar('\n');
	if (settings->metrics)
		printf("metrics   %s\n", settings->metrics);
}

/* Mistakes of rules that hang on ports and workers: the engine finds them. */
static int check_rules(const struct cli_settings *settings, const struct cli_workers *workers)
{
	static struct quern_engine_config config;
	char error[QUERN_ERROR_TEXT] = "";
	int rc;

	cli_engine_fill(&config, settings);
	for (uint16_t i = 0; i < workers->count; i++)
		cli_engine_add_shard(&config, settings, workers, i, "forward");
	rc = quern_engine_check_forward(&config, error);
	return rc == 0 ? CLI_EXIT_DONE : cli_fail(cli_exit_of(rc), "%s", error);
}

int config_check(const struct cli_settings *settings)
{
	struct cli_cores usable;
	struct cli_nodes nodes;
	struct cli_workers workers;
	char error[CLI_ERROR_TEXT];
	int rc;

	cli_place_usable(&usable);
	if (settings->command != CLI_BENCH)
		cli_engine_nodes(settings, &usable, &nodes);
	if (settings->command == CLI_BENCH)
		rc = cli_place_bench(settings, &usable, &workers, error);
	else if (settings->command == CLI_FORWARD)
		rc = cli_place_groups(settings, &usable, &nodes, &workers, error);
	else
		rc = cli_place_ports(settings, &usable, &nodes, &workers, error);
	if (rc != 0)
		return cli_fail(CLI_EXIT_USAGE, "%s", error);
	if (settings->command == CLI_FORWARD)
		rc = check_rules(settings, &workers);
	if (rc != 0)
		return rc;
	print_time(settings);
	print_ports(settings, &workers);
	if (settings->command == CLI_FORWARD)
		config_check_rules(settings);
	else
		print_ends(settings);
	print_files(settings);
	return cli_finish_output(CLI_EXIT_DONE);
}
