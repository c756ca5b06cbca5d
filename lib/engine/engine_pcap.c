/* engine_pcap.c - writes a capture file in blocks of whole frames. */
#include "engine/engine_pcap.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"

#define NS_A_SECOND UINT64_C(1000000000)
#define MAGIC_NANOSECONDS UINT32_C(0xa1b23c4d)

enum { VERSION_MAJOR = 2, VERSION_MINOR = 4, SNAP_BYTES = 262144, LINKTYPE_ETHERNET = 1 };

/* In the writer's order of bytes; the magic number tells. */
struct file_header {
	uint32_t magic;
	uint16_t version_major;
	uint16_t version_minor;
	uint32_t reserved[2];
	uint32_t snap_bytes;
	uint32_t linktype;
};

struct frame_header {
	uint32_t seconds;
	uint32_t nanoseconds;
	uint32_t captured_bytes;
	uint32_t bytes;
};

static_assert(sizeof(struct file_header) == 24 && sizeof(struct frame_header) == 16, "as the file has them");
static_assert(ENGINE_PCAP_BUFFER >= ENGINE_PCAP_FRAME_MAX + 64, "every frame finds room in an empty buffer");

static void append(struct engine_pcap *pcap, const void *data, uint32_t bytes)
{
	memcpy(pcap->buffer + pcap->used, data, bytes);
	pcap->used += bytes;
}

void engine_pcap_begin(struct engine_pcap *pcap, int file)
{
	const struct file_header header = {.magic = MAGIC_NANOSECONDS,
					   .version_major = VERSION_MAJOR,
					   .version_minor = VERSION_MINOR,
					   .snap_bytes = SNAP_BYTES,
					   .linktype = LINKTYPE_ETHERNET};

	pcap->file = file;
	pcap->code = 0;
	pcap->frames = 0;
	pcap->bytes = 0;
	pcap->used = 0;
	/* A device has no end to cut off. */
	if (ftruncate(file, 0) != 0 && errno != EINVAL)
		pcap->code = -errno;
	append(pcap, &header, sizeof(header));
}

void engine_pcap_add(struct engine_pcap *pcap, uint64_t at_ns, const void *frame, uint32_t bytes)
{
	const struct frame_header header = {.seconds = (uint32_t)(at_ns / NS_A_SECOND),
					    .nanoseconds = (uint32_t)(at_ns % NS_A_SECOND),
					    .captured_bytes = bytes,
					    .bytes = bytes};

	CHECK(bytes <= ENGINE_PCAP_FRAME_MAX);
	if (pcap->used + sizeof(header) + bytes > ENGINE_PCAP_BUFFER)
		engine_pcap_flush(pcap);
	if (pcap->code != 0)
		return;
	append(pcap, &header, sizeof(header));
	append(pcap, frame, bytes);
	pcap->frames++;
}

/* Writes all; returns how many bytes it could. */
static uint32_t write_buffer(struct engine_pcap *pcap)
{
	uint32_t written = 0;

	while (written < pcap->used) {
		ssize_t some = write(pcap->file, pcap->buffer + written, pcap->used - written);

		if (some < 0 && errno == EINTR)
			continue;
		if (some <= 0) {
			pcap->code = some < 0 ? -errno : -EIO;
			break;
		}
		written += (uint32_t)some;
	}
	return written;
}

/* Of `written` bytes of the buffer those up to a frame's end stay, and frames that came after it are none. */
static uint32_t keep_whole_frames(struct engine_pcap *pcap, uint32_t written)
{
	uint32_t end = pcap->bytes == 0 ? (uint32_t)sizeof(struct file_header) : 0;
	uint32_t whole = end <= written ? end : 0;
	struct frame_header header;

	while (end < pcap->used) {
		memcpy(&header, pcap->buffer + end, sizeof(header));
		end += (uint32_t)sizeof(header) + header.captured_bytes;
		if (end <= written)
			whole = end;
		else
			pcap->frames--;
	}
	return whole;
}

int engine_pcap_flush(struct engine_pcap *pcap)
{
	uint32_t written;

	if (pcap->code != 0)
		return pcap->code;
	written = write_buffer(pcap);
	if (pcap->code != 0)
		written = keep_whole_frames(pcap, written);
	pcap->bytes += written;
	pcap->used = 0;
	/* A part of a frame at the end is an error to readers. */
	if (pcap->code != 0 && ftruncate(pcap->file, (off_t)pcap->bytes) == 0)
		lseek(pcap->file, 0, SEEK_END);
	return pcap->code;
}
