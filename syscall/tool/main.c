/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpf-shim: runs programs on the emulated kernel, shows what is there, makes events happen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kern.h"
#include "tool.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage, *help;
} commands[] = {
	{ "run", run_command, "run [--private | --store DIR] [--] COMMAND [ARGUMENT...]",
	  "start COMMAND, and what it starts, on the emulated BPF kernel\n"
	  "  --private      a store of its own, gone when the last process of it ends\n"
	  "  --store DIR    the store in DIR (absolute path; created if missing)\n" },
	{ "hooks", hooks_command, "hooks [--json] [--attached] [HOOK...]",
	  "hooks of all extensions, and which programs are attached, loaded by whom\n"
	  "  --attached     only those with programs\n"
	  "  HOOK           one or some of them, with the context's fields\n" },
	{ "fire", fire_command, "fire [--json] [--target N | --dev IFACE | --cgroup DIR] [--event JSON]\n"
	  "                     [--hex BYTES | --pcap FILE] [--repeat N] HOOK",
	  "make an event happen: the programs attached to HOOK run, the result is printed\n"
	  "  --target N     what the event is of: number of an interface, 0 by default\n"
	  "  --dev IFACE    an interface by its name\n"
	  "  --cgroup DIR   a cgroup by its directory\n"
	  "  --event JSON   the event's members as an object; @FILE: from a file, -: from stdin\n"
	  "  --hex BYTES    packet, as hexadecimal digits\n"
	  "  --pcap FILE    one event per packet of the file\n"
	  "  --repeat N     so many times\n" },
	{ "doctor", doctor_command, "doctor [--json]",
	  "what works here, and why something was refused\n" },
	{ "gc", gc_command, "gc",
	  "remove objects nobody refers to and private stores of processes that are gone\n" },
	{ "store", store_command, "store", "print the directory of the store that programs use here\n" },
};

#define COMMAND_CNT (sizeof(commands) / sizeof(commands[0]))

static const struct command *chosen;

static void print_usage(FILE *to, const struct command *only)
{
	const char *lead = "usage:";

	for (size_t i = 0; i < COMMAND_CNT; i++)
		if (!only || only == &commands[i]) {
			fprintf(to, "%s bpf-shim %s\n", lead, commands[i].usage);
			lead = "      ";
		}
	if (!only)
		fprintf(to, "%s bpf-shim --help | --version\n", lead);
}

static void print_help(const struct command *only)
{
	print_usage(stdout, only);
	for (size_t i = 0; i < COMMAND_CNT; i++)
		if (!only || only == &commands[i])
			printf("\n%s: %s", commands[i].name, commands[i].help);
	fputs("\nEnvironment: BPF_SHIM_STORE, BPF_SHIM_EXTENSIONS, BPF_SHIM_KERNEL_BTF, "
	      "BPF_SHIM_CGROUPS,\nBPF_SHIM_LOG; see bpf-shim(1). Exit status: 0; 1: refused, or doctor "
	      "found something; 125:\nbpf-shim failed or was called wrongly. run: that of COMMAND; 126, "
	      "127: COMMAND could not be\nrun, was not found.\n", stdout);
}

int usage_error(void)
{
	print_usage(stderr, chosen);
	return FAILED;
}

int complain(const char *what, const char *on, int err)
{
	fprintf(stderr, "bpf-shim: %s '%s': %s\n", what, on, strerror(err));
	return FAILED;
}

static const char *store_name(void)
{
	const char *name = getenv("BPF_SHIM_STORE");

	return name ? name : "default";
}

int gc_command(int argc, char **argv)
{
	int removed = argc > 1 ? usage_error() : kern_collect_stores();

	(void)argv;
	if (argc > 1)
		return removed;
	if (removed < 0)
		return complain("cannot use the store", store_name(), -removed);
	printf("%d private store%s removed\n", removed, removed == 1 ? "" : "s");
	return 0;
}

int store_command(int argc, char **argv)
{
	const char *dir;
	int err;

	(void)argv;
	if (argc > 1)
		return usage_error();
	dir = kern_store_dir(&err);
	if (!dir)
		return complain("cannot use the store", store_name(), -err);
	puts(dir);
	return 0;
}

static bool wants_help(int argc, char **argv)
{
	return argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (wants_help(argc, argv) || !strcmp(name, "help")) {
		print_help(NULL);
		return 0;
	}
	if (!strcmp(name, "--version")) {
		puts("bpf-shim " BPF_SHIM_VERSION);
		return 0;
	}
	for (size_t i = 0; i < COMMAND_CNT && !chosen; i++)
		if (!strcmp(commands[i].name, name))
			chosen = &commands[i];
	if (!chosen)
		return usage_error();
	if (wants_help(argc - 1, argv + 1)) {
		print_help(chosen);
		return 0;
	}
	return chosen->run(argc - 1, argv + 1);
}
