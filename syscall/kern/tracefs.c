/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The tracing file system: real files below root/tracing/ of the store. Tracepoints with a record have
 * their folder, whose files say what their hooks do; they are looked after whenever somebody asks.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bits.h"
#include "err.h"
#include "kern_private.h"
#include "links.h"
#include "registry.h"
#include "store.h"

static const char *const places[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

/* ---- text of a format file ---- */

static const char common_fields[] =
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n";

#define FORMAT_MAX 8192

static int format_text(const struct bpfx_hook *hook, const char *event, int id, char *text)
{
	const struct bpfx_tracepoint *tp = hook->tracepoint;
	int len = snprintf(text, FORMAT_MAX, "name: %s\nID: %d\nformat:\n%s", event, id,
			   common_fields);

	for (uint32_t i = 0; i < tp->field_cnt && len < FORMAT_MAX; i++) {
		const struct bpfx_record_field *field = &tp->fields[i];

		len += snprintf(text + len, FORMAT_MAX - len,
				"\tfield:%s;\toffset:%u;\tsize:%u;\tsigned:%u;\n",
				field->declaration, field->offset, field->size,
				field->is_signed != 0);
	}
	if (len < FORMAT_MAX)
		len += snprintf(text + len, FORMAT_MAX - len, "\nprint fmt: %s\n", tp->print_format);
	return len < FORMAT_MAX ? len : -E2BIG;
}

/* ---- the tree ---- */

static void make_file(const char *folder, const char *name, const char *text, int len)
{
	char path[PATH_MAX + 16];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	/* Another one where the extension came back with another record. */
	if (len >= 0 && (stat(path, &st) || st.st_size != len))
		kern_write_file(path, text, len);
}

static void make_event(const struct bpfx_hook *hook)
{
	const char *event = hook->name + strlen("tp.");
	char folder[PATH_MAX], number[16], text[FORMAT_MAX];
	int id = perf_tracepoint_id(hook);

	if (id < 0)
		return;
	snprintf(folder, sizeof(folder), "%s/root/tracing/events/%s", store_dir(),
		 hook->tracepoint->system);
	mkdir(folder, 0700);
	snprintf(folder, sizeof(folder), "%s/root/tracing/events/%s/%s", store_dir(),
		 hook->tracepoint->system, event);
	mkdir(folder, 0700);
	make_file(folder, "id", number, snprintf(number, sizeof(number), "%d\n", id));
	make_file(folder, "format", text, format_text(hook, event, id, text));
}

static void make_events(const struct bpfx_extension *ext)
{
	for (uint32_t i = 0; i < ext->hook_cnt; i++)
		if (ext->hooks[i].flags & BPFX_HOOK_RECORD)
			make_event(&ext->hooks[i]);
}

static void make_tree(void)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s/root/tracing", store_dir());
	mkdir(folder, 0700);
	snprintf(folder, sizeof(folder), "%s/root/tracing/events", store_dir());
	mkdir(folder, 0700);
	snprintf(folder, sizeof(folder), "%s/root/tracing/trace_pipe", store_dir());
	mkfifo(folder, 0600);
	registry_each(make_events);
}

int kern_tracefs_path(const char *path, char *out, size_t size)
{
	const char *rest = NULL;
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(places) && !rest; i++)
		if (kern_is_below(path, places[i]))
			rest = path + strlen(places[i]);
	if (!rest)
		return KERN_NOT_OURS;
	err = kern_start();
	if (err)
		return err;
	make_tree();
	if (snprintf(out, size, "%s/root/tracing%s", store_dir(), rest) >= (int)size)
		return -ENAMETOOLONG;
	return strcmp(rest, "/trace_pipe") ? KERN_PATH_TRACEFS : KERN_PATH_TRACE_PIPE;
}
