/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Programs of a cgroup on socket options and devices: this process makes the calls on the real
 * kernel, in a cgroup of its own, and describes them on the emulated one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpfx/net.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"
#include "own_cgroup.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define KEEP	     12345	/* what a row's program leaves alone */

static int cgroup = -1;
static uint64_t cgroup_id;

static void enter_cgroup(const struct backend *b)
{
	cgroup = b->emulated ? some_cgroup(&cgroup_id) : own_cgroup_enter();
	if (cgroup < 0)
		skip();
}

static void leave_cgroup(const struct backend *b)
{
	if (b->emulated)
		close(cgroup);
}

struct program {
	struct bpf_insn insns[64];
	uint32_t cnt;
};

#define PUT(program, ...)                                                                          \
	do {                                                                                       \
		const struct bpf_insn put[] = { __VA_ARGS__ };                                     \
		memcpy(&(program)->insns[(program)->cnt], put, sizeof(put));                       \
		(program)->cnt += ARRAY_CNT(put);                                                  \
	} while (0)

static int load(const struct backend *b, uint32_t type, uint32_t attach_type,
		const struct program *p)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.expected_attach_type = attach_type;
	attr.insns = (uintptr_t)p->insns;
	attr.insn_cnt = p->cnt;
	attr.license = (uintptr_t)"GPL";
	return b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int attach(const struct backend *b, uint32_t type, uint32_t attach_type,
		  const struct program *p)
{
	int prog = load(b, type, attach_type, p), link;
	union bpf_attr attr;

	if (prog < 0)
		fail_msg("load: %s", result_name(prog));
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.target_fd = cgroup;
	attr.link_create.attach_type = attach_type;
	link = b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
	b->close(prog);
	if (link < 0)
		fail_msg("attach: %s", result_name(link));
	return link;
}

/* ---- socket options ---- */

/* What a program does to the call. KEEP, or -1 for the value: nothing. */
struct sockopt_prog {
	int optlen, optname, value, retval, set_retval, result;
};

#define CTX(field) offsetof(struct bpf_sockopt, field)
#define NOTHING	   { KEEP, KEEP, -1, KEEP, KEEP, 1 }

static int attach_sockopt(const struct backend *b, uint32_t attach_type,
			  const struct sockopt_prog *does)
{
	struct program p = { .cnt = 0 };

	PUT(&p, MOV_REG(6, 1));
	if (does->value >= 0)
		PUT(&p, LOAD(DW, 7, 6, CTX(optval)), LOAD(DW, 8, 6, CTX(optval_end)),
		    MOV_REG(9, 7), ALU_IMM(ADD, 9, 1), MOV_IMM(0, 1), JUMP_REG(JLE, 9, 8, 1), EXIT(),
		    MOV_IMM(1, does->value), STORE(B, 7, 1, 0));
	if (does->optlen != KEEP)
		PUT(&p, MOV_IMM(1, does->optlen), STORE(W, 6, 1, CTX(optlen)));
	if (does->optname != KEEP)
		PUT(&p, MOV_IMM(1, does->optname), STORE(W, 6, 1, CTX(optname)));
	if (does->retval != KEEP)
		PUT(&p, MOV_IMM(1, does->retval), STORE(W, 6, 1, CTX(retval)));
	if (does->set_retval != KEEP)
		PUT(&p, MOV_IMM(1, does->set_retval), CALL(BPF_FUNC_set_retval));
	PUT(&p, MOV_IMM(0, does->result), EXIT());
	return attach(b, BPF_PROG_TYPE_CGROUP_SOCKOPT, attach_type, &p);
}

static struct bpfx_sock *describe(void)
{
	const struct bpfx_sock_info info = {
		.sz = sizeof(info), .family = AF_INET, .type = SOCK_DGRAM, .cgroup_id = cgroup_id,
	};
	struct bpfx_sock *sock;

	assert_int_equal(bpfx_sock_create(&info, &sock), 0);
	return sock;
}

/* Sets the priority to 5. *priority, *mark: what they are afterwards. */
static int call_set(const struct backend *b, int link, int *priority, int *mark)
{
	int value = 5, ret, fd;
	socklen_t size = sizeof(int);
	char room[16] = { 5 };
	struct bpfx_sockopt event = {
		.sz = sizeof(event), .attach_type = BPF_CGROUP_SETSOCKOPT, .level = SOL_SOCKET,
		.optname = SO_PRIORITY, .optlen = 4, .optval = room, .room = sizeof(room),
	};

	*priority = *mark = 0;
	if (b->emulated) {
		struct bpfx_sock *sock = describe();

		assert_true(bpfx_sockopt_event(sock, &event) > 0);
		bpfx_sock_destroy(sock);
		b->close(link);
		if (!event.result && !event.bypass)
			*(event.optname == SO_MARK ? mark : priority) = room[0];
		return event.result;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ret = setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &value, size) ? -errno : 0;
	b->close(link);
	getsockopt(fd, SOL_SOCKET, SO_PRIORITY, priority, &size);
	getsockopt(fd, SOL_SOCKET, SO_MARK, mark, &size);
	close(fd);
	return ret;
}

static void setsockopt_is_seen_changed_and_refused(void **state)
{
	static const struct {
		const char *name;
		struct sockopt_prog does;
		int want, priority, mark;
	} rows[] = {
		{ "nothing", NOTHING, 0, 5, 0 },
		{ "refused", { KEEP, KEEP, -1, KEEP, KEEP, 0 }, -EPERM, 0, 0 },
		{ "refused with words", { KEEP, KEEP, -1, KEEP, -EACCES, 0 }, -EACCES, 0, 0 },
		{ "words alone", { KEEP, KEEP, -1, KEEP, -EBUSY, 1 }, -EBUSY, 0, 0 },
		{ "done by the program", { -1, KEEP, -1, KEEP, KEEP, 1 }, 0, 0, 0 },
		{ "length below", { -2, KEEP, -1, KEEP, KEEP, 1 }, -EFAULT, 0, 0 },
		{ "length above", { 17, KEEP, -1, KEEP, KEEP, 1 }, -EFAULT, 0, 0 },
		{ "length of the room", { 16, KEEP, -1, KEEP, KEEP, 1 }, 0, 5, 0 },
		{ "no length", { 0, KEEP, -1, KEEP, KEEP, 1 }, 0, 5, 0 },
		{ "another value", { KEEP, KEEP, 3, KEEP, KEEP, 1 }, 0, 3, 0 },
		{ "another value, no length", { 0, KEEP, 3, KEEP, KEEP, 1 }, 0, 5, 0 },
		{ "another option", { KEEP, SO_MARK, -1, KEEP, KEEP, 1 }, 0, 0, 5 },
	};
	const struct backend *b = backend_of(state);

	enter_cgroup(b);
	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int link = attach_sockopt(b, BPF_CGROUP_SETSOCKOPT, &rows[i].does), priority, mark;
		int got = call_set(b, link, &priority, &mark);

		if (got != rows[i].want || priority != rows[i].priority || mark != rows[i].mark)
			fail_msg("%s: %s, priority %d, mark %d", rows[i].name, result_name(got),
				 priority, mark);
	}
	leave_cgroup(b);
}

/* Reads the priority, 5, or an option that is not there. */
static int call_get(const struct backend *b, int optname, unsigned char value[8], int *size)
{
	socklen_t len = 4;
	int five = 5, ret, fd;

	memset(value, 0xee, 8);
	if (b->emulated) {
		bool there = optname == SO_PRIORITY;
		struct bpfx_sock *sock = describe();
		struct bpfx_sockopt event = {
			.sz = sizeof(event), .attach_type = BPF_CGROUP_GETSOCKOPT,
			.level = SOL_SOCKET, .optname = optname, .optlen = 4, .optval = value,
			.room = 4, .result = there ? 0 : -ENOPROTOOPT,
		};

		if (there)
			memcpy(value, &five, 4);
		assert_true(bpfx_sockopt_event(sock, &event) > 0);
		bpfx_sock_destroy(sock);
		*size = event.optlen;
		return event.result;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &five, sizeof(five));
	ret = getsockopt(fd, SOL_SOCKET, optname, value, &len);
	ret = ret < 0 ? -errno : ret;
	close(fd);
	*size = len;
	return ret;
}

static void getsockopt_is_seen_changed_and_refused(void **state)
{
	static const struct {
		const char *name;
		int optname;
		struct sockopt_prog does;
		int want, value, size;
	} rows[] = {
		{ "nothing", SO_PRIORITY, NOTHING, 0, 5, 4 },
		{ "refused", SO_PRIORITY, { KEEP, KEEP, -1, KEEP, KEEP, 0 }, -EPERM, 5, 4 },
		{ "another value", SO_PRIORITY, { KEEP, KEEP, 9, KEEP, KEEP, 1 }, 0, 9, 4 },
		{ "shorter", SO_PRIORITY, { 1, KEEP, 9, KEEP, KEEP, 1 }, 0, 9, 1 },
		{ "no length", SO_PRIORITY, { 0, KEEP, 9, KEEP, KEEP, 1 }, 0, 5, 4 },
		{ "too long", SO_PRIORITY, { 5, KEEP, -1, KEEP, KEEP, 1 }, -EFAULT, 5, 4 },
		{ "negative", SO_PRIORITY, { -1, KEEP, -1, KEEP, KEEP, 1 }, -EFAULT, 5, 4 },
		{ "an error", SO_PRIORITY, { KEEP, KEEP, -1, -EBUSY, KEEP, 1 }, -EBUSY, 5, 4 },
		{ "an error by helper", SO_PRIORITY, { KEEP, KEEP, -1, KEEP, -EBUSY, 1 }, -EBUSY, 5,
		  4 },
		{ "refused with an error", SO_PRIORITY, { KEEP, KEEP, -1, -EBUSY, KEEP, 0 }, -EBUSY,
		  5, 4 },
		{ "not there", 999, NOTHING, -ENOPROTOOPT, 0xee, 4 },
		{ "not there, refused", 999, { KEEP, KEEP, -1, KEEP, KEEP, 0 }, -ENOPROTOOPT, 0xee,
		  4 },
		{ "answered instead", 999, { 4, KEEP, 7, 0, KEEP, 1 }, 0, 7, 4 },
	};
	const struct backend *b = backend_of(state);

	enter_cgroup(b);
	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int link = attach_sockopt(b, BPF_CGROUP_GETSOCKOPT, &rows[i].does), size, got;
		unsigned char value[8];

		got = call_get(b, rows[i].optname, value, &size);
		b->close(link);
		if (got != rows[i].want || value[0] != rows[i].value || size != rows[i].size ||
		    value[4] != 0xee)
			fail_msg("%s: %s, value %d, %d bytes", rows[i].name, result_name(got),
				 value[0], size);
	}
	leave_cgroup(b);
}

/* A refusal can be taken back by the next program, by field and by helper. */
static void refusals_of_getsockopt_are_taken_back(void **state)
{
	static const struct sockopt_prog refuses = { KEEP, KEEP, -1, KEEP, KEEP, 0 };
	static const struct sockopt_prog takes_back[] = {
		{ KEEP, KEEP, -1, 0, KEEP, 1 }, { KEEP, KEEP, -1, KEEP, 0, 1 },
	};
	const struct backend *b = backend_of(state);

	enter_cgroup(b);
	for (size_t i = 0; i < ARRAY_CNT(takes_back); i++) {
		int first = attach_sockopt(b, BPF_CGROUP_GETSOCKOPT, &refuses);
		int second = attach_sockopt(b, BPF_CGROUP_GETSOCKOPT, &takes_back[i]), size;
		unsigned char value[8];

		assert_int_equal(call_get(b, SO_PRIORITY, value, &size), 0);
		assert_int_equal(value[0], 5);
		b->close(first);
		b->close(second);
	}
	leave_cgroup(b);
}

/* ---- devices ---- */

static int open_null(const struct backend *b, int flags)
{
	const struct bpfx_device device = {
		.sz = sizeof(device), .cgroup_id = cgroup_id, .type = BPF_DEVCG_DEV_CHAR,
		.access = flags == O_RDWR ? BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE :
			  flags == O_WRONLY ? BPF_DEVCG_ACC_WRITE : BPF_DEVCG_ACC_READ,
		.major_number = 1, .minor_number = 3,
	};
	int fd;

	if (b->emulated)
		return bpfx_cgroup_device(&device);
	fd = open("/dev/null", flags | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* Allows reading of 1:3 and nothing else; or everything, with a word. */
static void devices_are_judged(void **state)
{
	const struct backend *b = backend_of(state);
	struct program p = { .cnt = 0 };
	int link;

	enter_cgroup(b);
	PUT(&p, LOAD(W, 2, 1, 4), LOAD(W, 3, 1, 8), LOAD(W, 4, 1, 0), LOAD(H, 5, 1, 0),
	    MOV_IMM(0, 0), JUMP_IMM(JNE, 2, 1, 4), JUMP_IMM(JNE, 3, 3, 3),
	    JUMP_IMM(JNE, 5, BPF_DEVCG_DEV_CHAR, 2),
	    JUMP_IMM(JNE, 4, BPF_DEVCG_ACC_READ << 16 | BPF_DEVCG_DEV_CHAR, 1), MOV_IMM(0, 1),
	    EXIT());
	link = attach(b, BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE, &p);
	assert_int_equal(open_null(b, O_RDONLY), 0);
	assert_int_equal(open_null(b, O_WRONLY), -EPERM);
	assert_int_equal(open_null(b, O_RDWR), -EPERM);
	b->close(link);
	assert_int_equal(open_null(b, O_RDWR), 0);
	p.cnt = 0;
	PUT(&p, MOV_IMM(1, -EBUSY), CALL(BPF_FUNC_set_retval), MOV_IMM(0, 1), EXIT());
	link = attach(b, BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE, &p);
	assert_int_equal(open_null(b, O_RDONLY), -EBUSY);
	b->close(link);
	leave_cgroup(b);
}

/* ---- sysctls ---- */

#define SYSCTL "net/ipv4/ip_default_ttl"	/* each network namespace has its own: 64 */
#define TEXT_MAX 32

/* What a helper said: the value of a map. */
struct said {
	int64_t result;
	char text[TEXT_MAX];
};

/* Opens, and reads or writes @text. What is there afterwards in @after. */
static int call_sysctl(const struct backend *b, int link, const char *text, char *after)
{
	char value[TEXT_MAX] = "";
	struct bpfx_sysctl event = {
		.sz = sizeof(event), .cgroup_id = cgroup_id, .name = SYSCTL, .write = text != NULL,
		.current = "64\n", .current_size = 3, .value = value, .room = sizeof(value),
		.value_size = text ? strlen(text) : 0,
	};
	int fd, ret;

	if (b->emulated) {
		strcpy(value, text ? text : "");
		assert_true(bpfx_sysctl_event(&event) > 0);
		b->close(link);
		snprintf(after, TEXT_MAX, "%.*s", text && !event.result ? (int)event.value_size : 2,
			 text && !event.result ? value : "64");
		return event.result;
	}
	fd = open("/proc/sys/" SYSCTL, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	ret = text ? write(fd, text, strlen(text)) : read(fd, value, sizeof(value));
	ret = ret < 0 ? -errno : 0;
	close(fd);
	b->close(link);
	fd = open("/proc/sys/" SYSCTL, O_RDWR | O_CLOEXEC);
	memset(after, 0, TEXT_MAX);
	assert_true(read(fd, after, TEXT_MAX - 1) > 0);
	*strchr(after, '\n') = 0;
	(void)!pwrite(fd, "64", 2, 0);
	close(fd);
	return ret;
}

/* Calls one of the helpers that give texts, notes what it said, returns @result. */
static int attach_asking(const struct backend *b, int map, int helper, int size, int flags,
			 const char *given, int result)
{
	struct program p = { .cnt = 0 };
	uint64_t words[TEXT_MAX / 8] = { 0 };

	memset(words, 0xee, sizeof(words));
	if (given)
		memcpy(words, given, strlen(given));
	PUT(&p, MOV_REG(6, 1));
	for (int i = 0; i < TEXT_MAX / 8; i++)
		PUT(&p, IMM64(1, words[i]), STORE(DW, 10, 1, -TEXT_MAX + 8 * i));
	PUT(&p, MOV_REG(1, 6), MOV_REG(2, 10), ALU_IMM(ADD, 2, -TEXT_MAX), MOV_IMM(3, size),
	    MOV_IMM(4, flags), CALL(helper), MAP_VALUE(7, map, 0), STORE(DW, 7, 0, 0));
	for (int i = 0; i < TEXT_MAX / 8; i++)
		PUT(&p, LOAD(DW, 1, 10, -TEXT_MAX + 8 * i), STORE(DW, 7, 1, 8 + 8 * i));
	PUT(&p, MOV_IMM(0, result), EXIT());
	return attach(b, BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL, &p);
}

static void sysctls_are_seen_and_changed(void **state)
{
	static const struct {
		int helper, size, flags;
		const char *given, *written;
		int said;
		const char *text;
		int result, want;
		const char *after;
	} rows[] = {
		{ BPF_FUNC_sysctl_get_name, 32, 0, NULL, NULL, 23, SYSCTL, 1, 0, "64" },
		{ BPF_FUNC_sysctl_get_name, 24, 0, NULL, NULL, 23, SYSCTL, 1, 0, "64" },
		{ BPF_FUNC_sysctl_get_name, 8, 0, NULL, NULL, -E2BIG, "net/ipv", 1, 0, "64" },
		{ BPF_FUNC_sysctl_get_name, 32, 1, NULL, NULL, 14, "ip_default_ttl", 1, 0, "64" },
		{ BPF_FUNC_sysctl_get_name, 32, 2, NULL, NULL, 23, SYSCTL, 1, 0, "64" },
		{ BPF_FUNC_sysctl_get_name, 32, 3, NULL, NULL, 14, "ip_default_ttl", 1, 0, "64" },
		{ BPF_FUNC_sysctl_get_current_value, 32, 0, NULL, NULL, 3, "64\n", 1, 0, "64" },
		{ BPF_FUNC_sysctl_get_current_value, 4, 0, NULL, "50", 3, "64\n", 1, 0, "50" },
		{ BPF_FUNC_sysctl_get_current_value, 3, 0, NULL, NULL, -E2BIG, "64", 1, 0, "64" },
		{ BPF_FUNC_sysctl_get_new_value, 32, 0, NULL, "50", 2, "50", 1, 0, "50" },
		{ BPF_FUNC_sysctl_get_new_value, 2, 0, NULL, "50", -E2BIG, "5", 1, 0, "50" },
		{ BPF_FUNC_sysctl_get_new_value, 32, 0, NULL, NULL, -EINVAL, "", 1, 0, "64" },
		{ BPF_FUNC_sysctl_set_new_value, 2, 0, "77", "50", 0, "77", 1, 0, "77" },
		{ BPF_FUNC_sysctl_set_new_value, 2, 0, "77", NULL, -EINVAL, "77", 1, 0, "64" },
		{ BPF_FUNC_sysctl_set_new_value, 2, 0, "77", "50", 0, "77", 0, -EPERM, "64" },
		{ BPF_FUNC_sysctl_get_name, 32, 0, NULL, NULL, 23, SYSCTL, 0, -EPERM, "64" },
	};
	const struct backend *b = backend_of(state);
	int map;

	enter_cgroup(b);
	map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct said), 1, 0);
	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int link = attach_asking(b, map, rows[i].helper, rows[i].size, rows[i].flags,
					 rows[i].given, rows[i].result);
		char after[TEXT_MAX];
		int got = call_sysctl(b, link, rows[i].written, after);
		struct said said;
		uint32_t key = 0;

		assert_int_equal(map_lookup(b, map, &key, &said), 0);
		said.text[TEXT_MAX - 1] = 0;
		if (got != rows[i].want || said.result != rows[i].said ||
		    (rows[i].text && strncmp(said.text, rows[i].text, rows[i].given ? 2 : TEXT_MAX)) ||
		    strcmp(after, rows[i].after))
			fail_msg("row %zu: %s, said %d '%s', then '%s'", i, result_name(got),
				 (int)said.result, said.text, after);
	}
	b->close(map);
	leave_cgroup(b);
}

/* Linux has no test runs of these; here a context and a value go in and come out. */
static int test_run(const struct backend *b, int prog, void *ctx, uint32_t size, void *value,
		    uint32_t value_size, uint32_t *retval)
{
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.ctx_in = attr.test.ctx_out = (uintptr_t)ctx;
	attr.test.ctx_size_in = attr.test.ctx_size_out = size;
	attr.test.data_in = attr.test.data_out = (uintptr_t)value;
	attr.test.data_size_in = attr.test.data_size_out = value_size;
	err = b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	*retval = attr.test.retval;
	return err;
}

static void test_runs(void **state)
{
	const struct backend *b = backend_of(state);
	struct bpf_cgroup_dev_ctx device = { .access_type = 0x20001, .major = 1, .minor = 3 };
	struct bpf_sockopt sockopt = { .level = 1, .optname = 2, .optlen = 1, .retval = -7 };
	struct program p = { .cnt = 0 };
	uint32_t retval;
	char value = 5;
	int fd;

	PUT(&p, LOAD(W, 0, 1, 4), EXIT());
	fd = load(b, BPF_PROG_TYPE_CGROUP_DEVICE, 0, &p);
	assert_int_equal(fd, -EINVAL);		/* what it returns is anything */
	p.cnt = 0;
	PUT(&p, LOAD(W, 0, 1, 4), ALU_IMM(AND, 0, 1), EXIT());
	fd = load(b, BPF_PROG_TYPE_CGROUP_DEVICE, 0, &p);
	assert_true(fd >= 0);
	assert_int_equal(test_run(b, fd, &device, sizeof(device), NULL, 0, &retval),
			 b->emulated ? 0 : -ENOTSUPP);
	assert_int_equal(retval, b->emulated);
	b->close(fd);
	p.cnt = 0;
	PUT(&p, MOV_REG(6, 1), LOAD(DW, 7, 6, CTX(optval)), LOAD(DW, 8, 6, CTX(optval_end)),
	    MOV_REG(9, 7), ALU_IMM(ADD, 9, 1), MOV_IMM(0, 0), JUMP_REG(JLE, 9, 8, 1), EXIT(),
	    STORE_IMM(B, 7, 0, 9), MOV_IMM(1, 0), STORE(W, 6, 1, CTX(retval)), MOV_IMM(0, 1), EXIT());
	fd = load(b, BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT, &p);
	assert_true(fd >= 0);
	assert_int_equal(test_run(b, fd, &sockopt, sizeof(sockopt), &value, 1, &retval),
			 b->emulated ? 0 : -ENOTSUPP);
	assert_int_equal(value, b->emulated ? 9 : 5);
	assert_int_equal(sockopt.retval, b->emulated ? 0 : -7);
	assert_null(sockopt.optval);
	b->close(fd);
}

static void bad_descriptions_are_refused(void **state)
{
	struct bpfx_device device = { .sz = sizeof(device), .access = 2, .type = 2 };
	struct bpfx_sockopt event = {
		.sz = sizeof(event), .attach_type = BPF_CGROUP_SETSOCKOPT,
	}, bad;
	struct bpfx_sock *sock;

	if (!backend_of(state)->emulated)
		skip();
	device.sz = 8;
	assert_int_equal(bpfx_cgroup_device(&device), -EINVAL);
	device.sz = sizeof(device);
	device.access = 8;
	assert_int_equal(bpfx_cgroup_device(&device), -EINVAL);
	device.access = 2;
	device.type = 3;
	assert_int_equal(bpfx_cgroup_device(&device), -EINVAL);
	sock = describe();
	bad = event;
	bad.sz = 8;
	assert_int_equal(bpfx_sockopt_event(sock, &bad), -EINVAL);
	bad = event;
	bad.optlen = 4;
	assert_int_equal(bpfx_sockopt_event(sock, &bad), -EINVAL);
	bad = event;
	bad.room = 4;
	assert_int_equal(bpfx_sockopt_event(sock, &bad), -EINVAL);
	bad = event;
	bad.attach_type = BPF_CGROUP_DEVICE;
	assert_int_equal(bpfx_sockopt_event(sock, &bad), -EINVAL);
	bpfx_sock_destroy(sock);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(setsockopt_is_seen_changed_and_refused),
		BOTH(getsockopt_is_seen_changed_and_refused),
		BOTH(refusals_of_getsockopt_are_taken_back),
		BOTH(devices_are_judged),
		BOTH(sysctls_are_seen_and_changed),
		BOTH(test_runs),
		BOTH(bad_descriptions_are_refused),
	};

	return run_on_both("extensions: calls of a cgroup", tests, ARRAY_CNT(tests));
}
