/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Feature probes: a table of small calls that only a kernel with the feature accepts. */
#include "kernel_features.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "sys.h"
#include "util.h"

#define INSN(CODE, DST, SRC, OFF, IMM)                                                             \
	{ .code = (CODE), .dst_reg = (DST), .src_reg = (SRC), .off = (OFF), .imm = (IMM) }
#define MOV_IMM(DST, IMM) INSN(BPF_ALU64 | BPF_MOV | BPF_K, DST, 0, 0, IMM)
#define EXIT()		  INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

__u32 kernel_version(void)
{
	unsigned int major, minor, patch = 0;
	struct utsname uts;

	if (sys_emulated())
		return 6 << 16 | 18 << 8;
	if (uname(&uts) || sscanf(uts.release, "%u.%u.%u", &major, &minor, &patch) < 2)
		return 0;
	/* KERNEL_VERSION() has eight bits for the last number */
	return major << 16 | minor << 8 | MIN(patch, 255u);
}

const char *syscall_prefix(void)
{
#if defined(__x86_64__)
	return "x64";
#elif defined(__i386__)
	return "ia32";
#elif defined(__s390x__)
	return "s390x";
#elif defined(__arm__)
	return "arm";
#elif defined(__aarch64__)
	return "arm64";
#elif defined(__mips__)
	return "mips";
#elif defined(__riscv)
	return "riscv";
#elif defined(__powerpc__)
	return "powerpc";
#elif defined(__loongarch__)
	return "loongarch";
#else
	return NULL;
#endif
}

static bool made(int fd)
{
	sys_close(fd);
	return fd >= 0;
}

static int load_with(const struct bpf_insn *insns, size_t count, const char *name,
		     enum bpf_prog_type type, struct bpf_prog_load_opts *opts)
{
	return bpf_prog_load(type, name, "GPL", insns, count, opts);
}

/* ---- programs and maps ---- */

static bool probe_prog_name(int token_fd)
{
	struct bpf_insn insns[] = { MOV_IMM(BPF_REG_0, 0), EXIT() };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .token_fd = token_fd,
		    .prog_flags = token_fd ? BPF_F_TOKEN_FD : 0);

	return made(load_with(insns, ARRAY_SIZE(insns), "libbpf_nametest",
			      BPF_PROG_TYPE_SOCKET_FILTER, &opts));
}

static int make_map(const char *name, __u32 flags, int token_fd)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .token_fd = token_fd,
		    .map_flags = flags | (token_fd ? BPF_F_TOKEN_FD : 0));

	return bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(int), 32, 1, &opts);
}

static bool probe_global_data(int token_fd)
{
	struct bpf_insn insns[] = {
		INSN(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, 0, 0),
		INSN(0, 0, 0, 0, 16),
		INSN(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_1, 0, 0, 42),
		MOV_IMM(BPF_REG_0, 0),
		EXIT(),
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .token_fd = token_fd,
		    .prog_flags = token_fd ? BPF_F_TOKEN_FD : 0);
	int map_fd = make_map("libbpf_global", 0, token_fd);
	bool yes;

	if (map_fd < 0)
		return false;
	insns[0].imm = map_fd;
	yes = made(load_with(insns, ARRAY_SIZE(insns), NULL, BPF_PROG_TYPE_SOCKET_FILTER, &opts));
	sys_close(map_fd);
	return yes;
}

static bool probe_array_mmap(int token_fd)
{
	return made(make_map("libbpf_mmap", BPF_F_MMAPABLE, token_fd));
}

static bool probe_exp_attach_type(int token_fd)
{
	struct bpf_insn insns[] = { MOV_IMM(BPF_REG_0, 0), EXIT() };
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = BPF_CGROUP_INET_SOCK_CREATE, .token_fd = token_fd,
		    .prog_flags = token_fd ? BPF_F_TOKEN_FD : 0);

	return made(load_with(insns, ARRAY_SIZE(insns), NULL, BPF_PROG_TYPE_CGROUP_SOCK, &opts));
}

static bool probe_prog_bind_map(int token_fd)
{
	struct bpf_insn insns[] = { MOV_IMM(BPF_REG_0, 0), EXIT() };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .token_fd = token_fd,
		    .prog_flags = token_fd ? BPF_F_TOKEN_FD : 0);
	int map_fd = make_map("libbpf_det_bind", 0, token_fd), prog_fd;
	bool yes = false;

	if (map_fd < 0)
		return false;
	prog_fd = load_with(insns, ARRAY_SIZE(insns), NULL, BPF_PROG_TYPE_SOCKET_FILTER, &opts);
	if (prog_fd >= 0)
		yes = bpf_prog_bind_map(prog_fd, map_fd, NULL) == 0;
	sys_close(prog_fd);
	sys_close(map_fd);
	return yes;
}

/* A kernel that knows the attach type complains of the fd, another one of the type. */
static bool probe_link_type(enum bpf_prog_type prog_type, enum bpf_attach_type type, int target,
			    int wanted_err)
{
	struct bpf_insn insns[] = { MOV_IMM(BPF_REG_0, 0), EXIT() };
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = type == BPF_PERF_EVENT ? 0 : type);
	int prog_fd, link_fd;

	prog_fd = load_with(insns, ARRAY_SIZE(insns), NULL, prog_type, &opts);
	if (prog_fd < 0)
		return false;
	link_fd = bpf_link_create(prog_fd, target, type, NULL);
	sys_close(prog_fd);
	sys_close(link_fd);
	return link_fd == wanted_err;
}

static bool probe_perf_link(int token_fd)
{
	return probe_link_type(BPF_PROG_TYPE_TRACEPOINT, BPF_PERF_EVENT, -1, -EBADF);
}

static bool probe_uprobe_multi(int token_fd)
{
	struct bpf_insn insns[] = { MOV_IMM(BPF_REG_0, 0), EXIT() };
	LIBBPF_OPTS(bpf_prog_load_opts, load_opts, .expected_attach_type = BPF_TRACE_UPROBE_MULTI);
	LIBBPF_OPTS(bpf_link_create_opts, link_opts);
	unsigned long offset = 0;
	int prog_fd, link_fd;

	prog_fd = load_with(insns, ARRAY_SIZE(insns), NULL, BPF_PROG_TYPE_KPROBE, &load_opts);
	if (prog_fd < 0)
		return false;
	/* no regular file: EBADF where the path is looked at */
	link_opts.uprobe_multi.path = "/";
	link_opts.uprobe_multi.offsets = &offset;
	link_opts.uprobe_multi.cnt = 1;
	link_fd = bpf_link_create(prog_fd, -1, BPF_TRACE_UPROBE_MULTI, &link_opts);
	sys_close(prog_fd);
	sys_close(link_fd);
	return link_fd == -EBADF;
}

static bool probe_cookie(int token_fd)
{
	struct bpf_insn insns[] = {
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_attach_cookie),
		EXIT(),
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .token_fd = token_fd,
		    .prog_flags = token_fd ? BPF_F_TOKEN_FD : 0);

	return made(load_with(insns, ARRAY_SIZE(insns), NULL, BPF_PROG_TYPE_TRACEPOINT, &opts));
}

static bool probe_syscall_wrapper(int token_fd)
{
	char symbol[64], line[512], name[256], path[256];
	const char *prefix = syscall_prefix();
	bool found = false;
	FILE *file;

	if (!prefix)
		return false;
	snprintf(symbol, sizeof(symbol), "__%s_sys_bpf", prefix);
	file = fopen(sys_path("/proc/kallsyms", path, sizeof(path)), "re");
	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%*s %*c %255s", name) == 1 && strcmp(name, symbol) == 0;
	fclose(file);
	return found;
}

/* ---- BTF: a small one that contains the kind ---- */

static int add_kind_int(struct btf *btf)
{
	return btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
}

static int add_func(struct btf *btf, enum btf_func_linkage linkage)
{
	int id = add_kind_int(btf);

	id = id < 0 ? id : btf__add_func_proto(btf, 0);
	if (id < 0 || btf__add_func_param(btf, "a", 1))
		return -1;
	return btf__add_func(btf, "x", linkage, id);
}

static int add_kind_func(struct btf *btf)
{
	return add_func(btf, BTF_FUNC_STATIC);
}

static int add_kind_global_func(struct btf *btf)
{
	return add_func(btf, BTF_FUNC_GLOBAL);
}

static int add_datasec(struct btf *btf, const char *name)
{
	int id = add_kind_int(btf);

	id = id < 0 ? id : btf__add_var(btf, "x", BTF_VAR_STATIC, id);
	if (id < 0 || btf__add_datasec(btf, name, 4) < 0)
		return -1;
	return btf__add_datasec_var_info(btf, id, 0, 4);
}

static int add_kind_datasec(struct btf *btf)
{
	return add_datasec(btf, ".data");
}

static int add_kind_qmark_datasec(struct btf *btf)
{
	return add_datasec(btf, "?.data");
}

static int add_kind_float(struct btf *btf)
{
	return btf__add_float(btf, "float", 4);
}

static int add_kind_decl_tag(struct btf *btf)
{
	int id = add_kind_int(btf);

	id = id < 0 ? id : btf__add_var(btf, "x", BTF_VAR_STATIC, id);
	return id < 0 ? id : btf__add_decl_tag(btf, "tag", id, -1);
}

static int add_kind_type_tag(struct btf *btf)
{
	int id = add_kind_int(btf);

	id = id < 0 ? id : btf__add_type_tag(btf, "tag", id);
	return id < 0 ? id : btf__add_ptr(btf, id);
}

static int add_kind_enum64(struct btf *btf)
{
	return btf__add_enum64(btf, NULL, 8, false);
}

static bool probe_btf(int (*fill)(struct btf *), int token_fd)
{
	LIBBPF_OPTS(bpf_btf_load_opts, opts, .token_fd = token_fd,
		    .btf_flags = token_fd ? BPF_F_TOKEN_FD : 0);
	struct btf *btf = btf__new_empty();
	const void *raw;
	bool yes = false;
	__u32 size;

	if (!btf)
		return false;
	if (fill(btf) >= 0 && (raw = btf__raw_data(btf, &size)))
		yes = made(bpf_btf_load(raw, size, &opts));
	btf__free(btf);
	return yes;
}

/* ---- the table ---- */

static const struct {
	const char *what;
	bool (*probe)(int token_fd);
	int (*fill)(struct btf *btf);
} features[FEATURE_COUNT] = {
	[FEAT_PROG_NAME]	= { "BPF program name", .probe = probe_prog_name },
	[FEAT_GLOBAL_DATA]	= { "global variables", .probe = probe_global_data },
	[FEAT_BTF]		= { "minimal BTF", .fill = add_kind_int },
	[FEAT_BTF_FUNC]		= { "BTF functions", .fill = add_kind_func },
	[FEAT_BTF_GLOBAL_FUNC]	= { "BTF global function", .fill = add_kind_global_func },
	[FEAT_BTF_DATASEC]	= { "BTF data section and variable", .fill = add_kind_datasec },
	[FEAT_BTF_FLOAT]	= { "BTF_KIND_FLOAT support", .fill = add_kind_float },
	[FEAT_BTF_DECL_TAG]	= { "BTF_KIND_DECL_TAG support", .fill = add_kind_decl_tag },
	[FEAT_BTF_TYPE_TAG]	= { "BTF_KIND_TYPE_TAG support", .fill = add_kind_type_tag },
	[FEAT_BTF_ENUM64]	= { "BTF_KIND_ENUM64 support", .fill = add_kind_enum64 },
	[FEAT_BTF_QMARK_DATASEC] = { "BTF DATASEC names starting from '?'",
				     .fill = add_kind_qmark_datasec },
	[FEAT_ARRAY_MMAP]	= { "ARRAY map mmap()", .probe = probe_array_mmap },
	[FEAT_EXP_ATTACH_TYPE]	= { "BPF_PROG_LOAD expected_attach_type attribute",
				    .probe = probe_exp_attach_type },
	[FEAT_PROG_BIND_MAP]	= { "BPF_PROG_BIND_MAP support", .probe = probe_prog_bind_map },
	[FEAT_PERF_LINK]	= { "BPF perf link support", .probe = probe_perf_link },
	[FEAT_BPF_COOKIE]	= { "BPF cookie support", .probe = probe_cookie },
	[FEAT_SYSCALL_WRAPPER]	= { "Kernel using syscall wrapper", .probe = probe_syscall_wrapper },
	[FEAT_UPROBE_MULTI_LINK] = { "BPF multi-uprobe link support", .probe = probe_uprobe_multi },
};

enum { UNKNOWN, SUPPORTED, MISSING };

static bool run_probe(enum feature feature, int token_fd)
{
	int saved_errno = errno;
	bool yes;

	if (features[feature].probe)
		yes = features[feature].probe(token_fd);
	else
		yes = probe_btf(features[feature].fill, token_fd);
	errno = saved_errno;
	return yes;
}

bool kernel_supports(enum feature feature, int token_fd)
{
	static unsigned char cache[FEATURE_COUNT];
	unsigned char state;
	bool yes;

	/* a token's rights are its own: its answers are not everybody's */
	if (token_fd > 0)
		return run_probe(feature, token_fd);
	state = __atomic_load_n(&cache[feature], __ATOMIC_RELAXED);
	if (state != UNKNOWN)
		return state == SUPPORTED;
	yes = run_probe(feature, 0);
	pr_debug("feature '%s' is %s\n", features[feature].what, yes ? "supported" : "missing");
	__atomic_store_n(&cache[feature], yes ? SUPPORTED : MISSING, __ATOMIC_RELAXED);
	return yes;
}
