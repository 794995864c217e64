/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Raw tracepoint programs with typed arguments (tp_btf): load, arguments, attaching, runs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/btf.h>
#include <bpfx/hook.h>
#include <bpfx/sched.h>

#include "asm.h"
#include "calls.h"
#include "kernel_types.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define TP	     "sched_process_exec"

static const struct bpf_insn trivial[] = { MOV_IMM(0, 0), EXIT() };

static uint32_t exec_id(const struct backend *b)
{
	return kernel_type(b, "btf_trace_" TP, BTF_KIND_TYPEDEF);
}

static int load_trivial_tp(const struct backend *b)
{
	int fd = load_tp_btf(b, TP, trivial, 2);

	assert_true(fd >= 0);
	return fd;
}

/* ---- load ---- */

/* @want: 0: it loads, or -errno. @text: in the log; NULL: no matter. */
static void check_program(const struct backend *b, const char *what, const char *tp,
			  const struct bpf_insn *insns, uint32_t cnt, int want, const char *text)
{
	int fd = load_tp_btf(b, tp, insns, cnt);

	if ((want ? fd != want : fd < 0) || (text && !strstr(log_text(), text)))
		fail_msg("%s: %s\n%s", what, result_name(fd), log_text());
	if (fd >= 0)
		b->close(fd);
}

static void check_load(const struct backend *b, const char *what, const struct target_load *how,
		       int want, const char *text)
{
	int fd = load_target(b, how, trivial, 2);

	if ((want ? fd != want : fd < 0) || (text && !strstr(log_text(), text)) ||
	    (!text && want && log_text()[0]))
		fail_msg("%s: %s\n%s", what, result_name(fd), log_text());
	if (fd >= 0)
		b->close(fd);
}

static void targets_are_checked(void **state)
{
	const struct backend *b = backend_of(state);
	uint32_t exec = exec_id(b), task = kernel_type(b, "task_struct", BTF_KIND_STRUCT);
	uint32_t u32 = kernel_type(b, "u32", BTF_KIND_TYPEDEF);
	uint32_t function = kernel_type(b, "bpf_iter_num_new", BTF_KIND_FUNC);
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	int filter = load_trivial(b, BPF_PROG_TYPE_SOCKET_FILTER);
	int btf = fd_by_id(b, BPF_BTF_GET_FD_BY_ID, 1);
	const uint32_t tp = BPF_TRACE_RAW_TP;
	const struct {
		const char *what;
		struct target_load how;
		int want;
		const char *text;	/* in the log; NULL: it is empty where the load fails */
	} rows[] = {
		{ "a tracepoint", { tp, exec }, 0, "R1=ctx()" },
		{ "without GPL", { tp, exec, .not_gpl = true }, 0, NULL },
		{ "by an fd of the kernel's BTF", { tp, exec, btf }, 0, NULL },
		{ "no id", { tp }, -EINVAL, "Tracing programs must provide btf_id\n" },
		{ "no such id", { tp, 0xfffff }, -EINVAL, "attach_btf_id 1048575 is invalid\n" },
		{ "an id too high", { tp, 0x100000 }, -EINVAL, NULL },
		{ "a struct", { tp, task }, -EINVAL, " is not a typedef\n" },
		{ "a function", { tp, function }, -EINVAL, " is not a typedef\n" },
		{ "a typedef", { tp, u32 }, -EINVAL, " points to wrong type name u32\n" },
		{ "an fd and no id", { tp, 0, btf }, -EINVAL, NULL },
		{ "a bad fd", { tp, exec, 9999 }, -EINVAL, NULL },
		{ "a map", { tp, exec, map }, -EINVAL, NULL },
		{ "a program without BTF", { tp, exec, filter }, -EINVAL,
		  "FENTRY/FEXIT program can only be attached to another program annotated with BTF\n" },
		{ "a program and no id", { tp, 0, filter }, -EINVAL,
		  "Tracing programs must provide btf_id\n" },
		{ "sleepable", { tp, exec, .flags = BPF_F_SLEEPABLE }, -EINVAL,
		  "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be "
		  "sleepable\n" },
		{ "another attach type", { BPF_XDP, exec }, -EINVAL, "func#0 @0\nprocessed 0 insns" },
		{ "none", { 0, exec }, -EINVAL, "func#0 @0\nprocessed 0 insns" },
		{ "an iterator of it", { BPF_TRACE_ITER, exec }, -EINVAL, " is not a function\n" },
		{ "an iterator of another function", { BPF_TRACE_ITER, function }, -EINVAL,
		  "func#0 @0\nprocessed 0 insns" },
		{ "another type with an id", { 0, exec, .prog_type = BPF_PROG_TYPE_KPROBE }, -EINVAL,
		  NULL },
		{ "another type with an fd",
		  { 0, 0, btf, .prog_type = BPF_PROG_TYPE_SOCKET_FILTER }, -EINVAL, NULL },
		{ "another type with a program",
		  { 0, 0, filter, .prog_type = BPF_PROG_TYPE_SOCKET_FILTER }, -EINVAL, NULL },
		{ "another type with a bad fd",
		  { 0, 0, 9999, .prog_type = BPF_PROG_TYPE_SOCKET_FILTER }, -EINVAL, NULL },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++)
		check_load(b, rows[i].what, &rows[i].how, rows[i].want, rows[i].text);
	b->close(map);
	b->close(filter);
	b->close(btf);
}

/* ---- arguments ---- */

static const struct {
	const char *what, *tp;
	struct bpf_insn insn;
	int want;
	const char *text;
} accesses[] = {
	{ "an object", TP, LOAD(DW, 0, 1, 0), 0, "R0=trusted_ptr_task_struct()" },
	{ "its line", TP, LOAD(DW, 0, 1, 0), 0, "type STRUCT 'task_struct'\n" },
	{ "the last one", TP, LOAD(DW, 0, 1, 16), 0, "R0=trusted_ptr_linux_binprm()" },
	{ "a number", TP, LOAD(DW, 0, 1, 8), 0, "R0=scalar() R1=ctx()" },
	{ "half of a number", TP, LOAD(W, 0, 1, 8), 0, "umax=0xffffffff" },
	{ "a byte of it", TP, LOAD(B, 0, 1, 8), 0, "umax32=255" },
	{ "a bool", "sched_process_exit", LOAD(DW, 0, 1, 8), 0, "R0=scalar()" },
	{ "two objects", "sched_process_fork", LOAD(DW, 0, 1, 8), 0,
	  "func 'sched_process_fork' arg1 has btf_id" },
	{ "a number with its sign", TP, RAW(BPF_LDX | BPF_MEMSX | BPF_W, 0, 1, 8, 0), 0,
	  "smax=0x7fffffff" },
	{ "half of an object", TP, LOAD(W, 0, 1, 0), -EACCES,
	  "func 'sched_process_exec' size 4 must be 8\ninvalid bpf_context access off=0 size=4\n" },
	{ "an object with its sign", TP, RAW(BPF_LDX | BPF_MEMSX | BPF_W, 0, 1, 0, 0), -EACCES,
	  "func 'sched_process_exec' size 4 must be 8\n" },
	{ "not at its start", TP, LOAD(B, 0, 1, 9), -EACCES,
	  "func 'sched_process_exec' offset 9 is not multiple of 8\n" },
	{ "not aligned", TP, LOAD(W, 0, 1, 10), -EACCES,
	  "invalid bpf_context access off=10 size=4\n" },
	{ "one too many", TP, LOAD(DW, 0, 1, 24), -EACCES,
	  "func 'sched_process_exec' doesn't have 4-th argument\n" },
	{ "two too many", TP, LOAD(DW, 0, 1, 32), -EACCES,
	  "func 'sched_process_exec' doesn't have 6-th argument\n" },
	{ "the twelfth", TP, LOAD(DW, 0, 1, 88), -EACCES,
	  "func 'sched_process_exec' doesn't have 6-th argument\n" },
	{ "the thirteenth", TP, LOAD(DW, 0, 1, 96), -EACCES,
	  "invalid bpf_context access off=96 size=8\n" },
	{ "before them", TP, LOAD(DW, 0, 1, -8), -EACCES,
	  "invalid bpf_context access off=-8 size=8\n" },
	{ "a store", TP, STORE_IMM(DW, 1, 0, 0), -EACCES,
	  "invalid bpf_context access off=0 size=8\n" },
	{ "a store of a pointer", TP, STORE(DW, 1, 1, 0), -EACCES,
	  "invalid bpf_context access off=0 size=8\n" },
};

static void arguments_have_their_types(void **state)
{
	const struct backend *b = backend_of(state);

	for (size_t i = 0; i < ARRAY_CNT(accesses); i++) {
		const struct bpf_insn insns[] = { accesses[i].insn, MOV_IMM(0, 0), EXIT() };

		check_program(b, accesses[i].what, accesses[i].tp, insns, ARRAY_CNT(insns),
			      accesses[i].want, accesses[i].text);
	}
}

static void objects_are_for_gpl_programs(void **state)
{
	const struct backend *b = backend_of(state);
	const struct bpf_insn insns[] = {
		LOAD(DW, 2, 1, 0), LOAD(W, 0, 2, 4), MOV_IMM(0, 0), EXIT(),
	};
	struct target_load how = { BPF_TRACE_RAW_TP, exec_id(b), .not_gpl = true };

	assert_int_equal(load_target(b, &how, insns, ARRAY_CNT(insns)), -EINVAL);
	assert_non_null(strstr(log_text(), "Cannot access kernel 'struct task_struct' from non-GPL "
			       "compatible program\n"));
}

/* What a pointer in a struct leads to that is no struct: any byte may be read, none written. */
static void memory_behind_pointers_is_read_with_care(void **state)
{
	const struct backend *b = backend_of(state);
	const int filename = kernel_member(b, "linux_binprm", "filename");
	static const struct {
		const char *what;
		struct bpf_insn insns[2];
		int want;
		const char *text;
	} rows[] = {
		{ "its first byte", { LOAD(B, 0, 3, 0), MOV_IMM(0, 0) }, 0,
		  "R3=rdonly_untrusted_mem(sz=0)" },
		{ "a far one", { LOAD(DW, 0, 3, 30000), MOV_IMM(0, 0) }, 0, "R0=scalar()" },
		{ "one before it", { LOAD(B, 0, 3, -8), MOV_IMM(0, 0) }, 0, NULL },
		{ "a number is added", { ALU_REG(ADD, 3, 4), LOAD(B, 0, 3, 0) }, 0, NULL },
		{ "it is compared", { JUMP_IMM(JEQ, 3, 0, 0), LOAD(B, 0, 3, 0) }, 0, NULL },
		{ "a store", { STORE_IMM(B, 3, 0, 0), MOV_IMM(0, 0) }, -EACCES,
		  "R3 cannot write into rdonly_untrusted_mem\n" },
		{ "bits of it", { ALU_IMM(AND, 3, 7), MOV_IMM(0, 0) }, 0, NULL },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		const struct bpf_insn insns[] = {
			LOAD(DW, 4, 1, 8), LOAD(DW, 2, 1, 16), LOAD(DW, 3, 2, filename),
			rows[i].insns[0], rows[i].insns[1], MOV_IMM(0, 0), EXIT(),
		};

		check_program(b, rows[i].what, TP, insns, ARRAY_CNT(insns), rows[i].want,
			      rows[i].text);
	}
}

/* Helpers take members of an object for memory, as far as one member goes. */
static void members_are_memory_to_helpers(void **state)
{
	const struct backend *b = backend_of(state);
	int text = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_RDONLY_PROG);
	const int comm = kernel_member(b, "task_struct", "comm");
	const struct {
		const char *what;
		int off, size, want;
		const char *text;
	} rows[] = {
		{ "a name", comm, 16, 0, NULL },
		{ "its beginning", comm, 4, 0, NULL },
		{ "more than it", comm, 17, -EACCES, "access beyond " },
	};
	uint32_t zero = 0;
	union bpf_attr attr;

	assert_int_equal(map_update(b, text, &zero, "abc\0\0\0\0", 0), 0);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = text;
	assert_int_equal(b->bpf(BPF_MAP_FREEZE, &attr, sizeof(attr)), 0);
	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		const struct bpf_insn insns[] = {
			LOAD(DW, 1, 1, 0),
			ALU_IMM(ADD, 1, rows[i].off),
			MOV_IMM(2, rows[i].size),
			MAP_VALUE(3, text, 0),
			CALL(BPF_FUNC_strncmp),
			MOV_IMM(0, 0),
			EXIT(),
		};

		check_program(b, rows[i].what, TP, insns, ARRAY_CNT(insns), rows[i].want,
			      rows[i].text);
	}
	b->close(text);
}

static void no_helper_writes_into_an_object(void **state)
{
	const struct backend *b = backend_of(state);
	int map = map_create_simple(b, BPF_MAP_TYPE_HASH, 4, 8, 1, 0);
	const int comm = kernel_member(b, "task_struct", "comm");
	const struct {
		const char *what, *text;
		struct bpf_insn insns[8];
	} rows[] = {
		{ "a read", "bpf_probe_read_kernel() may write into memory pointed by R1 type=trusted_ptr_\n",
		  { LOAD(DW, 1, 1, 0), ALU_IMM(ADD, 1, comm), MOV_IMM(2, 4), MOV_IMM(3, 0),
		    CALL(BPF_FUNC_probe_read_kernel), MOV_IMM(0, 0), EXIT() } },
		{ "a key", "bpf_map_lookup_elem() may write into memory pointed by R2 type=trusted_ptr_\n",
		  { LOAD(DW, 2, 1, 0), ALU_IMM(ADD, 2, comm), MAP_FD(1, map),
		    CALL(BPF_FUNC_map_lookup_elem), MOV_IMM(0, 0), EXIT() } },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++)
		check_program(b, rows[i].what, TP, rows[i].insns, 7, -EACCES, rows[i].text);
	b->close(map);
}

static void any_result_is_fine(void **state)
{
	const struct backend *b = backend_of(state);
	const struct bpf_insn insns[] = { MOV_IMM(0, 77), EXIT() };

	check_program(b, "77", TP, insns, 2, 0, NULL);
}

/* ---- helpers ---- */

static void helpers_of_iterators_are_not_there(void **state)
{
	const struct backend *b = backend_of(state);
	static const int ids[] = { BPF_FUNC_seq_printf, BPF_FUNC_seq_write, BPF_FUNC_seq_printf_btf,
				   BPF_FUNC_get_func_arg, BPF_FUNC_skb_load_bytes };

	for (size_t i = 0; i < ARRAY_CNT(ids); i++) {
		const struct bpf_insn insns[] = { CALL(ids[i]), MOV_IMM(0, 0), EXIT() };

		check_program(b, "a helper", TP, insns, 3, -EINVAL,
			      "program of this type cannot use helper");
	}
}

/* ---- attaching ---- */

static int create(const struct backend *b, int prog, int target, uint32_t attach_type, uint32_t flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.target_fd = target;
	attr.link_create.attach_type = attach_type;
	attr.link_create.flags = flags;
	attr.link_create.tracing.cookie = 7;
	return b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

static void check_link(const struct backend *b, int fd, int prog, uint64_t cookie)
{
	struct bpf_link_info info = { 0 };
	uint32_t len = sizeof(info);
	char name[64];

	assert_true(fd >= 0);
	info.raw_tracepoint.tp_name = (uintptr_t)name;
	info.raw_tracepoint.tp_name_len = sizeof(name);
	assert_int_equal(obj_info(b, fd, &info, &len), 0);
	assert_int_equal(info.type, BPF_LINK_TYPE_RAW_TRACEPOINT);
	assert_int_equal(info.prog_id, prog_id(b, prog));
	assert_string_equal(name, TP);
	assert_int_equal(info.raw_tracepoint.cookie, cookie);
}

static void links_are_those_of_raw_tracepoints(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial_tp(b), other = load_trivial_tp(b), fd;

	fd = open_tp(b, NULL, prog, 9);
	check_link(b, fd, prog, 9);
	b->close(fd);
	fd = create(b, prog, 0, BPF_TRACE_RAW_TP, 0);
	check_link(b, fd, prog, 7);
	assert_int_equal(detach_link(b, fd), -EOPNOTSUPP);
	assert_int_equal(update_link(b, fd, other, 0, 0), -EINVAL);
	b->close(fd);
	b->close(other);
	b->close(prog);
}

static void what_is_looked_at_when_attaching(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial_tp(b);
	int xdp = load_trivial(b, BPF_PROG_TYPE_XDP);
	const struct {
		const char *what;
		int ret, want;		/* want 0: an fd */
	} rows[] = {
		{ "with a name", open_tp(b, TP, prog, 0), -EINVAL },
		{ "with a bad name", open_tp(b, (const char *)8, prog, 0), -EINVAL },
		{ "another attach type", create(b, prog, 0, BPF_TRACE_ITER, 0), -EINVAL },
		{ "attach type 0", create(b, prog, 0, 0, 0), -EINVAL },
		{ "no such attach type", create(b, prog, 0, 999, 0), -EINVAL },
		{ "another program", create(b, xdp, 0, BPF_TRACE_RAW_TP, 0), -EINVAL },
		{ "no program", create(b, 9999, 0, BPF_TRACE_RAW_TP, 0), -EBADF },
		{ "a target", create(b, prog, 9999, BPF_TRACE_RAW_TP, 0), 0 },
		{ "flags", create(b, prog, 0, BPF_TRACE_RAW_TP, 1), 0 },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		if (rows[i].want ? rows[i].ret != rows[i].want : rows[i].ret < 0)
			fail_msg("%s: %s", rows[i].what, result_name(rows[i].ret));
		if (rows[i].ret >= 0)
			b->close(rows[i].ret);
	}
	b->close(prog);
	b->close(xdp);
}

static void info_has_what_it_attaches_to(void **state)
{
	const struct backend *b = backend_of(state);
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	int prog = load_trivial_tp(b);

	assert_int_equal(obj_info(b, prog, &info, &len), 0);
	assert_int_equal(info.type, BPF_PROG_TYPE_TRACING);
	assert_int_equal(info.attach_btf_obj_id, 1);
	assert_int_equal(info.attach_btf_id, exec_id(b));
	b->close(prog);
}

static void a_link_tells_its_name_to_whoever_asks_the_task(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial_tp(b), fd = open_tp(b, NULL, prog, 0);
	union bpf_attr attr;
	char name[64] = "";

	memset(&attr, 0, sizeof(attr));
	attr.task_fd_query.pid = getpid();
	attr.task_fd_query.fd = fd;
	attr.task_fd_query.buf = (uintptr_t)name;
	attr.task_fd_query.buf_len = sizeof(name);
	assert_int_equal(b->bpf(BPF_TASK_FD_QUERY, &attr, sizeof(attr)), 0);
	assert_string_equal(name, TP);
	assert_int_equal(attr.task_fd_query.fd_type, BPF_FD_TYPE_RAW_TRACEPOINT);
	assert_int_equal(attr.task_fd_query.prog_id, prog_id(b, prog));
	b->close(fd);
	b->close(prog);
}

static void there_are_no_test_runs(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial_tp(b);
	uint64_t args[12] = { 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), -EFAULT);
	attr.test.ctx_in = (uintptr_t)args;
	attr.test.ctx_size_in = 24;
	attr.test.repeat = 3;
	assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), -EFAULT);
	attr.test.flags = BPF_F_TEST_RUN_ON_CPU;
	assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), -EINVAL);
	attr.test.flags = 0;
	attr.test.cpu = 1;
	assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), -EINVAL);
	b->close(prog);
}

/* ---- runs ---- */

/* By the process that executes: its parent, who is current, and both ways to the current task. */
struct seen {
	uint64_t pid_tgid;
	uint32_t parent, current;
	uint64_t cookie;
};

static int load_recorder(const struct backend *b, int map)
{
	const int tgid = kernel_member(b, "task_struct", "tgid");
	const int parent = kernel_member(b, "task_struct", "real_parent");
	const struct bpf_insn insns[] = {
		MOV_REG(9, 1),
		LOAD(DW, 6, 1, 0),
		LOAD(W, 7, 6, tgid),
		STORE(W, 10, 7, -4),
		CALL(BPF_FUNC_get_current_pid_tgid),
		STORE(DW, 10, 0, -32),
		LOAD(DW, 2, 6, parent),
		LOAD(W, 2, 2, tgid),
		STORE(W, 10, 2, -24),
		CALL(BPF_FUNC_get_current_task_btf),
		LOAD(W, 2, 0, tgid),
		STORE(W, 10, 2, -20),
		MOV_REG(1, 9),
		CALL(BPF_FUNC_get_attach_cookie),
		STORE(DW, 10, 0, -16),
		MAP_FD(1, map),
		MOV_REG(2, 10),
		ALU_IMM(ADD, 2, -4),
		MOV_REG(3, 10),
		ALU_IMM(ADD, 3, -32),
		MOV_IMM(4, 0),
		CALL(BPF_FUNC_map_update_elem),
		MOV_IMM(0, 0),
		EXIT(),
	};
	int fd = load_tp_btf(b, TP, insns, ARRAY_CNT(insns));

	if (fd < 0)
		fail_msg("%s\n%s", result_name(fd), log_text());
	return fd;
}

/* Linux sees it by itself; to the emulated kernel it is told. Return: the process. */
static int execute(const struct backend *b)
{
	struct bpfx_task parent = { .pid = getpid(), .tgid = getpid() };
	struct bpfx_task task = { .pid = 4321, .tgid = 4321, .real_parent = &parent };
	struct bpfx_sched_event event = { .sz = sizeof(event), .kind = BPFX_SCHED_EXEC,
					  .task = &task, .filename = "/bin/true" };
	int status, pid;

	if (b->emulated) {
		bpfx_host();
		assert_int_equal(bpfx_sched_event(&event), 1);
		return task.tgid;
	}
	pid = fork();
	if (!pid) {
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return pid;
}

static void programs_run_when_it_happens(void **state)
{
	const struct backend *b = backend_of(state);
	int map = map_create_simple(b, BPF_MAP_TYPE_HASH, 4, sizeof(struct seen), 4096, 0);
	int prog = load_recorder(b, map), link = open_tp(b, NULL, prog, 77);
	struct seen seen;
	int pid;

	assert_true(link >= 0);
	pid = execute(b);
	assert_int_equal(map_lookup(b, map, &pid, &seen), 0);
	assert_int_equal(seen.pid_tgid >> 32, pid);
	assert_int_equal((uint32_t)seen.pid_tgid, pid);
	assert_int_equal(seen.parent, getpid());
	assert_int_equal(seen.current, pid);
	assert_int_equal(seen.cookie, 77);
	b->close(link);
	b->close(prog);
	b->close(map);
}

/* First byte of the file's name, and what reads as 0: bytes at addresses that nobody has. */
static void wild_reads_give_zero(void **state)
{
	const struct backend *b = backend_of(state);
	static const uint64_t masks[] = { 0, 0xff00000000000000, 0x7fff000000000000, 1ull << 47 };
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	uint32_t zero = 0;

	for (size_t i = 0; i < ARRAY_CNT(masks); i++) {
		const struct bpf_insn insns[] = {
			LOAD(DW, 2, 1, 0),
			LOAD(DW, 2, 2, kernel_member(b, "task_struct", "real_parent")),
			LOAD(W, 2, 2, kernel_member(b, "task_struct", "tgid")),
			JUMP_IMM(JNE, 2, getpid(), 10),	/* somebody else's */
			LOAD(DW, 2, 1, 16),
			LOAD(DW, 3, 2, kernel_member(b, "linux_binprm", "filename")),
			IMM64(4, masks[i]),
			ALU_REG(XOR, 3, 4),
			LOAD(B, 5, 3, 0),
			ALU_IMM(ADD, 5, 1000),
			MAP_VALUE(1, map, 0),
			STORE(DW, 1, 5, 0),
			MOV_IMM(0, 0),
			EXIT(),
		};
		int prog = load_tp_btf(b, TP, insns, ARRAY_CNT(insns)), link;
		uint64_t value;

		if (prog < 0)
			fail_msg("%s\n%s", result_name(prog), log_text());
		link = open_tp(b, NULL, prog, 0);
		value = 0;
		assert_int_equal(map_update(b, map, &zero, &value, 0), 0);
		execute(b);
		assert_int_equal(map_lookup(b, map, &zero, &value), 0);
		assert_int_equal(value, 1000 + (masks[i] ? 0 : '/'));
		b->close(link);
		b->close(prog);
	}
	b->close(map);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(targets_are_checked),
		BOTH(arguments_have_their_types),
		BOTH(objects_are_for_gpl_programs),
		BOTH(memory_behind_pointers_is_read_with_care),
		BOTH(members_are_memory_to_helpers),
		BOTH(no_helper_writes_into_an_object),
		BOTH(any_result_is_fine),
		BOTH(helpers_of_iterators_are_not_there),
		BOTH(links_are_those_of_raw_tracepoints),
		BOTH(what_is_looked_at_when_attaching),
		BOTH(info_has_what_it_attaches_to),
		BOTH(a_link_tells_its_name_to_whoever_asks_the_task),
		BOTH(there_are_no_test_runs),
		BOTH(programs_run_when_it_happens),
		BOTH(wild_reads_give_zero),
	};

	return run_on_both("attach: tp_btf", tests, ARRAY_CNT(tests));
}
