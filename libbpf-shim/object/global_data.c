/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Global variables: one array map with one element for each of .data, .rodata, .bss, .kconfig. */
#include "object.h"

#include <ctype.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys.h"

/* An array's elements are 8-byte aligned, a mapping is whole pages. */
size_t map_data_bytes(__u32 value_size, __u32 max_entries)
{
	return round_up(round_up(value_size, 8) * max_entries, sysconf(_SC_PAGE_SIZE));
}

/*
 * "objname.data", in the 15 characters that the kernel has, at least 7 of them for the section.
 * A section name of several parts (.data.foo) stands for itself.
 */
static char *data_map_name(const struct bpf_object *obj, const char *section)
{
	int suffix = MAX(strlen(section), (size_t)7), prefix;
	char name[BPF_OBJ_NAME_LEN], *c;

	suffix = MIN(suffix, BPF_OBJ_NAME_LEN - 1);
	prefix = MIN((size_t)(BPF_OBJ_NAME_LEN - 1 - suffix), strlen(obj->name));
	if (strchr(section + 1, '.'))
		prefix = 0;
	snprintf(name, sizeof(name), "%.*s%.*s", prefix, obj->name, suffix, section);
	for (c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_' && *c != '.')
			*c = '_';
	return strdup(name);
}

/* Only sections with a variable that others may see can be mapped: .rodata.str1.1 cannot. */
static bool is_mappable(const struct bpf_object *obj, const struct bpf_map *map)
{
	const struct btf_type *t, *var;
	int i;

	if (!map->btf_value_type_id)
		return false;
	t = btf__type_by_id(obj->btf, map->btf_value_type_id);
	for (i = 0; i < btf_vlen(t); i++) {
		var = btf__type_by_id(obj->btf, btf_var_secinfos(t)[i].type);
		if (btf_is_var(var) && btf_var(var)->linkage != BTF_VAR_STATIC)
			return true;
	}
	return false;
}

static int map_anonymous(void **data, size_t size)
{
	*data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (*data != MAP_FAILED)
		return 0;
	*data = NULL;
	return -errno;
}

static int add_data_map(struct bpf_object *obj, enum map_origin origin, const char *section,
			size_t sec_idx, const void *contents, __u64 size)
{
	bool read_only = origin == MAP_RODATA || origin == MAP_KCONFIG;
	struct bpf_map *map = object_add_map(obj);
	__s32 id;
	int err;

	if (!map)
		return -ENOMEM;
	map->origin = origin;
	map->section_name = strdup(section);
	map->name = data_map_name(obj, section);
	if (!map->section_name || !map->name)
		return -ENOMEM;
	if (size > INT32_MAX) {
		pr_warn("sec '%s': %llu bytes are too many for a map\n", section,
			(unsigned long long)size);
		return -E2BIG;
	}
	map->sec_idx = sec_idx;
	map->type = BPF_MAP_TYPE_ARRAY;
	map->key_size = sizeof(int);
	map->value_size = size;
	map->max_entries = 1;
	map->flags = read_only ? BPF_F_RDONLY_PROG : 0;
	if (obj->btf) {
		id = btf__find_by_name_kind(obj->btf, section, BTF_KIND_DATASEC);
		map->btf_value_type_id = id > 0 ? id : 0;
	}
	if (is_mappable(obj, map))
		map->flags |= BPF_F_MMAPABLE;
	map->data_size = map_data_bytes(size, 1);
	err = map_anonymous(&map->data, map->data_size);
	if (err) {
		pr_warn("failed to alloc map '%s' content buffer: %s\n", map->name, errstr(err));
		return err;
	}
	if (contents)
		memcpy(map->data, contents, size);
	pr_debug("map '%s' (global data): at sec_idx %zu, offset 0, flags %x.\n", map->name,
		 sec_idx, map->flags);
	return 0;
}

int object_collect_data(struct bpf_object *obj)
{
	static const enum map_origin origins[] = {
		[SEC_USE_DATA] = MAP_DATA, [SEC_USE_BSS] = MAP_BSS, [SEC_USE_RODATA] = MAP_RODATA,
	};
	const struct elf_section *sec;
	__u32 kconfig_size = 0;
	size_t i;
	int err;

	for (i = 1; i < obj->elf.section_count; i++) {
		sec = &obj->elf.sections[i];
		if (obj->uses[i] != SEC_USE_DATA && obj->uses[i] != SEC_USE_BSS &&
		    obj->uses[i] != SEC_USE_RODATA)
			continue;
		if (!sec->size)
			continue;
		err = add_data_map(obj, origins[obj->uses[i]], sec->name, i, sec->data, sec->size);
		if (err)
			return err;
	}
	for (i = 0; i < obj->extern_cnt; i++)
		if (obj->externs[i].kind == EXTERN_KCONFIG)
			kconfig_size = MAX(kconfig_size, obj->externs[i].kcfg.data_off +
								 obj->externs[i].kcfg.size);
	if (!kconfig_size)
		return 0;
	err = add_data_map(obj, MAP_KCONFIG, ".kconfig", obj->elf.symtab, NULL, kconfig_size);
	if (!err)
		obj->kconfig_map = obj->map_cnt - 1;
	return err;
}

/* ---- resizing ---- */

static int resize_error(const struct bpf_map *map, const char *what)
{
	pr_warn("map '%s': cannot be resized, %s\n", map->name, what);
	return -EINVAL;
}

/* The last variable, an array of elements that divide the new room, grows with its section. */
static int resize_btf(struct bpf_map *map, __u32 size)
{
	struct btf *btf = map->obj->btf;
	struct btf_type *datasec = btf_type_writable(btf, map->btf_value_type_id), *var;
	struct btf_var_secinfo *last;
	const struct btf_type *t;
	struct btf_array *array;
	__s64 element;
	int array_id, var_id;
	__u32 nelems, index_type, element_type, linkage, offset;
	char *name;

	if (!datasec || !btf_is_datasec(datasec) || !btf_vlen(datasec))
		return resize_error(map, "associated type is not DATASEC");
	last = &btf_var_secinfos(datasec)[btf_vlen(datasec) - 1];
	var = btf_type_writable(btf, last->type);
	t = btf_skip_mods_and_typedefs(btf, var->type, NULL);
	if (!btf_is_array(t))
		return resize_error(map, "last var must be an array");
	array = btf_array(t);
	element = btf__resolve_size(btf, array->type);
	if (element <= 0 || size <= last->offset || (size - last->offset) % element)
		return resize_error(map, "last var can't fit the new size");
	nelems = (size - last->offset) / element;
	index_type = array->index_type;
	element_type = array->type;
	linkage = btf_var(var)->linkage;
	offset = last->offset;
	name = strdup(btf_type_name(btf, var));
	if (!name)
		return -ENOMEM;
	/* others may use the old array type: the variable gets one of its own */
	array_id = btf__add_array(btf, index_type, element_type, nelems);
	var_id = array_id < 0 ? array_id : btf__add_var(btf, name, linkage, array_id);
	free(name);
	if (var_id < 0)
		return var_id;
	/* adding types may have moved them all */
	datasec = btf_type_writable(btf, map->btf_value_type_id);
	last = &btf_var_secinfos(datasec)[btf_vlen(datasec) - 1];
	last->type = var_id;
	last->size = size - offset;
	datasec->size = size;
	return 0;
}

int map_resize_data(struct bpf_map *map, __u32 size)
{
	size_t bytes = map_data_bytes(size, map->max_entries);
	void *data;
	int err;

	if (size == map->value_size)
		return 0;
	err = map_anonymous(&data, bytes);
	if (err)
		return err;
	memcpy(data, map->data, MIN(map->value_size, size));
	munmap(map->data, map->data_size);
	map->data = data;
	map->data_size = bytes;
	if (map->btf_value_type_id && resize_btf(map, size)) {
		pr_warn("map '%s': failed to adjust resized BTF, clearing BTF key/value info\n",
			map->name);
		map->btf_value_type_id = map->btf_key_type_id = 0;
	}
	map->value_size = size;
	return 0;
}
