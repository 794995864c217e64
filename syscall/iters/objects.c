/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Iterators over the objects of the store, by ascending id: maps, programs, links. */
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "btf_objects.h"
#include "err.h"
#include "session.h"

/* ---- BTF ---- */

static void btf_free(const struct shown_btf *shown)
{
	if (!shown)
		return;
	free((void *)shown->types);
	free((void *)shown);
}

/* NULL with 0: there is none. */
static int btf_make(const struct kern_btf *btf, uint32_t id, const struct shown_btf **out)
{
	struct shown_btf *shown;
	const struct btf_type **types;
	const char *raw;
	uint32_t size;

	*out = NULL;
	if (!btf)
		return 0;
	shown = calloc(1, sizeof(*shown));
	types = calloc(kern_btf_type_cnt(btf) + 1, sizeof(*types));
	if (!shown || !types) {
		free(shown);
		free(types);
		return -ENOMEM;
	}
	raw = kern_btf_raw(btf, &size);
	memcpy(&shown->hdr, raw, sizeof(shown->hdr));
	shown->strings = raw + shown->hdr.hdr_len + shown->hdr.str_off;
	shown->nr_types = kern_btf_type_cnt(btf);
	for (uint32_t i = 0; i < shown->nr_types; i++)
		types[i] = kern_btf_type(btf, i);
	shown->types = types;
	shown->id = id;
	*out = shown;
	return 0;
}

/* ---- maps ---- */

int shown_map_fill(struct shown_map *shown, struct kern_map *map)
{
	const struct map_shared *shared = map->shared;

	*shown = (struct shown_map){
		.map_type = map_type_number(map),
		.key_size = map->key_size,
		.value_size = map->value_size,
		.max_entries = map->max_entries,
		.map_extra = shared->map_extra,
		.map_flags = map->map_flags,
		.id = map->id,
		.btf_key_type_id = shared->btf_key_type_id,
		.btf_value_type_id = shared->btf_value_type_id,
		.btf_vmlinux_value_type_id = shared->btf_vmlinux_value_type_id,
		.frozen = shared->frozen,
	};
	memcpy(shown->name, map->obj->header->name, sizeof(shown->name));
	return btf_make(map_btf(map), shared->btf_id, &shown->btf);
}

void shown_map_free(struct shown_map *shown)
{
	btf_free(shown->btf);
}

static int show_map(struct session *s, uint32_t id)
{
	struct shown_map shown;
	struct kern_map *map;
	int err;

	if (map_get(id, &map))
		return 0;	/* it went meanwhile */
	err = shown_map_fill(&shown, map);
	err = err ? err : session_show(s, &(struct object){ { &shown } });
	shown_map_free(&shown);
	map_put(map);
	return err;
}

/* ---- programs ---- */

/* A program and all that it points to. */
struct whole_prog {
	struct shown_prog prog;
	struct shown_aux aux;
	struct store_obj *btf_obj;
};

/* Tracepoints are known by their own name, iterators by their function's. */
static const char *attach_name(const struct prog_shared *shared)
{
	const char *prefix = "raw_tp.";

	if (!shared->target[0])
		return NULL;
	return strncmp(shared->target, prefix, strlen(prefix)) ? shared->target
							       : shared->target + strlen(prefix);
}

static int prog_fill(struct whole_prog *whole, const struct kern_prog *prog)
{
	const struct prog_shared *shared = prog->shared;
	const struct kern_btf *btf = NULL;

	memset(whole, 0, sizeof(*whole));
	whole->prog = (struct shown_prog){
		.len = shared->insn_cnt,
		.type = shared->type,
		.expected_attach_type = shared->expected_attach_type,
		.aux = &whole->aux,
	};
	memcpy(whole->prog.tag, shared->tag, sizeof(whole->prog.tag));
	whole->aux = (struct shown_aux){
		.used_map_cnt = prog_all_maps(prog, NULL, 0),
		.id = prog->id,
		.func_info_cnt = shared->func_info_cnt,
		.nr_linfo = shared->line_info_cnt,
		.verified_insns = shared->verified_insns,
		.attach_btf_id = shared->attach_btf_id,
		.max_ctx_offset = shared->max_ctx_offset,
		.attach_func_name = attach_name(shared),
		.func_info = shared->func_info_cnt ? prog_section(prog, shared->func_info) : NULL,
		.linfo = shared->line_info_cnt ? prog_section(prog, shared->line_info) : NULL,
		.load_time = prog->obj->header->created_ns,
	};
	memcpy(whole->aux.name, prog->obj->header->name, sizeof(whole->aux.name));
	if (!shared->btf_id || btf_object_get(shared->btf_id, &whole->btf_obj, &btf))
		whole->btf_obj = NULL;
	return btf_make(whole->btf_obj ? btf : NULL, shared->btf_id, &whole->aux.btf);
}

static void prog_free(struct whole_prog *whole)
{
	btf_free(whole->aux.btf);
	if (whole->btf_obj)
		store_put(whole->btf_obj);
}

static int show_prog(struct session *s, uint32_t id)
{
	struct whole_prog whole;
	struct kern_prog *prog;
	int err;

	if (prog_get(id, &prog))
		return 0;
	err = prog_fill(&whole, prog);
	err = err ? err : session_show(s, &(struct object){ { &whole.prog } });
	prog_free(&whole);
	prog_put(prog);
	return err;
}

/* ---- links ---- */

static int show_link_of(struct session *s, const struct store_obj *obj, const struct kern_prog *prog)
{
	struct shown_link link = {
		.id = obj->id,
		.type = link_shared_of(obj)->link_type,
		.attach_type = link_shared_of(obj)->attach_type,
	};
	struct whole_prog whole;
	int err = prog_fill(&whole, prog);

	link.prog = &whole.prog;
	err = err ? err : session_show(s, &(struct object){ { &link } });
	prog_free(&whole);
	return err;
}

static int show_link(struct session *s, uint32_t id)
{
	struct kern_prog *prog;
	struct store_obj *obj;
	int err = 0;

	if (store_get(STORE_LINK, id, &obj))
		return 0;
	if (!prog_get(link_prog_id(obj), &prog)) {
		err = show_link_of(s, obj, prog);
		prog_put(prog);
	}
	store_put(obj);
	return err;
}

/* ---- all of a kind ---- */

static int walk_ids(struct session *s, enum store_kind kind,
		    int (*show)(struct session *s, uint32_t id))
{
	uint32_t id = 0;
	int err = 0;

	while (!err && !store_next_id(kind, id, &id))
		err = show(s, id);
	return err ? err : session_end(s, &(struct object){ { NULL } });
}

int walk_maps(struct session *s)
{
	return walk_ids(s, STORE_MAP, show_map);
}

int walk_progs(struct session *s)
{
	return walk_ids(s, STORE_PROG, show_prog);
}

int walk_links(struct session *s)
{
	return walk_ids(s, STORE_LINK, show_link);
}
