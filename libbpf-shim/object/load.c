/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Load, second half: programs go to the verifier. */
#include "object.h"

#include "kernel_features.h"
#include "sys.h"

/* What the section name adds. Handlers may still change it. */
static int prepare_options(struct bpf_program *prog, struct bpf_prog_load_opts *opts)
{
	const struct sec_def *def = prog->sec_def;
	unsigned int flags = def ? def->flags : 0;
	int err;

	if ((flags & SEC_EXP_ATTACH_OPT) &&
	    !kernel_supports(FEAT_EXP_ATTACH_TYPE, prog->obj->token_fd))
		opts->expected_attach_type = 0;
	if (flags & SEC_SLEEPABLE)
		opts->prog_flags |= BPF_F_SLEEPABLE;
	if (prog->type == BPF_PROG_TYPE_XDP && (flags & SEC_XDP_FRAGS))
		opts->prog_flags |= BPF_F_XDP_HAS_FRAGS;
	if ((flags & SEC_ATTACH_BTF) && !prog->attach_btf_id) {
		err = prog_find_attach_target(prog);
		if (err)
			return err;
		opts->attach_btf_obj_fd = prog->attach_btf_obj_fd;
		opts->attach_btf_id = prog->attach_btf_id;
	}
	return 0;
}

static int run_prepare_handler(struct bpf_program *prog, struct bpf_prog_load_opts *opts)
{
	int err;

	if (!prog->sec_def || !prog->sec_def->prepare_load)
		return 0;
	err = prog->sec_def->prepare_load(prog, opts, prog->sec_def->cookie);
	return err < 0 ? err : 0;
}

static int fill_options(struct bpf_program *prog, struct bpf_prog_load_opts *opts)
{
	struct bpf_object *obj = prog->obj;
	bool has_btf = obj->btf && btf__fd(obj->btf) >= 0;

	opts->expected_attach_type = prog->expected_attach_type;
	opts->attach_btf_id = prog->attach_btf_id;
	opts->attach_prog_fd = prog->attach_prog_fd;
	opts->kern_version = obj->kern_version;
	opts->prog_ifindex = prog->ifindex;
	opts->prog_flags = prog->flags;
	opts->fd_array = obj->fd_array;
	opts->token_fd = obj->token_fd;
	if (obj->token_fd)
		opts->prog_flags |= BPF_F_TOKEN_FD;
	if (!opts->kern_version && prog->type == BPF_PROG_TYPE_KPROBE)
		opts->kern_version = kernel_version();
	if (!prog->attach_prog_fd)
		opts->attach_btf_obj_fd = prog->attach_btf_obj_fd;
	if (has_btf && kernel_supports(FEAT_BTF_FUNC, obj->token_fd)) {
		opts->prog_btf_fd = btf__fd(obj->btf);
		opts->func_info = prog->func_info;
		opts->func_info_cnt = prog->func_info_cnt;
		opts->func_info_rec_size = prog->func_info_cnt ? sizeof(struct bpf_func_info) : 0;
		opts->line_info = prog->line_info;
		opts->line_info_cnt = prog->line_info_cnt;
		opts->line_info_rec_size = prog->line_info_cnt ? sizeof(struct bpf_line_info) : 0;
	}
	return prepare_options(prog, opts);
}

/* ---- the log ---- */

#define LOG_SIZE_FIRST (UINT32_MAX >> 8)

/* Where the log goes: the program's buffer, the object's, or one of ours that grows. */
struct log {
	char *buf;
	size_t size;
	bool is_own;
	__u32 level;
};

static int begin_log(struct bpf_program *prog, struct log *log)
{
	char *bigger;

	if (!log->level)
		return 0;
	if (prog->log_buf) {
		log->buf = prog->log_buf;
		log->size = prog->log_size;
	} else if (prog->obj->log_buf) {
		log->buf = prog->obj->log_buf;
		log->size = prog->obj->log_size;
	} else {
		log->size = log->is_own ? log->size * 2 : LOG_SIZE_FIRST;
		bigger = realloc(log->buf, log->size);
		if (!bigger)
			return -ENOMEM;
		log->buf = bigger;
		log->is_own = true;
	}
	if (log->size)
		log->buf[0] = '\0';
	return 0;
}

static void end_log(struct log *log)
{
	if (log->is_own)
		free(log->buf);
}

static int load_with_log(struct bpf_program *prog, struct bpf_prog_load_opts *opts,
			 struct log *log)
{
	struct bpf_object *obj = prog->obj;
	const char *name = kernel_supports(FEAT_PROG_NAME, obj->token_fd) ? prog->name : NULL;
	int fd, err;

	for (;;) {
		err = begin_log(prog, log);
		if (err)
			return err;
		opts->log_level = log->level;
		opts->log_buf = log->buf;
		opts->log_size = log->size;
		fd = bpf_prog_load(prog->type, name, obj->license, prog->insns, prog->insn_cnt,
				   opts);
		if (fd >= 0)
			return fd;
		/* a failure deserves an explanation, and the explanation enough room */
		if (!log->level)
			log->level = 1;
		else if (!log->is_own || fd != -ENOSPC || log->size > UINT32_MAX / 4)
			return fd;
	}
}

static void report_failure(struct bpf_program *prog, const struct log *log, int err)
{
	if (log->size)
		verifier_log_explain(prog, log->buf, log->size);
	pr_warn("prog '%s': BPF program load failed: %s\n", prog->name, errstr(err));
	if (err == -EPERM)
		pr_warn("permission error while running as non-root or without CAP_BPF, or RLIMIT_MEMLOCK is too small\n");
	if (log->is_own && log->buf[0])
		pr_warn("prog '%s': -- BEGIN PROG LOAD LOG --\n%s-- END PROG LOAD LOG --\n",
			prog->name, log->buf);
}

/* Programs keep their read-only data alive, also when only debuggers look at it. */
static void bind_rodata(const struct bpf_object *obj, int prog_fd)
{
	const struct bpf_map *map;
	int err;

	if (!kernel_supports(FEAT_PROG_BIND_MAP, obj->token_fd))
		return;
	bpf_object__for_each_map(map, obj) {
		if (map->origin != MAP_RODATA || map->fd < 0)
			continue;
		err = bpf_prog_bind_map(prog_fd, map->fd, NULL);
		if (err)
			pr_warn("failed to bind map '%s': %s\n", map->name, errstr(err));
	}
}

/* What bpf_program__clone() was asked to do differently. */
static void override_options(struct bpf_prog_load_opts *opts, const struct bpf_prog_load_opts *user)
{
#define OVERRIDE(field)                                                                            \
	do {                                                                                       \
		if (OPTS_GET(user, field, 0))                                                      \
			opts->field = user->field;                                                 \
	} while (0)
	OVERRIDE(attempts);
	OVERRIDE(expected_attach_type);
	OVERRIDE(prog_btf_fd);
	OVERRIDE(prog_flags);
	OVERRIDE(prog_ifindex);
	OVERRIDE(kern_version);
	OVERRIDE(attach_btf_id);
	OVERRIDE(attach_prog_fd);
	OVERRIDE(attach_btf_obj_fd);
	OVERRIDE(fd_array);
	OVERRIDE(fd_array_cnt);
	OVERRIDE(token_fd);
#undef OVERRIDE
	if (OPTS_GET(user, func_info_cnt, 0)) {
		opts->func_info = user->func_info;
		opts->func_info_cnt = user->func_info_cnt;
		opts->func_info_rec_size = user->func_info_rec_size;
	}
	if (OPTS_GET(user, line_info_cnt, 0)) {
		opts->line_info = user->line_info;
		opts->line_info_cnt = user->line_info_cnt;
		opts->line_info_rec_size = user->line_info_rec_size;
	}
}

int program_load(struct bpf_program *prog, int *result_fd, const struct bpf_prog_load_opts *user)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	struct log log = { .level = prog->log_level ? prog->log_level : prog->obj->log_level };
	int fd, err;

	if (prog->type == BPF_PROG_TYPE_UNSPEC) {
		pr_warn("prog '%s': missing BPF prog type, check ELF section name '%s'\n",
			prog->name, prog->sec_name);
		return -EINVAL;
	}
	if (!prog->insns || !prog->insn_cnt)
		return -EINVAL;
	err = fill_options(prog, &opts);
	err = err ? err : run_prepare_handler(prog, &opts);
	if (err) {
		pr_warn("prog '%s': failed to prepare load attributes: %s\n", prog->name,
			errstr(err));
		return err;
	}
	if (user) {
		override_options(&opts, user);
		log.level = OPTS_GET(user, log_level, log.level);
	}
	fd = load_with_log(prog, &opts, &log);
	if (fd < 0)
		report_failure(prog, &log, fd);
	else if (log.is_own)
		pr_debug("prog '%s': -- BEGIN PROG LOAD LOG --\n%s-- END PROG LOAD LOG --\n",
			 prog->name, log.buf);
	end_log(&log);
	if (fd < 0)
		return fd;
	bind_rodata(prog->obj, fd);
	*result_fd = fd;
	return 0;
}

int object_load_programs(struct bpf_object *obj)
{
	struct bpf_program *prog;
	int err;

	bpf_object__for_each_program(prog, obj) {
		if (!prog->autoload) {
			pr_debug("prog '%s': skipped loading\n", prog->name);
			continue;
		}
		err = program_load(prog, &prog->fd, NULL);
		if (err) {
			pr_warn("prog '%s': failed to load: %s\n", prog->name, errstr(err));
			return err;
		}
	}
	return 0;
}

int bpf_program__clone(struct bpf_program *prog, const struct bpf_prog_load_opts *opts)
{
	int fd, err;

	if (!prog || !OPTS_VALID(opts, bpf_prog_load_opts))
		return libbpf_err(-EINVAL);
	if (prog->obj->state < OBJECT_PREPARED)
		return libbpf_err(-EINVAL);
	err = program_load(prog, &fd, opts);
	return libbpf_err(err ? err : fd);
}
