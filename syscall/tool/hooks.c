/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpf-shim hooks: what can be attached to, what is attached, by whom. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpfx/context.h>
#include <bpfx/extension.h>
#include <bpfx/query.h>

#include "report.h"
#include "tool.h"

struct choice {
	bool json, attached;
	char **names;
	bool *known;		/* for each name: there is such a hook */
	int name_cnt;
};

static void mark_known(const struct choice *choice, const char *hook)
{
	for (int i = 0; i < choice->name_cnt; i++)
		choice->known[i] |= !strcmp(choice->names[i], hook);
}

static bool is_wanted(const struct choice *choice, const struct bpfx_hook_facts *hook)
{
	if (choice->attached && !hook->attached)
		return false;
	for (int i = 0; i < choice->name_cnt; i++)
		if (!strcmp(choice->names[i], hook->name))
			return true;
	return !choice->name_cnt;
}

static struct json_object *programs_of(const char *hook)
{
	struct bpfx_attachment_facts at = { .sz = sizeof(at) };
	struct json_object *list = json_object_new_array();

	for (uint32_t n = 0; !bpfx_query_attachment(hook, n, &at); n++) {
		struct json_object *row = json_object_new_object();

		json_object_object_add(row, "target", json_object_new_uint64(at.target));
		put_number(row, "prog_id", at.prog_id);
		put_text(row, "prog_name", at.prog_name);
		if (at.link_id)
			put_number(row, "link_id", at.link_id);
		put_number(row, "pid", at.pid);
		put_text(row, "comm", at.who);
		json_object_array_add(list, row);
	}
	return list;
}

static struct json_object *fields_of(const char *prog_type)
{
	struct bpfx_field_facts field = { .sz = sizeof(field) };
	struct json_object *list = json_object_new_array();

	for (uint32_t n = 0; !bpfx_query_field(prog_type, n, &field); n++) {
		struct json_object *row = json_object_new_object();

		put_text(row, "name", field.name);
		put_number(row, "offset", field.offset);
		put_number(row, "size", field.size);
		put_flag(row, "number", field.kind == BPFX_FIELD_SCALAR);
		put_flag(row, "writable", field.flags & BPFX_FIELD_WRITE);
		json_object_array_add(list, row);
	}
	return list;
}

static struct json_object *hook_row(const struct bpfx_hook_facts *hook, bool details)
{
	struct json_object *row = json_object_new_object();

	put_text(row, "name", hook->name);
	put_text(row, "prog_type", hook->prog_type);
	put_text(row, "extension", hook->extension);
	put_number(row, "attach_type", hook->attach_type);
	put_number(row, "link_type", hook->link_type);
	put_flag(row, "fail_closed", hook->flags & BPFX_HOOK_FAIL_CLOSED);
	json_object_object_add(row, "programs", programs_of(hook->name));
	if (details)
		json_object_object_add(row, "context", fields_of(hook->prog_type));
	return row;
}

static void print_program(struct json_object *row)
{
	printf("    target %s: program %lld", text_of(row, "target"),
	       (long long)number_of(row, "prog_id"));
	if (*text_of(row, "prog_name"))
		printf(" '%s'", text_of(row, "prog_name"));
	if (json_object_object_get(row, "link_id"))
		printf(", link %lld", (long long)number_of(row, "link_id"));
	printf(", loaded by %s[%lld]\n", text_of(row, "comm"), (long long)number_of(row, "pid"));
}

static void print_hook(struct json_object *row)
{
	struct json_object *programs = json_object_object_get(row, "programs");
	struct json_object *fields = json_object_object_get(row, "context");

	printf("%-26s %-18s %-12s %zu\n", text_of(row, "name"), text_of(row, "prog_type"),
	       text_of(row, "extension"), json_object_array_length(programs));
	for (size_t i = 0; i < json_object_array_length(programs); i++)
		print_program(json_object_array_get_idx(programs, i));
	for (size_t i = 0; fields && i < json_object_array_length(fields); i++) {
		struct json_object *field = json_object_array_get_idx(fields, i);

		printf("    field %-20s offset %3lld size %2lld%s\n", text_of(field, "name"),
		       (long long)number_of(field, "offset"), (long long)number_of(field, "size"),
		       json_object_get_boolean(json_object_object_get(field, "writable")) ?
			       " writable" : "");
	}
}

static int show(const struct choice *choice)
{
	struct json_object *report = json_object_new_array();
	struct bpfx_hook_facts hook = { .sz = sizeof(hook) };
	int err;

	for (uint32_t n = 0; !(err = bpfx_query_hook(n, &hook)); n++) {
		mark_known(choice, hook.name);
		if (is_wanted(choice, &hook))
			json_object_array_add(report, hook_row(&hook, choice->name_cnt));
	}
	if (choice->json) {
		print_json(report);
	} else if (json_object_array_length(report)) {
		printf("%-26s %-18s %-12s %s\n", "HOOK", "PROGRAM TYPE", "EXTENSION", "PROGRAMS");
		for (size_t i = 0; i < json_object_array_length(report); i++)
			print_hook(json_object_array_get_idx(report, i));
	}
	err = err == -ENOENT ? 0 : err;
	for (int i = 0; err >= 0 && i < choice->name_cnt; i++)
		if (!choice->known[i]) {
			fprintf(stderr, "bpf-shim: no hook is named '%s'; bpf-shim hooks lists them\n",
				choice->names[i]);
			err = REFUSED;
		}
	json_object_put(report);
	return err < 0 ? complain("cannot use the store", "", -err) : err;
}

int hooks_command(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "attached", no_argument, NULL, 'a' },
		{ 0 },
	};
	struct choice choice = { 0 };
	int option, ret;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'j')
			choice.json = true;
		else if (option == 'a')
			choice.attached = true;
		else
			return usage_error();
	}
	choice.names = argv + optind;
	choice.name_cnt = argc - optind;
	choice.known = calloc(argc, sizeof(*choice.known));
	if (!choice.known)
		return complain("cannot list", "hooks", ENOMEM);
	ret = show(&choice);
	free(choice.known);
	return ret;
}
