/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Loads the programs of BPF objects one at a time on the kernel that the environment chooses
 * (BPF_SHIM_BACKEND) and prints a line for each: what became of it, in columns that compare.awk
 * reads. Each program has a process of its own, so that nothing of one reaches the next.
 *
 *	load_progs [-p PROGRAM] [-l DIR] [-v] OBJECT...
 *	-p	only programs of that name
 *	-l	writes each log to DIR/OBJECT.PROGRAM
 *	-v	at log level 2
 */
#include <errno.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#define LOG_SIZE	(16u << 20)
#define TIMEOUT_S	20
#define HASH_CHARS	16
#define MAPS_LEFT_OUT	16

static const char *only_prog, *log_dir;
static int verbose;

/* ---- what libbpf says, for the map it could not create ---- */

static char failed_map[64];
static char last_warning[512];

static int note_warning(enum libbpf_print_level level, const char *format, va_list args)
{
	char line[512], *name;

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(line, sizeof(line), format, args);
	name = strstr(line, "map '");
	if (name && strstr(line, "failed to create"))
		sscanf(name, "map '%63[^']", failed_map);
	line[strcspn(line, "\n\t")] = '\0';
	if (!strstr(line, "failed to load object"))
		snprintf(last_warning, sizeof(last_warning), "%s", line);
	return 0;
}

/* ---- annotations of the selftests: declaration tags on the function ---- */

static const struct {
	const char *name;
	__u32 flag;
} flag_names[] = {
	{ "BPF_F_STRICT_ALIGNMENT", BPF_F_STRICT_ALIGNMENT },
	{ "BPF_F_ANY_ALIGNMENT", BPF_F_ANY_ALIGNMENT },
	{ "BPF_F_TEST_RND_HI32", BPF_F_TEST_RND_HI32 },
	{ "BPF_F_TEST_STATE_FREQ", BPF_F_TEST_STATE_FREQ },
	{ "BPF_F_SLEEPABLE", BPF_F_SLEEPABLE },
	{ "BPF_F_XDP_HAS_FRAGS", BPF_F_XDP_HAS_FRAGS },
	{ "BPF_F_TEST_REG_INVARIANTS", BPF_F_TEST_REG_INVARIANTS },
};

static __u32 flag_of(const char *text)
{
	for (size_t i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++)
		if (!strcmp(flag_names[i].name, text))
			return flag_names[i].flag;
	return strtoul(text, NULL, 0);
}

static void apply_tags(struct bpf_object *obj, struct bpf_program *prog)
{
	static const char prefix[] = "comment:test_prog_flags=";
	const struct btf *btf = bpf_object__btf(obj);
	int func = btf ? btf__find_by_name_kind(btf, bpf_program__name(prog), BTF_KIND_FUNC) : -1;

	for (__u32 id = 1; func > 0 && id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *text = btf__name_by_offset(btf, t->name_off);

		if (btf_is_decl_tag(t) && t->type == (__u32)func &&
		    !strncmp(text, prefix, strlen(prefix)))
			bpf_program__set_flags(prog, bpf_program__flags(prog) |
					       flag_of(text + strlen(prefix)));
	}
}

/* ---- one program ---- */

struct outcome {
	const char *what;	/* loaded, refused, unmapped, unjudged */
	int err;
	int type;
	char *log;
};

/* The last line before the statistics; tabs would break the columns. */
static char *last_line(char *log)
{
	char *stats = strstr(log, "processed "), *next, *line;

	while (stats && (next = strstr(stats + 1, "\nprocessed ")))
		stats = next + 1;
	if (stats)
		*stats = '\0';
	for (size_t len = strlen(log); len && (log[len - 1] == '\n' || log[len - 1] == ' '); )
		log[--len] = '\0';
	line = strrchr(log, '\n');
	line = line ? line + 1 : log;
	for (char *c = line; *c; c++)
		if (*c == '\t')
			*c = ' ';
	return line;
}

static long processed(const char *log)
{
	const char *at = log, *found = NULL;

	while ((at = strstr(at, "processed ")))
		found = at++;
	return found ? strtol(found + strlen("processed "), NULL, 10) : -1;
}

static void write_log(const char *object, const char *prog, const char *log)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.%s", log_dir, object, prog);
	file = fopen(path, "we");
	if (!file)
		return;
	fputs(log, file);
	fclose(file);
}

static void report(const char *object, const char *hash, const char *prog, struct outcome *o)
{
	const char *type = libbpf_bpf_prog_type_str(o->type);
	long insns = o->log ? processed(o->log) : -1;

	if (log_dir && o->log)
		write_log(object, prog, o->log);
	printf("%s\t%s\t%s\t%s\t%d\t%ld\t%s\t%s\n", object, prog, hash, o->what, o->err, insns,
	       o->log && o->log[0] ? last_line(o->log) : last_warning, type ? type : "?");
	fflush(stdout);
}

static struct bpf_object *open_for(const char *path, const char *prog_name, struct outcome *o,
				   char left_out[][64], int left_out_cnt)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct bpf_program *prog;

	if (!obj)
		return NULL;
	bpf_object__for_each_program(prog, obj) {
		bool wanted = !strcmp(bpf_program__name(prog), prog_name);

		bpf_program__set_autoload(prog, wanted);
		if (!wanted)
			continue;
		apply_tags(obj, prog);
		bpf_program__set_log_level(prog, verbose ? 2 : 1);
		bpf_program__set_log_buf(prog, o->log, LOG_SIZE);
		o->type = bpf_program__type(prog);
	}
	for (int i = 0; i < left_out_cnt; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(obj, left_out[i]);

		if (map)
			bpf_map__set_autocreate(map, false);
	}
	return obj;
}

/* Maps that this kernel does not have are left out: programs that use none of them are judged. */
static void load_one(const char *path, const char *object, const char *hash, const char *prog)
{
	char left_out[MAPS_LEFT_OUT][64];
	int cnt = 0;
	struct outcome o = { .log = malloc(LOG_SIZE) };

	for (;;) {
		struct bpf_object *obj;

		o.log[0] = failed_map[0] = last_warning[0] = '\0';
		obj = open_for(path, prog, &o, left_out, cnt);
		if (!obj) {
			o = (struct outcome){ .what = "unjudged", .err = errno };
			break;
		}
		o.err = -bpf_object__load(obj);
		if (o.err && failed_map[0] && cnt < MAPS_LEFT_OUT) {
			strcpy(left_out[cnt++], failed_map);
			bpf_object__close(obj);
			continue;
		}
		o.what = !o.err ? "loaded" : strstr(last_warning, "but wasn't created") ||
			 strstr(o.log, "wasn't created") ? "unmapped" :
			 o.log[0] && processed(o.log) >= 0 ? "refused" : "unjudged";
		bpf_object__close(obj);
		break;
	}
	report(object, hash, prog, &o);
	free(o.log);
}

static void in_own_process(const char *path, const char *object, const char *hash, const char *prog)
{
	struct outcome o = { "crashed" };
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		alarm(TIMEOUT_S);
		load_one(path, object, hash, prog);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		return;
	last_warning[0] = '\0';
	o.err = WTERMSIG(status);
	if (o.err == SIGALRM)
		o.what = "timeout";
	report(object, hash, prog, &o);
}

/* ---- one object ---- */

static int load_object(const char *path)
{
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
	char hash[SHA256_DIGEST_STRING_LENGTH] = "", object[128];
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct bpf_program *prog;

	snprintf(object, sizeof(object), "%.*s", (int)strcspn(file, "."), file);
	SHA256File(path, hash);
	hash[HASH_CHARS] = '\0';
	if (!obj) {
		struct outcome o = { .what = "unjudged", .err = errno };

		report(object, hash, "-", &o);
		return 0;
	}
	bpf_object__for_each_program(prog, obj)
		if (!only_prog || !strcmp(only_prog, bpf_program__name(prog)))
			in_own_process(path, object, hash, bpf_program__name(prog));
	bpf_object__close(obj);
	return 0;
}

int main(int argc, char **argv)
{
	struct rlimit no_core = { 0 };
	int option;

	while ((option = getopt(argc, argv, "p:l:v")) != -1) {
		if (option == 'p')
			only_prog = optarg;
		else if (option == 'l')
			log_dir = optarg;
		else if (option == 'v')
			verbose = 1;
		else
			return 2;
	}
	setrlimit(RLIMIT_CORE, &no_core);
	libbpf_set_print(note_warning);
	for (; optind < argc; optind++)
		load_object(argv[optind]);
	return 0;
}
