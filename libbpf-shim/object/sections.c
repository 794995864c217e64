/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The one list of SEC() names. First match wins: specific names stand before general ones.
 * Handlers that programs register at run time come before it; after it come the names that
 * extensions of the emulated kernel bring, and last the fallback handler.
 */
#include "sections.h"

#include <stdatomic.h>

#include "kern.h"
#include "sys.h"
#include "util.h"

/* Attach types newer than the 6.18 interface. */
#define TRACE_FSESSION ((enum bpf_attach_type)58)

#define EXACT  MATCH_EXACT
#define SUFFIX MATCH_OPTIONAL_SUFFIX
#define DEF(NAME, MATCH, TYPE, ATTACH_TYPE, FLAGS, ATTACH)                                         \
	{ NAME, MATCH, BPF_PROG_TYPE_##TYPE, ATTACH_TYPE, FLAGS, ATTACH_##ATTACH,                  \
	  0, 0, NULL, NULL, NULL }

/* clang-format off */
static const struct sec_def section_defs[] = {
	/*  name, match, program type, attach type, flags, attach */
	DEF("socket", EXACT, SOCKET_FILTER, 0, SEC_NONE, NONE),
	DEF("sk_reuseport/migrate", EXACT, SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT_OR_MIGRATE, SEC_ATTACHABLE, NONE),
	DEF("sk_reuseport", EXACT, SK_REUSEPORT, BPF_SK_REUSEPORT_SELECT, SEC_ATTACHABLE, NONE),
	DEF("kprobe", SUFFIX, KPROBE, 0, SEC_NONE, KPROBE),
	DEF("uprobe", SUFFIX, KPROBE, 0, SEC_NONE, UPROBE),
	DEF("uprobe.s", SUFFIX, KPROBE, 0, SEC_SLEEPABLE, UPROBE),
	DEF("kretprobe", SUFFIX, KPROBE, 0, SEC_NONE, KPROBE),
	DEF("uretprobe", SUFFIX, KPROBE, 0, SEC_NONE, UPROBE),
	DEF("uretprobe.s", SUFFIX, KPROBE, 0, SEC_SLEEPABLE, UPROBE),
	DEF("kprobe.multi", SUFFIX, KPROBE, BPF_TRACE_KPROBE_MULTI, SEC_NONE, KPROBE_MULTI),
	DEF("kretprobe.multi", SUFFIX, KPROBE, BPF_TRACE_KPROBE_MULTI, SEC_NONE, KPROBE_MULTI),
	DEF("kprobe.session", SUFFIX, KPROBE, BPF_TRACE_KPROBE_SESSION, SEC_NONE, KPROBE_SESSION),
	DEF("uprobe.multi", SUFFIX, KPROBE, BPF_TRACE_UPROBE_MULTI, SEC_NONE, UPROBE_MULTI),
	DEF("uretprobe.multi", SUFFIX, KPROBE, BPF_TRACE_UPROBE_MULTI, SEC_NONE, UPROBE_MULTI),
	DEF("uprobe.session", SUFFIX, KPROBE, BPF_TRACE_UPROBE_SESSION, SEC_NONE, UPROBE_MULTI),
	DEF("uprobe.multi.s", SUFFIX, KPROBE, BPF_TRACE_UPROBE_MULTI, SEC_SLEEPABLE, UPROBE_MULTI),
	DEF("uretprobe.multi.s", SUFFIX, KPROBE, BPF_TRACE_UPROBE_MULTI, SEC_SLEEPABLE, UPROBE_MULTI),
	DEF("uprobe.session.s", SUFFIX, KPROBE, BPF_TRACE_UPROBE_SESSION, SEC_SLEEPABLE, UPROBE_MULTI),
	DEF("ksyscall", SUFFIX, KPROBE, 0, SEC_NONE, KSYSCALL),
	DEF("kretsyscall", SUFFIX, KPROBE, 0, SEC_NONE, KSYSCALL),
	DEF("usdt", SUFFIX, KPROBE, 0, SEC_USDT, USDT),
	DEF("usdt.s", SUFFIX, KPROBE, 0, SEC_USDT | SEC_SLEEPABLE, USDT),
	DEF("tc/ingress", EXACT, SCHED_CLS, BPF_TCX_INGRESS, SEC_NONE, NONE),
	DEF("tc/egress", EXACT, SCHED_CLS, BPF_TCX_EGRESS, SEC_NONE, NONE),
	DEF("tcx/ingress", EXACT, SCHED_CLS, BPF_TCX_INGRESS, SEC_NONE, NONE),
	DEF("tcx/egress", EXACT, SCHED_CLS, BPF_TCX_EGRESS, SEC_NONE, NONE),
	DEF("tc", EXACT, SCHED_CLS, 0, SEC_NONE, NONE),
	DEF("classifier", EXACT, SCHED_CLS, 0, SEC_NONE, NONE),
	DEF("action", EXACT, SCHED_ACT, 0, SEC_NONE, NONE),
	DEF("netkit/primary", EXACT, SCHED_CLS, BPF_NETKIT_PRIMARY, SEC_NONE, NONE),
	DEF("netkit/peer", EXACT, SCHED_CLS, BPF_NETKIT_PEER, SEC_NONE, NONE),
	DEF("tracepoint", SUFFIX, TRACEPOINT, 0, SEC_NONE, TRACEPOINT),
	DEF("tp", SUFFIX, TRACEPOINT, 0, SEC_NONE, TRACEPOINT),
	DEF("tracepoint.s", SUFFIX, TRACEPOINT, 0, SEC_SLEEPABLE, TRACEPOINT),
	DEF("tp.s", SUFFIX, TRACEPOINT, 0, SEC_SLEEPABLE, TRACEPOINT),
	DEF("raw_tracepoint", SUFFIX, RAW_TRACEPOINT, 0, SEC_NONE, RAW_TRACEPOINT),
	DEF("raw_tp", SUFFIX, RAW_TRACEPOINT, 0, SEC_NONE, RAW_TRACEPOINT),
	DEF("raw_tracepoint.s", SUFFIX, RAW_TRACEPOINT, 0, SEC_SLEEPABLE, RAW_TRACEPOINT),
	DEF("raw_tp.s", SUFFIX, RAW_TRACEPOINT, 0, SEC_SLEEPABLE, RAW_TRACEPOINT),
	DEF("raw_tracepoint.w", SUFFIX, RAW_TRACEPOINT_WRITABLE, 0, SEC_NONE, RAW_TRACEPOINT),
	DEF("raw_tp.w", SUFFIX, RAW_TRACEPOINT_WRITABLE, 0, SEC_NONE, RAW_TRACEPOINT),
	DEF("tp_btf", SUFFIX, TRACING, BPF_TRACE_RAW_TP, SEC_ATTACH_BTF, TRACE),
	DEF("tp_btf.s", SUFFIX, TRACING, BPF_TRACE_RAW_TP, SEC_ATTACH_BTF | SEC_SLEEPABLE, TRACE),
	DEF("fentry", SUFFIX, TRACING, BPF_TRACE_FENTRY, SEC_ATTACH_BTF, TRACE),
	DEF("fmod_ret", SUFFIX, TRACING, BPF_MODIFY_RETURN, SEC_ATTACH_BTF, TRACE),
	DEF("fexit", SUFFIX, TRACING, BPF_TRACE_FEXIT, SEC_ATTACH_BTF, TRACE),
	DEF("fentry.s", SUFFIX, TRACING, BPF_TRACE_FENTRY, SEC_ATTACH_BTF | SEC_SLEEPABLE, TRACE),
	DEF("fmod_ret.s", SUFFIX, TRACING, BPF_MODIFY_RETURN, SEC_ATTACH_BTF | SEC_SLEEPABLE, TRACE),
	DEF("fexit.s", SUFFIX, TRACING, BPF_TRACE_FEXIT, SEC_ATTACH_BTF | SEC_SLEEPABLE, TRACE),
	DEF("fsession", SUFFIX, TRACING, TRACE_FSESSION, SEC_ATTACH_BTF, TRACE),
	DEF("fsession.s", SUFFIX, TRACING, TRACE_FSESSION, SEC_ATTACH_BTF | SEC_SLEEPABLE, TRACE),
	DEF("freplace", SUFFIX, EXT, 0, SEC_ATTACH_BTF, TRACE),
	DEF("lsm", SUFFIX, LSM, BPF_LSM_MAC, SEC_ATTACH_BTF, LSM),
	DEF("lsm.s", SUFFIX, LSM, BPF_LSM_MAC, SEC_ATTACH_BTF | SEC_SLEEPABLE, LSM),
	DEF("lsm_cgroup", SUFFIX, LSM, BPF_LSM_CGROUP, SEC_ATTACH_BTF, NONE),
	DEF("iter", SUFFIX, TRACING, BPF_TRACE_ITER, SEC_ATTACH_BTF, ITER),
	DEF("iter.s", SUFFIX, TRACING, BPF_TRACE_ITER, SEC_ATTACH_BTF | SEC_SLEEPABLE, ITER),
	DEF("syscall", EXACT, SYSCALL, 0, SEC_SLEEPABLE, NONE),
	DEF("xdp.frags/devmap", EXACT, XDP, BPF_XDP_DEVMAP, SEC_XDP_FRAGS, NONE),
	DEF("xdp/devmap", EXACT, XDP, BPF_XDP_DEVMAP, SEC_ATTACHABLE, NONE),
	DEF("xdp.frags/cpumap", EXACT, XDP, BPF_XDP_CPUMAP, SEC_XDP_FRAGS, NONE),
	DEF("xdp/cpumap", EXACT, XDP, BPF_XDP_CPUMAP, SEC_ATTACHABLE, NONE),
	DEF("xdp.frags", EXACT, XDP, BPF_XDP, SEC_XDP_FRAGS, NONE),
	DEF("xdp", EXACT, XDP, BPF_XDP, SEC_ATTACHABLE | SEC_EXP_ATTACH_OPT, NONE),
	DEF("perf_event", EXACT, PERF_EVENT, 0, SEC_NONE, NONE),
	DEF("lwt_in", EXACT, LWT_IN, 0, SEC_NONE, NONE),
	DEF("lwt_out", EXACT, LWT_OUT, 0, SEC_NONE, NONE),
	DEF("lwt_xmit", EXACT, LWT_XMIT, 0, SEC_NONE, NONE),
	DEF("lwt_seg6local", EXACT, LWT_SEG6LOCAL, 0, SEC_NONE, NONE),
	DEF("sockops", EXACT, SOCK_OPS, BPF_CGROUP_SOCK_OPS, SEC_ATTACHABLE | SEC_EXP_ATTACH_OPT, NONE),
	DEF("sk_skb/stream_parser", EXACT, SK_SKB, BPF_SK_SKB_STREAM_PARSER, SEC_ATTACHABLE | SEC_EXP_ATTACH_OPT, NONE),
	DEF("sk_skb/stream_verdict", EXACT, SK_SKB, BPF_SK_SKB_STREAM_VERDICT, SEC_ATTACHABLE | SEC_EXP_ATTACH_OPT, NONE),
	DEF("sk_skb/verdict", EXACT, SK_SKB, BPF_SK_SKB_VERDICT, SEC_ATTACHABLE | SEC_EXP_ATTACH_OPT, NONE),
	DEF("sk_skb", EXACT, SK_SKB, 0, SEC_NONE, NONE),
	DEF("sk_msg", EXACT, SK_MSG, BPF_SK_MSG_VERDICT, SEC_ATTACHABLE | SEC_EXP_ATTACH_OPT, NONE),
	DEF("lirc_mode2", EXACT, LIRC_MODE2, BPF_LIRC_MODE2, SEC_ATTACHABLE | SEC_EXP_ATTACH_OPT, NONE),
	DEF("flow_dissector", EXACT, FLOW_DISSECTOR, BPF_FLOW_DISSECTOR, SEC_ATTACHABLE | SEC_EXP_ATTACH_OPT, NONE),
	DEF("cgroup_skb/ingress", EXACT, CGROUP_SKB, BPF_CGROUP_INET_INGRESS, SEC_ATTACHABLE | SEC_EXP_ATTACH_OPT, NONE),
	DEF("cgroup_skb/egress", EXACT, CGROUP_SKB, BPF_CGROUP_INET_EGRESS, SEC_ATTACHABLE | SEC_EXP_ATTACH_OPT, NONE),
	DEF("cgroup/skb", EXACT, CGROUP_SKB, 0, SEC_NONE, NONE),
	DEF("cgroup/sock_create", EXACT, CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE, SEC_ATTACHABLE, NONE),
	DEF("cgroup/sock_release", EXACT, CGROUP_SOCK, BPF_CGROUP_INET_SOCK_RELEASE, SEC_ATTACHABLE, NONE),
	DEF("cgroup/sock", EXACT, CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE, SEC_ATTACHABLE | SEC_EXP_ATTACH_OPT, NONE),
	DEF("cgroup/post_bind4", EXACT, CGROUP_SOCK, BPF_CGROUP_INET4_POST_BIND, SEC_ATTACHABLE, NONE),
	DEF("cgroup/post_bind6", EXACT, CGROUP_SOCK, BPF_CGROUP_INET6_POST_BIND, SEC_ATTACHABLE, NONE),
	DEF("cgroup/bind4", EXACT, CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND, SEC_ATTACHABLE, NONE),
	DEF("cgroup/bind6", EXACT, CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_BIND, SEC_ATTACHABLE, NONE),
	DEF("cgroup/connect4", EXACT, CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT, SEC_ATTACHABLE, NONE),
	DEF("cgroup/connect6", EXACT, CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT, SEC_ATTACHABLE, NONE),
	DEF("cgroup/connect_unix", EXACT, CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_CONNECT, SEC_ATTACHABLE, NONE),
	DEF("cgroup/sendmsg4", EXACT, CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG, SEC_ATTACHABLE, NONE),
	DEF("cgroup/sendmsg6", EXACT, CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG, SEC_ATTACHABLE, NONE),
	DEF("cgroup/sendmsg_unix", EXACT, CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_SENDMSG, SEC_ATTACHABLE, NONE),
	DEF("cgroup/recvmsg4", EXACT, CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_RECVMSG, SEC_ATTACHABLE, NONE),
	DEF("cgroup/recvmsg6", EXACT, CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_RECVMSG, SEC_ATTACHABLE, NONE),
	DEF("cgroup/recvmsg_unix", EXACT, CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_RECVMSG, SEC_ATTACHABLE, NONE),
	DEF("cgroup/getpeername4", EXACT, CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETPEERNAME, SEC_ATTACHABLE, NONE),
	DEF("cgroup/getpeername6", EXACT, CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETPEERNAME, SEC_ATTACHABLE, NONE),
	DEF("cgroup/getpeername_unix", EXACT, CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_GETPEERNAME, SEC_ATTACHABLE, NONE),
	DEF("cgroup/getsockname4", EXACT, CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETSOCKNAME, SEC_ATTACHABLE, NONE),
	DEF("cgroup/getsockname6", EXACT, CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETSOCKNAME, SEC_ATTACHABLE, NONE),
	DEF("cgroup/getsockname_unix", EXACT, CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_GETSOCKNAME, SEC_ATTACHABLE, NONE),
	DEF("cgroup/sysctl", EXACT, CGROUP_SYSCTL, BPF_CGROUP_SYSCTL, SEC_ATTACHABLE, NONE),
	DEF("cgroup/getsockopt", EXACT, CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT, SEC_ATTACHABLE, NONE),
	DEF("cgroup/setsockopt", EXACT, CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT, SEC_ATTACHABLE, NONE),
	DEF("cgroup/dev", EXACT, CGROUP_DEVICE, BPF_CGROUP_DEVICE, SEC_ATTACHABLE | SEC_EXP_ATTACH_OPT, NONE),
	DEF("struct_ops", SUFFIX, STRUCT_OPS, 0, SEC_NONE, NONE),
	DEF("struct_ops.s", SUFFIX, STRUCT_OPS, 0, SEC_SLEEPABLE, NONE),
	DEF("sk_lookup", EXACT, SK_LOOKUP, BPF_SK_LOOKUP, SEC_ATTACHABLE, NONE),
	DEF("netfilter", EXACT, NETFILTER, BPF_NETFILTER, SEC_NONE, NONE),
};
/* clang-format on */

/* ---- handlers registered at run time ---- */

static struct sec_def **custom_defs;
static size_t custom_cnt, custom_cap;
static struct sec_def fallback_def;
static bool has_fallback;
static int last_handler_id;

/*
 * "abc" is exact, "abc/" needs something behind the slash, "abc+" takes both.
 * Programs keep pointers to definitions, so each has memory of its own.
 */
static int set_name(struct sec_def *def, const char *sec)
{
	size_t len = strlen(sec);
	char *name = strdup(sec);

	if (!name)
		return -ENOMEM;
	def->match = MATCH_EXACT;
	if (len && (name[len - 1] == '+' || name[len - 1] == '/')) {
		def->match = name[len - 1] == '+' ? MATCH_OPTIONAL_SUFFIX : MATCH_SUFFIX;
		name[len - 1] = '\0';
	}
	def->name = name;
	return 0;
}

static struct sec_def *new_custom_def(const char *sec)
{
	struct sec_def *def = calloc(1, sizeof(*def)), **slot;

	if (!def)
		return NULL;
	if (set_name(def, sec))
		goto free_def;
	slot = array_grow((void **)&custom_defs, &custom_cnt, &custom_cap, sizeof(*slot));
	if (!slot)
		goto free_name;
	*slot = def;
	return def;

free_name:
	free((char *)def->name);
free_def:
	free(def);
	return NULL;
}

int libbpf_register_prog_handler(const char *sec, enum bpf_prog_type prog_type,
				 enum bpf_attach_type exp_attach_type,
				 const struct libbpf_prog_handler_opts *opts)
{
	struct sec_def *def;

	if (!OPTS_VALID(opts, libbpf_prog_handler_opts))
		return libbpf_err(-EINVAL);
	if (last_handler_id == INT32_MAX)
		return libbpf_err(-E2BIG);
	if (!sec && has_fallback)
		return libbpf_err(-EBUSY);
	def = sec ? new_custom_def(sec) : &fallback_def;
	if (!def)
		return libbpf_err(-ENOMEM);
	def->prog_type = prog_type;
	def->attach_type = exp_attach_type;
	def->flags = SEC_NONE;
	def->cookie = OPTS_GET(opts, cookie, 0);
	def->setup = OPTS_GET(opts, prog_setup_fn, NULL);
	def->prepare_load = OPTS_GET(opts, prog_prepare_load_fn, NULL);
	def->attach_fn = OPTS_GET(opts, prog_attach_fn, NULL);
	def->attach = def->attach_fn ? ATTACH_CUSTOM : ATTACH_NONE;
	def->handler_id = ++last_handler_id;
	if (!sec)
		has_fallback = true;
	return def->handler_id;
}

int libbpf_unregister_prog_handler(int handler_id)
{
	size_t i;

	if (handler_id <= 0)
		return libbpf_err(-EINVAL);
	if (has_fallback && fallback_def.handler_id == handler_id) {
		memset(&fallback_def, 0, sizeof(fallback_def));
		has_fallback = false;
		return 0;
	}
	for (i = 0; i < custom_cnt && custom_defs[i]->handler_id != handler_id; i++)
		;
	if (i == custom_cnt)
		return libbpf_err(-ENOENT);
	free((char *)custom_defs[i]->name);
	free(custom_defs[i]);
	memmove(&custom_defs[i], &custom_defs[i + 1], (custom_cnt - i - 1) * sizeof(*custom_defs));
	if (--custom_cnt == 0) {
		free(custom_defs);
		custom_defs = NULL;
		custom_cap = 0;
	}
	return 0;
}

/* ---- search ---- */

static bool matches(const struct sec_def *def, const char *sec_name)
{
	size_t len = strlen(def->name);

	if (strncmp(sec_name, def->name, len) != 0)
		return false;
	if (sec_name[len] == '\0')
		return def->match != MATCH_SUFFIX;
	return sec_name[len] == '/' && def->match != MATCH_EXACT;
}

/* ---- names of extensions, which come and go ---- */

/* Programs point to what they were found under, so these stay. */
struct extension_def {
	struct extension_def *next;
	struct kern_section section;
	struct sec_def def;
};

static struct extension_def *_Atomic extension_defs;

static struct sec_def def_of(const struct kern_section *section)
{
	return (struct sec_def){
		.name = section->name,
		.match = section->prefix ? MATCH_OPTIONAL_SUFFIX : MATCH_EXACT,
		.prog_type = section->prog_type,
		.attach_type = section->attach_type,
		.attach = section->attaches ? ATTACH_HOOK : ATTACH_NONE,
	};
}

static struct extension_def *find_kept(struct extension_def *kept,
				       const struct kern_section *section)
{
	while (kept && memcmp(&kept->section, section, sizeof(*section)))
		kept = kept->next;
	return kept;
}

/* Without a lock, which a child could find taken by a thread that it has not. */
static const struct sec_def *keep(const struct kern_section *section)
{
	struct extension_def *head = atomic_load(&extension_defs), *kept, *made;

	kept = find_kept(head, section);
	if (kept)
		return &kept->def;
	made = calloc(1, sizeof(*made));
	if (!made)
		return NULL;
	made->section = *section;
	made->def = def_of(&made->section);
	made->next = head;
	while (!atomic_compare_exchange_weak(&extension_defs, &made->next, made)) {
		kept = find_kept(made->next, section);
		if (kept) {
			free(made);
			return &kept->def;
		}
	}
	return &made->def;
}

static const struct sec_def *find_extension_def(const char *sec_name)
{
	struct kern_section section;
	struct sec_def def;
	unsigned int n;

	for (n = 0; sys_section(n, &section) == 0; n++) {
		def = def_of(&section);
		if (matches(&def, sec_name))
			return keep(&section);
	}
	return NULL;
}

const struct sec_def *sec_def_find(const char *sec_name)
{
	const struct sec_def *def;
	size_t i;

	for (i = 0; i < custom_cnt; i++)
		if (matches(custom_defs[i], sec_name))
			return custom_defs[i];
	for (i = 0; i < ARRAY_SIZE(section_defs); i++)
		if (matches(&section_defs[i], sec_name))
			return &section_defs[i];
	def = find_extension_def(sec_name);
	if (!def && has_fallback)
		def = &fallback_def;
	return def;
}

const char *sec_def_suffix(const struct sec_def *def, const char *sec_name)
{
	size_t len = def->name ? strlen(def->name) : 0;

	return sec_name[len] == '/' ? sec_name + len + 1 : NULL;
}

/* ---- public ---- */

/* For people who mistyped a name. Return: to be freed. */
static char *list_names(bool attachable)
{
	size_t size = 0, i;
	char *text;

	for (i = 0; i < ARRAY_SIZE(section_defs); i++)
		size += strlen(section_defs[i].name) + 1;
	text = calloc(1, size + 1);
	for (i = 0; text && i < ARRAY_SIZE(section_defs); i++) {
		if (attachable && !(section_defs[i].flags & SEC_ATTACHABLE))
			continue;
		strcat(text, " ");
		strcat(text, section_defs[i].name);
	}
	return text;
}

static int unknown_name(const char *name, const char *what, bool attachable, int err)
{
	char *names = list_names(attachable);

	pr_debug("failed to guess %s based on ELF section name '%s'\n", what, name);
	if (names)
		pr_debug("supported section names are:%s\n", names);
	free(names);
	return libbpf_err(err);
}

int libbpf_prog_type_by_name(const char *name, enum bpf_prog_type *prog_type,
			     enum bpf_attach_type *expected_attach_type)
{
	const struct sec_def *def;

	if (!name)
		return libbpf_err(-EINVAL);
	def = sec_def_find(name);
	if (!def)
		return unknown_name(name, "program type", false, -ESRCH);
	*prog_type = def->prog_type;
	*expected_attach_type = def->attach_type;
	return 0;
}

int libbpf_attach_type_by_name(const char *name, enum bpf_attach_type *attach_type)
{
	const struct sec_def *def;

	if (!name)
		return libbpf_err(-EINVAL);
	def = sec_def_find(name);
	if (!def)
		return unknown_name(name, "attach type", true, -EINVAL);
	if (!(def->flags & SEC_ATTACHABLE))
		return libbpf_err(-EINVAL);
	*attach_type = def->attach_type;
	return 0;
}
