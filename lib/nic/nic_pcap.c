/* nic_pcap.c - frames from a capture file, and what is sent into another. */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_byteorder.h>

#include "nic/nic_kinds.h"

/* The file format's numbers: draft-ietf-opsawg-pcap. */
enum {
	HEADER_BYTES = 24,
	RECORD_BYTES = 16,
	LINKTYPE_ETHERNET = 1,
	FIRST_FRAMES = 256 /* looked through for our address */
};
#define MAGIC_MICROSECONDS UINT32_C(0xa1b2c3d4)
#define MAGIC_NANOSECONDS UINT32_C(0xa1b23c4d)
#define MAGIC_PCAPNG UINT32_C(0x0a0d0d0a)

int nic_pcap_parse(const char *rest, struct nic_name *name, char error[QUERN_ERROR_TEXT])
{
	const char *comma = strchr(rest, ',');
	size_t length = comma != NULL ? (size_t)(comma - rest) : strlen(rest);

	snprintf(name->path, sizeof(name->path), "%.*s", (int)length, rest);
	snprintf(name->out, sizeof(name->out), "%s", comma != NULL ? comma + 1 : "");
	if (length > 0 && (comma == NULL || name->out[0] != '\0') && nic_path_is_plain(name->path) &&
	    nic_path_is_plain(name->out))
		return 0;
	snprintf(error, QUERN_ERROR_TEXT,
		 "'pcap:%.64s': a path is missing, or holds a space, a comma or one of =[]()\"\\\n"
		 "  Write pcap:FILE, or pcap:FILE,OUT",
		 rest);
	return -EINVAL;
}

static uint32_t number_at(const uint8_t *bytes, bool swapped)
{
	uint32_t number;

	memcpy(&number, bytes, sizeof(number));
	return swapped ? rte_bswap32(number) : number;
}

/* Reads the header of a file. Null where it is good, else what is wrong; `swapped` is its order of bytes. */
static const char *read_header(FILE *file, bool *swapped)
{
	uint8_t header[HEADER_BYTES];
	uint32_t magic;

	if (fread(header, sizeof(header), 1, file) != 1)
		return "is no pcap file: it is shorter than a header\n  Give one that tcpdump -w has written";
	magic = number_at(header, false);
	*swapped = magic == rte_bswap32(MAGIC_MICROSECONDS) || magic == rte_bswap32(MAGIC_NANOSECONDS);
	if (magic == MAGIC_PCAPNG)
		return "is a pcapng file\n  Convert it: editcap -F pcap FILE NEW";
	if (!*swapped && magic != MAGIC_MICROSECONDS && magic != MAGIC_NANOSECONDS)
		return "is no pcap file\n  Give one that tcpdump -w has written";
	if ((number_at(header + 20, *swapped) & 0xffff) != LINKTYPE_ETHERNET)
		return "holds no Ethernet frames\n  Capture on an Ethernet interface";
	return NULL;
}

static int check_file(const struct nic_config *config, const char *path, char error[QUERN_ERROR_TEXT])
{
	FILE *file = fopen(path, "re");
	const char *wrong;
	bool swapped;

	if (file == NULL)
		return nic_fail(config, error, errno == EACCES ? -EACCES : -EINVAL,
				"%s: %s\n  Name a file that can be read", path, strerror(errno));
	wrong = read_header(file, &swapped);
	fclose(file);
	return wrong == NULL ? 0 : nic_fail(config, error, -EINVAL, "%s %s", path, wrong);
}

static int check_out(const struct nic_config *config, const struct nic_name *name, char error[QUERN_ERROR_TEXT])
{
	char copy[NIC_DEVICE_TEXT];
	struct stat in;
	struct stat out;
	bool exists = stat(name->out, &out) == 0;

	if (exists && stat(name->path, &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
		return nic_fail(config, error, -EINVAL,
				"what is sent would overwrite what is read\n  Choose another file to write");
	snprintf(copy, sizeof(copy), "%s", name->out);
	if (exists ? S_ISDIR(out.st_mode) || access(name->out, W_OK) != 0 : access(dirname(copy), W_OK | X_OK) != 0)
		return nic_fail(config, error, errno == EACCES ? -EACCES : -EINVAL,
				"%s cannot be written\n  Choose another file or folder", name->out);
	return 0;
}

int nic_pcap_check(const struct nic_config *config, const struct nic_name *name, char error[QUERN_ERROR_TEXT])
{
	int code = check_file(config, name->path, error);

	return code != 0 || name->out[0] == '\0' ? code : check_out(config, name, error);
}

/* The frames were sent to somebody: that is who we are. Leaves `mac` where all went to groups. */
static void find_mac(const char *path, uint8_t mac[6])
{
	uint8_t record[RECORD_BYTES + 6];
	FILE *file = fopen(path, "re");
	bool swapped;

	if (file == NULL)
		return;
	for (int frame = read_header(file, &swapped) == NULL ? 0 : FIRST_FRAMES; frame < FIRST_FRAMES; frame++) {
		uint32_t bytes;

		if (fread(record, RECORD_BYTES, 1, file) != 1)
			break;
		bytes = number_at(record + 8, swapped);
		if (bytes < 6 || fread(record + RECORD_BYTES, 6, 1, file) != 1)
			break;
		if ((record[RECORD_BYTES] & 1) == 0) {
			memcpy(mac, record + RECORD_BYTES, 6);
			break;
		}
		fseek(file, (long)bytes - 6, SEEK_CUR);
	}
	fclose(file);
}

int nic_pcap_attach(struct nic *nic, const struct nic_name *name)
{
	char arguments[2 * NIC_DEVICE_TEXT + 32];

	find_mac(name->path, nic->mac);
	/* Without a file to write, the driver drops what is sent. */
	snprintf(arguments, sizeof(arguments), "rx_pcap=%s%s%s", name->path, name->out[0] != '\0' ? ",tx_pcap=" : "",
		 name->out);
	return nic_vdev_attach(nic, "net_pcap", arguments);
}
