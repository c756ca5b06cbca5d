/* sim_log.c - a capture that tcpdump reads, and a ladder that people do. */
#include "sim/sim_log.h"

#include <stdarg.h>
#include <string.h>

#include "shard/shard_parts.h"
#include "sim/sim_world.h"
#include "support/raw_ip6.h"

#define PCAP_NS_MAGIC UINT32_C(0xa1b23c4d)

enum { LINK_ETHERNET = 1, LINK_RAW_IP = 101, SNAP_BYTES = 65535, NS_A_SECOND = 1000000000 };

bool sim_log_open(struct sim_log *log, const char *pcap, const char *ladder, bool ethernet)
{
	const uint32_t header[6] = {
		PCAP_NS_MAGIC, 4u << 16 | 2, 0, 0, SNAP_BYTES, ethernet ? LINK_ETHERNET : LINK_RAW_IP};

	log->pcap = fopen(pcap, "wb");
	log->ladder = fopen(ladder, "w");
	if (log->pcap && log->ladder && fwrite(header, sizeof(header), 1, log->pcap) == 1)
		return true;
	sim_log_close(log);
	return false;
}

void sim_log_close(struct sim_log *log)
{
	if (log->pcap)
		fclose(log->pcap);
	if (log->ladder)
		fclose(log->ladder);
	log->pcap = log->ladder = NULL;
}

static void write_frame(FILE *file, const struct rte_mbuf *mbuf, uint64_t at_ns)
{
	const uint32_t header[4] = {(uint32_t)(at_ns / NS_A_SECOND), (uint32_t)(at_ns % NS_A_SECOND), mbuf->pkt_len,
				    mbuf->pkt_len};

	fwrite(header, sizeof(header), 1, file);
	fwrite(rte_pktmbuf_mtod(mbuf, const void *), mbuf->pkt_len, 1, file);
}

/* The state of one end of a segment; those of a host that knows nothing of it are CLOSED or LISTEN. */
static const char *state_of(struct sim_world *world, uint8_t host, const struct sim_tuple *ours)
{
	struct quern_shard *shard = world->hosts[host].shard;
	struct flow_key key = {ours->source, ours->dest, ours->source_port, ours->dest_port};

	if (world->plan->is_ip6) {
		key.remote = alias_find(&shard->ip6.aliases, raw_ip6(ours->dest));
		if (!shard_ip6_own_alias(shard, raw_ip6(ours->source), &key.local))
			return "?";
	}
	return quern_state_name(shard_state_of(shard, &key));
}

/* Flags, relative numbers and options of a segment. */
static void write_segment(struct sim_world *world, char *text, size_t room, const struct raw_segment *segment)
{
	struct sim_tuple tuple = {segment->source, segment->dest, segment->source_port, segment->dest_port};
	struct sim_tuple other = sim_wire_back(&tuple);
	const struct sim_flow *flow = sim_wire_flow(world, &tuple), *back = sim_wire_flow(world, &other);
	int used;

	if (!flow || !back)
		return;
	used = snprintf(text, room, "%s seq %u", raw_flags_text(segment->flags), segment->seq - flow->iss);
	if (segment->text_bytes)
		used += snprintf(text + used, room - (size_t)used, "+%u", segment->text_bytes);
	if (segment->flags & ACK)
		used += snprintf(text + used, room - (size_t)used, " ack %u", segment->ack - back->iss);
	used += snprintf(text + used, room - (size_t)used, " win %u", segment->window);
	if (segment->mss)
		used += snprintf(text + used, room - (size_t)used, " mss %u", segment->mss);
	if (segment->has_scale)
		used += snprintf(text + used, room - (size_t)used, " scale %u", segment->scale);
	if (segment->sack_permitted)
		used += snprintf(text + used, room - (size_t)used, " sackOK");
	for (uint8_t i = 0; i < segment->sack_count; i++)
		used += snprintf(text + used, room - (size_t)used, " sack %u-%u", segment->sacks[i][0] - back->iss,
				 segment->sacks[i][1] - back->iss);
	if (segment->has_timestamps)
		snprintf(text + used, room - (size_t)used, " ts %u/%u", segment->tsval, segment->tsecr);
}

static double seconds_of(const struct sim_world *world)
{
	return (double)(world->now_ns - world->plan->start_ns) / NS_A_SECOND;
}

void sim_log_frame(struct sim_world *world, uint8_t from, uint8_t to, const struct sim_frame *frame, const char *fate)
{
	const struct raw_segment *segment = &frame->segment;
	struct sim_tuple tuple = {segment->source, segment->dest, segment->source_port, segment->dest_port}, other;
	char text[256] = "";

	if (!world->log.pcap)
		return;
	write_frame(world->log.pcap, frame->mbuf, world->now_ns);
	if (!frame->is_tcp) {
		fprintf(world->log.ladder, "%11.6f  host %u %s host %u: %u bytes, no TCP%s\n", seconds_of(world), from,
			"-->", to, frame->mbuf->pkt_len, fate);
		return;
	}
	write_segment(world, text, sizeof(text), segment);
	other = sim_wire_back(&tuple);
	fprintf(world->log.ladder, "%11.6f  %s%u:%-5u %-12s %s %u:%-5u %-12s  %s%s%s\n", seconds_of(world), "host ",
		from < to ? from : to, from < to ? tuple.source_port : tuple.dest_port,
		from < to ? state_of(world, from, &tuple) : state_of(world, to, &other),
		*fate && strstr(fate, "lost") ? (from < to ? "---x  " : "  x---") : (from < to ? "----->" : "<-----"),
		from < to ? to : from, from < to ? tuple.dest_port : tuple.source_port,
		from < to ? state_of(world, to, &other) : state_of(world, from, &tuple), text, *fate ? "  *" : "",
		fate);
}

void sim_log_note(struct sim_world *world, uint8_t host, const char *format, ...)
{
	va_list arguments;

	if (!world->log.ladder)
		return;
	fprintf(world->log.ladder, "%11.6f  %s", seconds_of(world), host < SIM_HOSTS_MAX ? "      | " : "      # ");
	va_start(arguments, format);
	vfprintf(world->log.ladder, format, arguments);
	va_end(arguments);
	fputc('\n', world->log.ladder);
}
