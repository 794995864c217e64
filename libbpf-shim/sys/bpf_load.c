/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpf.h: the commands that create: maps, programs, BTF. */
#include "sys.h"

#include <bpf/bpf.h>

#include "attr.h"
#include "util.h"

int bpf_map_create(enum bpf_map_type map_type, const char *map_name, __u32 key_size,
		   __u32 value_size, __u32 max_entries, const struct bpf_map_create_opts *opts)
{
	union bpf_attr attr;

	if (!OPTS_VALID(opts, bpf_map_create_opts))
		return libbpf_err(-EINVAL);
	sys_raise_memlock();
	ATTR_CLEAR(attr, excl_prog_hash_size);
	attr.map_type = map_type;
	if (map_name)
		str_copy(attr.map_name, map_name, sizeof(attr.map_name));
	attr.key_size = key_size;
	attr.value_size = value_size;
	attr.max_entries = max_entries;
	attr.btf_fd = OPTS_GET(opts, btf_fd, 0);
	attr.btf_key_type_id = OPTS_GET(opts, btf_key_type_id, 0);
	attr.btf_value_type_id = OPTS_GET(opts, btf_value_type_id, 0);
	attr.btf_vmlinux_value_type_id = OPTS_GET(opts, btf_vmlinux_value_type_id, 0);
	attr.value_type_btf_obj_fd = OPTS_GET(opts, value_type_btf_obj_fd, 0);
	attr.inner_map_fd = OPTS_GET(opts, inner_map_fd, 0);
	attr.map_flags = OPTS_GET(opts, map_flags, 0);
	attr.map_extra = OPTS_GET(opts, map_extra, 0);
	attr.numa_node = OPTS_GET(opts, numa_node, 0);
	attr.map_ifindex = OPTS_GET(opts, map_ifindex, 0);
	attr.map_token_fd = OPTS_GET(opts, token_fd, 0);
	attr.excl_prog_hash = ptr_to_u64(OPTS_GET(opts, excl_prog_hash, NULL));
	attr.excl_prog_hash_size = OPTS_GET(opts, excl_prog_hash_size, 0);
	return libbpf_err(sys_bpf_fd(BPF_MAP_CREATE, &attr, ATTR_SIZE(excl_prog_hash_size)));
}

/* ---- programs ---- */

#define DEFAULT_ATTEMPTS 5

/* EAGAIN: the verifier was interrupted by a signal. */
static int load_with_retry(union bpf_attr *attr, int attempts)
{
	int fd;

	do {
		fd = sys_bpf_fd(BPF_PROG_LOAD, attr, ATTR_SIZE(fd_array_cnt));
	} while (fd == -EAGAIN && --attempts > 0);
	return fd;
}

/*
 * Records cut to the size that the kernel knows, provided that nothing is lost by it.
 * Return: memory to free; NULL if something would be lost or there is no memory.
 */
static void *cut_records(const void *info, __u32 count, __u32 size, __u32 kernel_size)
{
	const char *from = info;
	char *cut, *to;
	__u32 i;

	cut = to = calloc(count, kernel_size);
	for (i = 0; cut && i < count; i++, from += size, to += kernel_size) {
		memcpy(to, from, kernel_size);
		if (!mem_is_zero(from + kernel_size, size - kernel_size)) {
			free(cut);
			return NULL;
		}
	}
	return cut;
}

/* The kernel answers E2BIG to records longer than its own and writes its size back. */
static int load_with_cut_info(union bpf_attr *attr, const struct bpf_prog_load_opts *opts,
			      int attempts)
{
	__u32 func_size = OPTS_GET(opts, func_info_rec_size, 0);
	__u32 line_size = OPTS_GET(opts, line_info_rec_size, 0);
	void *funcs = NULL, *lines = NULL;
	int fd;

	fd = load_with_retry(attr, attempts);
	while (fd == -E2BIG && (!funcs || !lines)) {
		if (!funcs && attr->func_info_cnt && attr->func_info_rec_size &&
		    attr->func_info_rec_size < func_size) {
			funcs = cut_records(opts->func_info, opts->func_info_cnt, func_size,
					    attr->func_info_rec_size);
			if (!funcs)
				break;
			attr->func_info = ptr_to_u64(funcs);
		} else if (!lines && attr->line_info_cnt && attr->line_info_rec_size &&
			   attr->line_info_rec_size < line_size) {
			lines = cut_records(opts->line_info, opts->line_info_cnt, line_size,
					    attr->line_info_rec_size);
			if (!lines)
				break;
			attr->line_info = ptr_to_u64(lines);
		} else {
			break;
		}
		fd = load_with_retry(attr, attempts);
	}
	if (fd < 0 && attr->log_level == 0 && OPTS_GET(opts, log_buf, NULL)) {
		/* a failure is worth a log, even if the caller did not ask for one of success */
		attr->log_buf = ptr_to_u64(opts->log_buf);
		attr->log_size = opts->log_size;
		attr->log_level = 1;
		fd = load_with_retry(attr, attempts);
	}
	free(funcs);
	free(lines);
	return fd;
}

int bpf_prog_load(enum bpf_prog_type prog_type, const char *prog_name, const char *license,
		  const struct bpf_insn *insns, size_t insn_cnt, struct bpf_prog_load_opts *opts)
{
	int attempts, attach_prog_fd, attach_btf_obj_fd, fd;
	union bpf_attr attr;

	if (!OPTS_VALID(opts, bpf_prog_load_opts))
		return libbpf_err(-EINVAL);
	attempts = OPTS_GET(opts, attempts, 0);
	attach_prog_fd = OPTS_GET(opts, attach_prog_fd, 0);
	attach_btf_obj_fd = OPTS_GET(opts, attach_btf_obj_fd, 0);
	if (attempts < 0 || (attach_prog_fd && attach_btf_obj_fd))
		return libbpf_err(-EINVAL);
	if (!OPTS_GET(opts, log_buf, NULL) != !OPTS_GET(opts, log_size, 0))
		return libbpf_err(-EINVAL);
	sys_raise_memlock();
	ATTR_CLEAR(attr, fd_array_cnt);
	attr.prog_type = prog_type;
	attr.expected_attach_type = OPTS_GET(opts, expected_attach_type, 0);
	attr.prog_btf_fd = OPTS_GET(opts, prog_btf_fd, 0);
	attr.prog_flags = OPTS_GET(opts, prog_flags, 0);
	attr.prog_ifindex = OPTS_GET(opts, prog_ifindex, 0);
	attr.kern_version = OPTS_GET(opts, kern_version, 0);
	attr.prog_token_fd = OPTS_GET(opts, token_fd, 0);
	if (prog_name)
		str_copy(attr.prog_name, prog_name, sizeof(attr.prog_name));
	attr.license = ptr_to_u64(license);
	attr.insns = ptr_to_u64(insns);
	attr.insn_cnt = insn_cnt > UINT32_MAX ? UINT32_MAX : insn_cnt;
	attr.attach_btf_id = OPTS_GET(opts, attach_btf_id, 0);
	if (attach_prog_fd)
		attr.attach_prog_fd = attach_prog_fd;
	else
		attr.attach_btf_obj_fd = attach_btf_obj_fd;
	attr.fd_array = ptr_to_u64(OPTS_GET(opts, fd_array, NULL));
	attr.fd_array_cnt = OPTS_GET(opts, fd_array_cnt, 0);
	attr.func_info = ptr_to_u64(OPTS_GET(opts, func_info, NULL));
	attr.func_info_cnt = OPTS_GET(opts, func_info_cnt, 0);
	attr.func_info_rec_size = OPTS_GET(opts, func_info_rec_size, 0);
	attr.line_info = ptr_to_u64(OPTS_GET(opts, line_info, NULL));
	attr.line_info_cnt = OPTS_GET(opts, line_info_cnt, 0);
	attr.line_info_rec_size = OPTS_GET(opts, line_info_rec_size, 0);
	attr.log_level = OPTS_GET(opts, log_level, 0);
	if (attr.log_level) {
		attr.log_buf = ptr_to_u64(OPTS_GET(opts, log_buf, NULL));
		attr.log_size = OPTS_GET(opts, log_size, 0);
	}
	fd = load_with_cut_info(&attr, opts, attempts ? attempts : DEFAULT_ATTEMPTS);
	OPTS_SET(opts, log_true_size, attr.log_true_size);
	return libbpf_err(fd);
}

/* ---- BTF ---- */

int bpf_btf_load(const void *btf_data, size_t btf_size, struct bpf_btf_load_opts *opts)
{
	__u32 log_level, log_size;
	union bpf_attr attr;
	char *log_buf;
	int fd;

	if (!OPTS_VALID(opts, bpf_btf_load_opts))
		return libbpf_err(-EINVAL);
	log_buf = OPTS_GET(opts, log_buf, NULL);
	log_size = OPTS_GET(opts, log_size, 0);
	log_level = OPTS_GET(opts, log_level, 0);
	if (btf_size > UINT32_MAX || log_size > UINT32_MAX / 4 || (log_size && !log_buf))
		return libbpf_err(-EINVAL);
	sys_raise_memlock();
	ATTR_CLEAR(attr, btf_token_fd);
	attr.btf = ptr_to_u64(btf_data);
	attr.btf_size = btf_size;
	attr.btf_flags = OPTS_GET(opts, btf_flags, 0);
	attr.btf_token_fd = OPTS_GET(opts, token_fd, 0);
	if (log_level) {
		attr.btf_log_buf = ptr_to_u64(log_buf);
		attr.btf_log_size = log_size;
		attr.btf_log_level = log_level;
	}
	fd = sys_bpf_fd(BPF_BTF_LOAD, &attr, ATTR_SIZE(btf_token_fd));
	if (fd < 0 && log_buf && !log_level) {
		attr.btf_log_buf = ptr_to_u64(log_buf);
		attr.btf_log_size = log_size;
		attr.btf_log_level = 1;
		fd = sys_bpf_fd(BPF_BTF_LOAD, &attr, ATTR_SIZE(btf_token_fd));
	}
	OPTS_SET(opts, log_true_size, attr.btf_log_true_size);
	return libbpf_err(fd);
}
