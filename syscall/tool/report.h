/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the commands print is made once, as JSON values, and shown as they are or as text. */
#ifndef SYSCALL_TOOL_REPORT_H
#define SYSCALL_TOOL_REPORT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

static inline void put_text(struct json_object *to, const char *name, const char *value)
{
	json_object_object_add(to, name, json_object_new_string(value));
}

static inline void put_number(struct json_object *to, const char *name, int64_t value)
{
	json_object_object_add(to, name, json_object_new_int64(value));
}

static inline void put_flag(struct json_object *to, const char *name, bool value)
{
	json_object_object_add(to, name, json_object_new_boolean(value));
}

static inline const char *text_of(struct json_object *from, const char *name)
{
	struct json_object *value = json_object_object_get(from, name);

	return value ? json_object_get_string(value) : "";
}

static inline int64_t number_of(struct json_object *from, const char *name)
{
	return json_object_get_int64(json_object_object_get(from, name));
}

/* The whole report on stdout, and it is given back. */
static inline void print_json(struct json_object *report)
{
	puts(json_object_to_json_string_ext(report, JSON_C_TO_STRING_PRETTY |
						    JSON_C_TO_STRING_NOSLASHESCAPE));
}

#endif
