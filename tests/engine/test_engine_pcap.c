/* test_engine_pcap.c - a capture file has whole frames and their times, and where the disk is full, whole frames too.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "engine/engine_pcap.h"

enum { HEADER_BYTES = 24, RECORD_BYTES = 16 };

static struct engine_pcap pcap;
static uint8_t content[1 << 22], frame[ENGINE_PCAP_FRAME_MAX];

static int open_file(char path[])
{
	int file = mkstemp(path);

	cr_assert_geq(file, 0);
	return file;
}

static size_t read_back(const char *path)
{
	int file = open(path, O_RDONLY);
	ssize_t bytes = read(file, content, sizeof(content));

	cr_assert_geq(bytes, 0);
	close(file);
	unlink(path);
	return (size_t)bytes;
}

/* Walks through the frames, whose first octet is their number; how many there are. */
static unsigned int count_frames(size_t bytes)
{
	size_t at = HEADER_BYTES;
	unsigned int count = 0;
	uint32_t words[4];

	while (at < bytes) {
		cr_assert_leq(at + RECORD_BYTES, bytes, "half a header at the end");
		memcpy(words, content + at, sizeof(words));
		cr_assert_eq(words[2], words[3]);
		cr_assert_eq(content[at + RECORD_BYTES], count & 0xff);
		at += RECORD_BYTES + words[2];
		count++;
	}
	cr_assert_eq(at, bytes, "half a frame at the end");
	return count;
}

static void add(unsigned int number, uint32_t bytes)
{
	frame[0] = (uint8_t)number;
	engine_pcap_add(&pcap, UINT64_C(1700000000123456789) + number, frame, bytes);
}

Test(engine_pcap, a_file_is_what_the_format_says_and_what_it_held_before_is_gone)
{
	const uint32_t header[6] = {0xa1b23c4d, 2 | 4 << 16, 0, 0, 262144, 1};
	const uint32_t record[4] = {1700000000, 123456790, 60, 60};
	char path[] = "/tmp/quern-test-pcap-XXXXXX";
	int file = open_file(path);

	cr_assert_eq(write(file, frame, sizeof(frame)), (ssize_t)sizeof(frame));
	cr_assert_eq(lseek(file, 0, SEEK_SET), 0);
	engine_pcap_begin(&pcap, file);
	add(0, 60);
	add(1, 60);
	cr_assert_eq(engine_pcap_flush(&pcap), 0);
	cr_assert_eq(pcap.frames, 2);
	cr_assert_eq(pcap.bytes, HEADER_BYTES + 2 * (RECORD_BYTES + 60));
	close(file);
	cr_assert_eq(read_back(path), pcap.bytes);
	cr_assert_arr_eq(content, header, sizeof(header));
	cr_assert_arr_eq(content + HEADER_BYTES + RECORD_BYTES + 60, record, sizeof(record));
	cr_assert_eq(count_frames(pcap.bytes), 2);
}

Test(engine_pcap, frames_of_any_size_up_to_the_longest_are_there_in_order)
{
	char path[] = "/tmp/quern-test-pcap-XXXXXX";
	int file = open_file(path);
	unsigned int count = 0;

	engine_pcap_begin(&pcap, file);
	for (uint32_t bytes = 1; bytes <= ENGINE_PCAP_FRAME_MAX; bytes = bytes * 5 / 4 + 1)
		add(count++, bytes);
	for (int i = 0; i < 20; i++)
		add(count++, ENGINE_PCAP_FRAME_MAX);
	cr_assert_eq(engine_pcap_flush(&pcap), 0);
	cr_assert_eq(pcap.frames, count);
	close(file);
	cr_assert_eq(count_frames(read_back(path)), count);
}

/* Wherever the disk is full: before the first frame, in a header, in a frame, between two. */
Test(engine_pcap, a_full_disk_leaves_whole_frames_and_says_how_many)
{
	signal(SIGXFSZ, SIG_IGN);
	for (rlim_t limit = 0; limit < 4000; limit += 7) {
		struct rlimit bytes = {limit, RLIM_INFINITY};
		char path[] = "/tmp/quern-test-pcap-XXXXXX";
		int file = open_file(path);
		size_t there;
		unsigned int whole = 0;

		cr_assert_eq(setrlimit(RLIMIT_FSIZE, &bytes), 0);
		engine_pcap_begin(&pcap, file);
		for (unsigned int number = 0; number < 40; number++) {
			add(number, 100);
			if (number % 9 == 8)
				engine_pcap_flush(&pcap);
		}
		cr_assert_eq(engine_pcap_flush(&pcap), -EFBIG);
		add(40, 100);
		bytes.rlim_cur = RLIM_INFINITY;
		cr_assert_eq(setrlimit(RLIMIT_FSIZE, &bytes), 0);
		cr_assert_eq(engine_pcap_flush(&pcap), -EFBIG, "a failure is forgotten");
		close(file);
		there = read_back(path);
		cr_assert_eq(there, pcap.bytes);
		if (limit >= HEADER_BYTES) {
			whole = (unsigned int)((limit - HEADER_BYTES) / (RECORD_BYTES + 100));
			cr_assert_eq(count_frames(there), whole, "of %u bytes", (unsigned int)limit);
		} else {
			cr_assert_eq(there, 0);
		}
		cr_assert_eq(pcap.frames, whole, "%u frames of %u bytes", (unsigned int)pcap.frames,
			     (unsigned int)limit);
	}
}

Test(engine_pcap, a_device_takes_frames_or_says_that_it_does_not)
{
	int file = open("/dev/null", O_WRONLY);

	engine_pcap_begin(&pcap, file);
	add(0, 60);
	cr_assert_eq(engine_pcap_flush(&pcap), 0);
	close(file);
	file = open("/dev/full", O_WRONLY);
	engine_pcap_begin(&pcap, file);
	add(0, 60);
	cr_assert_eq(engine_pcap_flush(&pcap), -ENOSPC);
	cr_assert_eq(pcap.frames, 0);
	close(file);
}
