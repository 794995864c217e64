/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What an iterator's program writes: into the buffer of its seq_file, all of a piece or nothing. */
#include <string.h>

#include "rows.h"
#include "shown.h"

int help_seq_write(struct shown_seq *seq, const void *data, size_t size)
{
	if (seq->count + size < seq->size) {
		memcpy(seq->buf + seq->count, data, size);
		seq->count += size;
		return 0;
	}
	seq->count = seq->size;		/* full: whoever reads sees it */
	return -EOVERFLOW;
}

HELPER(help_seq_printf)
{
	struct shown_seq *seq = u64_to_ptr(r1);
	size_t room = seq->size - seq->count;
	uint32_t size = r5;
	int len;

	if (size % 8 || size > FORMAT_ARGS_MAX * 8 || (size && !r4))
		return -EINVAL;
	len = help_format(seq->buf + seq->count, room, u64_to_ptr(r2), r3, u64_to_ptr(r4), size / 8);
	if (len < 0)
		return len;
	seq->count += MIN((size_t)len, room);
	return seq->count == seq->size ? -EOVERFLOW : 0;
}

HELPER(help_seq_write_bytes)
{
	return help_seq_write(u64_to_ptr(r1), u64_to_ptr(r2), (uint32_t)r3);
}

static const uint32_t iterators[] = { BPF_TRACE_ITER };

#define OF_ITERATORS .attach_types = iterators, .attach_type_cnt = ARRAY_SIZE(iterators)

static const struct bpfx_helper seq_rows[] = {
	{ BPF_FUNC_seq_printf, "seq_printf", help_seq_printf, BPFX_RET_INTEGER,
	  { BPFX_ARG_BTF_ID, BPFX_ARG_MEM | BPFX_RDONLY, BPFX_ARG_SIZE,
	    BPFX_ARG_MEM | BPFX_NULLABLE | BPFX_RDONLY, BPFX_ARG_SIZE_OR_ZERO },
	  .flags = BPFX_HELPER_PERFMON | BPFX_HELPER_GPL, .arg_types = { "seq_file" }, OF_ITERATORS },
	{ BPF_FUNC_seq_write, "seq_write", help_seq_write_bytes, BPFX_RET_INTEGER,
	  { BPFX_ARG_BTF_ID, BPFX_ARG_MEM | BPFX_RDONLY, BPFX_ARG_SIZE_OR_ZERO },
	  .flags = BPFX_HELPER_PERFMON | BPFX_HELPER_GPL, .arg_types = { "seq_file" }, OF_ITERATORS },
};
HELPER_TABLE(seq);
