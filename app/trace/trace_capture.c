/* trace_capture.c - opens captures by libpcap, and says why one cannot be read. */
#include "trace/trace_capture.h"

#include <errno.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli_exit.h"

/* The kernel has a slot of so many bytes for each frame that waits to be read: enough for a whole frame of Ethernet,
 * whose checksum can be told then, and 15,000 of them. */
enum { SNAP_BYTES = 2048, BUFFER_BYTES = 32 << 20, WAIT_MS = 100 };
#define NS_A_SECOND UINT64_C(1000000000)

/* Takes the link type that is there, or says that it cannot be read. */
static int find_link(struct trace_capture *capture, const char *place, char error[TRACE_ERROR_TEXT])
{
	static const struct {
		int type;
		enum quern_link link;
	} links[] = {{DLT_EN10MB, QUERN_LINK_ETHERNET},  {DLT_RAW, QUERN_LINK_IP},
		     {DLT_IPV4, QUERN_LINK_IP},          {DLT_IPV6, QUERN_LINK_IP},
		     {DLT_LINUX_SLL, QUERN_LINK_COOKED}, {DLT_LINUX_SLL2, QUERN_LINK_COOKED_2}};
	int type = pcap_datalink(capture->pcap);
	const char *name = pcap_datalink_val_to_name(type);

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (links[i].type != type)
			continue;
		capture->link = links[i].link;
		return CLI_EXIT_DONE;
	}
	snprintf(error, TRACE_ERROR_TEXT,
		 "%s: its frames are of link type %d (%s), which trace does not read\n"
		 "  Capture Ethernet, Linux's cooked frames (tcpdump -i any) or bare IP packets",
		 place, type, name ? name : "unknown");
	trace_capture_close(capture);
	return CLI_EXIT_USAGE;
}

static FILE *open_path(const char *path)
{
	struct stat status;
	FILE *file = fopen(path, "rb");

	/* A folder opens and cannot be read. */
	if (file && fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
		fclose(file);
		errno = EISDIR;
		return NULL;
	}
	return file;
}

int trace_capture_open_file(struct trace_capture *capture, const char *path, char error[TRACE_ERROR_TEXT])
{
	bool is_input = strcmp(path, "-") == 0;
	FILE *file = is_input ? stdin : open_path(path);
	char cause[PCAP_ERRBUF_SIZE] = "";

	*capture = (struct trace_capture){0};
	if (!file) {
		snprintf(error, TRACE_ERROR_TEXT, "%s: %s\n  Name a capture: quern trace FILE", path, strerror(errno));
		return CLI_EXIT_USAGE;
	}
	capture->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, cause);
	if (!capture->pcap) {
		if (!is_input)
			fclose(file);
		snprintf(error, TRACE_ERROR_TEXT,
			 "%s: is no capture: %s\n  Name a file in pcap or pcapng, as tcpdump -w and Wireshark write "
			 "them",
			 path, cause);
		return CLI_EXIT_USAGE;
	}
	return find_link(capture, path, error);
}

/* "lo, eth0" of this network namespace, as far as they fit. */
static void list_interfaces(char *text, size_t room)
{
	struct if_nameindex *all = if_nameindex();
	size_t used = 0;

	text[0] = '\0';
	for (struct if_nameindex *one = all; one && one->if_index != 0; one++) {
		size_t needed = strlen(one->if_name) + 2;

		if (used + needed >= room)
			break;
		used += (size_t)snprintf(text + used, room - used, "%s%s", used ? ", " : "", one->if_name);
	}
	if (all)
		if_freenameindex(all);
}

/* Why an interface cannot be captured from, and what helps. */
static int explain(const struct trace_capture *capture, const char *interface, int rc, char error[TRACE_ERROR_TEXT])
{
	char names[400];

	switch (rc) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		list_interfaces(names, sizeof(names));
		snprintf(error, TRACE_ERROR_TEXT, "%s: no such interface\n  Name one of: %s", interface, names);
		break;
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		snprintf(error, TRACE_ERROR_TEXT,
			 "%s: to capture there needs CAP_NET_RAW\n"
			 "  Run it as root, or capture with what may: tcpdump -i %s -w FILE; quern trace FILE",
			 interface, interface);
		break;
	case PCAP_ERROR_IFACE_NOT_UP:
		snprintf(error, TRACE_ERROR_TEXT, "%s: the interface is down\n  Bring it up: ip link set %s up",
			 interface, interface);
		break;
	default:
		snprintf(error, TRACE_ERROR_TEXT, "%s: %s", interface, pcap_geterr(capture->pcap));
	}
	return CLI_EXIT_MACHINE;
}

int trace_capture_open_live(struct trace_capture *capture, const char *interface, char error[TRACE_ERROR_TEXT])
{
	char cause[PCAP_ERRBUF_SIZE] = "";
	int rc;

	*capture = (struct trace_capture){.is_live = true};
	capture->pcap = pcap_create(interface, cause);
	if (!capture->pcap) {
		snprintf(error, TRACE_ERROR_TEXT, "%s: %s", interface, cause);
		return CLI_EXIT_MACHINE;
	}
	pcap_set_snaplen(capture->pcap, SNAP_BYTES);
	pcap_set_buffer_size(capture->pcap, BUFFER_BYTES);
	pcap_set_timeout(capture->pcap, WAIT_MS);
	pcap_set_immediate_mode(capture->pcap, 1);
	pcap_set_tstamp_precision(capture->pcap, PCAP_TSTAMP_PRECISION_NANO);
	rc = pcap_activate(capture->pcap);
	if (rc >= 0 && pcap_setnonblock(capture->pcap, 1, cause) != 0)
		rc = PCAP_ERROR;
	if (rc < 0) {
		rc = explain(capture, interface, rc, error);
		trace_capture_close(capture);
		return rc;
	}
	return find_link(capture, interface, error);
}

/* libpcap's own wait ends neither by time nor by a signal where nothing comes. */
static void wait_for_frame(const struct trace_capture *capture)
{
	struct pollfd wait = {.fd = pcap_get_selectable_fd(capture->pcap), .events = POLLIN};

	poll(&wait, 1, WAIT_MS);
}

enum trace_read trace_capture_next(struct trace_capture *capture, struct trace_frame *frame,
				   char error[TRACE_ERROR_TEXT])
{
	struct pcap_pkthdr *header;
	const u_char *bytes;
	int rc = pcap_next_ex(capture->pcap, &header, &bytes);

	if (rc == 0) {
		wait_for_frame(capture);
		return TRACE_READ_NOTHING;
	}
	if (rc == PCAP_ERROR_BREAK)
		return TRACE_READ_END;
	if (rc != 1) {
		snprintf(error, TRACE_ERROR_TEXT, "%s", pcap_geterr(capture->pcap));
		return TRACE_READ_FAILED;
	}
	capture->frames++;
	/* With nanoseconds asked for, tv_usec holds them. */
	*frame = (struct trace_frame){bytes, header->caplen, header->len,
				      (uint64_t)header->ts.tv_sec * NS_A_SECOND + (uint64_t)header->ts.tv_usec};
	return TRACE_READ_FRAME;
}

uint64_t trace_capture_lost(const struct trace_capture *capture)
{
	struct pcap_stat counts;

	if (!capture->is_live || pcap_stats(capture->pcap, &counts) != 0)
		return 0;
	return counts.ps_drop;
}

void trace_capture_close(struct trace_capture *capture)
{
	if (capture->pcap)
		pcap_close(capture->pcap);
	capture->pcap = NULL;
}
