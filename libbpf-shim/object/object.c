/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* An object's life: open, prepare, load, close; its lists; what is known of it as a whole. */
#include "object.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel_features.h"
#include "sys.h"

/* ---- open ---- */

/* The file's name up to its first dot. */
static void name_from_path(struct bpf_object *obj, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dot;

	str_copy(obj->name, slash ? slash + 1 : path, sizeof(obj->name));
	dot = strchr(obj->name, '.');
	if (dot)
		*dot = '\0';
}

/* Takes over @file, also on failure. */
static struct bpf_object *new_object(const char *path, void *file, const char *name)
{
	struct bpf_object *obj = calloc(1, sizeof(*obj));

	if (!obj || !(obj->path = strdup(path))) {
		free(obj);
		free(file);
		return NULL;
	}
	obj->file = file;
	obj->kconfig_map = -1;
	if (name)
		str_copy(obj->name, name, sizeof(obj->name));
	else
		name_from_path(obj, path);
	return obj;
}

static int copy_option(char **to, const char *from, size_t max_len)
{
	if (!from)
		return 0;
	if (strlen(from) >= max_len)
		return -ENAMETOOLONG;
	*to = strdup(from);
	return *to ? 0 : -ENOMEM;
}

static int apply_options(struct bpf_object *obj, const struct bpf_object_open_opts *opts)
{
	const char *token_path = OPTS_GET(opts, bpf_token_path, NULL);
	int err;

	obj->log_buf = OPTS_GET(opts, kernel_log_buf, NULL);
	obj->log_size = OPTS_GET(opts, kernel_log_size, 0);
	obj->log_level = OPTS_GET(opts, kernel_log_level, 0);
	if (obj->log_size > UINT32_MAX || (obj->log_size && !obj->log_buf))
		return -EINVAL;
	/* the environment turns tokens on; an empty option turns them off */
	if (!token_path)
		token_path = getenv("LIBBPF_BPF_TOKEN_PATH");
	err = copy_option(&obj->token_path, token_path, 4096);
	if (!err)
		err = copy_option(&obj->btf_custom_path, OPTS_GET(opts, btf_custom_path, NULL),
				  4096);
	if (!err)
		err = copy_option(&obj->kconfig, OPTS_GET(opts, kconfig, NULL), SIZE_MAX);
	return err;
}

static int check_elf(const struct bpf_object *obj)
{
	const struct elf_file *elf = &obj->elf;

	if (!elf_file_is_native_endian(elf)) {
		pr_warn("elf: endianness mismatch in %s.\n", obj->path);
		return -LIBBPF_ERRNO__ENDIAN;
	}
	/* old compilers left the machine at zero */
	if (elf->type != ET_REL || !elf->is_64bit ||
	    (elf->machine && elf->machine != EM_BPF)) {
		pr_warn("elf: %s is not a valid eBPF object file\n", obj->path);
		return -LIBBPF_ERRNO__FORMAT;
	}
	return 0;
}

/* Program types from section names. */
static int init_programs(struct bpf_object *obj)
{
	struct bpf_program *prog;
	int err;

	bpf_object__for_each_program(prog, obj) {
		prog->sec_def = sec_def_find(prog->sec_name);
		if (!prog->sec_def) {
			/* the user may set the type before load */
			pr_debug("prog '%s': unrecognized ELF section name '%s'\n", prog->name,
				 prog->sec_name);
			continue;
		}
		prog->type = prog->sec_def->prog_type;
		prog->expected_attach_type = prog->sec_def->attach_type;
		if (!prog->sec_def->setup)
			continue;
		err = prog->sec_def->setup(prog, prog->sec_def->cookie);
		if (err < 0) {
			pr_warn("prog '%s': failed to initialize: %s\n", prog->name, errstr(err));
			return err;
		}
	}
	return 0;
}

static int parse_object(struct bpf_object *obj, size_t size,
			const struct bpf_object_open_opts *opts)
{
	bool relaxed = OPTS_GET(opts, relaxed_maps, false);
	const char *pin_root = OPTS_GET(opts, pin_root_path, NULL);
	int err;

	err = apply_options(obj, opts);
	err = err ? err : elf_file_parse(&obj->elf, obj->file, size, obj->path);
	err = err ? err : check_elf(obj);
	err = err ? err : object_collect(obj, relaxed, pin_root);
	return err ? err : init_programs(obj);
}

/* Takes over @file. */
static struct bpf_object *open_object(const char *path, void *file, size_t size,
				      const char *name, const struct bpf_object_open_opts *opts)
{
	struct bpf_object *obj = new_object(path, file, name);
	int err;

	if (!obj)
		return libbpf_err_ptr(-ENOMEM);
	err = parse_object(obj, size, opts);
	if (err) {
		bpf_object__close(obj);
		return libbpf_err_ptr(err);
	}
	return obj;
}

struct bpf_object *bpf_object__open_file(const char *path, const struct bpf_object_open_opts *opts)
{
	void *file;
	size_t size;
	int err;

	if (!path || !OPTS_VALID(opts, bpf_object_open_opts))
		return libbpf_err_ptr(-EINVAL);
	pr_debug("loading %s\n", path);
	err = file_read(path, &file, &size);
	if (err) {
		pr_warn("elf: failed to open %s: %s\n", path, errstr(err));
		return libbpf_err_ptr(err);
	}
	return open_object(path, file, size, OPTS_GET(opts, object_name, NULL), opts);
}

struct bpf_object *bpf_object__open(const char *path)
{
	return bpf_object__open_file(path, NULL);
}

struct bpf_object *bpf_object__open_mem(const void *obj_buf, size_t obj_buf_sz,
					const struct bpf_object_open_opts *opts)
{
	const char *name;
	char tmp_name[64];
	void *copy;

	if (!obj_buf || !obj_buf_sz || !OPTS_VALID(opts, bpf_object_open_opts))
		return libbpf_err_ptr(-EINVAL);
	name = OPTS_GET(opts, object_name, NULL);
	if (!name) {
		snprintf(tmp_name, sizeof(tmp_name), "%lx-%lx", (unsigned long)obj_buf,
			 (unsigned long)obj_buf_sz);
		name = tmp_name;
	}
	pr_debug("loading object '%s' from buffer\n", name);
	copy = malloc(obj_buf_sz);
	if (!copy)
		return libbpf_err_ptr(-ENOMEM);
	memcpy(copy, obj_buf, obj_buf_sz);
	return open_object(name, copy, obj_buf_sz, name, opts);
}

/* ---- load ---- */

/* The ELF file is of no use any more. */
static void forget_file(struct bpf_object *obj)
{
	elf_file_free(&obj->elf);
	free(obj->file);
	obj->file = NULL;
}

static int open_token(struct bpf_object *obj)
{
	bool wanted = !str_is_empty(obj->token_path);
	char buf[4096];
	int dir_fd, fd;

	if (!wanted)
		return 0;
	dir_fd = open(sys_path(obj->token_path, buf, sizeof(buf)), O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0) {
		pr_warn("object '%s': failed to open BPF FS mount at '%s': %s\n", obj->name,
			obj->token_path, errstr(-errno));
		return -errno;
	}
	fd = bpf_token_create(dir_fd, NULL);
	close(dir_fd);
	if (fd < 0) {
		pr_warn("object '%s': failed to create BPF token from '%s': %s\n", obj->name,
			obj->token_path, errstr(fd));
		return fd;
	}
	obj->token_fd = fd;
	return 0;
}

/* Is there a kernel that takes programs at all? Its errno says more than that of a later call. */
static int probe_loading(struct bpf_object *obj)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .token_fd = obj->token_fd,
		    .prog_flags = obj->token_fd ? BPF_F_TOKEN_FD : 0);
	int fd;

	fd = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, NULL, "GPL", insns, ARRAY_SIZE(insns),
			   &opts);
	if (fd < 0)
		fd = bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, NULL, "GPL", insns,
				   ARRAY_SIZE(insns), &opts);
	if (fd < 0) {
		pr_warn("Error in %s(): %s. Couldn't load trivial BPF program. Make sure your kernel supports BPF (CONFIG_BPF_SYSCALL=y) and/or that RLIMIT_MEMLOCK is set to big enough value.\n",
			__func__, errstr(fd));
		return fd;
	}
	sys_close(fd);
	return 0;
}

static int do_prepare(struct bpf_object *obj)
{
	int err;

	err = open_token(obj);
	err = err ? err : probe_loading(obj);
	err = err ? err : object_read_kernel_btf(obj);
	err = err ? err : object_resolve_externs(obj);
	err = err ? err : object_load_btf(obj);
	err = err ? err : object_create_maps(obj);
	return err ? err : object_relocate(obj);
}

/* What a failed load has made so far: maps, pins, programs. */
static void undo_load(struct bpf_object *obj)
{
	size_t i;

	obj->load_failed = true;
	for (i = 0; i < obj->map_cnt; i++)
		if (obj->maps[i].pinned && !obj->maps[i].reused)
			bpf_map__unpin(&obj->maps[i], NULL);
	for (i = 0; i < obj->program_cnt; i++)
		bpf_program__unload(&obj->programs[i]);
	for (i = 0; i < obj->map_cnt; i++) {
		sys_close(obj->maps[i].fd);
		obj->maps[i].fd = -1;
	}
	object_forget_kernel_btf(obj);
	forget_file(obj);
	pr_warn("failed to load object '%s'\n", obj->path);
}

int bpf_object__prepare(struct bpf_object *obj)
{
	int err;

	if (!obj)
		return libbpf_err(-EINVAL);
	if (obj->state != OBJECT_OPEN || obj->load_failed) {
		pr_warn("prepare loading can't be attempted twice\n");
		return libbpf_err(-EINVAL);
	}
	err = do_prepare(obj);
	if (err) {
		undo_load(obj);
		return libbpf_err(err);
	}
	obj->state = OBJECT_PREPARED;
	return 0;
}

static int do_load(struct bpf_object *obj)
{
	int err;

	if (obj->state == OBJECT_OPEN) {
		err = do_prepare(obj);
		if (err)
			return err;
	}
	err = object_load_programs(obj);
	return err ? err : object_fill_prog_arrays(obj);
}

int bpf_object__load(struct bpf_object *obj)
{
	int err;

	if (!obj)
		return libbpf_err(-EINVAL);
	if (obj->state == OBJECT_LOADED || obj->load_failed) {
		pr_warn("object '%s': load can't be attempted twice\n", obj->name);
		return libbpf_err(-EINVAL);
	}
	err = do_load(obj);
	if (err) {
		undo_load(obj);
		return libbpf_err(err);
	}
	obj->state = OBJECT_LOADED;
	object_forget_kernel_btf(obj);
	forget_file(obj);
	return 0;
}

void bpf_object__close(struct bpf_object *obj)
{
	size_t i;

	if (!obj || (unsigned long)obj >= (unsigned long)-4095)
		return;
	for (i = 0; i < obj->program_cnt; i++)
		program_free(&obj->programs[i]);
	free(obj->programs);
	for (i = 0; i < obj->map_cnt; i++)
		map_free(&obj->maps[i]);
	free(obj->maps);
	for (i = 0; i < obj->extern_cnt; i++)
		free(obj->externs[i].essential_name);
	free(obj->externs);
	object_forget_kernel_btf(obj);
	btf__free(obj->btf);
	btf_ext__free(obj->btf_ext);
	forget_file(obj);
	sys_close(obj->token_fd ? obj->token_fd : -1);
	free(obj->fd_array);
	free(obj->uses);
	free(obj->kconfig);
	free(obj->btf_custom_path);
	free(obj->token_path);
	free(obj->path);
	free(obj);
}

/* ---- facts ---- */

const char *bpf_object__name(const struct bpf_object *obj)
{
	return obj ? obj->name : libbpf_err_ptr(-EINVAL);
}

unsigned int bpf_object__kversion(const struct bpf_object *obj)
{
	return obj ? obj->kern_version : 0;
}

int bpf_object__set_kversion(struct bpf_object *obj, __u32 kern_version)
{
	if (obj->state >= OBJECT_LOADED)
		return libbpf_err(-EINVAL);
	obj->kern_version = kern_version;
	return 0;
}

int bpf_object__token_fd(const struct bpf_object *obj)
{
	return obj->token_fd ? obj->token_fd : -1;
}

struct btf *bpf_object__btf(const struct bpf_object *obj)
{
	return obj ? obj->btf : NULL;
}

int bpf_object__btf_fd(const struct bpf_object *obj)
{
	return obj->btf ? btf__fd(obj->btf) : -1;
}

/* ---- lists ---- */

static struct bpf_program *step_program(const struct bpf_object *obj, struct bpf_program *prog,
					bool forward)
{
	ptrdiff_t i;

	if (!obj || !obj->program_cnt)
		return NULL;
	if (prog && prog->obj != obj) {
		pr_warn("error: program handler doesn't match object\n");
		return libbpf_err_ptr(-EINVAL);
	}
	if (!prog)
		i = forward ? 0 : (ptrdiff_t)obj->program_cnt - 1;
	else
		i = prog - obj->programs + (forward ? 1 : -1);
	for (; i >= 0 && i < (ptrdiff_t)obj->program_cnt; i += forward ? 1 : -1)
		if (!obj->programs[i].is_subprog)
			return &obj->programs[i];
	return NULL;
}

struct bpf_program *bpf_object__next_program(const struct bpf_object *obj,
					     struct bpf_program *prog)
{
	return step_program(obj, prog, true);
}

struct bpf_program *bpf_object__prev_program(const struct bpf_object *obj,
					     struct bpf_program *prog)
{
	return step_program(obj, prog, false);
}

struct bpf_program *bpf_object__find_program_by_name(const struct bpf_object *obj,
						     const char *name)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj)
		if (strcmp(prog->name, name) == 0)
			return prog;
	return libbpf_err_ptr(-ENOENT);
}

static struct bpf_map *step_map(const struct bpf_object *obj, const struct bpf_map *map, int step)
{
	ptrdiff_t i;

	if (!obj || !obj->map_cnt)
		return libbpf_err_ptr(-EINVAL);
	if (map < obj->maps || map >= obj->maps + obj->map_cnt) {
		pr_warn("error in %s: map handler doesn't belong to object\n", __func__);
		return libbpf_err_ptr(-EINVAL);
	}
	i = map - obj->maps + step;
	return i < 0 || i >= (ptrdiff_t)obj->map_cnt ? NULL : &obj->maps[i];
}

struct bpf_map *bpf_object__next_map(const struct bpf_object *obj, const struct bpf_map *map)
{
	if (!map && obj)
		return obj->map_cnt ? obj->maps : NULL;
	return step_map(obj, map, 1);
}

struct bpf_map *bpf_object__prev_map(const struct bpf_object *obj, const struct bpf_map *map)
{
	if (!map && obj)
		return obj->map_cnt ? &obj->maps[obj->map_cnt - 1] : NULL;
	return step_map(obj, map, -1);
}

struct bpf_map *bpf_object__find_map_by_name(const struct bpf_object *obj, const char *name)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj) {
		/* global data is known by the name of its section, too */
		if (name[0] == '.') {
			if (map->section_name && strcmp(map->section_name, name) == 0)
				return map;
			continue;
		}
		if (strcmp(map->name, name) == 0)
			return map;
	}
	return libbpf_err_ptr(-ENOENT);
}

int bpf_object__find_map_fd_by_name(const struct bpf_object *obj, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, name);

	return map ? bpf_map__fd(map) : libbpf_err(-errno);
}
