/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The iterator over what is in a map. Programs get the map's own memory and may change values in it; of a
 * map with a value per CPU they get a copy of all of them.
 */
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "err.h"
#include "session.h"

struct elements {
	struct session *s;
	struct kern_map *map;
	const struct shown_map *shown;
	/* Copies where programs cannot have the memory itself; NULL: they can. The program may have been
	 * exchanged for one that looks at more than there is: Linux lets it, here that reads as 0. */
	char *key, *value;
	int err;
};

static bool is_percpu(const struct kern_map *map)
{
	return map->ops->flags & MAP_OPS_PERCPU;
}

/* What is copied has room for what the program touches. */
static char *make_room(bool needed, size_t size, size_t touched)
{
	return needed || touched > size ? calloc(1, MAX(size, touched)) : NULL;
}

static int prepare(struct elements *e)
{
	const struct prog_shared *prog = e->s->prog->shared;
	size_t value_size = map_user_value_size(e->map);
	bool percpu = is_percpu(e->map);

	e->key = make_room(false, e->map->key_size, prog->max_rdonly_buf);
	e->value = make_room(percpu, value_size, prog->max_rdwr_buf);
	if ((!e->key && prog->max_rdonly_buf > e->map->key_size) ||
	    (!e->value && (percpu || prog->max_rdwr_buf > value_size)))
		return -ENOMEM;
	return 0;
}

static void copy_value(struct elements *e, const void *key, const void *value)
{
	size_t size = e->map->elem_size;

	if (!is_percpu(e->map)) {
		memcpy(e->value, value, e->map->value_size);
		return;
	}
	for (int cpu = 0; cpu < store_possible_cpus(); cpu++) {
		value = e->map->ops->lookup(e->map, key, cpu);
		if (value)
			memcpy(e->value + cpu * size, value, size);
	}
}

static uint64_t show(void *arg, const void *key, void *value)
{
	struct elements *e = arg;

	if (e->value)
		copy_value(e, key, value);
	if (e->key)
		memcpy(e->key, key, e->map->key_size);
	e->err = session_show(e->s, &(struct object){ { e->shown, e->key ? e->key : key,
							e->value ? e->value : value } });
	return e->err != 0;
}

static int walk(struct elements *e)
{
	int err = prepare(e);

	if (!err) {
		e->map->ops->for_each(e->map, 0, show, e);
		err = e->err;
	}
	return err ? err : session_end(e->s, &(struct object){ { e->shown } });
}

int walk_map_elems(struct session *s)
{
	struct elements e = { .s = s };
	struct shown_map shown;
	int err = map_get(s->link->info[0], &e.map);

	if (err)
		return err;
	err = shown_map_fill(&shown, e.map);
	e.shown = &shown;
	err = err ? err : walk(&e);
	free(e.key);
	free(e.value);
	shown_map_free(&shown);
	map_put(e.map);
	return err;
}
