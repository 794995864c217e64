/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Objects, programs, maps, links and buffers. Functions that return int give 0 or a count, or
 * -errno with errno set; functions that return a pointer give NULL with errno set. Nothing here
 * is thread-safe for one and the same object; different objects are independent.
 */
#ifndef __LIBBPF_LIBBPF_H
#define __LIBBPF_LIBBPF_H

#include <stdarg.h>
#include <stdio.h>
#include <stdint.h>
#include <stdbool.h>
#include <sys/types.h>
#include <linux/bpf.h>

#include "libbpf_common.h"
#include "libbpf_legacy.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- version, errors, log ---- */

LIBBPF_API __u32 libbpf_major_version(void);
LIBBPF_API __u32 libbpf_minor_version(void);
LIBBPF_API const char *libbpf_version_string(void);

/* Errors of the library's own, above any errno. */
enum libbpf_errno {
	__LIBBPF_ERRNO__START = 4000,

	LIBBPF_ERRNO__LIBELF = __LIBBPF_ERRNO__START,	/* libelf failed */
	LIBBPF_ERRNO__FORMAT,	/* not a BPF object */
	LIBBPF_ERRNO__KVERSION,	/* bad or missing "version" section */
	LIBBPF_ERRNO__ENDIAN,	/* byte order of another machine */
	LIBBPF_ERRNO__INTERNAL,	/* inconsistency inside the library */
	LIBBPF_ERRNO__RELOC,	/* relocation failed */
	LIBBPF_ERRNO__LOAD,	/* load failed for an unknown reason */
	LIBBPF_ERRNO__VERIFY,	/* the verifier refused the program */
	LIBBPF_ERRNO__PROG2BIG,	/* too many instructions */
	LIBBPF_ERRNO__KVER,	/* wrong kernel version */
	LIBBPF_ERRNO__PROGTYPE,	/* the kernel lacks the program type */
	LIBBPF_ERRNO__WRNGPID,	/* netlink reply for somebody else */
	LIBBPF_ERRNO__INVSEQ,	/* netlink reply out of order */
	LIBBPF_ERRNO__NLPARSE,	/* netlink reply malformed */
	__LIBBPF_ERRNO__END,
};

/**
 * libbpf_strerror() - text of an errno or enum libbpf_errno
 * @err: positive or negative
 *
 * Return: 0; -ENOENT for an unknown number, -EINVAL without a buffer. If it is too small: ERANGE
 * (positive) for an errno, -ERANGE for the library's own.
 */
LIBBPF_API int libbpf_strerror(int err, char *buf, size_t size);

/* Names as bpftool prints them ("xdp", "percpu_array", …); NULL for an unknown number. */
LIBBPF_API const char *libbpf_bpf_attach_type_str(enum bpf_attach_type t);
LIBBPF_API const char *libbpf_bpf_link_type_str(enum bpf_link_type t);
LIBBPF_API const char *libbpf_bpf_map_type_str(enum bpf_map_type t);
LIBBPF_API const char *libbpf_bpf_prog_type_str(enum bpf_prog_type t);

enum libbpf_print_level {
	LIBBPF_WARN,
	LIBBPF_INFO,
	LIBBPF_DEBUG,
};

typedef int (*libbpf_print_fn_t)(enum libbpf_print_level level, const char *, va_list ap);

/**
 * libbpf_set_print() - where messages go
 * @fn: NULL silences the library; until the first call warnings and information go to stderr,
 * also debug messages with LIBBPF_LOG_LEVEL=debug in the environment
 *
 * Return: the function before. Safe to call from several threads.
 */
LIBBPF_API libbpf_print_fn_t libbpf_set_print(libbpf_print_fn_t fn);

/* ---- objects ---- */

struct bpf_object;

struct bpf_object_open_opts {
	size_t sz;
	const char *object_name;	/* instead of the one made from the file name */
	bool relaxed_maps;		/* do not refuse unknown fields of map definitions */
	const char *pin_root_path;	/* instead of /sys/fs/bpf for LIBBPF_PIN_BY_NAME */

	__u32 :32;

	const char *kconfig;		/* further CONFIG_x=y lines for .kconfig */
	const char *btf_custom_path;	/* kernel BTF for CO-RE, instead of the running kernel's */
	char *kernel_log_buf;		/* verifier and BTF logs of the whole object */
	size_t kernel_log_size;
	__u32 kernel_log_level;
	size_t :0;
	const char *bpf_token_path;	/* bpf file system to get a token from */
	size_t :0;
};
#define bpf_object_open_opts__last_field bpf_token_path

/**
 * bpf_object__open_file() - parse an object file; nothing touches the kernel yet
 * @path: ELF file of machine BPF
 *
 * Return: object to close with bpf_object__close(); NULL and errno.
 */
LIBBPF_API struct bpf_object *bpf_object__open_file(const char *path,
						    const struct bpf_object_open_opts *opts);
LIBBPF_API struct bpf_object *bpf_object__open(const char *path);

/* The same from memory, which is copied. Needs no name, but is called by its address then. */
LIBBPF_API struct bpf_object *bpf_object__open_mem(const void *obj_buf, size_t obj_buf_sz,
						   const struct bpf_object_open_opts *opts);

/**
 * bpf_object__prepare() - everything of bpf_object__load() but loading the programs
 *
 * Maps exist afterwards, so their fds can be used. Return: 0 or -errno.
 */
LIBBPF_API int bpf_object__prepare(struct bpf_object *obj);

/**
 * bpf_object__load() - create maps, relocate and load programs
 *
 * After a failure nothing is left in the kernel and the object can only be closed. -EINVAL for a
 * second load.
 */
LIBBPF_API int bpf_object__load(struct bpf_object *obj);

/* Frees the object and closes its fds. Pins and links stay. */
LIBBPF_API void bpf_object__close(struct bpf_object *obj);

/* Pin all maps (each at its own pin path if @path is NULL), all programs, or both below @path. */
LIBBPF_API int bpf_object__pin_maps(struct bpf_object *obj, const char *path);
LIBBPF_API int bpf_object__unpin_maps(struct bpf_object *obj, const char *path);
LIBBPF_API int bpf_object__pin_programs(struct bpf_object *obj, const char *path);
LIBBPF_API int bpf_object__unpin_programs(struct bpf_object *obj, const char *path);
LIBBPF_API int bpf_object__pin(struct bpf_object *object, const char *path);
LIBBPF_API int bpf_object__unpin(struct bpf_object *object, const char *path);

LIBBPF_API const char *bpf_object__name(const struct bpf_object *obj);
LIBBPF_API unsigned int bpf_object__kversion(const struct bpf_object *obj);
LIBBPF_API int bpf_object__set_kversion(struct bpf_object *obj, __u32 kern_version);
/* fd of the object's BPF token, -1 without one. */
LIBBPF_API int bpf_object__token_fd(const struct bpf_object *obj);

struct btf;
LIBBPF_API struct btf *bpf_object__btf(const struct bpf_object *obj);
LIBBPF_API int bpf_object__btf_fd(const struct bpf_object *obj);

LIBBPF_API struct bpf_program *bpf_object__find_program_by_name(const struct bpf_object *obj,
								const char *name);

/* What a section name means. -ESRCH for a name that means nothing, -EINVAL without a name. */
LIBBPF_API int libbpf_prog_type_by_name(const char *name, enum bpf_prog_type *prog_type,
					enum bpf_attach_type *expected_attach_type);
LIBBPF_API int libbpf_attach_type_by_name(const char *name, enum bpf_attach_type *attach_type);

/* Id, in the kernel's BTF, of what programs of @attach_type attach to by @name. */
LIBBPF_API int libbpf_find_vmlinux_btf_id(const char *name, enum bpf_attach_type attach_type);

/* ---- programs ---- */

struct bpf_program;

LIBBPF_API struct bpf_program *bpf_object__next_program(const struct bpf_object *obj,
							struct bpf_program *prog);
#define bpf_object__for_each_program(pos, obj)			\
	for ((pos) = bpf_object__next_program((obj), NULL);	\
	     (pos) != NULL;					\
	     (pos) = bpf_object__next_program((obj), (pos)))
LIBBPF_API struct bpf_program *bpf_object__prev_program(const struct bpf_object *obj,
							struct bpf_program *prog);

LIBBPF_API void bpf_program__set_ifindex(struct bpf_program *prog, __u32 ifindex);
LIBBPF_API const char *bpf_program__name(const struct bpf_program *prog);
LIBBPF_API const char *bpf_program__section_name(const struct bpf_program *prog);

/* Whether bpf_object__load() loads it; whether skeletons attach it. */
LIBBPF_API bool bpf_program__autoload(const struct bpf_program *prog);
LIBBPF_API int bpf_program__set_autoload(struct bpf_program *prog, bool autoload);
LIBBPF_API bool bpf_program__autoattach(const struct bpf_program *prog);
LIBBPF_API void bpf_program__set_autoattach(struct bpf_program *prog, bool autoattach);

struct bpf_insn;

/* Instructions: of the section before load, complete and relocated after it. */
LIBBPF_API const struct bpf_insn *bpf_program__insns(const struct bpf_program *prog);
/* Replace them, e.g. from a prog_prepare_load_fn. Copies. -EBUSY once loaded. */
LIBBPF_API int bpf_program__set_insns(struct bpf_program *prog, struct bpf_insn *new_insns,
				      size_t new_insn_cnt);
LIBBPF_API size_t bpf_program__insn_cnt(const struct bpf_program *prog);

/* fd, -ENOENT while it is not loaded. */
LIBBPF_API int bpf_program__fd(const struct bpf_program *prog);
LIBBPF_API int bpf_program__pin(struct bpf_program *prog, const char *path);
LIBBPF_API int bpf_program__unpin(struct bpf_program *prog, const char *path);
LIBBPF_API void bpf_program__unload(struct bpf_program *prog);

LIBBPF_API enum bpf_prog_type bpf_program__type(const struct bpf_program *prog);
LIBBPF_API int bpf_program__set_type(struct bpf_program *prog, enum bpf_prog_type type);
LIBBPF_API enum bpf_attach_type
bpf_program__expected_attach_type(const struct bpf_program *prog);
LIBBPF_API int bpf_program__set_expected_attach_type(struct bpf_program *prog,
						     enum bpf_attach_type type);
LIBBPF_API __u32 bpf_program__flags(const struct bpf_program *prog);
LIBBPF_API int bpf_program__set_flags(struct bpf_program *prog, __u32 flags);

/* Verifier log of this program, instead of the object's. The buffer stays the caller's. */
LIBBPF_API __u32 bpf_program__log_level(const struct bpf_program *prog);
LIBBPF_API int bpf_program__set_log_level(struct bpf_program *prog, __u32 log_level);
LIBBPF_API const char *bpf_program__log_buf(const struct bpf_program *prog, size_t *log_size);
LIBBPF_API int bpf_program__set_log_buf(struct bpf_program *prog, char *log_buf, size_t log_size);

/* Function and line info of a prepared program; offsets count instructions. */
LIBBPF_API struct bpf_func_info *bpf_program__func_info(const struct bpf_program *prog);
LIBBPF_API __u32 bpf_program__func_info_cnt(const struct bpf_program *prog);
LIBBPF_API struct bpf_line_info *bpf_program__line_info(const struct bpf_program *prog);
LIBBPF_API __u32 bpf_program__line_info_cnt(const struct bpf_program *prog);

/**
 * bpf_program__set_attach_target() - what a tracing, LSM or freplace program attaches to
 * @attach_prog_fd: another program's fd, 0 for the kernel
 * @attach_func_name: function there; may be NULL if the section name tells it already
 */
LIBBPF_API int bpf_program__set_attach_target(struct bpf_program *prog, int attach_prog_fd,
					      const char *attach_func_name);

struct bpf_prog_assoc_struct_ops_opts;
/* See bpf_prog_assoc_struct_ops(). */
LIBBPF_API int bpf_program__assoc_struct_ops(struct bpf_program *prog, struct bpf_map *map,
					     struct bpf_prog_assoc_struct_ops_opts *opts);

struct bpf_prog_load_opts;
/**
 * bpf_program__clone() - load a prepared program once more
 * @opts: what differs from the program's own settings; zero fields mean "as the program"
 *
 * Return: a new fd, owned by the caller, or -errno (-EINVAL while the object is not prepared).
 */
LIBBPF_API int bpf_program__clone(struct bpf_program *prog,
				  const struct bpf_prog_load_opts *opts);

/* ---- links ---- */

struct bpf_link;

LIBBPF_API struct bpf_link *bpf_link__open(const char *path);
LIBBPF_API int bpf_link__fd(const struct bpf_link *link);
LIBBPF_API const char *bpf_link__pin_path(const struct bpf_link *link);
LIBBPF_API int bpf_link__pin(struct bpf_link *link, const char *path);
LIBBPF_API int bpf_link__unpin(struct bpf_link *link);
LIBBPF_API int bpf_link__update_program(struct bpf_link *link, struct bpf_program *prog);
/* bpf_link__destroy() then frees memory only and leaves the attachment as it is. */
LIBBPF_API void bpf_link__disconnect(struct bpf_link *link);
LIBBPF_API int bpf_link__detach(struct bpf_link *link);
/* Detaches (unless disconnected or pinned) and frees. NULL is fine. */
LIBBPF_API int bpf_link__destroy(struct bpf_link *link);

/**
 * bpf_program__attach() - attach as the section name says
 * Return: link; NULL and errno: -EOPNOTSUPP for sections that do not say where.
 */
LIBBPF_API struct bpf_link *bpf_program__attach(const struct bpf_program *prog);

struct bpf_perf_event_opts {
	size_t sz;
	__u64 bpf_cookie;	/* what bpf_get_attach_cookie() returns */
	bool force_ioctl_attach;
	bool dont_enable;	/* the event is enabled by somebody else */
	size_t :0;
};
#define bpf_perf_event_opts__last_field dont_enable

/* @pfd: from perf_event_open(); the link owns it then. */
LIBBPF_API struct bpf_link *bpf_program__attach_perf_event(const struct bpf_program *prog,
							   int pfd);
LIBBPF_API struct bpf_link *
bpf_program__attach_perf_event_opts(const struct bpf_program *prog, int pfd,
				    const struct bpf_perf_event_opts *opts);

/* How a kprobe or uprobe is made; default: the best that the kernel has. */
enum probe_attach_mode {
	PROBE_ATTACH_MODE_DEFAULT = 0,
	PROBE_ATTACH_MODE_LEGACY,	/* tracefs kprobe_events */
	PROBE_ATTACH_MODE_PERF,		/* perf_event_open and ioctl */
	PROBE_ATTACH_MODE_LINK,		/* perf_event_open and a bpf link */
};

struct bpf_kprobe_opts {
	size_t sz;
	__u64 bpf_cookie;
	size_t offset;		/* bytes from the start of the function */
	bool retprobe;
	enum probe_attach_mode attach_mode;
	size_t :0;
};
#define bpf_kprobe_opts__last_field attach_mode

LIBBPF_API struct bpf_link *bpf_program__attach_kprobe(const struct bpf_program *prog,
						       bool retprobe, const char *func_name);
LIBBPF_API struct bpf_link *
bpf_program__attach_kprobe_opts(const struct bpf_program *prog, const char *func_name,
				const struct bpf_kprobe_opts *opts);

struct bpf_kprobe_multi_opts {
	size_t sz;
	const char **syms;	/* either names … */
	const unsigned long *addrs; /* … or addresses, cnt of them; or a pattern */
	const __u64 *cookies;
	size_t cnt;
	bool retprobe;
	bool session;
	bool unique_match;	/* the pattern must match one function */
	size_t :0;
};
#define bpf_kprobe_multi_opts__last_field unique_match

LIBBPF_API struct bpf_link *
bpf_program__attach_kprobe_multi_opts(const struct bpf_program *prog, const char *pattern,
				      const struct bpf_kprobe_multi_opts *opts);

struct bpf_uprobe_multi_opts {
	size_t sz;
	const char **syms;
	const unsigned long *offsets;
	const unsigned long *ref_ctr_offsets;
	const __u64 *cookies;
	size_t cnt;
	bool retprobe;
	bool session;
	size_t :0;
};
#define bpf_uprobe_multi_opts__last_field session

/**
 * bpf_program__attach_uprobe_multi() - one link for many functions of a binary
 * @pid: -1 every process, 0 this one
 * @func_pattern: glob; NULL if opts name symbols or offsets
 */
LIBBPF_API struct bpf_link *
bpf_program__attach_uprobe_multi(const struct bpf_program *prog, pid_t pid,
				 const char *binary_path, const char *func_pattern,
				 const struct bpf_uprobe_multi_opts *opts);

struct bpf_tracing_multi_opts {
	size_t sz;
	const __u32 *ids;
	const __u64 *cookies;
	size_t cnt;
	size_t :0;
};
#define bpf_tracing_multi_opts__last_field cnt

struct bpf_ksyscall_opts {
	size_t sz;
	__u64 bpf_cookie;
	bool retprobe;
	size_t :0;
};
#define bpf_ksyscall_opts__last_field retprobe

/* Kprobe on a system call, named without the machine's prefix. */
LIBBPF_API struct bpf_link *
bpf_program__attach_ksyscall(const struct bpf_program *prog, const char *syscall_name,
			     const struct bpf_ksyscall_opts *opts);

struct bpf_uprobe_opts {
	size_t sz;
	size_t ref_ctr_offset;	/* file offset of a counter that is raised while attached */
	__u64 bpf_cookie;
	bool retprobe;
	const char *func_name;	/* func_offset then counts from it */
	enum probe_attach_mode attach_mode;
	size_t :0;
};
#define bpf_uprobe_opts__last_field attach_mode

/* @pid: -1 every process, 0 this one. @func_offset: file offset, or offset in func_name. */
LIBBPF_API struct bpf_link *
bpf_program__attach_uprobe(const struct bpf_program *prog, bool retprobe, pid_t pid,
			   const char *binary_path, size_t func_offset);
LIBBPF_API struct bpf_link *
bpf_program__attach_uprobe_opts(const struct bpf_program *prog, pid_t pid,
				const char *binary_path, size_t func_offset,
				const struct bpf_uprobe_opts *opts);

struct bpf_usdt_opts {
	size_t sz;
	__u64 usdt_cookie;
	size_t :0;
};
#define bpf_usdt_opts__last_field usdt_cookie

/* Attach to all sites of a static probe of a binary. */
LIBBPF_API struct bpf_link *
bpf_program__attach_usdt(const struct bpf_program *prog, pid_t pid, const char *binary_path,
			 const char *usdt_provider, const char *usdt_name,
			 const struct bpf_usdt_opts *opts);

struct bpf_tracepoint_opts {
	size_t sz;
	__u64 bpf_cookie;
};
#define bpf_tracepoint_opts__last_field bpf_cookie

LIBBPF_API struct bpf_link *bpf_program__attach_tracepoint(const struct bpf_program *prog,
							   const char *tp_category,
							   const char *tp_name);
LIBBPF_API struct bpf_link *
bpf_program__attach_tracepoint_opts(const struct bpf_program *prog, const char *tp_category,
				    const char *tp_name, const struct bpf_tracepoint_opts *opts);

struct bpf_raw_tracepoint_opts {
	size_t sz;
	__u64 cookie;
	size_t :0;
};
#define bpf_raw_tracepoint_opts__last_field cookie

LIBBPF_API struct bpf_link *bpf_program__attach_raw_tracepoint(const struct bpf_program *prog,
							       const char *tp_name);
LIBBPF_API struct bpf_link *
bpf_program__attach_raw_tracepoint_opts(const struct bpf_program *prog, const char *tp_name,
					struct bpf_raw_tracepoint_opts *opts);

struct bpf_trace_opts {
	size_t sz;
	__u64 cookie;
};
#define bpf_trace_opts__last_field cookie

/* fentry, fexit, fmod_ret, tp_btf: the target was fixed at load. */
LIBBPF_API struct bpf_link *bpf_program__attach_trace(const struct bpf_program *prog);
LIBBPF_API struct bpf_link *bpf_program__attach_trace_opts(const struct bpf_program *prog,
							   const struct bpf_trace_opts *opts);
LIBBPF_API struct bpf_link *
bpf_program__attach_tracing_multi(const struct bpf_program *prog, const char *pattern,
				  const struct bpf_tracing_multi_opts *opts);
LIBBPF_API struct bpf_link *bpf_program__attach_lsm(const struct bpf_program *prog);

struct bpf_cgroup_opts {
	size_t sz;
	__u32 flags;
	__u32 relative_fd;
	__u32 relative_id;
	__u64 expected_revision;
	size_t :0;
};
#define bpf_cgroup_opts__last_field expected_revision

LIBBPF_API struct bpf_link *bpf_program__attach_cgroup(const struct bpf_program *prog,
						       int cgroup_fd);
LIBBPF_API struct bpf_link *
bpf_program__attach_cgroup_opts(const struct bpf_program *prog, int cgroup_fd,
				const struct bpf_cgroup_opts *opts);
LIBBPF_API struct bpf_link *bpf_program__attach_netns(const struct bpf_program *prog,
						      int netns_fd);
LIBBPF_API struct bpf_link *bpf_program__attach_sockmap(const struct bpf_program *prog,
							int map_fd);
LIBBPF_API struct bpf_link *bpf_program__attach_xdp(const struct bpf_program *prog, int ifindex);

/* @target_fd: program whose function is replaced, 0: the one given before load. */
LIBBPF_API struct bpf_link *bpf_program__attach_freplace(const struct bpf_program *prog,
							 int target_fd,
							 const char *attach_func_name);

struct bpf_netfilter_opts {
	size_t sz;
	__u32 pf;		/* NFPROTO_IPV4, NFPROTO_IPV6 */
	__u32 hooknum;
	__s32 priority;
	__u32 flags;
	size_t :0;
};
#define bpf_netfilter_opts__last_field flags

LIBBPF_API struct bpf_link *
bpf_program__attach_netfilter(const struct bpf_program *prog,
			      const struct bpf_netfilter_opts *opts);

struct bpf_tcx_opts {
	size_t sz;
	__u32 flags;
	__u32 relative_fd;
	__u32 relative_id;
	__u64 expected_revision;
	size_t :0;
};
#define bpf_tcx_opts__last_field expected_revision

LIBBPF_API struct bpf_link *bpf_program__attach_tcx(const struct bpf_program *prog, int ifindex,
						    const struct bpf_tcx_opts *opts);

struct bpf_netkit_opts {
	size_t sz;
	__u32 flags;
	__u32 relative_fd;
	__u32 relative_id;
	__u64 expected_revision;
	size_t :0;
};
#define bpf_netkit_opts__last_field expected_revision

LIBBPF_API struct bpf_link *bpf_program__attach_netkit(const struct bpf_program *prog,
						       int ifindex,
						       const struct bpf_netkit_opts *opts);

struct bpf_map;

LIBBPF_API struct bpf_link *bpf_map__attach_struct_ops(const struct bpf_map *map);
LIBBPF_API int bpf_link__update_map(struct bpf_link *link, const struct bpf_map *map);

struct bpf_iter_attach_opts {
	size_t sz;
	union bpf_iter_link_info *link_info;
	__u32 link_info_len;
};
#define bpf_iter_attach_opts__last_field link_info_len

LIBBPF_API struct bpf_link *bpf_program__attach_iter(const struct bpf_program *prog,
						     const struct bpf_iter_attach_opts *opts);

/* ---- maps ---- */

LIBBPF_API struct bpf_map *bpf_object__find_map_by_name(const struct bpf_object *obj,
							const char *name);
LIBBPF_API int bpf_object__find_map_fd_by_name(const struct bpf_object *obj, const char *name);

LIBBPF_API struct bpf_map *bpf_object__next_map(const struct bpf_object *obj,
						const struct bpf_map *map);
#define bpf_object__for_each_map(pos, obj)		\
	for ((pos) = bpf_object__next_map((obj), NULL);	\
	     (pos) != NULL;				\
	     (pos) = bpf_object__next_map((obj), (pos)))
#define bpf_map__for_each bpf_object__for_each_map
LIBBPF_API struct bpf_map *bpf_object__prev_map(const struct bpf_object *obj,
						const struct bpf_map *map);

/* Whether bpf_object__load() creates it. Programs that use it then fail to load. */
LIBBPF_API bool bpf_map__autocreate(const struct bpf_map *map);
LIBBPF_API int bpf_map__set_autocreate(struct bpf_map *map, bool autocreate);
/* Whether skeletons attach it (struct_ops). */
LIBBPF_API bool bpf_map__autoattach(const struct bpf_map *map);
LIBBPF_API int bpf_map__set_autoattach(struct bpf_map *map, bool autoattach);

/* fd, -1 while the map does not exist. */
LIBBPF_API int bpf_map__fd(const struct bpf_map *map);
/* Take an existing map in place of creating one; @fd is duplicated. */
LIBBPF_API int bpf_map__reuse_fd(struct bpf_map *map, int fd);
LIBBPF_API const char *bpf_map__name(const struct bpf_map *map);

/* Attributes; setters give -EBUSY once the map exists. */
LIBBPF_API enum bpf_map_type bpf_map__type(const struct bpf_map *map);
LIBBPF_API int bpf_map__set_type(struct bpf_map *map, enum bpf_map_type type);
LIBBPF_API __u32 bpf_map__max_entries(const struct bpf_map *map);
LIBBPF_API int bpf_map__set_max_entries(struct bpf_map *map, __u32 max_entries);
LIBBPF_API __u32 bpf_map__map_flags(const struct bpf_map *map);
LIBBPF_API int bpf_map__set_map_flags(struct bpf_map *map, __u32 flags);
LIBBPF_API __u32 bpf_map__numa_node(const struct bpf_map *map);
LIBBPF_API int bpf_map__set_numa_node(struct bpf_map *map, __u32 numa_node);
LIBBPF_API __u32 bpf_map__key_size(const struct bpf_map *map);
LIBBPF_API int bpf_map__set_key_size(struct bpf_map *map, __u32 size);
LIBBPF_API __u32 bpf_map__value_size(const struct bpf_map *map);
/* Of a global data section: resizes it, the last variable (an array) included. */
LIBBPF_API int bpf_map__set_value_size(struct bpf_map *map, __u32 size);
LIBBPF_API __u32 bpf_map__btf_key_type_id(const struct bpf_map *map);
LIBBPF_API __u32 bpf_map__btf_value_type_id(const struct bpf_map *map);
LIBBPF_API __u32 bpf_map__ifindex(const struct bpf_map *map);
LIBBPF_API int bpf_map__set_ifindex(struct bpf_map *map, __u32 ifindex);
LIBBPF_API __u64 bpf_map__map_extra(const struct bpf_map *map);
LIBBPF_API int bpf_map__set_map_extra(struct bpf_map *map, __u64 map_extra);

/* Contents of a global data section before load; @size must be its value size. */
LIBBPF_API int bpf_map__set_initial_value(struct bpf_map *map, const void *data, size_t size);
LIBBPF_API void *bpf_map__initial_value(const struct bpf_map *map, size_t *psize);

/* True for .data, .rodata, .bss, .kconfig. */
LIBBPF_API bool bpf_map__is_internal(const struct bpf_map *map);

/* Where bpf_object__load() looks for the map first, and pins it. NULL: nowhere. */
LIBBPF_API int bpf_map__set_pin_path(struct bpf_map *map, const char *path);
LIBBPF_API const char *bpf_map__pin_path(const struct bpf_map *map);
LIBBPF_API bool bpf_map__is_pinned(const struct bpf_map *map);
LIBBPF_API int bpf_map__pin(struct bpf_map *map, const char *path);
LIBBPF_API int bpf_map__unpin(struct bpf_map *map, const char *path);

LIBBPF_API int bpf_map__set_inner_map_fd(struct bpf_map *map, int fd);
LIBBPF_API struct bpf_map *bpf_map__inner_map(struct bpf_map *map);

/*
 * Elements, with the sizes of the caller's buffers checked. @value_sz of a per-CPU map:
 * round_up(value_size, 8) × libbpf_num_possible_cpus(), or one value with a flag that names a CPU.
 */
LIBBPF_API int bpf_map__lookup_elem(const struct bpf_map *map, const void *key, size_t key_sz,
				    void *value, size_t value_sz, __u64 flags);
LIBBPF_API int bpf_map__update_elem(const struct bpf_map *map, const void *key, size_t key_sz,
				    const void *value, size_t value_sz, __u64 flags);
LIBBPF_API int bpf_map__delete_elem(const struct bpf_map *map, const void *key, size_t key_sz,
				    __u64 flags);
LIBBPF_API int bpf_map__lookup_and_delete_elem(const struct bpf_map *map, const void *key,
					       size_t key_sz, void *value, size_t value_sz,
					       __u64 flags);
LIBBPF_API int bpf_map__get_next_key(const struct bpf_map *map, const void *cur_key,
				     void *next_key, size_t key_sz);

/* The only program that may use the map (by the hash of its instructions). */
LIBBPF_API int bpf_map__set_exclusive_program(struct bpf_map *map, struct bpf_program *prog);
LIBBPF_API struct bpf_program *bpf_map__exclusive_program(struct bpf_map *map);

/* ---- XDP and tc through netlink ---- */

struct bpf_xdp_set_link_opts {
	size_t sz;
	int old_fd;
	size_t :0;
};
#define bpf_xdp_set_link_opts__last_field old_fd

struct bpf_xdp_attach_opts {
	size_t sz;
	int old_prog_fd;	/* with XDP_FLAGS_REPLACE */
	size_t :0;
};
#define bpf_xdp_attach_opts__last_field old_prog_fd

struct bpf_xdp_query_opts {
	size_t sz;
	__u32 prog_id;		/* out, all of them */
	__u32 drv_prog_id;
	__u32 hw_prog_id;
	__u32 skb_prog_id;
	__u8 attach_mode;
	__u64 feature_flags;
	__u32 xdp_zc_max_segs;
	size_t :0;
};
#define bpf_xdp_query_opts__last_field xdp_zc_max_segs

LIBBPF_API int bpf_xdp_attach(int ifindex, int prog_fd, __u32 flags,
			      const struct bpf_xdp_attach_opts *opts);
LIBBPF_API int bpf_xdp_detach(int ifindex, __u32 flags, const struct bpf_xdp_attach_opts *opts);
LIBBPF_API int bpf_xdp_query(int ifindex, int flags, struct bpf_xdp_query_opts *opts);
LIBBPF_API int bpf_xdp_query_id(int ifindex, int flags, __u32 *prog_id);

enum bpf_tc_attach_point {
	BPF_TC_INGRESS = 1 << 0,
	BPF_TC_EGRESS = 1 << 1,
	BPF_TC_CUSTOM = 1 << 2,
	BPF_TC_QDISC = 1 << 3,
};

#define BPF_TC_PARENT(a, b) ((((a) << 16) & 0xFFFF0000U) | ((b) & 0x0000FFFFU))

enum bpf_tc_flags {
	BPF_TC_F_REPLACE = 1 << 0,
};

struct bpf_tc_hook {
	size_t sz;
	int ifindex;
	enum bpf_tc_attach_point attach_point;
	__u32 parent;
	__u32 handle;
	const char *qdisc;
	size_t :0;
};
#define bpf_tc_hook__last_field qdisc

struct bpf_tc_opts {
	size_t sz;
	int prog_fd;
	__u32 flags;
	__u32 prog_id;		/* out */
	__u32 handle;		/* 0: chosen and returned */
	__u32 priority;		/* likewise */
	size_t :0;
};
#define bpf_tc_opts__last_field priority

LIBBPF_API int bpf_tc_hook_create(struct bpf_tc_hook *hook);
LIBBPF_API int bpf_tc_hook_destroy(struct bpf_tc_hook *hook);
LIBBPF_API int bpf_tc_attach(const struct bpf_tc_hook *hook, struct bpf_tc_opts *opts);
LIBBPF_API int bpf_tc_detach(const struct bpf_tc_hook *hook, const struct bpf_tc_opts *opts);
LIBBPF_API int bpf_tc_query(const struct bpf_tc_hook *hook, struct bpf_tc_opts *opts);

/* ---- ring buffers ---- */

struct ring_buffer;
struct ring;
struct user_ring_buffer;

/* A negative result stops and is returned; the sample counts as consumed. */
typedef int (*ring_buffer_sample_fn)(void *ctx, void *data, size_t size);

struct ring_buffer_opts {
	size_t sz;
};
#define ring_buffer_opts__last_field sz

/* One reader of one or more BPF_MAP_TYPE_RINGBUF maps; use from one thread at a time. */
LIBBPF_API struct ring_buffer *ring_buffer__new(int map_fd, ring_buffer_sample_fn sample_cb,
						void *ctx, const struct ring_buffer_opts *opts);
LIBBPF_API void ring_buffer__free(struct ring_buffer *rb);
LIBBPF_API int ring_buffer__add(struct ring_buffer *rb, int map_fd,
				ring_buffer_sample_fn sample_cb, void *ctx);

/**
 * ring_buffer__poll() - deliver waiting samples to their callbacks
 * @timeout_ms: milliseconds to wait; 0 returns at once, -1 waits until a sample comes
 *
 * Return: samples delivered (>= 0), or negative errno: -EINTR on a signal, or what a callback
 * returned. Sample memory is valid only inside the callback.
 */
LIBBPF_API int ring_buffer__poll(struct ring_buffer *rb, int timeout_ms);
/* The same without waiting; _consume_n: at most @n samples. */
LIBBPF_API int ring_buffer__consume(struct ring_buffer *rb);
LIBBPF_API int ring_buffer__consume_n(struct ring_buffer *rb, size_t n);
LIBBPF_API int ring_buffer__epoll_fd(const struct ring_buffer *rb);

/* One of the rings, by the order they were added in; owned by @rb. */
LIBBPF_API struct ring *ring_buffer__ring(struct ring_buffer *rb, unsigned int idx);
LIBBPF_API unsigned long ring__consumer_pos(const struct ring *r);
LIBBPF_API unsigned long ring__producer_pos(const struct ring *r);
LIBBPF_API size_t ring__avail_data_size(const struct ring *r);
LIBBPF_API size_t ring__size(const struct ring *r);
LIBBPF_API int ring__map_fd(const struct ring *r);
LIBBPF_API int ring__consume(struct ring *r);
LIBBPF_API int ring__consume_n(struct ring *r, size_t n);

struct user_ring_buffer_opts {
	size_t sz;
};
#define user_ring_buffer_opts__last_field sz

/* The one writer of a BPF_MAP_TYPE_USER_RINGBUF map. */
LIBBPF_API struct user_ring_buffer *
user_ring_buffer__new(int map_fd, const struct user_ring_buffer_opts *opts);

/**
 * user_ring_buffer__reserve() - room for one sample
 *
 * Return: @size bytes, 8-byte aligned, to submit or discard; NULL and errno: E2BIG can never fit,
 * ENOSPC is full.
 */
LIBBPF_API void *user_ring_buffer__reserve(struct user_ring_buffer *rb, __u32 size);
/* The same, waiting for room; -1 waits for ever. errno is ENOSPC at the end of the time. */
LIBBPF_API void *user_ring_buffer__reserve_blocking(struct user_ring_buffer *rb, __u32 size,
						    int timeout_ms);
LIBBPF_API void user_ring_buffer__submit(struct user_ring_buffer *rb, void *sample);
LIBBPF_API void user_ring_buffer__discard(struct user_ring_buffer *rb, void *sample);
LIBBPF_API void user_ring_buffer__free(struct user_ring_buffer *rb);

/* ---- perf buffers ---- */

struct perf_buffer;

typedef void (*perf_buffer_sample_fn)(void *ctx, int cpu, void *data, __u32 size);
typedef void (*perf_buffer_lost_fn)(void *ctx, int cpu, __u64 cnt);

struct perf_buffer_opts {
	size_t sz;
	__u32 sample_period;	/* wake up after that many samples; 0: 1 */
	size_t :0;
};
#define perf_buffer_opts__last_field sample_period

/* One buffer of @page_cnt pages (a power of two) for each CPU of a PERF_EVENT_ARRAY map. */
LIBBPF_API struct perf_buffer *
perf_buffer__new(int map_fd, size_t page_cnt, perf_buffer_sample_fn sample_cb,
		 perf_buffer_lost_fn lost_cb, void *ctx, const struct perf_buffer_opts *opts);

enum bpf_perf_event_ret {
	LIBBPF_PERF_EVENT_DONE = 0,
	LIBBPF_PERF_EVENT_ERROR = -1,
	LIBBPF_PERF_EVENT_CONT = -2,
};

struct perf_event_header;

typedef enum bpf_perf_event_ret (*perf_buffer_event_fn)(void *ctx, int cpu,
							struct perf_event_header *event);

struct perf_buffer_raw_opts {
	size_t sz;
	long :0;
	long :0;
	int cpu_cnt;		/* 0: all CPUs that are online */
	int *cpus;		/* cpu_cnt of them … */
	int *map_keys;		/* … and the map index of each */
};
#define perf_buffer_raw_opts__last_field map_keys

struct perf_event_attr;

/* The same with events of the caller's choice, handed over as they stand in the buffer. */
LIBBPF_API struct perf_buffer *
perf_buffer__new_raw(int map_fd, size_t page_cnt, struct perf_event_attr *attr,
		     perf_buffer_event_fn event_cb, void *ctx,
		     const struct perf_buffer_raw_opts *opts);

LIBBPF_API void perf_buffer__free(struct perf_buffer *pb);
LIBBPF_API int perf_buffer__epoll_fd(const struct perf_buffer *pb);
/* Return: number of buffers that had data, or -errno. */
LIBBPF_API int perf_buffer__poll(struct perf_buffer *pb, int timeout_ms);
LIBBPF_API int perf_buffer__consume(struct perf_buffer *pb);
LIBBPF_API int perf_buffer__consume_buffer(struct perf_buffer *pb, size_t buf_idx);
LIBBPF_API size_t perf_buffer__buffer_cnt(const struct perf_buffer *pb);
LIBBPF_API int perf_buffer__buffer_fd(const struct perf_buffer *pb, size_t buf_idx);
/* The memory of one buffer, for readers of their own. */
LIBBPF_API int perf_buffer__buffer(struct perf_buffer *pb, int buf_idx, void **buf,
				   size_t *buf_size);

/* ---- line info of a loaded program ---- */

struct bpf_prog_linfo;
struct bpf_prog_info;

LIBBPF_API void bpf_prog_linfo__free(struct bpf_prog_linfo *prog_linfo);
LIBBPF_API struct bpf_prog_linfo *bpf_prog_linfo__new(const struct bpf_prog_info *info);
/* The source line of an address in compiled code, or of a translated instruction. */
LIBBPF_API const struct bpf_line_info *
bpf_prog_linfo__lfind_addr_func(const struct bpf_prog_linfo *prog_linfo, __u64 addr,
				__u32 func_idx, __u32 nr_skip);
LIBBPF_API const struct bpf_line_info *
bpf_prog_linfo__lfind(const struct bpf_prog_linfo *prog_linfo, __u32 insn_off, __u32 nr_skip);

/* ---- probes ---- */

/* Does the kernel know it? 1, 0, or -errno when that cannot be found out. @opts: NULL. */
LIBBPF_API int libbpf_probe_bpf_prog_type(enum bpf_prog_type prog_type, const void *opts);
LIBBPF_API int libbpf_probe_bpf_map_type(enum bpf_map_type map_type, const void *opts);
LIBBPF_API int libbpf_probe_bpf_helper(enum bpf_prog_type prog_type, enum bpf_func_id helper_id,
				       const void *opts);

/* How many slots a value of a per-CPU map has. */
LIBBPF_API int libbpf_num_possible_cpus(void);

/* ---- skeletons, as bpftool writes them ---- */

struct bpf_map_skeleton {
	const char *name;
	struct bpf_map **map;
	void **mmaped;
	struct bpf_link **link;
};

struct bpf_prog_skeleton {
	const char *name;
	struct bpf_program **prog;
	struct bpf_link **link;
};

struct bpf_object_skeleton {
	size_t sz;

	const char *name;
	const void *data;
	size_t data_sz;

	struct bpf_object **obj;

	int map_cnt;
	int map_skel_sz;	/* sizeof(struct bpf_map_skeleton) where it was written */
	struct bpf_map_skeleton *maps;

	int prog_cnt;
	int prog_skel_sz;
	struct bpf_prog_skeleton *progs;
};

LIBBPF_API int bpf_object__open_skeleton(struct bpf_object_skeleton *s,
					 const struct bpf_object_open_opts *opts);
LIBBPF_API int bpf_object__load_skeleton(struct bpf_object_skeleton *s);
LIBBPF_API int bpf_object__attach_skeleton(struct bpf_object_skeleton *s);
LIBBPF_API void bpf_object__detach_skeleton(struct bpf_object_skeleton *s);
LIBBPF_API void bpf_object__destroy_skeleton(struct bpf_object_skeleton *s);

struct bpf_var_skeleton {
	const char *name;
	struct bpf_map **map;
	void **addr;
};

struct bpf_object_subskeleton {
	size_t sz;

	const struct bpf_object *obj;

	int map_cnt;
	int map_skel_sz;
	struct bpf_map_skeleton *maps;

	int prog_cnt;
	int prog_skel_sz;
	struct bpf_prog_skeleton *progs;

	int var_cnt;
	int var_skel_sz;
	struct bpf_var_skeleton *vars;
};

LIBBPF_API int bpf_object__open_subskeleton(struct bpf_object_subskeleton *s);
LIBBPF_API void bpf_object__destroy_subskeleton(struct bpf_object_subskeleton *s);

/* Type of a .kconfig variable that can be y, n or m. */
enum libbpf_tristate {
	TRI_NO = 0,
	TRI_YES = 1,
	TRI_MODULE = 2,
};

/* ---- own section names ---- */

typedef int (*libbpf_prog_setup_fn_t)(struct bpf_program *prog, long cookie);
typedef int (*libbpf_prog_prepare_load_fn_t)(struct bpf_program *prog,
					     struct bpf_prog_load_opts *opts, long cookie);
typedef int (*libbpf_prog_attach_fn_t)(const struct bpf_program *prog, long cookie,
				       struct bpf_link **link);

struct libbpf_prog_handler_opts {
	size_t sz;
	long cookie;
	libbpf_prog_setup_fn_t prog_setup_fn;		/* at open */
	libbpf_prog_prepare_load_fn_t prog_prepare_load_fn; /* just before the load */
	libbpf_prog_attach_fn_t prog_attach_fn;		/* bpf_program__attach() */
};
#define libbpf_prog_handler_opts__last_field prog_attach_fn

/**
 * libbpf_register_prog_handler() - say what a section name means
 * @sec: "abc" matches that name, "abc/" matches "abc/…" only, "abc+" both; NULL matches whatever
 * nothing else does (once)
 *
 * Goes before the built-in names. Not thread-safe. Return: id (> 0) or -errno.
 */
LIBBPF_API int libbpf_register_prog_handler(const char *sec, enum bpf_prog_type prog_type,
					    enum bpf_attach_type exp_attach_type,
					    const struct libbpf_prog_handler_opts *opts);
LIBBPF_API int libbpf_unregister_prog_handler(int handler_id);

#ifdef __cplusplus
}
#endif

#endif
