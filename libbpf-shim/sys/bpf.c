/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpf.h: one wrapper per command, without those that load (bpf_load.c) and link (bpf_link.c). */
#include "sys.h"

#include <bpf/bpf.h>

#include "attr.h"
#include "util.h"

/* ---- elements ---- */

static int elem_call(int cmd, int fd, const void *key, const void *value, __u64 flags)
{
	union bpf_attr attr;

	ATTR_CLEAR(attr, flags);
	attr.map_fd = fd;
	attr.key = ptr_to_u64(key);
	attr.value = ptr_to_u64(value);
	attr.flags = flags;
	return libbpf_err(sys_bpf(cmd, &attr, ATTR_SIZE(flags)));
}

int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
{
	return elem_call(BPF_MAP_UPDATE_ELEM, fd, key, value, flags);
}

int bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	return elem_call(BPF_MAP_LOOKUP_ELEM, fd, key, value, 0);
}

int bpf_map_lookup_elem_flags(int fd, const void *key, void *value, __u64 flags)
{
	return elem_call(BPF_MAP_LOOKUP_ELEM, fd, key, value, flags);
}

int bpf_map_lookup_and_delete_elem(int fd, const void *key, void *value)
{
	return elem_call(BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, key, value, 0);
}

int bpf_map_lookup_and_delete_elem_flags(int fd, const void *key, void *value, __u64 flags)
{
	return elem_call(BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, key, value, flags);
}

int bpf_map_delete_elem(int fd, const void *key)
{
	return elem_call(BPF_MAP_DELETE_ELEM, fd, key, NULL, 0);
}

int bpf_map_delete_elem_flags(int fd, const void *key, __u64 flags)
{
	return elem_call(BPF_MAP_DELETE_ELEM, fd, key, NULL, flags);
}

int bpf_map_get_next_key(int fd, const void *key, void *next_key)
{
	union bpf_attr attr;

	ATTR_CLEAR(attr, next_key);
	attr.map_fd = fd;
	attr.key = ptr_to_u64(key);
	attr.next_key = ptr_to_u64(next_key);
	return libbpf_err(sys_bpf(BPF_MAP_GET_NEXT_KEY, &attr, ATTR_SIZE(next_key)));
}

int bpf_map_freeze(int fd)
{
	union bpf_attr attr;

	ATTR_CLEAR(attr, map_fd);
	attr.map_fd = fd;
	return libbpf_err(sys_bpf(BPF_MAP_FREEZE, &attr, ATTR_SIZE(map_fd)));
}

static int batch_call(int cmd, int fd, void *in_batch, void *out_batch, const void *keys,
		      const void *values, __u32 *count, const struct bpf_map_batch_opts *opts)
{
	union bpf_attr attr;
	int ret;

	if (!OPTS_VALID(opts, bpf_map_batch_opts))
		return libbpf_err(-EINVAL);
	ATTR_CLEAR(attr, batch);
	attr.batch.map_fd = fd;
	attr.batch.in_batch = ptr_to_u64(in_batch);
	attr.batch.out_batch = ptr_to_u64(out_batch);
	attr.batch.keys = ptr_to_u64(keys);
	attr.batch.values = ptr_to_u64(values);
	attr.batch.count = *count;
	attr.batch.elem_flags = OPTS_GET(opts, elem_flags, 0);
	attr.batch.flags = OPTS_GET(opts, flags, 0);
	ret = sys_bpf(cmd, &attr, ATTR_SIZE(batch));
	*count = attr.batch.count;
	return libbpf_err(ret);
}

int bpf_map_delete_batch(int fd, const void *keys, __u32 *count,
			 const struct bpf_map_batch_opts *opts)
{
	return batch_call(BPF_MAP_DELETE_BATCH, fd, NULL, NULL, keys, NULL, count, opts);
}

int bpf_map_lookup_batch(int fd, void *in_batch, void *out_batch, void *keys, void *values,
			 __u32 *count, const struct bpf_map_batch_opts *opts)
{
	return batch_call(BPF_MAP_LOOKUP_BATCH, fd, in_batch, out_batch, keys, values, count, opts);
}

int bpf_map_lookup_and_delete_batch(int fd, void *in_batch, void *out_batch, void *keys,
				    void *values, __u32 *count,
				    const struct bpf_map_batch_opts *opts)
{
	return batch_call(BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, in_batch, out_batch, keys, values,
			  count, opts);
}

int bpf_map_update_batch(int fd, const void *keys, const void *values, __u32 *count,
			 const struct bpf_map_batch_opts *opts)
{
	return batch_call(BPF_MAP_UPDATE_BATCH, fd, NULL, NULL, keys, values, count, opts);
}

/* ---- pins ---- */

int bpf_obj_pin_opts(int fd, const char *pathname, const struct bpf_obj_pin_opts *opts)
{
	union bpf_attr attr;

	if (!OPTS_VALID(opts, bpf_obj_pin_opts))
		return libbpf_err(-EINVAL);
	ATTR_CLEAR(attr, path_fd);
	attr.pathname = ptr_to_u64(pathname);
	attr.bpf_fd = fd;
	attr.path_fd = OPTS_GET(opts, path_fd, 0);
	attr.file_flags = OPTS_GET(opts, file_flags, 0);
	return libbpf_err(sys_bpf(BPF_OBJ_PIN, &attr, ATTR_SIZE(path_fd)));
}

int bpf_obj_pin(int fd, const char *pathname)
{
	return bpf_obj_pin_opts(fd, pathname, NULL);
}

int bpf_obj_get_opts(const char *pathname, const struct bpf_obj_get_opts *opts)
{
	union bpf_attr attr;

	if (!OPTS_VALID(opts, bpf_obj_get_opts))
		return libbpf_err(-EINVAL);
	ATTR_CLEAR(attr, path_fd);
	attr.pathname = ptr_to_u64(pathname);
	attr.path_fd = OPTS_GET(opts, path_fd, 0);
	attr.file_flags = OPTS_GET(opts, file_flags, 0);
	return libbpf_err(sys_bpf_fd(BPF_OBJ_GET, &attr, ATTR_SIZE(path_fd)));
}

int bpf_obj_get(const char *pathname)
{
	return bpf_obj_get_opts(pathname, NULL);
}

/* ---- attach without a link ---- */

int bpf_prog_attach_opts(int prog_fd, int target, enum bpf_attach_type type,
			 const struct bpf_prog_attach_opts *opts)
{
	__u32 relative_id, flags;
	int relative_fd, replace_fd;
	union bpf_attr attr;

	if (!OPTS_VALID(opts, bpf_prog_attach_opts))
		return libbpf_err(-EINVAL);
	relative_id = OPTS_GET(opts, relative_id, 0);
	relative_fd = OPTS_GET(opts, relative_fd, 0);
	replace_fd = OPTS_GET(opts, replace_fd, 0);
	flags = OPTS_GET(opts, flags, 0);
	/* one word of the attr holds either */
	if (relative_fd && relative_id)
		return libbpf_err(-EINVAL);
	ATTR_CLEAR(attr, expected_revision);
	attr.target_fd = target;
	attr.attach_bpf_fd = prog_fd;
	attr.attach_type = type;
	attr.replace_bpf_fd = replace_fd;
	attr.expected_revision = OPTS_GET(opts, expected_revision, 0);
	if (relative_id) {
		attr.attach_flags = flags | BPF_F_ID;
		attr.relative_id = relative_id;
	} else {
		attr.attach_flags = flags;
		attr.relative_fd = relative_fd;
	}
	return libbpf_err(sys_bpf(BPF_PROG_ATTACH, &attr, ATTR_SIZE(expected_revision)));
}

int bpf_prog_attach(int prog_fd, int attachable_fd, enum bpf_attach_type type, unsigned int flags)
{
	LIBBPF_OPTS(bpf_prog_attach_opts, opts, .flags = flags);

	return bpf_prog_attach_opts(prog_fd, attachable_fd, type, &opts);
}

int bpf_prog_detach_opts(int prog_fd, int target, enum bpf_attach_type type,
			 const struct bpf_prog_detach_opts *opts)
{
	__u32 relative_id, flags;
	union bpf_attr attr;
	int relative_fd;

	if (!OPTS_VALID(opts, bpf_prog_detach_opts))
		return libbpf_err(-EINVAL);
	relative_id = OPTS_GET(opts, relative_id, 0);
	relative_fd = OPTS_GET(opts, relative_fd, 0);
	flags = OPTS_GET(opts, flags, 0);
	if (relative_fd && relative_id)
		return libbpf_err(-EINVAL);
	ATTR_CLEAR(attr, expected_revision);
	attr.target_fd = target;
	attr.attach_bpf_fd = prog_fd;
	attr.attach_type = type;
	attr.expected_revision = OPTS_GET(opts, expected_revision, 0);
	if (relative_id) {
		attr.attach_flags = flags | BPF_F_ID;
		attr.relative_id = relative_id;
	} else {
		attr.attach_flags = flags;
		attr.relative_fd = relative_fd;
	}
	return libbpf_err(sys_bpf(BPF_PROG_DETACH, &attr, ATTR_SIZE(expected_revision)));
}

int bpf_prog_detach(int attachable_fd, enum bpf_attach_type type)
{
	return bpf_prog_detach_opts(0, attachable_fd, type, NULL);
}

int bpf_prog_detach2(int prog_fd, int attachable_fd, enum bpf_attach_type type)
{
	return bpf_prog_detach_opts(prog_fd, attachable_fd, type, NULL);
}

int bpf_prog_query_opts(int target, enum bpf_attach_type type, struct bpf_prog_query_opts *opts)
{
	union bpf_attr attr;
	int ret;

	if (!OPTS_VALID(opts, bpf_prog_query_opts))
		return libbpf_err(-EINVAL);
	ATTR_CLEAR(attr, query);
	attr.query.target_fd = target;
	attr.query.attach_type = type;
	attr.query.query_flags = OPTS_GET(opts, query_flags, 0);
	attr.query.count = OPTS_GET(opts, count, 0);
	attr.query.prog_ids = ptr_to_u64(OPTS_GET(opts, prog_ids, NULL));
	attr.query.link_ids = ptr_to_u64(OPTS_GET(opts, link_ids, NULL));
	attr.query.prog_attach_flags = ptr_to_u64(OPTS_GET(opts, prog_attach_flags, NULL));
	attr.query.link_attach_flags = ptr_to_u64(OPTS_GET(opts, link_attach_flags, NULL));
	ret = sys_bpf(BPF_PROG_QUERY, &attr, ATTR_SIZE(query));
	/* the count is of use with ENOSPC, too */
	OPTS_SET(opts, attach_flags, attr.query.attach_flags);
	OPTS_SET(opts, revision, attr.query.revision);
	OPTS_SET(opts, count, attr.query.count);
	return libbpf_err(ret);
}

int bpf_prog_query(int target_fd, enum bpf_attach_type type, __u32 query_flags,
		   __u32 *attach_flags, __u32 *prog_ids, __u32 *prog_cnt)
{
	LIBBPF_OPTS(bpf_prog_query_opts, opts, .query_flags = query_flags, .prog_ids = prog_ids,
		    .prog_cnt = *prog_cnt);
	int ret;

	ret = bpf_prog_query_opts(target_fd, type, &opts);
	if (attach_flags)
		*attach_flags = opts.attach_flags;
	*prog_cnt = opts.prog_cnt;
	return ret;
}

/* ---- ids and info ---- */

static int next_id(int cmd, __u32 start_id, __u32 *result)
{
	union bpf_attr attr;
	int ret;

	ATTR_CLEAR(attr, open_flags);
	attr.start_id = start_id;
	ret = sys_bpf(cmd, &attr, ATTR_SIZE(open_flags));
	if (!ret)
		*result = attr.next_id;
	return libbpf_err(ret);
}

int bpf_prog_get_next_id(__u32 start_id, __u32 *next)
{
	return next_id(BPF_PROG_GET_NEXT_ID, start_id, next);
}

int bpf_map_get_next_id(__u32 start_id, __u32 *next)
{
	return next_id(BPF_MAP_GET_NEXT_ID, start_id, next);
}

int bpf_btf_get_next_id(__u32 start_id, __u32 *next)
{
	return next_id(BPF_BTF_GET_NEXT_ID, start_id, next);
}

int bpf_link_get_next_id(__u32 start_id, __u32 *next)
{
	return next_id(BPF_LINK_GET_NEXT_ID, start_id, next);
}

static int fd_by_id(int cmd, __u32 id, const struct bpf_get_fd_by_id_opts *opts)
{
	unsigned int size = ATTR_SIZE(open_flags);
	union bpf_attr attr;

	if (!OPTS_VALID(opts, bpf_get_fd_by_id_opts))
		return libbpf_err(-EINVAL);
	ATTR_CLEAR(attr, fd_by_id_token_fd);
	attr.start_id = id;
	attr.open_flags = OPTS_GET(opts, open_flags, 0);
	/* only BTF may be had through a token; the other commands end before it */
	if (cmd == BPF_BTF_GET_FD_BY_ID || OPTS_GET(opts, token_fd, 0)) {
		attr.fd_by_id_token_fd = OPTS_GET(opts, token_fd, 0);
		size = ATTR_SIZE(fd_by_id_token_fd);
	}
	return libbpf_err(sys_bpf_fd(cmd, &attr, size));
}

int bpf_prog_get_fd_by_id_opts(__u32 id, const struct bpf_get_fd_by_id_opts *opts)
{
	return fd_by_id(BPF_PROG_GET_FD_BY_ID, id, opts);
}

int bpf_map_get_fd_by_id_opts(__u32 id, const struct bpf_get_fd_by_id_opts *opts)
{
	return fd_by_id(BPF_MAP_GET_FD_BY_ID, id, opts);
}

int bpf_btf_get_fd_by_id_opts(__u32 id, const struct bpf_get_fd_by_id_opts *opts)
{
	return fd_by_id(BPF_BTF_GET_FD_BY_ID, id, opts);
}

int bpf_link_get_fd_by_id_opts(__u32 id, const struct bpf_get_fd_by_id_opts *opts)
{
	return fd_by_id(BPF_LINK_GET_FD_BY_ID, id, opts);
}

int bpf_prog_get_fd_by_id(__u32 id)
{
	return bpf_prog_get_fd_by_id_opts(id, NULL);
}

int bpf_map_get_fd_by_id(__u32 id)
{
	return bpf_map_get_fd_by_id_opts(id, NULL);
}

int bpf_btf_get_fd_by_id(__u32 id)
{
	return bpf_btf_get_fd_by_id_opts(id, NULL);
}

int bpf_link_get_fd_by_id(__u32 id)
{
	return bpf_link_get_fd_by_id_opts(id, NULL);
}

int bpf_obj_get_info_by_fd(int bpf_fd, void *info, __u32 *info_len)
{
	union bpf_attr attr;
	int ret;

	ATTR_CLEAR(attr, info);
	attr.info.bpf_fd = bpf_fd;
	attr.info.info_len = *info_len;
	attr.info.info = ptr_to_u64(info);
	ret = sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, ATTR_SIZE(info));
	if (!ret)
		*info_len = attr.info.info_len;
	return libbpf_err(ret);
}

int bpf_prog_get_info_by_fd(int prog_fd, struct bpf_prog_info *info, __u32 *info_len)
{
	return bpf_obj_get_info_by_fd(prog_fd, info, info_len);
}

int bpf_map_get_info_by_fd(int map_fd, struct bpf_map_info *info, __u32 *info_len)
{
	return bpf_obj_get_info_by_fd(map_fd, info, info_len);
}

int bpf_btf_get_info_by_fd(int btf_fd, struct bpf_btf_info *info, __u32 *info_len)
{
	return bpf_obj_get_info_by_fd(btf_fd, info, info_len);
}

int bpf_link_get_info_by_fd(int link_fd, struct bpf_link_info *info, __u32 *info_len)
{
	return bpf_obj_get_info_by_fd(link_fd, info, info_len);
}

/* ---- the rest ---- */

int bpf_task_fd_query(int pid, int fd, __u32 flags, char *buf, __u32 *buf_len, __u32 *prog_id,
		      __u32 *fd_type, __u64 *probe_offset, __u64 *probe_addr)
{
	union bpf_attr attr;
	int ret;

	ATTR_CLEAR(attr, task_fd_query);
	attr.task_fd_query.pid = pid;
	attr.task_fd_query.fd = fd;
	attr.task_fd_query.flags = flags;
	attr.task_fd_query.buf = ptr_to_u64(buf);
	attr.task_fd_query.buf_len = *buf_len;
	ret = sys_bpf(BPF_TASK_FD_QUERY, &attr, ATTR_SIZE(task_fd_query));
	*buf_len = attr.task_fd_query.buf_len;
	*prog_id = attr.task_fd_query.prog_id;
	*fd_type = attr.task_fd_query.fd_type;
	*probe_offset = attr.task_fd_query.probe_offset;
	*probe_addr = attr.task_fd_query.probe_addr;
	return libbpf_err(ret);
}

int bpf_enable_stats(enum bpf_stats_type type)
{
	union bpf_attr attr;

	ATTR_CLEAR(attr, enable_stats);
	attr.enable_stats.type = type;
	return libbpf_err(sys_bpf_fd(BPF_ENABLE_STATS, &attr, ATTR_SIZE(enable_stats)));
}

int bpf_prog_bind_map(int prog_fd, int map_fd, const struct bpf_prog_bind_opts *opts)
{
	union bpf_attr attr;

	if (!OPTS_VALID(opts, bpf_prog_bind_opts))
		return libbpf_err(-EINVAL);
	ATTR_CLEAR(attr, prog_bind_map);
	attr.prog_bind_map.prog_fd = prog_fd;
	attr.prog_bind_map.map_fd = map_fd;
	attr.prog_bind_map.flags = OPTS_GET(opts, flags, 0);
	return libbpf_err(sys_bpf(BPF_PROG_BIND_MAP, &attr, ATTR_SIZE(prog_bind_map)));
}

int bpf_prog_test_run_opts(int prog_fd, struct bpf_test_run_opts *opts)
{
	union bpf_attr attr;
	int ret;

	if (!OPTS_VALID(opts, bpf_test_run_opts))
		return libbpf_err(-EINVAL);
	ATTR_CLEAR(attr, test);
	attr.test.prog_fd = prog_fd;
	attr.test.batch_size = OPTS_GET(opts, batch_size, 0);
	attr.test.cpu = OPTS_GET(opts, cpu, 0);
	attr.test.flags = OPTS_GET(opts, flags, 0);
	attr.test.repeat = OPTS_GET(opts, repeat, 0);
	attr.test.duration = OPTS_GET(opts, duration, 0);
	attr.test.ctx_size_in = OPTS_GET(opts, ctx_size_in, 0);
	attr.test.ctx_size_out = OPTS_GET(opts, ctx_size_out, 0);
	attr.test.data_size_in = OPTS_GET(opts, data_size_in, 0);
	attr.test.data_size_out = OPTS_GET(opts, data_size_out, 0);
	attr.test.ctx_in = ptr_to_u64(OPTS_GET(opts, ctx_in, NULL));
	attr.test.ctx_out = ptr_to_u64(OPTS_GET(opts, ctx_out, NULL));
	attr.test.data_in = ptr_to_u64(OPTS_GET(opts, data_in, NULL));
	attr.test.data_out = ptr_to_u64(OPTS_GET(opts, data_out, NULL));
	ret = sys_bpf(BPF_PROG_TEST_RUN, &attr, ATTR_SIZE(test));
	OPTS_SET(opts, data_size_out, attr.test.data_size_out);
	OPTS_SET(opts, ctx_size_out, attr.test.ctx_size_out);
	OPTS_SET(opts, duration, attr.test.duration);
	OPTS_SET(opts, retval, attr.test.retval);
	return libbpf_err(ret);
}

int bpf_token_create(int bpffs_fd, struct bpf_token_create_opts *opts)
{
	union bpf_attr attr;

	if (!OPTS_VALID(opts, bpf_token_create_opts))
		return libbpf_err(-EINVAL);
	ATTR_CLEAR(attr, token_create);
	attr.token_create.bpffs_fd = bpffs_fd;
	attr.token_create.flags = OPTS_GET(opts, flags, 0);
	return libbpf_err(sys_bpf_fd(BPF_TOKEN_CREATE, &attr, ATTR_SIZE(token_create)));
}

int bpf_prog_stream_read(int prog_fd, __u32 stream_id, void *buf, __u32 buf_len,
			 struct bpf_prog_stream_read_opts *opts)
{
	union bpf_attr attr;

	if (!OPTS_VALID(opts, bpf_prog_stream_read_opts))
		return libbpf_err(-EINVAL);
	ATTR_CLEAR(attr, prog_stream_read);
	attr.prog_stream_read.stream_buf = ptr_to_u64(buf);
	attr.prog_stream_read.stream_buf_len = buf_len;
	attr.prog_stream_read.stream_id = stream_id;
	attr.prog_stream_read.prog_fd = prog_fd;
	return libbpf_err(sys_bpf(BPF_PROG_STREAM_READ_BY_FD, &attr, ATTR_SIZE(prog_stream_read)));
}

/* Came after 6.18, so linux/bpf.h has neither the number nor the attr. */
#define BPF_PROG_ASSOC_STRUCT_OPS_CMD 38

int bpf_prog_assoc_struct_ops(int prog_fd, int map_fd, struct bpf_prog_assoc_struct_ops_opts *opts)
{
	union {
		union bpf_attr attr;
		struct {
			__u32 map_fd, prog_fd, flags;
		} assoc;
	} call;

	if (!OPTS_VALID(opts, bpf_prog_assoc_struct_ops_opts))
		return libbpf_err(-EINVAL);
	memset(&call, 0, sizeof(call));
	call.assoc.map_fd = map_fd;
	call.assoc.prog_fd = prog_fd;
	call.assoc.flags = OPTS_GET(opts, flags, 0);
	return libbpf_err(sys_bpf(BPF_PROG_ASSOC_STRUCT_OPS_CMD, &call.attr, sizeof(call.assoc)));
}
