/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * bpf-shim doctor: what works here, and why something was refused. A finding is something that keeps
 * programs from working as they should; each says what to do.
 */
#include <getopt.h>
#include <limits.h>
#include <linux/membarrier.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <bpfx/query.h>

#include "kern.h"
#include "report.h"
#include "tool.h"

#define LITTLE_SPACE (16u << 20)

static struct json_object *report, *findings;

__attribute__((format(printf, 1, 2))) static void find(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_object_array_add(findings, json_object_new_string(text));
}

/* ---- the ground: store, libraries, system calls ---- */

static bool look_at_store(void)
{
	struct statvfs fs;
	const char *dir;
	int err;

	dir = kern_store_dir(&err);
	if (!dir) {
		find("the store cannot be used: %s; see BPF_SHIM_LOG=error for the directory, and set "
		     "BPF_SHIM_STORE to another one", strerror(-err));
		return false;
	}
	put_text(report, "store", dir);
	if (!statvfs(dir, &fs)) {
		uint64_t room = (uint64_t)fs.f_bavail * fs.f_frsize;

		put_number(report, "store_bytes_free", room);
		if (room < LITTLE_SPACE)
			find("the store has only %llu KiB left: maps cannot be made; set "
			     "BPF_SHIM_STORE to a directory with more", (unsigned long long)room >> 10);
	}
	put_number(report, "cpus", kern_possible_cpus());
	return true;
}

static void look_at_preload(void)
{
	char path[PATH_MAX];
	int err = find_preload(path, sizeof(path));

	if (err)
		find("the preload library is not where this program belongs to: bpf-shim run does not "
		     "work; install both together");
	else
		put_text(report, "preload", path);
}

static void look_at_system(void)
{
	bool fast = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0) > 0;

	put_flag(report, "membarrier", fast);
	if (!fast)
		find("membarrier(2) is forbidden here: each run of a program costs a fence more");
}

static void look_at_environment(void)
{
	static const char *const names[] = { "BPF_SHIM_STORE", "BPF_SHIM_BACKEND",
					     "BPF_SHIM_EXTENSIONS", "BPF_SHIM_KERNEL_BTF",
					     "BPF_SHIM_CGROUPS", "BPF_SHIM_LOG" };
	struct json_object *set = json_object_new_object();
	const char *btf = getenv("BPF_SHIM_KERNEL_BTF"), *backend = getenv("BPF_SHIM_BACKEND");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (getenv(names[i]))
			put_text(set, names[i], getenv(names[i]));
	json_object_object_add(report, "environment", set);
	if (btf && *btf && access(btf, R_OK))
		find("BPF_SHIM_KERNEL_BTF names '%s', which cannot be read", btf);
	if (backend && strcmp(backend, "emulated") && strcmp(backend, "kernel"))
		find("BPF_SHIM_BACKEND is '%s'; it knows emulated and kernel", backend);
}

/* ---- extensions ---- */

static void look_at_extensions(void)
{
	struct bpfx_extension_facts ext = { .sz = sizeof(ext) };
	struct json_object *list = json_object_new_array();

	for (uint32_t n = 0; !bpfx_query_extension(n, &ext); n++) {
		struct json_object *row = json_object_new_object();

		put_text(row, "name", ext.name);
		put_text(row, "version", ext.version);
		put_number(row, "prog_types", ext.prog_types);
		put_number(row, "hooks", ext.hooks);
		put_number(row, "helpers", ext.helpers);
		put_number(row, "map_types", ext.map_types);
		json_object_array_add(list, row);
	}
	json_object_object_add(report, "extensions", list);
}

static void look_at_types(void)
{
	struct bpfx_prog_type_facts type = { .sz = sizeof(type) };
	struct json_object *list = json_object_new_array();

	for (uint32_t n = 0; !bpfx_query_prog_type(n, &type); n++) {
		struct json_object *row = json_object_new_object();

		put_text(row, "name", type.name);
		put_number(row, "number", type.number);
		put_text(row, "extension", type.extension);
		put_text(row, "context", type.context);
		put_flag(row, "test_run", type.test_run);
		json_object_array_add(list, row);
	}
	json_object_object_add(report, "prog_types", list);
}

/* ---- what was refused ---- */

static void look_at_programs(void)
{
	struct bpfx_prog_facts prog = { .sz = sizeof(prog) };
	int64_t cnt = 0;

	while (!bpfx_query_prog(prog.id, &prog)) {
		cnt++;
		if (*prog.why_not)
			find("program %u '%s' (%s), loaded by %s[%u], cannot run here: %s; load its "
			     "extension (BPF_SHIM_EXTENSIONS) or the program again", prog.id, prog.name,
			     prog.prog_type, prog.who, prog.pid, prog.why_not);
	}
	put_number(report, "programs", cnt);
}

/* What this very process was told when it started are findings; the rest is history. */
static void look_at_refusals(void)
{
	struct bpfx_refusal_facts refusal = { .sz = sizeof(refusal) };
	struct json_object *list = json_object_new_array();

	for (uint32_t n = 0; !bpfx_query_refusal(n, &refusal); n++) {
		struct json_object *row = json_object_new_object();

		if (refusal.pid == (uint32_t)getpid())
			find("%s", refusal.text);
		put_number(row, "time", refusal.when);
		put_number(row, "pid", refusal.pid);
		put_text(row, "comm", refusal.who);
		put_text(row, "text", refusal.text);
		json_object_array_add(list, row);
	}
	json_object_object_add(report, "refusals", list);
}

/* ---- as text ---- */

static void print_names(const char *what, struct json_object *list)
{
	printf("%-12s", what);
	for (size_t i = 0; i < json_object_array_length(list); i++)
		printf(" %s", text_of(json_object_array_get_idx(list, i), "name"));
	putchar('\n');
}

static void print_refusals(struct json_object *list)
{
	char when[32];

	if (json_object_array_length(list))
		puts("\nlast refusals, the newest first:");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *row = json_object_array_get_idx(list, i);
		time_t time = number_of(row, "time");
		struct tm tm;

		strftime(when, sizeof(when), "%F %T", localtime_r(&time, &tm));
		printf("  %s %s[%lld]: %s\n", when, text_of(row, "comm"),
		       (long long)number_of(row, "pid"), text_of(row, "text"));
	}
}

static void print_text(bool usable)
{
	printf("version      %s\n", BPF_SHIM_VERSION);
	if (usable) {
		printf("store        %s (%lld MiB free)\n", text_of(report, "store"),
		       (long long)number_of(report, "store_bytes_free") >> 20);
		printf("programs     %lld\n", (long long)number_of(report, "programs"));
		printf("CPUs         %lld\n", (long long)number_of(report, "cpus"));
		print_names("extensions", json_object_object_get(report, "extensions"));
		print_names("types", json_object_object_get(report, "prog_types"));
		print_refusals(json_object_object_get(report, "refusals"));
	}
	if (json_object_array_length(findings))
		puts("\nfindings:");
	else
		puts("\nnothing is wrong here");
	for (size_t i = 0; i < json_object_array_length(findings); i++)
		printf("  - %s\n", json_object_get_string(json_object_array_get_idx(findings, i)));
}

int doctor_command(int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' }, { 0 } };
	bool json = false, usable;
	int option, ret;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'j')
			return usage_error();
		json = true;
	}
	if (optind != argc)
		return usage_error();
	report = json_object_new_object();
	findings = json_object_new_array();
	put_text(report, "version", BPF_SHIM_VERSION);
	look_at_environment();
	look_at_system();
	look_at_preload();
	usable = look_at_store();
	if (usable) {
		look_at_extensions();
		look_at_types();
		look_at_programs();
		look_at_refusals();
	}
	json_object_object_add(report, "findings", findings);
	if (json)
		print_json(report);
	else
		print_text(usable);
	ret = json_object_array_length(findings) ? REFUSED : 0;
	json_object_put(report);
	return ret;
}
