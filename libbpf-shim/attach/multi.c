/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* One link for many functions: kprobe.multi and uprobe.multi, by pattern, names or addresses. */
#include "link.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "elf_symbols.h"
#include "sys.h"

/* ---- kernel functions ---- */

struct matches {
	unsigned long *addrs;
	size_t count, capacity;
};

/* Functions that can be traced, by name; read from tracefs because not every symbol can. */
static FILE *open_functions(void)
{
	static const char *const files[] = {
		"/sys/kernel/tracing/available_filter_functions",
		"/sys/kernel/debug/tracing/available_filter_functions",
	};
	char path[4096];
	FILE *file = NULL;
	size_t i;

	for (i = 0; !file && i < ARRAY_SIZE(files); i++)
		file = fopen(sys_path(files[i], path, sizeof(path)), "re");
	return file;
}

struct names {
	char **items;
	size_t count, capacity;
};

static void names_free(struct names *names)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
}

static int names_add(struct names *names, const char *name)
{
	char **slot = array_grow((void **)&names->items, &names->count, &names->capacity,
				 sizeof(*slot));

	if (!slot)
		return -ENOMEM;
	*slot = strdup(name);
	return *slot ? 0 : -ENOMEM;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int find_traceable(const char *pattern, struct names *names)
{
	char line[1024], name[512];
	FILE *file = open_functions();
	int err = 0;

	if (!file) {
		err = -errno;
		pr_warn("failed to open available_filter_functions: %s\n", errstr(err));
		return err;
	}
	while (!err && fgets(line, sizeof(line), file))
		if (sscanf(line, "%511s", name) == 1 && glob_match(name, pattern))
			err = names_add(names, name);
	fclose(file);
	if (!err && names->count)
		qsort(names->items, names->count, sizeof(*names->items), compare_names);
	return err;
}

/* Names may stand for several functions: it is addresses that the kernel is given. */
static int find_addresses(const struct names *names, struct matches *matches)
{
	char path[4096], line[1024], name[512], *key = name;
	unsigned long *slot, addr;
	int err = 0;
	FILE *file;

	file = fopen(sys_path("/proc/kallsyms", path, sizeof(path)), "re");
	if (!file)
		return -errno;
	while (!err && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx %*c %511s", &addr, name) != 2)
			continue;
		if (!names->count || !bsearch(&key, names->items, names->count,
					      sizeof(*names->items), compare_names))
			continue;
		slot = array_grow((void **)&matches->addrs, &matches->count, &matches->capacity,
				  sizeof(*slot));
		if (!slot)
			err = -ENOMEM;
		else
			*slot = addr;
	}
	fclose(file);
	return err;
}

static int match_kernel(const char *pattern, struct matches *matches)
{
	struct names names = { 0 };
	int err;

	err = find_traceable(pattern, &names);
	if (!err)
		err = names.count ? find_addresses(&names, matches) : -ENOENT;
	names_free(&names);
	if (!err && !matches->count)
		err = -ENOENT;
	return err;
}

static bool kprobe_opts_are_bad(const char *pattern, const char **syms,
				const unsigned long *addrs, size_t cnt, const __u64 *cookies)
{
	if (!pattern && !addrs && !syms)
		return true;
	if (pattern && (addrs || syms || cookies || cnt))
		return true;
	if (!pattern && !cnt)
		return true;
	return addrs && syms;
}

struct bpf_link *bpf_program__attach_kprobe_multi_opts(const struct bpf_program *prog,
						       const char *pattern,
						       const struct bpf_kprobe_multi_opts *opts)
{
	LIBBPF_OPTS(bpf_link_create_opts, link_opts);
	bool session, retprobe, unique;
	struct matches matches = { 0 };
	int prog_fd, fd, err;

	if (!OPTS_VALID(opts, bpf_kprobe_multi_opts))
		return libbpf_err_ptr(-EINVAL);
	prog_fd = link_program_fd(prog);
	if (prog_fd < 0)
		return libbpf_err_ptr(prog_fd);
	link_opts.kprobe_multi.syms = OPTS_GET(opts, syms, NULL);
	link_opts.kprobe_multi.addrs = OPTS_GET(opts, addrs, NULL);
	link_opts.kprobe_multi.cnt = OPTS_GET(opts, cnt, 0);
	link_opts.kprobe_multi.cookies = OPTS_GET(opts, cookies, NULL);
	retprobe = OPTS_GET(opts, retprobe, false);
	session = OPTS_GET(opts, session, false);
	unique = OPTS_GET(opts, unique_match, false);
	if (kprobe_opts_are_bad(pattern, link_opts.kprobe_multi.syms,
				link_opts.kprobe_multi.addrs, link_opts.kprobe_multi.cnt,
				link_opts.kprobe_multi.cookies) || (retprobe && session))
		return libbpf_err_ptr(-EINVAL);
	link_opts.kprobe_multi.flags = retprobe ? BPF_F_KPROBE_MULTI_RETURN : 0;
	if (pattern) {
		err = match_kernel(pattern, &matches);
		if (!err && unique && matches.count != 1)
			err = -EINVAL;
		if (err) {
			free(matches.addrs);
			pr_warn("prog '%s': no (unique) match of '%s': %s\n", prog->name, pattern,
				errstr(err));
			return libbpf_err_ptr(err);
		}
		link_opts.kprobe_multi.addrs = matches.addrs;
		link_opts.kprobe_multi.cnt = matches.count;
	}
	fd = bpf_link_create(prog_fd, 0, session ? BPF_TRACE_KPROBE_SESSION :
						   BPF_TRACE_KPROBE_MULTI, &link_opts);
	free(matches.addrs);
	return fd < 0 ? link_failed(prog, "kprobe_multi", fd) : link_from_fd(fd);
}

static int attach_kernel_pattern(const struct bpf_program *prog, bool session,
				 struct bpf_link **link)
{
	const char *suffix = sec_def_suffix(prog->sec_def, prog->sec_name);
	LIBBPF_OPTS(bpf_kprobe_multi_opts, opts, .session = session);
	char *pattern = NULL;

	*link = NULL;
	if (!suffix)
		return 0;
	opts.retprobe = str_has_prefix(prog->sec_name, "kretprobe.multi/");
	if (sscanf(suffix, "%m[a-zA-Z0-9_.*?]", &pattern) < 1) {
		pr_warn("kprobe multi pattern is invalid: %s\n", suffix);
		return -EINVAL;
	}
	*link = bpf_program__attach_kprobe_multi_opts(prog, pattern, &opts);
	free(pattern);
	return *link ? 0 : -errno;
}

int attach_kprobe_multi_section(const struct bpf_program *prog, struct bpf_link **link)
{
	return attach_kernel_pattern(prog, false, link);
}

int attach_kprobe_session_section(const struct bpf_program *prog, struct bpf_link **link)
{
	return attach_kernel_pattern(prog, true, link);
}

/* ---- functions of a binary ---- */

static bool uprobe_opts_are_bad(const char *path, const char *pattern,
				const struct bpf_uprobe_multi_opts *opts)
{
	const char **syms = OPTS_GET(opts, syms, NULL);
	const unsigned long *offsets = OPTS_GET(opts, offsets, NULL);
	size_t cnt = OPTS_GET(opts, cnt, 0);

	if (!path || (!pattern && !cnt))
		return true;
	if (pattern)
		return syms || offsets || OPTS_GET(opts, ref_ctr_offsets, NULL) ||
		       OPTS_GET(opts, cookies, NULL) || cnt;
	return !syms == !offsets;
}

struct bpf_link *
bpf_program__attach_uprobe_multi(const struct bpf_program *prog, pid_t pid,
				 const char *binary_path, const char *func_pattern,
				 const struct bpf_uprobe_multi_opts *opts)
{
	LIBBPF_OPTS(bpf_link_create_opts, link_opts);
	unsigned long *found = NULL;
	char path[PATH_MAX];
	bool retprobe, session;
	int prog_fd, fd, err = 0;
	size_t cnt;

	if (!OPTS_VALID(opts, bpf_uprobe_multi_opts))
		return libbpf_err_ptr(-EINVAL);
	prog_fd = link_program_fd(prog);
	if (prog_fd < 0)
		return libbpf_err_ptr(prog_fd);
	retprobe = OPTS_GET(opts, retprobe, false);
	session = OPTS_GET(opts, session, false);
	if (uprobe_opts_are_bad(binary_path, func_pattern, opts) || (retprobe && session))
		return libbpf_err_ptr(-EINVAL);
	if (!strchr(binary_path, '/')) {
		err = resolve_binary(binary_path, path, sizeof(path));
		if (err) {
			pr_warn("prog '%s': failed to resolve full path for '%s': %s\n",
				prog->name, binary_path, errstr(err));
			return libbpf_err_ptr(err);
		}
		binary_path = path;
	}
	cnt = OPTS_GET(opts, cnt, 0);
	if (func_pattern)
		err = elf_match_functions(binary_path, func_pattern, &found, &cnt);
	else if (OPTS_GET(opts, syms, NULL))
		err = elf_find_functions(binary_path, opts->syms, cnt, &found);
	if (err < 0)
		return libbpf_err_ptr(err);
	link_opts.uprobe_multi.path = binary_path;
	link_opts.uprobe_multi.offsets = found ? found : OPTS_GET(opts, offsets, NULL);
	link_opts.uprobe_multi.ref_ctr_offsets = OPTS_GET(opts, ref_ctr_offsets, NULL);
	link_opts.uprobe_multi.cookies = OPTS_GET(opts, cookies, NULL);
	link_opts.uprobe_multi.cnt = cnt;
	link_opts.uprobe_multi.flags = retprobe ? BPF_F_UPROBE_MULTI_RETURN : 0;
	/* zero means this process to us and every process to the kernel */
	link_opts.uprobe_multi.pid = pid == 0 ? getpid() : pid < 0 ? 0 : pid;
	fd = bpf_link_create(prog_fd, 0, session ? BPF_TRACE_UPROBE_SESSION :
						   BPF_TRACE_UPROBE_MULTI, &link_opts);
	free(found);
	return fd < 0 ? link_failed(prog, "multi-uprobe", fd) : link_from_fd(fd);
}

int attach_uprobe_multi_section(const struct bpf_program *prog, struct bpf_link **link)
{
	const char *suffix = sec_def_suffix(prog->sec_def, prog->sec_name);
	LIBBPF_OPTS(bpf_uprobe_multi_opts, opts);
	char *binary, *func;
	int err;

	*link = NULL;
	if (!suffix)
		return 0;
	binary = strdup(suffix);
	if (!binary)
		return -ENOMEM;
	func = strchr(binary, ':');
	if (!func || !func[1]) {
		pr_warn("prog '%s': invalid format of section definition '%s'\n", prog->name,
			prog->sec_name);
		free(binary);
		return -EINVAL;
	}
	*func++ = '\0';
	opts.session = str_has_prefix(prog->sec_name, "uprobe.session");
	opts.retprobe = str_has_prefix(prog->sec_name, "uretprobe.multi");
	*link = bpf_program__attach_uprobe_multi(prog, -1, binary, func, &opts);
	err = *link ? 0 : -errno;
	free(binary);
	return err;
}
