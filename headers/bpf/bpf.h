/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * One function for each bpf(2) command. All return a file descriptor, a count or 0 on success and
 * -errno on failure, with errno set to the same number. Structs of options may be NULL; their
 * `sz` says what the caller's version of the struct is, bytes beyond what is known must be zero.
 */
#ifndef __LIBBPF_BPF_H
#define __LIBBPF_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libbpf_common.h"
#include "libbpf_legacy.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * libbpf_set_memlock_rlim() - choose what the library raises RLIMIT_MEMLOCK to
 * @memlock_bytes: new limit; 0 leaves the limit alone
 *
 * Only kernels without memcg accounting of BPF memory need it. Must come before the first map or
 * program. Return: 0, or -EBUSY when the limit was set already.
 */
LIBBPF_API int libbpf_set_memlock_rlim(size_t memlock_bytes);

/* A verifier log of its own: where it goes, how much fits, how much there was (out). */
struct bpf_log_opts {
	size_t sz;
	char *buf;
	__u32 size;
	__u32 level;
	__u32 true_size;
	size_t :0;
};
#define bpf_log_opts__last_field true_size

struct bpf_map_create_opts {
	size_t sz;

	__u32 btf_fd;
	__u32 btf_key_type_id;
	__u32 btf_value_type_id;
	__u32 btf_vmlinux_value_type_id;

	__u32 inner_map_fd;
	__u32 map_flags;
	__u64 map_extra;

	__u32 numa_node;
	__u32 map_ifindex;
	__s32 value_type_btf_obj_fd;

	__u32 token_fd;
	const void *excl_prog_hash;
	__u32 excl_prog_hash_size;

	struct bpf_log_opts *log_opts;
	size_t :0;
};
#define bpf_map_create_opts__last_field log_opts

/**
 * bpf_map_create() - BPF_MAP_CREATE
 * @map_name: up to 15 characters of it are used; NULL for no name
 *
 * Return: fd (never 0-2, close-on-exec) or -errno.
 */
LIBBPF_API int bpf_map_create(enum bpf_map_type map_type, const char *map_name, __u32 key_size,
			      __u32 value_size, __u32 max_entries,
			      const struct bpf_map_create_opts *opts);

struct bpf_prog_load_opts {
	size_t sz;

	int attempts;	/* how often EAGAIN is tried again; 0: five times */

	enum bpf_attach_type expected_attach_type;
	__u32 prog_btf_fd;
	__u32 prog_flags;
	__u32 prog_ifindex;
	__u32 kern_version;

	__u32 attach_btf_id;
	__u32 attach_prog_fd;
	__u32 attach_btf_obj_fd;

	const int *fd_array;

	const void *func_info;
	__u32 func_info_cnt;
	__u32 func_info_rec_size;

	const void *line_info;
	__u32 line_info_cnt;
	__u32 line_info_rec_size;

	__u32 log_level;
	__u32 log_size;
	char *log_buf;
	__u32 log_true_size;	/* out: bytes the whole log needs */
	__u32 token_fd;

	__u32 fd_array_cnt;
	size_t :0;
};
#define bpf_prog_load_opts__last_field fd_array_cnt

/**
 * bpf_prog_load() - BPF_PROG_LOAD
 *
 * With log_level 0 and a log buffer, a failing load is repeated with the log on. A larger
 * func_info or line_info record than the kernel knows is cut where its tail is zero.
 * Return: fd or -errno.
 */
LIBBPF_API int bpf_prog_load(enum bpf_prog_type prog_type, const char *prog_name,
			     const char *license, const struct bpf_insn *insns, size_t insn_cnt,
			     struct bpf_prog_load_opts *opts);

/* Flag of the former map definition API; has no effect. */
#define MAPS_RELAX_COMPAT 0x01

/* The largest log buffer that any kernel accepts. */
#define BPF_LOG_BUF_SIZE (UINT32_MAX >> 8)

struct bpf_btf_load_opts {
	size_t sz;

	char *log_buf;
	__u32 log_level;
	__u32 log_size;
	__u32 log_true_size;	/* out */

	__u32 btf_flags;
	__u32 token_fd;
	size_t :0;
};
#define bpf_btf_load_opts__last_field token_fd

/* BPF_BTF_LOAD. Return: fd or -errno. */
LIBBPF_API int bpf_btf_load(const void *btf_data, size_t btf_size,
			    struct bpf_btf_load_opts *opts);

/*
 * Elements. Key and value buffers have the map's sizes; a value of a per-CPU map is one slot of
 * round_up(value_size, 8) bytes for each possible CPU. @flags: BPF_ANY, BPF_NOEXIST, BPF_EXIST,
 * BPF_F_LOCK as the command allows.
 */
LIBBPF_API int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags);
LIBBPF_API int bpf_map_lookup_elem(int fd, const void *key, void *value);
LIBBPF_API int bpf_map_lookup_elem_flags(int fd, const void *key, void *value, __u64 flags);
LIBBPF_API int bpf_map_lookup_and_delete_elem(int fd, const void *key, void *value);
LIBBPF_API int bpf_map_lookup_and_delete_elem_flags(int fd, const void *key, void *value,
						    __u64 flags);
LIBBPF_API int bpf_map_delete_elem(int fd, const void *key);
LIBBPF_API int bpf_map_delete_elem_flags(int fd, const void *key, __u64 flags);

/**
 * bpf_map_get_next_key() - walk over keys
 * @key: the key before, NULL for the first
 *
 * Return: 0, -ENOENT after the last key, or -errno.
 */
LIBBPF_API int bpf_map_get_next_key(int fd, const void *key, void *next_key);

/* BPF_MAP_FREEZE: no more writes from user space. */
LIBBPF_API int bpf_map_freeze(int fd);

struct bpf_map_batch_opts {
	size_t sz;
	__u64 elem_flags;
	__u64 flags;
};
#define bpf_map_batch_opts__last_field flags

/**
 * bpf_map_delete_batch() - delete many elements by one call
 * @keys: *@count keys
 * @count: in: number of keys; out: how many were processed, also on error
 */
LIBBPF_API int bpf_map_delete_batch(int fd, const void *keys, __u32 *count,
				    const struct bpf_map_batch_opts *opts);

/**
 * bpf_map_lookup_batch() - read many elements by one call
 * @in_batch: where to go on, from the call before; NULL to begin
 * @out_batch: receives where the next call goes on: key_size bytes, at least 4
 * @count: in: room in @keys and @values; out: elements returned
 *
 * Return: 0, -ENOENT when the end was reached (*@count elements are valid), or -errno.
 */
LIBBPF_API int bpf_map_lookup_batch(int fd, void *in_batch, void *out_batch, void *keys,
				    void *values, __u32 *count,
				    const struct bpf_map_batch_opts *opts);

/* The same, and the elements returned are deleted. */
LIBBPF_API int bpf_map_lookup_and_delete_batch(int fd, void *in_batch, void *out_batch, void *keys,
					       void *values, __u32 *count,
					       const struct bpf_map_batch_opts *opts);

/* Writes *@count elements; *@count receives how many were written, also on error. */
LIBBPF_API int bpf_map_update_batch(int fd, const void *keys, const void *values, __u32 *count,
				    const struct bpf_map_batch_opts *opts);

struct bpf_obj_pin_opts {
	size_t sz;
	__u32 file_flags;	/* BPF_F_PATH_FD */
	int path_fd;		/* directory that a relative path starts from */
	size_t :0;
};
#define bpf_obj_pin_opts__last_field path_fd

struct bpf_obj_get_opts {
	size_t sz;
	__u32 file_flags;	/* BPF_F_RDONLY, BPF_F_WRONLY, BPF_F_PATH_FD */
	int path_fd;
	size_t :0;
};
#define bpf_obj_get_opts__last_field path_fd

/* Give an object a name in the bpf file system, which keeps it alive; open it by that name. */
LIBBPF_API int bpf_obj_pin(int fd, const char *pathname);
LIBBPF_API int bpf_obj_pin_opts(int fd, const char *pathname, const struct bpf_obj_pin_opts *opts);
LIBBPF_API int bpf_obj_get(const char *pathname);
LIBBPF_API int bpf_obj_get_opts(const char *pathname, const struct bpf_obj_get_opts *opts);

/* BPF_PROG_ATTACH without options. @attachable_fd: cgroup, map, lirc device, … */
LIBBPF_API int bpf_prog_attach(int prog_fd, int attachable_fd, enum bpf_attach_type type,
			       unsigned int flags);
/* Detach whatever program is attached; _detach2: that program. */
LIBBPF_API int bpf_prog_detach(int attachable_fd, enum bpf_attach_type type);
LIBBPF_API int bpf_prog_detach2(int prog_fd, int attachable_fd, enum bpf_attach_type type);

struct bpf_prog_attach_opts {
	size_t sz;
	__u32 flags;
	union {
		int replace_prog_fd;
		int replace_fd;
	};
	int relative_fd;
	__u32 relative_id;
	__u64 expected_revision;
	size_t :0;
};
#define bpf_prog_attach_opts__last_field expected_revision

struct bpf_prog_detach_opts {
	size_t sz;
	__u32 flags;
	int relative_fd;
	__u32 relative_id;
	__u64 expected_revision;
	size_t :0;
};
#define bpf_prog_detach_opts__last_field expected_revision

/**
 * bpf_prog_attach_opts() - BPF_PROG_ATTACH
 * @target: fd of a cgroup, map, …, or an interface index for tcx and netkit
 */
LIBBPF_API int bpf_prog_attach_opts(int prog_fd, int target, enum bpf_attach_type type,
				    const struct bpf_prog_attach_opts *opts);

/* BPF_PROG_DETACH; @prog_fd 0 leaves the choice to the flags. */
LIBBPF_API int bpf_prog_detach_opts(int prog_fd, int target, enum bpf_attach_type type,
				    const struct bpf_prog_detach_opts *opts);

union bpf_iter_link_info; /* defined in up-to-date linux/bpf.h */
struct bpf_link_create_opts {
	size_t sz;
	__u32 flags;
	union bpf_iter_link_info *iter_info;
	__u32 iter_info_len;
	__u32 target_btf_id;
	union {
		struct {
			__u64 bpf_cookie;
		} perf_event;
		struct {
			__u32 flags;
			__u32 cnt;
			const char **syms;
			const unsigned long *addrs;
			const __u64 *cookies;
		} kprobe_multi;
		struct {
			__u32 flags;
			__u32 cnt;
			const char *path;
			const unsigned long *offsets;
			const unsigned long *ref_ctr_offsets;
			const __u64 *cookies;
			__u32 pid;
			int path_fd;
		} uprobe_multi;
		struct {
			__u64 cookie;
		} tracing;
		struct {
			__u32 pf;
			__u32 hooknum;
			__s32 priority;
			__u32 flags;
		} netfilter;
		struct {
			__u32 relative_fd;
			__u32 relative_id;
			__u64 expected_revision;
		} tcx;
		struct {
			__u32 relative_fd;
			__u32 relative_id;
			__u64 expected_revision;
		} netkit;
		struct {
			__u32 relative_fd;
			__u32 relative_id;
			__u64 expected_revision;
		} cgroup;
		struct {
			const __u32 *ids;
			const __u64 *cookies;
			__u32 cnt;
		} tracing_multi;
	};
	size_t :0;
};
#define bpf_link_create_opts__last_field uprobe_multi.path_fd

/**
 * bpf_link_create() - BPF_LINK_CREATE
 * @target_fd: cgroup, network namespace, perf event, map …, or an interface index (XDP, tcx,
 * netkit), or 0, as @attach_type asks
 *
 * Return: fd of the link or -errno.
 */
LIBBPF_API int bpf_link_create(int prog_fd, int target_fd, enum bpf_attach_type attach_type,
			       const struct bpf_link_create_opts *opts);

/* BPF_LINK_DETACH: the hook no longer runs the program; the fd stays valid. */
LIBBPF_API int bpf_link_detach(int link_fd);

struct bpf_link_update_opts {
	size_t sz;
	__u32 flags;		/* BPF_F_REPLACE: only if the old one is … */
	__u32 old_prog_fd;
	__u32 old_map_fd;
	size_t :0;
};
#define bpf_link_update_opts__last_field old_map_fd

/* BPF_LINK_UPDATE: another program (or, for struct_ops, map) in place. */
LIBBPF_API int bpf_link_update(int link_fd, int new_prog_fd,
			       const struct bpf_link_update_opts *opts);

/* BPF_ITER_CREATE: an fd whose reads run the iterator program. */
LIBBPF_API int bpf_iter_create(int link_fd);

struct bpf_prog_test_run_attr {
	int prog_fd;
	int repeat;
	const void *data_in;
	__u32 data_size_in;
	void *data_out;
	__u32 data_size_out;
	__u32 retval;
	__u32 duration;
	const void *ctx_in;
	__u32 ctx_size_in;
	void *ctx_out;
	__u32 ctx_size_out;
};

/* The first id greater than @start_id. -ENOENT after the last. */
LIBBPF_API int bpf_prog_get_next_id(__u32 start_id, __u32 *next_id);
LIBBPF_API int bpf_map_get_next_id(__u32 start_id, __u32 *next_id);
LIBBPF_API int bpf_btf_get_next_id(__u32 start_id, __u32 *next_id);
LIBBPF_API int bpf_link_get_next_id(__u32 start_id, __u32 *next_id);

struct bpf_get_fd_by_id_opts {
	size_t sz;
	__u32 open_flags;	/* BPF_F_RDONLY, BPF_F_WRONLY (maps) */
	__u32 token_fd;
	size_t :0;
};
#define bpf_get_fd_by_id_opts__last_field token_fd

/* A new fd of the object with that id. */
LIBBPF_API int bpf_prog_get_fd_by_id(__u32 id);
LIBBPF_API int bpf_prog_get_fd_by_id_opts(__u32 id, const struct bpf_get_fd_by_id_opts *opts);
LIBBPF_API int bpf_map_get_fd_by_id(__u32 id);
LIBBPF_API int bpf_map_get_fd_by_id_opts(__u32 id, const struct bpf_get_fd_by_id_opts *opts);
LIBBPF_API int bpf_btf_get_fd_by_id(__u32 id);
LIBBPF_API int bpf_btf_get_fd_by_id_opts(__u32 id, const struct bpf_get_fd_by_id_opts *opts);
LIBBPF_API int bpf_link_get_fd_by_id(__u32 id);
LIBBPF_API int bpf_link_get_fd_by_id_opts(__u32 id, const struct bpf_get_fd_by_id_opts *opts);

/**
 * bpf_obj_get_info_by_fd() - BPF_OBJ_GET_INFO_BY_FD
 * @info: struct bpf_prog_info, bpf_map_info, bpf_btf_info or bpf_link_info, zeroed or with
 * pointers and counts of the arrays that are wanted
 * @info_len: in: size of @info; out: bytes filled
 */
LIBBPF_API int bpf_obj_get_info_by_fd(int bpf_fd, void *info, __u32 *info_len);

/* The same with a type for each kind of object. */
LIBBPF_API int bpf_prog_get_info_by_fd(int prog_fd, struct bpf_prog_info *info, __u32 *info_len);
LIBBPF_API int bpf_map_get_info_by_fd(int map_fd, struct bpf_map_info *info, __u32 *info_len);
LIBBPF_API int bpf_btf_get_info_by_fd(int btf_fd, struct bpf_btf_info *info, __u32 *info_len);
LIBBPF_API int bpf_link_get_info_by_fd(int link_fd, struct bpf_link_info *info, __u32 *info_len);

struct bpf_prog_query_opts {
	size_t sz;
	__u32 query_flags;	/* BPF_F_QUERY_EFFECTIVE */
	__u32 attach_flags;	/* out */
	__u32 *prog_ids;	/* room for count ids */
	union {
		__u32 prog_cnt;	/* in: room; out: number of programs, also with -ENOSPC */
		__u32 count;
	};
	__u32 *prog_attach_flags;
	__u32 *link_ids;
	__u32 *link_attach_flags;
	__u64 revision;		/* out */
	size_t :0;
};
#define bpf_prog_query_opts__last_field revision

/* BPF_PROG_QUERY: which programs are attached at @target. */
LIBBPF_API int bpf_prog_query_opts(int target, enum bpf_attach_type type,
				   struct bpf_prog_query_opts *opts);
LIBBPF_API int bpf_prog_query(int target_fd, enum bpf_attach_type type, __u32 query_flags,
			      __u32 *attach_flags, __u32 *prog_ids, __u32 *prog_cnt);

struct bpf_raw_tp_opts {
	size_t sz;
	const char *tp_name;
	__u64 cookie;
	size_t :0;
};
#define bpf_raw_tp_opts__last_field cookie

/* BPF_RAW_TRACEPOINT_OPEN; @name NULL for programs whose target was fixed at load. */
LIBBPF_API int bpf_raw_tracepoint_open_opts(int prog_fd, struct bpf_raw_tp_opts *opts);
LIBBPF_API int bpf_raw_tracepoint_open(const char *name, int prog_fd);

/**
 * bpf_task_fd_query() - what perf event, kprobe, uprobe or tracepoint stands behind a task's fd
 * @buf: receives a name; *@buf_len in: its size, out: length of the name
 */
LIBBPF_API int bpf_task_fd_query(int pid, int fd, __u32 flags, char *buf, __u32 *buf_len,
				 __u32 *prog_id, __u32 *fd_type, __u64 *probe_offset,
				 __u64 *probe_addr);

/* BPF_ENABLE_STATS: run statistics are collected while the returned fd is open. */
#ifdef __cplusplus
/* A forward-declared enum is not C++. */
LIBBPF_API int bpf_enable_stats(int type);
#else
enum bpf_stats_type; /* defined in up-to-date linux/bpf.h */
LIBBPF_API int bpf_enable_stats(enum bpf_stats_type type);
#endif

struct bpf_prog_bind_opts {
	size_t sz;
	__u32 flags;
	size_t :0;
};
#define bpf_prog_bind_opts__last_field flags

/* BPF_PROG_BIND_MAP: the program keeps the map alive. */
LIBBPF_API int bpf_prog_bind_map(int prog_fd, int map_fd, const struct bpf_prog_bind_opts *opts);

struct bpf_test_run_opts {
	size_t sz;
	const void *data_in;
	void *data_out;
	__u32 data_size_in;
	__u32 data_size_out;	/* in: room at data_out; out: size after the run */
	const void *ctx_in;
	void *ctx_out;
	__u32 ctx_size_in;
	__u32 ctx_size_out;	/* in and out, likewise */
	__u32 retval;		/* out */
	int repeat;
	__u32 duration;		/* out: nanoseconds for one run */
	__u32 flags;
	__u32 cpu;
	__u32 batch_size;
};
#define bpf_test_run_opts__last_field batch_size

/* BPF_PROG_TEST_RUN: run the program on given data. */
LIBBPF_API int bpf_prog_test_run_opts(int prog_fd, struct bpf_test_run_opts *opts);

struct bpf_token_create_opts {
	size_t sz;
	__u32 flags;
	size_t :0;
};
#define bpf_token_create_opts__last_field flags

/* BPF_TOKEN_CREATE from a bpf file system that delegates. Return: fd or -errno. */
LIBBPF_API int bpf_token_create(int bpffs_fd, struct bpf_token_create_opts *opts);

struct bpf_prog_stream_read_opts {
	size_t sz;
	size_t :0;
};
#define bpf_prog_stream_read_opts__last_field sz

/* Reads a program's output stream. @stream_id: BPF_STREAM_STDOUT or _STDERR. Return: bytes. */
LIBBPF_API int bpf_prog_stream_read(int prog_fd, __u32 stream_id, void *buf, __u32 buf_len,
				    struct bpf_prog_stream_read_opts *opts);

struct bpf_prog_assoc_struct_ops_opts {
	size_t sz;
	__u32 flags;
	size_t :0;
};
#define bpf_prog_assoc_struct_ops_opts__last_field flags

/* Tells which struct_ops map a program's kfuncs act for. Kernels before 6.19: -EINVAL. */
LIBBPF_API int bpf_prog_assoc_struct_ops(int prog_fd, int map_fd,
					 struct bpf_prog_assoc_struct_ops_opts *opts);

#ifdef __cplusplus
}
#endif

#endif
