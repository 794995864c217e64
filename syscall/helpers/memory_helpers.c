/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Memory that nobody verified, and checksums. "The kernel's" memory is this process's own, as is
 * "the user's": both families read it. What differs is how they say no.
 */
#include <string.h>

#include "fault.h"
#include "rows.h"

#define LOWEST_ADDRESS	0x10000ull		/* nothing is ever mapped below */
#define USER_LIMIT	0x7ffffffff000ull	/* TASK_SIZE_MAX of x86-64 */

/* Linux: an address that cannot be the kernel's is out of range, one that can but is not there is
 * a fault. */
int help_kernel_access(uint64_t address, uint64_t size)
{
	if (address < LOWEST_ADDRESS || address + size > USER_LIMIT || address + size < address)
		return -ERANGE;
	return 0;
}

static int user_access(uint64_t address, uint64_t size)
{
	return address + size > USER_LIMIT || address + size < address ? -EFAULT : 0;
}

/* The destination is whole or all zero. */
static int64_t read_mem(uint64_t dst, uint32_t size, uint64_t src, int access)
{
	if (!access && size && !fault_read(u64_to_ptr(dst), u64_to_ptr(src), size))
		access = -EFAULT;
	if (access)
		memset(u64_to_ptr(dst), 0, size);
	return access;
}

/*
 * Piece by piece, so that what lies behind the NUL reaches nobody. Return: bytes with NUL, @size
 * where there is none, -1: a fault.
 */
static long copy_string(char *dst, uint64_t src, uint32_t size)
{
	char piece[64];
	uint32_t done = 0;

	while (done < size) {
		uint32_t want = MIN(size - done, (uint32_t)sizeof(piece));
		long len = fault_read_string(piece, u64_to_ptr(src + done), want);

		if (len < 0)
			return -1;
		memcpy(dst + done, piece, len);
		done += len;
		if (!piece[len - 1])
			break;
	}
	return done;
}

static int64_t read_string(uint64_t dst, uint32_t size, uint64_t src, int access)
{
	char *text = u64_to_ptr(dst);
	long len = -1;

	if (!size)
		return 0;
	if (!access)
		len = copy_string(text, src, size);
	if (len < 0) {
		memset(text, 0, size);
		return access ? access : -EFAULT;
	}
	text[len - 1] = 0;	/* cut where it did not fit */
	return len;
}

HELPER(help_probe_read_kernel)
{
	return read_mem(r1, r2, r3, help_kernel_access(r3, (uint32_t)r2));
}

HELPER(help_probe_read_user)
{
	return read_mem(r1, r2, r3, user_access(r3, (uint32_t)r2));
}

HELPER(help_probe_read_kernel_str)
{
	return read_string(r1, r2, r3, help_kernel_access(r3, 1));
}

HELPER(help_probe_read_user_str)
{
	return read_string(r1, r2, r3, user_access(r3, 1));
}

/* ---- checksums ---- */

/* Ones' complement: what overflows is added again. */
static uint32_t fold32(uint64_t sum)
{
	sum = (uint32_t)sum + (sum >> 32);
	return (uint32_t)sum + (sum >> 32);
}

static uint32_t fold16(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* Sum of little-endian words, the last one filled with zeros. */
static uint32_t sum_words(uint64_t mem, uint32_t size, uint32_t seed)
{
	const unsigned char *bytes = u64_to_ptr(mem);
	uint64_t sum = seed;

	for (uint32_t i = 0; i < size; i++)
		sum += (uint64_t)bytes[i] << (i % 4 * 8);
	return fold32(sum);
}

/* What a checksum becomes when @r1 is replaced by @r3; either may be empty. */
HELPER(help_csum_diff)
{
	uint32_t from_size = r2, to_size = r4, seed = r5, sum = seed;

	if (to_size)
		sum = sum_words(r3, to_size, seed);
	if (from_size && to_size)
		sum = fold32((uint64_t)sum + (uint32_t)~sum_words(r1, from_size, 0));
	else if (from_size)
		sum = ~sum_words(r1, from_size, ~seed);
	return fold16(sum);
}

#define PROBE_ARGS { BPFX_ARG_MEM | BPFX_UNINIT | BPFX_WRITE, BPFX_ARG_SIZE_OR_ZERO, BPFX_ARG_ANY }

static const struct bpfx_helper memory_rows[] = {
	/* The first generation: kernel memory, for tracing only. */
	{ BPF_FUNC_probe_read, "probe_read", help_probe_read_kernel, BPFX_RET_INTEGER, PROBE_ARGS,
	  .flags = BPFX_HELPER_GPL | BPFX_HELPER_PERFMON },
	{ BPF_FUNC_probe_read_str, "probe_read_str", help_probe_read_kernel_str, BPFX_RET_INTEGER,
	  PROBE_ARGS, .flags = BPFX_HELPER_GPL | BPFX_HELPER_PERFMON },
	{ BPF_FUNC_probe_read_kernel, "probe_read_kernel", help_probe_read_kernel,
	  BPFX_RET_INTEGER, PROBE_ARGS, .flags = BASE_PERFMON | BPFX_HELPER_GPL },
	{ BPF_FUNC_probe_read_kernel_str, "probe_read_kernel_str", help_probe_read_kernel_str,
	  BPFX_RET_INTEGER, PROBE_ARGS,
	  .flags = BASE_PERFMON | BPFX_HELPER_GPL | BPFX_HELPER_RET_EXACT },
	{ BPF_FUNC_probe_read_user, "probe_read_user", help_probe_read_user, BPFX_RET_INTEGER,
	  PROBE_ARGS, .flags = BASE_PERFMON | BPFX_HELPER_GPL },
	{ BPF_FUNC_probe_read_user_str, "probe_read_user_str", help_probe_read_user_str,
	  BPFX_RET_INTEGER, PROBE_ARGS,
	  .flags = BASE_PERFMON | BPFX_HELPER_GPL | BPFX_HELPER_RET_EXACT },
	{ BPF_FUNC_csum_diff, "csum_diff", help_csum_diff, BPFX_RET_INTEGER,
	  { BPFX_ARG_MEM | BPFX_NULLABLE | BPFX_RDONLY, BPFX_ARG_SIZE_OR_ZERO,
	    BPFX_ARG_MEM | BPFX_NULLABLE | BPFX_RDONLY, BPFX_ARG_SIZE_OR_ZERO, BPFX_ARG_ANY },
	  .flags = BPFX_HELPER_PKT_ACCESS },
};
HELPER_TABLE(memory);
