/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Line info of a loaded program: from an instruction or a compiled address to the source line. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>

#include "util.h"

struct bpf_prog_linfo {
	char *lines;		/* records in the order of instructions */
	__u32 count, rec_size;
	__u64 *addrs;		/* of each record in compiled code; NULL without */
	__u32 func_count;
	__u32 *func_first;	/* first record of each function … */
	__u32 *func_lines;	/* … and how many it has */
};

void bpf_prog_linfo__free(struct bpf_prog_linfo *prog_linfo)
{
	if (!prog_linfo)
		return;
	free(prog_linfo->lines);
	free(prog_linfo->addrs);
	free(prog_linfo->func_first);
	free(prog_linfo->func_lines);
	free(prog_linfo);
}

static const struct bpf_line_info *line_at(const struct bpf_prog_linfo *linfo, __u32 i)
{
	return (const void *)(linfo->lines + (size_t)i * linfo->rec_size);
}

/* Functions were compiled one by one, each to an address of its own. */
static int split_by_function(struct bpf_prog_linfo *linfo, const struct bpf_prog_info *info)
{
	const __u64 *starts = (void *)(unsigned long)info->jited_ksyms;
	const __u32 *lengths = (void *)(unsigned long)info->jited_func_lens;
	__u32 func = 0, i;
	__u64 addr;

	linfo->func_first = calloc(linfo->func_count, sizeof(__u32));
	linfo->func_lines = calloc(linfo->func_count, sizeof(__u32));
	if (!linfo->func_first || !linfo->func_lines)
		return -ENOMEM;
	for (i = 0; i < linfo->count; i++) {
		addr = linfo->addrs[i];
		while (func < linfo->func_count &&
		       (addr < starts[func] || addr >= starts[func] + lengths[func])) {
			/* a function without lines is one that we cannot tell apart */
			if (!linfo->func_lines[func])
				return -EINVAL;
			func++;
		}
		if (func == linfo->func_count)
			return -EINVAL;
		if (!linfo->func_lines[func]++)
			linfo->func_first[func] = i;
	}
	return func == linfo->func_count - 1 ? 0 : -EINVAL;
}

static int copy_addresses(struct bpf_prog_linfo *linfo, const struct bpf_prog_info *info)
{
	const char *from = (void *)(unsigned long)info->jited_line_info;
	__u32 i;

	linfo->addrs = calloc(linfo->count, sizeof(*linfo->addrs));
	if (!linfo->addrs)
		return -ENOMEM;
	for (i = 0; i < linfo->count; i++)
		memcpy(&linfo->addrs[i], from + (size_t)i * info->jited_line_info_rec_size,
		       sizeof(__u64));
	return split_by_function(linfo, info);
}

static bool has_addresses(const struct bpf_prog_info *info)
{
	return info->nr_jited_ksyms && info->jited_line_info && info->jited_ksyms &&
	       info->jited_func_lens && info->nr_jited_line_info == info->nr_line_info &&
	       info->jited_line_info_rec_size >= sizeof(__u64) &&
	       info->nr_jited_func_lens == info->nr_jited_ksyms;
}

struct bpf_prog_linfo *bpf_prog_linfo__new(const struct bpf_prog_info *info)
{
	struct bpf_prog_linfo *linfo;
	int err = 0;

	if (!info->nr_line_info || !info->line_info ||
	    info->line_info_rec_size < offsetofend(struct bpf_line_info, file_name_off))
		return libbpf_err_ptr(-EINVAL);
	linfo = calloc(1, sizeof(*linfo));
	if (!linfo)
		return libbpf_err_ptr(-ENOMEM);
	linfo->count = info->nr_line_info;
	linfo->rec_size = info->line_info_rec_size;
	linfo->lines = malloc((size_t)linfo->count * linfo->rec_size);
	if (!linfo->lines)
		err = -ENOMEM;
	else
		memcpy(linfo->lines, (void *)(unsigned long)info->line_info,
		       (size_t)linfo->count * linfo->rec_size);
	if (!err && has_addresses(info)) {
		linfo->func_count = info->nr_jited_ksyms;
		err = copy_addresses(linfo, info);
	}
	if (err) {
		bpf_prog_linfo__free(linfo);
		return libbpf_err_ptr(err);
	}
	return linfo;
}

const struct bpf_line_info *
bpf_prog_linfo__lfind_addr_func(const struct bpf_prog_linfo *prog_linfo, __u64 addr,
				__u32 func_idx, __u32 nr_skip)
{
	__u32 first, end, i;

	if (func_idx >= prog_linfo->func_count || nr_skip >= prog_linfo->func_lines[func_idx])
		return libbpf_err_ptr(-ENOENT);
	first = prog_linfo->func_first[func_idx] + nr_skip;
	end = prog_linfo->func_first[func_idx] + prog_linfo->func_lines[func_idx];
	if (addr < prog_linfo->addrs[first])
		return libbpf_err_ptr(-ENOENT);
	for (i = first; i + 1 < end && prog_linfo->addrs[i + 1] <= addr; i++)
		;
	return line_at(prog_linfo, i);
}

const struct bpf_line_info *bpf_prog_linfo__lfind(const struct bpf_prog_linfo *prog_linfo,
						  __u32 insn_off, __u32 nr_skip)
{
	__u32 i = nr_skip;

	if (i >= prog_linfo->count || insn_off < line_at(prog_linfo, i)->insn_off)
		return libbpf_err_ptr(-ENOENT);
	while (i + 1 < prog_linfo->count && line_at(prog_linfo, i + 1)->insn_off <= insn_off)
		i++;
	return line_at(prog_linfo, i);
}
