/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* A program's settings and facts. */
#include "object.h"

#include "sys.h"

/* ---- getters ---- */

const char *bpf_program__name(const struct bpf_program *prog)
{
	return prog->name;
}

const char *bpf_program__section_name(const struct bpf_program *prog)
{
	return prog->sec_name;
}

bool bpf_program__autoload(const struct bpf_program *prog)
{
	return prog->autoload;
}

bool bpf_program__autoattach(const struct bpf_program *prog)
{
	return prog->autoattach;
}

const struct bpf_insn *bpf_program__insns(const struct bpf_program *prog)
{
	return prog->insns;
}

size_t bpf_program__insn_cnt(const struct bpf_program *prog)
{
	return prog->insn_cnt;
}

int bpf_program__fd(const struct bpf_program *prog)
{
	if (!prog)
		return libbpf_err(-EINVAL);
	return prog->fd < 0 ? libbpf_err(-ENOENT) : prog->fd;
}

enum bpf_prog_type bpf_program__type(const struct bpf_program *prog)
{
	return prog->type;
}

enum bpf_prog_type bpf_program__get_type(const struct bpf_program *prog)
{
	return prog->type;
}

enum bpf_attach_type bpf_program__expected_attach_type(const struct bpf_program *prog)
{
	return prog->expected_attach_type;
}

enum bpf_attach_type bpf_program__get_expected_attach_type(const struct bpf_program *prog)
{
	return prog->expected_attach_type;
}

__u32 bpf_program__flags(const struct bpf_program *prog)
{
	return prog->flags;
}

__u32 bpf_program__log_level(const struct bpf_program *prog)
{
	return prog->log_level;
}

const char *bpf_program__log_buf(const struct bpf_program *prog, size_t *log_size)
{
	*log_size = prog->log_size;
	return prog->log_buf;
}

struct bpf_func_info *bpf_program__func_info(const struct bpf_program *prog)
{
	return prog->func_info_cnt ? prog->func_info : libbpf_err_ptr(-EOPNOTSUPP);
}

__u32 bpf_program__func_info_cnt(const struct bpf_program *prog)
{
	return prog->func_info_cnt;
}

struct bpf_line_info *bpf_program__line_info(const struct bpf_program *prog)
{
	return prog->line_info_cnt ? prog->line_info : libbpf_err_ptr(-EOPNOTSUPP);
}

__u32 bpf_program__line_info_cnt(const struct bpf_program *prog)
{
	return prog->line_info_cnt;
}

/* ---- setters ---- */

static bool is_loaded(const struct bpf_program *prog)
{
	return prog->obj->state >= OBJECT_LOADED;
}

int bpf_program__set_autoload(struct bpf_program *prog, bool autoload)
{
	if (is_loaded(prog))
		return libbpf_err(-EINVAL);
	prog->autoload = autoload;
	return 0;
}

void bpf_program__set_autoattach(struct bpf_program *prog, bool autoattach)
{
	prog->autoattach = autoattach;
}

void bpf_program__set_ifindex(struct bpf_program *prog, __u32 ifindex)
{
	prog->ifindex = ifindex;
}

int bpf_program__set_insns(struct bpf_program *prog, struct bpf_insn *new_insns,
			   size_t new_insn_cnt)
{
	struct bpf_insn *insns;

	if (is_loaded(prog))
		return libbpf_err(-EBUSY);
	insns = reallocarray(prog->insns, new_insn_cnt ? new_insn_cnt : 1, sizeof(*insns));
	if (!insns) {
		pr_warn("prog '%s': failed to realloc prog code\n", prog->name);
		return libbpf_err(-ENOMEM);
	}
	memcpy(insns, new_insns, new_insn_cnt * sizeof(*insns));
	prog->insns = insns;
	prog->insn_cnt = new_insn_cnt;
	return 0;
}

int bpf_program__set_type(struct bpf_program *prog, enum bpf_prog_type type)
{
	if (is_loaded(prog))
		return libbpf_err(-EBUSY);
	if (prog->type == type)
		return 0;
	prog->type = type;
	/* what the section name said is void; a fallback handler takes any type */
	if (prog->sec_def && prog->sec_def->name)
		prog->sec_def = NULL;
	return 0;
}

int bpf_program__set_expected_attach_type(struct bpf_program *prog, enum bpf_attach_type type)
{
	if (is_loaded(prog))
		return libbpf_err(-EBUSY);
	prog->expected_attach_type = type;
	return 0;
}

int bpf_program__set_flags(struct bpf_program *prog, __u32 flags)
{
	if (is_loaded(prog))
		return libbpf_err(-EBUSY);
	prog->flags = flags;
	return 0;
}

int bpf_program__set_log_level(struct bpf_program *prog, __u32 log_level)
{
	if (is_loaded(prog))
		return libbpf_err(-EBUSY);
	prog->log_level = log_level;
	return 0;
}

int bpf_program__set_log_buf(struct bpf_program *prog, char *log_buf, size_t log_size)
{
	if ((log_size && !log_buf) || log_size > UINT32_MAX)
		return libbpf_err(-EINVAL);
	if (is_loaded(prog))
		return libbpf_err(-EBUSY);
	prog->log_buf = log_buf;
	prog->log_size = log_size;
	return 0;
}

void bpf_program__unload(struct bpf_program *prog)
{
	if (!prog)
		return;
	sys_close(prog->fd);
	prog->fd = -1;
	free(prog->func_info);
	free(prog->line_info);
	prog->func_info = NULL;
	prog->line_info = NULL;
	prog->func_info_cnt = prog->func_info_cap = 0;
	prog->line_info_cnt = prog->line_info_cap = 0;
}

int bpf_program__assoc_struct_ops(struct bpf_program *prog, struct bpf_map *map,
				  struct bpf_prog_assoc_struct_ops_opts *opts)
{
	if (prog->fd < 0) {
		pr_warn("prog '%s': can't associate BPF program without FD (was it loaded?)\n",
			prog->name);
		return libbpf_err(-EINVAL);
	}
	if (prog->type == BPF_PROG_TYPE_STRUCT_OPS || map->type != BPF_MAP_TYPE_STRUCT_OPS) {
		pr_warn("prog '%s': can't associate with map '%s'\n", prog->name, map->name);
		return libbpf_err(-EINVAL);
	}
	if (map->fd < 0) {
		pr_warn("map '%s': can't associate BPF map without FD (was it created?)\n",
			map->name);
		return libbpf_err(-EINVAL);
	}
	return bpf_prog_assoc_struct_ops(prog->fd, map->fd, opts);
}
