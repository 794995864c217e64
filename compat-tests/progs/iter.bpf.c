// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* Iterators as tools write them: a table of maps, programs, links, elements; and a typed tracepoint. */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct seq_file;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct bpf_iter_meta {
	struct seq_file *seq;
	__u64 session_id, seq_num;
};

struct btf {
	const char *strings;
};

struct bpf_map {
	enum bpf_map_type map_type;
	__u32 key_size, value_size, max_entries, id;
	char name[16];
};

struct bpf_prog_aux {
	__u32 id;
	char name[16];
	const char *attach_func_name;
	struct btf *btf;
};

struct bpf_prog {
	enum bpf_prog_type type;
	enum bpf_attach_type expected_attach_type;
	struct bpf_prog_aux *aux;
};

struct bpf_link {
	__u32 id;
	enum bpf_link_type type;
	struct bpf_prog *prog;
};

struct bpf_iter__bpf_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
};

struct bpf_iter__bpf_prog {
	struct bpf_iter_meta *meta;
	struct bpf_prog *prog;
};

struct bpf_iter__bpf_link {
	struct bpf_iter_meta *meta;
	struct bpf_link *link;
};

struct bpf_iter__bpf_map_elem {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
	void *key, *value;
};

struct task_struct {
	int tgid;
};
#pragma clang attribute pop

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

/* The first one: what "bpftool iter pin" takes. */
SEC("iter/bpf_map_elem")
int dump_elem(struct bpf_iter__bpf_map_elem *ctx)
{
	__u32 *key = ctx->key;
	__u64 *value = ctx->value;

	if (!ctx->meta->seq_num && key)
		BPF_SEQ_PRINTF(ctx->meta->seq, "map %s\n", ctx->map->name);
	if (!key || !value)
		return 0;
	BPF_SEQ_PRINTF(ctx->meta->seq, "%u: %llu\n", *key, *value);
	return 0;
}

/* What others of the machine have is left out: names begin with ours. */
static int is_ours(const char *name, const char *prefix, int len)
{
	for (int i = 0; i < len; i++)
		if (name[i] != prefix[i])
			return 0;
	return 1;
}

SEC("iter/bpf_map")
int dump_map(struct bpf_iter__bpf_map *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct bpf_map *map = ctx->map;

	if (!map) {
		BPF_SEQ_PRINTF(seq, "end\n");
		return 0;
	}
	if (is_ours(map->name, "numbers", 8))
		BPF_SEQ_PRINTF(seq, "%s type %d key %d value %d max %d\n", map->name, map->map_type,
			       map->key_size, map->value_size, map->max_entries);
	return 0;
}

SEC("iter/bpf_prog")
int dump_prog(struct bpf_iter__bpf_prog *ctx)
{
	struct bpf_prog *prog = ctx->prog;
	struct bpf_prog_aux *aux;

	if (!prog)
		return 0;
	aux = prog->aux;
	if (is_ours(aux->name, "dump_", 5))
		BPF_SEQ_PRINTF(ctx->meta->seq, "%s type %d for %d at %s, BTF '%s'\n", aux->name,
			       prog->type, prog->expected_attach_type, aux->attach_func_name,
			       aux->btf->strings);
	return 0;
}

SEC("iter/bpf_link")
int dump_link(struct bpf_iter__bpf_link *ctx)
{
	struct bpf_link *link = ctx->link;

	if (link && link->prog && is_ours(link->prog->aux->name, "dump_link", 10))
		BPF_SEQ_PRINTF(ctx->meta->seq, "link of %s, type %d\n", link->prog->aux->name,
			       link->type);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task)
{
	__u32 zero = 0;
	__u64 *number = bpf_map_lookup_elem(&numbers, &zero);

	if (number && task->tgid < 0)
		*number = 1;
	return 0;
}

char _license[] SEC("license") = "GPL";
