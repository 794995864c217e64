/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Every command, with every field spoiled: calls that work (surface_scenes.c) are made again with each
 * field of the command's attr set to numbers, fds of each kind and bad pointers, and with attrs too
 * short, longer, and with bytes that the command does not know. data/command-answers.tsv holds what
 * a real 6.18 kernel answered and which fields it wrote; BPF_SHIM_RECORD=FILE writes that file anew.
 */
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answers.h"
#include "surface.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- fields, as data/bpf-attr-fields.tsv has them ---- */

struct field {
	char part[24], name[48];
	uint32_t offset, size;
};

static struct field fields[256];
static size_t field_cnt;

static const char *base_name(const struct field *field)
{
	const char *dot = strrchr(field->name, '.');

	return dot ? dot + 1 : field->name;
}

static bool is_alias(const struct field *field)
{
	for (const struct field *other = fields; other < field; other++)
		if (!strcmp(other->part, field->part) && other->offset == field->offset &&
		    other->size == field->size)
			return true;
	return false;
}

static void read_fields(void)
{
	FILE *file = fopen(TEST_DATA_DIR "/bpf-attr-fields.tsv", "r");
	char line[256];

	assert_non_null(file);
	field_cnt = 0;
	while (fgets(line, sizeof(line), file) && field_cnt < ARRAY_CNT(fields)) {
		struct field *field = &fields[field_cnt];

		if (sscanf(line, "%23s %47s %u %u", field->part, field->name, &field->offset,
			   &field->size) == 4 && !is_alias(field))
			field_cnt++;
	}
	fclose(file);
	assert_true(field_cnt > 100);
}

/* ---- what is put into a field ---- */

struct value {
	char name[24];
	unsigned char bytes[16];
};

struct values {
	struct value list[96];
	size_t cnt;
};

static void add(struct values *values, const char *name, uint64_t number)
{
	struct value *value = &values->list[values->cnt++];

	memset(value, 0, sizeof(*value));
	snprintf(value->name, sizeof(value->name), "%s", name);
	memcpy(value->bytes, &number, sizeof(number));
}

static void add_number(struct values *values, uint64_t number)
{
	char name[24];

	snprintf(name, sizeof(name), number < 100 ? "%" PRIu64 : "0x%" PRIx64, number);
	add(values, name, number);
}

static void few_numbers(struct values *values)
{
	for (uint64_t number = 0; number <= 4; number++)
		add_number(values, number);
	add_number(values, 8);
}

/* All there are, but for those that the emulated kernel does not have. */
static void type_numbers(struct values *values, const char *name)
{
	for (uint64_t number = 0; number < 64; number++)
		if (!(!strcmp(name, "map_type") && surface_map_type_is_absent(number)) &&
		    !(!strcmp(name, "prog_type") && surface_prog_type_is_absent(number)))
			add_number(values, number);
	add_number(values, UINT32_MAX);
}

/* Each bit, and what lies at the ends. */
static void numbers(struct values *values, uint32_t size)
{
	add_number(values, 0);
	for (uint32_t bit = 0; bit < size * 8; bit++)
		add_number(values, 1ull << bit);
	add_number(values, 3);
	add_number(values, INT32_MAX);
	add_number(values, size == 4 ? UINT32_MAX : UINT64_MAX);
}

/* Of nobody. */
static void id_numbers(struct values *values, const char *name)
{
	add_number(values, 0);
	if (strstr(name, "ifindex"))
		add_number(values, 1);	/* everybody's loopback */
	add_number(values, 0x3fffffff);
	add_number(values, INT32_MAX);
	add_number(values, UINT32_MAX);
}

static void pointers(struct values *values)
{
	add(values, "NULL", 0);
	add(values, "1", 1);
	add(values, "hole", place_hole());
	add(values, "last byte", place_hole() - 1);
	add(values, "last word", place_hole() - 4);
	add(values, "read only", place_read_only());
	add(values, "kernel", 0xffff888000000000ull);
	add(values, "non-canonical", 0x8000000000000000ull);
	add(values, "~0", UINT64_MAX);
}

static void fds(struct values *values, const struct objects *o)
{
	add(values, "hash", o->hash);
	add(values, "array", o->array);
	add(values, "queue", o->queue);
	add(values, "xdp", o->xdp);
	add(values, "other xdp", o->xdp_other);
	add(values, "skb", o->skb);
	add(values, "cgroup_skb", o->cgroup_skb);
	add(values, "other cgroup_skb", o->cgroup_other);
	add(values, "raw_tp", o->raw_tp);
	add(values, "btf", o->btf);
	add(values, "link", o->link);
	add(values, "file", o->null);
	add(values, "directory", o->directory);
	add(values, "cgroup", o->cgroup);
	add(values, "closed", 999);
	add(values, "-1", UINT32_MAX);
	add(values, "int min", 0x80000000);
}

static void names(struct values *values)
{
	static const struct {
		const char *name, bytes[17];
	} rows[] = {
		{ "empty", "" }, { "usual", "a_name.1" }, { "dash", "a-name" }, { "space", "a name" },
		{ "15 bytes", "fifteen_bytes_x" }, { "16 bytes", "sixteen_bytes_xx" },
		{ "behind the end", "a\0b" }, { "empty, then more", "\0b" }, { "high", "\xc3\xa4" },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		add(values, rows[i].name, 0);
		memcpy(values->list[values->cnt - 1].bytes, rows[i].bytes, 16);
	}
}

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(name, *list))
			return true;
	return false;
}

static void values_of(const struct field *field, const struct objects *o, struct values *values)
{
	static const char *const few[] = { "max_entries", "key_size", "value_size", "repeat",
					   "batch_size", NULL };
	static const char *const types[] = { "attach_type", "expected_attach_type", "prog_type",
					     "map_type", NULL };
	static const char *const ids[] = { "pid", "start_id", "next_id", "duration",
					 "prog_ifindex", "map_ifindex", NULL };
	static const char *const wide_numbers[] = {
		"flags", "elem_flags", "map_extra", "cookie", "bpf_cookie", "expected_revision",
		"revision", "probe_offset", "probe_addr", NULL
	};
	const char *name = base_name(field);
	size_t length = strlen(name);

	values->cnt = 0;
	if (field->size == 16)
		names(values);
	else if (!strcmp(name + length - 2, "fd"))
		fds(values, o);
	else if (field->size == 8 && !is_one_of(name, wide_numbers))
		pointers(values);
	else if (is_one_of(name, few))
		few_numbers(values);
	else if (is_one_of(name, types))
		type_numbers(values, name);
	else if (is_one_of(name, ids))
		id_numbers(values, name);
	else
		numbers(values, field->size);
}

/* ---- one call ---- */

struct call {
	const struct scene *scene;
	const struct backend *b;
	struct objects *objects;
	unsigned char attr[sizeof(union bpf_attr) + 64];
	uint32_t size;
};

static void begin(struct call *call)
{
	places_clear();
	memset(call->attr, 0, sizeof(call->attr));
	call->scene->build(call->objects, (union bpf_attr *)call->attr);
	call->size = sizeof(union bpf_attr);
}

/* What the kernel wrote; ids and times only as such. */
static void add_written(const struct call *call, const unsigned char *before, char *answer)
{
	static const char *const varying[] = { "next_id", "prog_id", "start_id", "duration",
					     "revision", NULL };
	/* With statistics the log tells how long it took. */
	const bool timed = !strcmp(call->scene->part, "PROG_LOAD") &&
			   ((const union bpf_attr *)before)->log_level & 4;

	for (size_t i = 0; i < field_cnt; i++) {
		const struct field *field = &fields[i];
		uint64_t number = 0;
		size_t length = strlen(answer);

		if (strcmp(field->part, call->scene->part) || field->size > 8 ||
		    !memcmp(before + field->offset, call->attr + field->offset, field->size))
			continue;
		memcpy(&number, call->attr + field->offset, field->size);
		if (is_one_of(base_name(field), varying) ||
		    (timed && !strcmp(field->name, "log_true_size")))
			snprintf(answer + length, ANSWER_SIZE - length, ",%s", base_name(field));
		else
			snprintf(answer + length, ANSWER_SIZE - length, ",%s=%" PRIu64,
				 base_name(field), number);
	}
}

/* A call succeeded: whatever it did is undone. */
static void renew(const struct call *call)
{
	static const char *const attaching[] = { "PROG_ATTACH", "link_create", "link_update",
						 "link_detach", NULL };

	if (is_one_of(call->scene->part, attaching)) {
		objects_drop(call->b, call->objects);
		objects_make(call->b, call->objects);
	} else {
		maps_drop(call->b, call->objects);
		maps_make(call->b, call->objects);
	}
}

static void ask(struct call *call, char *answer)
{
	unsigned char before[sizeof(call->attr)];
	int ret;

	memcpy(before, call->attr, sizeof(before));
	ret = call->b->bpf(call->scene->cmd, call->attr, call->size);
	snprintf(answer, ANSWER_SIZE, "%s", ret > 0 ? "fd" : result_name(ret));
	add_written(call, before, answer);
	if (ret < 0)
		return;
	if (ret > 0)
		call->b->close(ret);
	renew(call);
}

/* ---- all calls of a scene ---- */

/* Machines have interfaces of their own: their numbers are not asked for. */
static bool names_an_interface(const struct field *field, const struct value *value)
{
	char name[IF_NAMESIZE];
	uint32_t number;

	memcpy(&number, value->bytes, sizeof(number));
	return !strcmp(base_name(field), "target_fd") && number > 1 && if_indextoname(number, name);
}

static void spoil_field(struct call *call, const struct field *field, struct line *line)
{
	struct values values;

	values_of(field, call->objects, &values);
	for (size_t i = 0, cnt = values.cnt; i < cnt; i++) {
		char answer[ANSWER_SIZE];

		begin(call);
		/* Objects may be new: fds too. */
		values_of(field, call->objects, &values);
		if (names_an_interface(field, &values.list[i]))
			continue;
		memcpy(call->attr + field->offset, values.list[i].bytes, field->size);
		ask(call, answer);
		line_say(line, values.list[i].name, answer);
	}
}

static void spoil_size(struct call *call, struct line *line)
{
	for (uint32_t size = 0; size <= sizeof(union bpf_attr) + 16; size += 4) {
		char answer[ANSWER_SIZE], name[16];

		begin(call);
		call->size = size;
		snprintf(name, sizeof(name), "%u", size);
		ask(call, answer);
		line_say(line, name, answer);
	}
}

/* Bytes that are zero in the call, one by one: what the command does not know must stay so. */
static void spoil_bytes(struct call *call, struct line *line)
{
	for (uint32_t at = 0; at < sizeof(union bpf_attr) + 16; at += 4) {
		char answer[ANSWER_SIZE], name[16];
		bool known = false;

		for (size_t i = 0; i < field_cnt; i++)
			known = known || (!strcmp(fields[i].part, call->scene->part) &&
					  at >= fields[i].offset &&
					  at < fields[i].offset + fields[i].size);
		if (known)
			continue;
		begin(call);
		call->attr[at + 3] = 1;
		call->size = sizeof(union bpf_attr) + 16;
		snprintf(name, sizeof(name), "%u", at);
		ask(call, answer);
		line_say(line, name, answer);
	}
}

static void run_scene(struct call *call)
{
	struct line line = { .length = 0 };

	spoil_size(call, &line);
	answers_judge(call->scene->name, "size", &line);
	line = (struct line){ .length = 0 };
	spoil_bytes(call, &line);
	answers_judge(call->scene->name, "other bytes", &line);
	for (size_t i = 0; i < field_cnt; i++) {
		if (strcmp(fields[i].part, call->scene->part))
			continue;
		line = (struct line){ .length = 0 };
		spoil_field(call, &fields[i], &line);
		answers_judge(call->scene->name, fields[i].name, &line);
	}
}

static void every_command_answers_as_linux(void **state)
{
	const struct backend *b = backend_of(state);
	const char *only = getenv("BPF_SHIM_TEST_SCENE");
	struct objects objects;

	if (!answers_begin("command-answers.tsv", b))
		skip();
	read_fields();
	objects_make(b, &objects);
	for (size_t i = 0; i < scene_cnt; i++) {
		struct call call = { .scene = &scenes[i], .b = b, .objects = &objects };

		if (!only || !strcmp(only, scenes[i].name))
			run_scene(&call);
	}
	objects_drop(b, &objects);
	assert_int_equal(answers_end(), 0);
}

/* Types that are not asked for: the list names none that is here. */
static void what_is_left_out_is_absent(void **state)
{
	static const struct { uint32_t key, value, entries; } shapes[] = {
		{ 4, 4, 4 }, { 4, 8, 4 }, { 0, 8, 4 }, { 0, 0, 4096 },
	};
	const struct backend *b = backend_of(state);
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT },
	};

	for (uint32_t type = 0; type < 64 && b->emulated; type++) {
		for (size_t i = 0; i < ARRAY_CNT(shapes) && surface_map_type_is_absent(type); i++)
			if (map_create_simple(b, type, shapes[i].key, shapes[i].value,
					      shapes[i].entries, 0) != -EINVAL)
				fail_msg("map type %u is here", type);
		if (surface_prog_type_is_absent(type) &&
		    load_prog(b, type, insns, ARRAY_CNT(insns)) != -EINVAL)
			fail_msg("program type %u is here", type);
	}
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(what_is_left_out_is_absent),
		BOTH(every_command_answers_as_linux),
	};

	return run_on_both("surface", tests, ARRAY_CNT(tests));
}
