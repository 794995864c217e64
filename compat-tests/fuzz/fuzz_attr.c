/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * bpf(2): a list of commands with raw attributes. Words 0xfd00 + n stand for the n-th fd made so far,
 * quads 0xaa… + n for an address in a buffer that ends at an inaccessible page. When all fds are closed
 * no object is left.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend.h"
#include "kern.h"
#include "target.h"

#define FDS_MAX	  24
#define CALLS_MAX 48
#define BUFFER	  8192

static int fds[FDS_MAX];
static unsigned int fd_cnt;
static uint8_t *buffer;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	uint8_t *pages;

	use_private_store();
	kern_host();
	pages = mmap(NULL, BUFFER + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(pages + BUFFER, 4096, PROT_NONE);
	buffer = pages;
	return 0;
}

static void note(int fd)
{
	if (fd_cnt == FDS_MAX) {
		kern_fd_close(fds[0]);
		memmove(fds, fds + 1, (FDS_MAX - 1) * sizeof(fds[0]));
		fd_cnt--;
	}
	fds[fd_cnt++] = fd;
}

static void patch(union bpf_attr *attr)
{
	uint32_t *words = (uint32_t *)attr;
	uint64_t *quads = (uint64_t *)attr;

	for (size_t i = 0; i < sizeof(*attr) / 4; i++)
		if (words[i] >> 8 == 0xfd && fd_cnt)
			words[i] = fds[(words[i] & 0xff) % fd_cnt];
	for (size_t i = 0; i < sizeof(*attr) / 8; i++)
		if (quads[i] >> 56 == 0xaa)
			quads[i] = (uintptr_t)buffer + (quads[i] & (BUFFER - 1));
		else
			disarm(&quads[i]);
}

/* What would only cost memory or time. */
static void tame(uint32_t cmd, union bpf_attr *attr)
{
	if (cmd == BPF_MAP_CREATE) {
		attr->max_entries %= attr->map_type == BPF_MAP_TYPE_RINGBUF ? 1 << 16 : 1 << 11;
		attr->value_size %= 1 << 10;
	}
	if (cmd == BPF_PROG_TEST_RUN)
		attr->test.repeat %= 64;
	if (cmd == BPF_PROG_LOAD && attr->insn_cnt > 512)
		attr->insn_cnt %= 512;
}

static bool makes_fd(uint32_t cmd)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
	case BPF_PROG_LOAD:
	case BPF_OBJ_GET:
	case BPF_PROG_GET_FD_BY_ID:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_RAW_TRACEPOINT_OPEN:
	case BPF_BTF_LOAD:
	case BPF_BTF_GET_FD_BY_ID:
	case BPF_LINK_CREATE:
	case BPF_LINK_GET_FD_BY_ID:
	case BPF_ENABLE_STATS:
	case BPF_ITER_CREATE:
	case BPF_TOKEN_CREATE:
		return true;
	default:
		return false;
	}
}

static void call(struct input *in)
{
	uint32_t cmd = take_byte(in) % 40, size = take_byte(in), known;
	union bpf_attr attr;
	int ret;

	known = size < sizeof(attr) ? size : sizeof(attr);
	memset(&attr, 0, sizeof(attr));
	take(in, &attr, known);
	/* Bytes for the buffer follow where the size says so. */
	if (size & 1)
		take(in, buffer, 256);
	if (cmd == BPF_OBJ_PIN)
		return;		/* files would stay */
	patch(&attr);
	tame(cmd, &attr);
	ret = kern_bpf(cmd, &attr, known);
	if (ret >= 0 && makes_fd(cmd))
		note(ret);
}

static void check_nothing_is_left(void)
{
	static const int walks[] = { BPF_MAP_GET_NEXT_ID, BPF_PROG_GET_NEXT_ID, BPF_LINK_GET_NEXT_ID };
	uint32_t id;

	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++)
		MUST(next_id(&emulated_backend, walks[i], 0, &id) == -ENOENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	memset(buffer, 0, BUFFER);
	for (int i = 0; i < CALLS_MAX && in.size; i++)
		call(&in);
	while (fd_cnt)
		if (kern_fd_close(fds[--fd_cnt]))
			close(fds[fd_cnt]);
	check_nothing_is_left();
	return 0;
}
