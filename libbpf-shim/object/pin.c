/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Names in the bpf file system, for maps, programs and whole objects. */
#include "object.h"

#include "pin_path.h"

/* ---- maps ---- */

int bpf_map__set_pin_path(struct bpf_map *map, const char *path)
{
	char *copy = NULL;

	if (path) {
		copy = strdup(path);
		if (!copy)
			return libbpf_err(-ENOMEM);
	}
	free(map->pin_path);
	map->pin_path = copy;
	return 0;
}

/* A map has one pin path; the caller may name it once. */
static int choose_pin_path(struct bpf_map *map, const char *path)
{
	if (map->pin_path) {
		if (path && strcmp(path, map->pin_path) != 0) {
			pr_warn("map '%s' already has pin path '%s' different from '%s'\n",
				map->name, map->pin_path, path);
			return -EINVAL;
		}
		return 0;
	}
	if (!path) {
		pr_warn("missing a path to pin map '%s' at\n", map->name);
		return -EINVAL;
	}
	return 0;
}

int bpf_map__pin(struct bpf_map *map, const char *path)
{
	int err;

	if (!map) {
		pr_warn("invalid map pointer\n");
		return libbpf_err(-EINVAL);
	}
	if (map->fd < 0) {
		pr_warn("map '%s': can't pin BPF map without FD (was it created?)\n", map->name);
		return libbpf_err(-EINVAL);
	}
	err = choose_pin_path(map, path);
	if (err)
		return libbpf_err(err);
	if (map->pinned && map->pin_path) {
		pr_debug("map '%s' already pinned at '%s'; not re-pinning\n", map->name,
			 map->pin_path);
		return 0;
	}
	if (map->pinned) {
		pr_warn("map '%s' is pinned elsewhere\n", map->name);
		return libbpf_err(-EEXIST);
	}
	err = pin_path_prepare(map->pin_path ? map->pin_path : path);
	if (!err)
		err = bpf_obj_pin(map->fd, map->pin_path ? map->pin_path : path);
	if (!err && !map->pin_path)
		err = bpf_map__set_pin_path(map, path);
	if (err) {
		pr_warn("failed to pin map: %s\n", errstr(err));
		return libbpf_err(err);
	}
	map->pinned = true;
	pr_debug("pinned map '%s'\n", map->pin_path);
	return 0;
}

int bpf_map__unpin(struct bpf_map *map, const char *path)
{
	int err;

	if (!map) {
		pr_warn("invalid map pointer\n");
		return libbpf_err(-EINVAL);
	}
	if (map->pin_path && path && strcmp(path, map->pin_path) != 0)
		return libbpf_err(-EINVAL);
	if (!map->pin_path && !path) {
		pr_warn("no path to unpin map '%s' from\n", map->name);
		return libbpf_err(-EINVAL);
	}
	path = map->pin_path ? map->pin_path : path;
	err = pin_path_remove(path);
	if (err)
		return libbpf_err(err);
	map->pinned = false;
	pr_debug("unpinned map '%s' from '%s'\n", map->name, path);
	return 0;
}

/* ---- programs ---- */

int bpf_program__pin(struct bpf_program *prog, const char *path)
{
	int err;

	if (prog->fd < 0) {
		pr_warn("prog '%s': can't pin program that wasn't loaded\n", prog->name);
		return libbpf_err(-EINVAL);
	}
	err = pin_path_prepare(path);
	if (!err)
		err = bpf_obj_pin(prog->fd, path);
	if (err) {
		pr_warn("prog '%s': failed to pin at '%s': %s\n", prog->name, path, errstr(err));
		return libbpf_err(err);
	}
	pr_debug("prog '%s': pinned at '%s'\n", prog->name, path);
	return 0;
}

int bpf_program__unpin(struct bpf_program *prog, const char *path)
{
	int err;

	if (prog->fd < 0) {
		pr_warn("prog '%s': can't unpin program that wasn't loaded\n", prog->name);
		return libbpf_err(-EINVAL);
	}
	err = pin_path_remove(path);
	if (!err)
		pr_debug("prog '%s': unpinned from '%s'\n", prog->name, path);
	return libbpf_err(err);
}

/* ---- objects ---- */

/*
 * Below @dir, or where the map's own pin path says (then buf is not used). Dots of the whole path
 * become underscores, also those of the directory: so libbpf does it.
 */
static int map_path(const struct bpf_map *map, const char *dir, char *buf, const char **path)
{
	int err;

	*path = NULL;
	if (!dir)
		return 0;
	err = pin_path_join(buf, dir, map->name);
	if (err)
		return err;
	pin_path_sanitize(buf);
	*path = buf;
	return 0;
}

int bpf_object__pin_maps(struct bpf_object *obj, const char *path)
{
	const char *where;
	struct bpf_map *map;
	char buf[PIN_PATH_MAX];
	int err;

	if (!obj)
		return libbpf_err(-ENOENT);
	if (obj->state < OBJECT_PREPARED) {
		pr_warn("object not yet loaded; load it first\n");
		return libbpf_err(-ENOENT);
	}
	bpf_object__for_each_map(map, obj) {
		if (!map->autocreate || (!path && !map->pin_path))
			continue;
		err = map_path(map, path, buf, &where);
		err = err ? err : bpf_map__pin(map, where);
		if (err)
			goto undo;
	}
	return 0;

undo:
	while ((map = bpf_object__prev_map(obj, map)))
		if (map->pin_path)
			bpf_map__unpin(map, NULL);
	return libbpf_err(err);
}

int bpf_object__unpin_maps(struct bpf_object *obj, const char *path)
{
	const char *where;
	struct bpf_map *map;
	char buf[PIN_PATH_MAX];
	int err;

	if (!obj)
		return libbpf_err(-ENOENT);
	bpf_object__for_each_map(map, obj) {
		if (!path && !map->pin_path)
			continue;
		err = map_path(map, path, buf, &where);
		err = err ? err : bpf_map__unpin(map, where);
		if (err)
			return libbpf_err(err);
	}
	return 0;
}

int bpf_object__pin_programs(struct bpf_object *obj, const char *path)
{
	struct bpf_program *prog;
	char buf[PIN_PATH_MAX];
	int err;

	if (!obj)
		return libbpf_err(-ENOENT);
	if (obj->state < OBJECT_LOADED) {
		pr_warn("object not yet loaded; load it first\n");
		return libbpf_err(-ENOENT);
	}
	bpf_object__for_each_program(prog, obj) {
		err = pin_path_join(buf, path, prog->name);
		err = err ? err : bpf_program__pin(prog, buf);
		if (err)
			goto undo;
	}
	return 0;

undo:
	while ((prog = bpf_object__prev_program(obj, prog)))
		if (!pin_path_join(buf, path, prog->name))
			bpf_program__unpin(prog, buf);
	return libbpf_err(err);
}

int bpf_object__unpin_programs(struct bpf_object *obj, const char *path)
{
	struct bpf_program *prog;
	char buf[PIN_PATH_MAX];
	int err;

	if (!obj)
		return libbpf_err(-ENOENT);
	bpf_object__for_each_program(prog, obj) {
		err = pin_path_join(buf, path, prog->name);
		err = err ? err : bpf_program__unpin(prog, buf);
		if (err)
			return libbpf_err(err);
	}
	return 0;
}

int bpf_object__pin(struct bpf_object *obj, const char *path)
{
	int err;

	err = bpf_object__pin_maps(obj, path);
	if (err)
		return libbpf_err(err);
	err = bpf_object__pin_programs(obj, path);
	if (err)
		bpf_object__unpin_maps(obj, path);
	return libbpf_err(err);
}

int bpf_object__unpin(struct bpf_object *obj, const char *path)
{
	int err;

	err = bpf_object__unpin_programs(obj, path);
	return libbpf_err(err ? err : bpf_object__unpin_maps(obj, path));
}
