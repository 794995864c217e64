/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Skeletons: tables that bpftool writes beside an object, with pointers to be filled. Their
 * entries grow from version to version, so entries are stepped over by the size they have there.
 */
#include "object.h"

#include "auto_attach.h"

static struct bpf_map_skeleton *map_entry(void *maps, int size, int i)
{
	return (void *)((char *)maps + (size_t)i * size);
}

static struct bpf_prog_skeleton *prog_entry(void *progs, int size, int i)
{
	return (void *)((char *)progs + (size_t)i * size);
}

static struct bpf_link **map_link(struct bpf_map_skeleton *entry, int size)
{
	return size >= (int)offsetofend(struct bpf_map_skeleton, link) ? entry->link : NULL;
}

static int fill_maps(const struct bpf_object *obj, void *maps, int count, int size)
{
	int i;

	for (i = 0; i < count; i++) {
		struct bpf_map_skeleton *entry = map_entry(maps, size, i);

		*entry->map = bpf_object__find_map_by_name(obj, entry->name);
		if (!*entry->map) {
			pr_warn("failed to find skeleton map '%s'\n", entry->name);
			return -ESRCH;
		}
		/* kernel configuration is not for the user to set */
		if (entry->mmaped && (*entry->map)->origin != MAP_KCONFIG)
			*entry->mmaped = (*entry->map)->data;
	}
	return 0;
}

static int fill_programs(const struct bpf_object *obj, void *progs, int count, int size)
{
	int i;

	for (i = 0; i < count; i++) {
		struct bpf_prog_skeleton *entry = prog_entry(progs, size, i);

		*entry->prog = bpf_object__find_program_by_name(obj, entry->name);
		if (!*entry->prog) {
			pr_warn("failed to find skeleton program '%s'\n", entry->name);
			return -ESRCH;
		}
	}
	return 0;
}

int bpf_object__open_skeleton(struct bpf_object_skeleton *s,
			      const struct bpf_object_open_opts *opts)
{
	LIBBPF_OPTS(bpf_object_open_opts, own_opts);
	struct bpf_object *obj;
	int err;

	if (!OPTS_VALID(opts, bpf_object_open_opts))
		return libbpf_err(-EINVAL);
	if (opts)
		memcpy(&own_opts, opts, MIN(opts->sz, sizeof(own_opts)));
	own_opts.sz = sizeof(own_opts);
	if (!own_opts.object_name)
		own_opts.object_name = s->name;
	obj = bpf_object__open_mem(s->data, s->data_sz, &own_opts);
	if (!obj) {
		err = -errno;
		pr_warn("failed to initialize skeleton BPF object '%s': %s\n", s->name, errstr(err));
		return libbpf_err(err);
	}
	*s->obj = obj;
	err = fill_maps(obj, s->maps, s->map_cnt, s->map_skel_sz);
	if (err)
		pr_warn("failed to populate skeleton maps for '%s': %s\n", s->name, errstr(err));
	if (!err) {
		err = fill_programs(obj, s->progs, s->prog_cnt, s->prog_skel_sz);
		if (err)
			pr_warn("failed to populate skeleton progs for '%s': %s\n", s->name,
				errstr(err));
	}
	return libbpf_err(err);
}

int bpf_object__load_skeleton(struct bpf_object_skeleton *s)
{
	int i, err;

	err = bpf_object__load(*s->obj);
	if (err) {
		pr_warn("failed to load BPF skeleton '%s': %s\n", s->name, errstr(err));
		return libbpf_err(err);
	}
	for (i = 0; i < s->map_cnt; i++) {
		struct bpf_map_skeleton *entry = map_entry(s->maps, s->map_skel_sz, i);

		if (!entry->mmaped)
			continue;
		/* what cannot be mapped would show old values only */
		*entry->mmaped = (*entry->map)->flags & BPF_F_MMAPABLE ? (*entry->map)->data : NULL;
	}
	return 0;
}

static int attach_programs(struct bpf_object_skeleton *s)
{
	int i, err;

	for (i = 0; i < s->prog_cnt; i++) {
		struct bpf_prog_skeleton *entry = prog_entry(s->progs, s->prog_skel_sz, i);
		struct bpf_program *prog = *entry->prog;

		if (!prog->autoload || !prog->autoattach || !program_can_auto_attach(prog))
			continue;
		/* the user may have attached it already */
		if (*entry->link)
			continue;
		err = program_auto_attach(prog, entry->link);
		if (err) {
			pr_warn("prog '%s': failed to auto-attach: %s\n", prog->name, errstr(err));
			return err;
		}
	}
	return 0;
}

int bpf_object__attach_skeleton(struct bpf_object_skeleton *s)
{
	return libbpf_err(attach_programs(s));
}

void bpf_object__detach_skeleton(struct bpf_object_skeleton *s)
{
	int i;

	for (i = 0; i < s->prog_cnt; i++) {
		struct bpf_link **link = prog_entry(s->progs, s->prog_skel_sz, i)->link;

		bpf_link__destroy(*link);
		*link = NULL;
	}
	for (i = 0; i < s->map_cnt; i++) {
		struct bpf_link **link =
			map_link(map_entry(s->maps, s->map_skel_sz, i), s->map_skel_sz);

		if (!link)
			continue;
		bpf_link__destroy(*link);
		*link = NULL;
	}
}

void bpf_object__destroy_skeleton(struct bpf_object_skeleton *s)
{
	if (!s)
		return;
	bpf_object__detach_skeleton(s);
	if (s->obj)
		bpf_object__close(*s->obj);
	free(s->maps);
	free(s->progs);
	free(s);
}

/* ---- subskeletons: another object's maps, programs and variables ---- */

static void find_variable(struct bpf_object_subskeleton *s, struct bpf_var_skeleton *entry)
{
	const struct bpf_map *map = *entry->map;
	const struct btf *btf = s->obj->btf;
	const struct btf_type *sec = btf__type_by_id(btf, map->btf_value_type_id), *var;
	int i;

	for (i = 0; sec && btf_is_datasec(sec) && i < btf_vlen(sec); i++) {
		var = btf__type_by_id(btf, btf_var_secinfos(sec)[i].type);
		if (strcmp(btf_type_name(btf, var), entry->name) != 0)
			continue;
		*entry->addr = (char *)map->data + btf_var_secinfos(sec)[i].offset;
		return;
	}
}

int bpf_object__open_subskeleton(struct bpf_object_subskeleton *s)
{
	int i, err;

	if (!s->obj)
		return libbpf_err(-EINVAL);
	if (!s->obj->btf) {
		pr_warn("subskeletons require BTF at runtime (object %s)\n", s->obj->name);
		return libbpf_err(-EINVAL);
	}
	err = fill_maps(s->obj, s->maps, s->map_cnt, s->map_skel_sz);
	if (err)
		pr_warn("failed to populate subskeleton maps: %s\n", errstr(err));
	if (!err) {
		err = fill_programs(s->obj, s->progs, s->prog_cnt, s->prog_skel_sz);
		if (err)
			pr_warn("failed to populate subskeleton progs: %s\n", errstr(err));
	}
	for (i = 0; !err && i < s->var_cnt; i++)
		find_variable(s, (void *)((char *)s->vars + (size_t)i * s->var_skel_sz));
	return libbpf_err(err);
}

void bpf_object__destroy_subskeleton(struct bpf_object_subskeleton *s)
{
	if (!s)
		return;
	free(s->maps);
	free(s->progs);
	free(s->vars);
	free(s);
}
