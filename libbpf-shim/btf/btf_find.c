/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Where BTF comes from: files, the kernel's own, and what was loaded into the kernel. */
#include "btf_internal.h"

#include <bpf/bpf.h>
#include <sys/utsname.h>

#include "elf_file.h"
#include "sys.h"

/* ---- ELF files ---- */

static int parse_elf_btf(const struct elf_file *elf, const char *path, struct btf *base,
			 struct btf **btf, struct btf_ext **ext)
{
	const struct elf_section *btf_sec = elf_file_section(elf, BTF_ELF_SEC);
	const struct elf_section *base_sec = elf_file_section(elf, BTF_BASE_ELF_SEC);
	const struct elf_section *ext_sec = elf_file_section(elf, BTF_EXT_ELF_SEC);
	struct btf *own_base = NULL;

	if (!btf_sec || !btf_sec->data) {
		pr_warn("failed to find '%s' ELF section in %s\n", BTF_ELF_SEC, path);
		return -ENODATA;
	}
	if (base_sec && base_sec->data && !base) {
		own_base = btf_parse_memory(base_sec->data, base_sec->size, NULL);
		if (!own_base)
			return -errno;
		base = own_base;
	}
	*btf = btf_parse_memory(btf_sec->data, btf_sec->size, base);
	if (!*btf) {
		int err = -errno;

		btf__free(own_base);
		return err;
	}
	(*btf)->owns_base = own_base != NULL;
	btf__set_pointer_size(*btf, elf->is_64bit ? 8 : 4);
	if (!ext || !ext_sec || !ext_sec->data)
		return 0;
	*ext = btf_ext__new(ext_sec->data, ext_sec->size);
	return *ext ? 0 : -errno;
}

static struct btf *parse_elf_memory(const void *data, size_t size, const char *path,
				    struct btf *base, struct btf_ext **ext)
{
	struct btf *btf = NULL;
	struct elf_file elf;
	int err;

	err = elf_file_parse(&elf, data, size, path);
	if (err)
		return libbpf_err_ptr(err);
	err = parse_elf_btf(&elf, path, base, &btf, ext);
	elf_file_free(&elf);
	if (err) {
		btf__free(btf);
		return libbpf_err_ptr(err);
	}
	return btf;
}

/* ---- files ---- */

enum form { FORM_RAW = 1, FORM_ELF = 2 };

static bool looks_raw(const void *data, size_t size)
{
	__u16 magic;

	if (size < sizeof(magic))
		return false;
	memcpy(&magic, data, sizeof(magic));
	return magic == BTF_MAGIC || magic == __builtin_bswap16(BTF_MAGIC);
}

static struct btf *parse_file(const char *path, struct btf *base, struct btf_ext **ext, int forms)
{
	struct btf *btf = NULL;
	char buf[4096];
	void *data;
	size_t size;
	int err;

	if (ext)
		*ext = NULL;
	err = file_read(sys_path(path, buf, sizeof(buf)), &data, &size);
	if (err) {
		pr_debug("failed to open %s: %s\n", path, errstr(err));
		return libbpf_err_ptr(err);
	}
	if ((forms & FORM_RAW) && looks_raw(data, size))
		btf = size > UINT32_MAX ? libbpf_err_ptr(-E2BIG) :
					  btf_parse_memory(data, size, base);
	else if (forms & FORM_ELF)
		btf = parse_elf_memory(data, size, path, base, ext);
	else
		errno = size < sizeof(__u16) ? EIO : EPROTO;
	err = errno;
	free(data);
	errno = err;
	return btf;
}

struct btf *btf__parse_elf(const char *path, struct btf_ext **btf_ext)
{
	return parse_file(path, NULL, btf_ext, FORM_ELF);
}

struct btf *btf__parse_elf_split(const char *path, struct btf *base_btf)
{
	return parse_file(path, base_btf, NULL, FORM_ELF);
}

struct btf *btf__parse_raw(const char *path)
{
	return parse_file(path, NULL, NULL, FORM_RAW);
}

struct btf *btf__parse_raw_split(const char *path, struct btf *base_btf)
{
	return parse_file(path, base_btf, NULL, FORM_RAW);
}

struct btf *btf__parse(const char *path, struct btf_ext **btf_ext)
{
	return parse_file(path, NULL, btf_ext, FORM_RAW | FORM_ELF);
}

struct btf *btf__parse_split(const char *path, struct btf *base_btf)
{
	return parse_file(path, base_btf, NULL, FORM_RAW | FORM_ELF);
}

/* ---- the kernel's own ---- */

static const char sysfs_vmlinux[] = "/sys/kernel/btf/vmlinux";

/* Where distributions put a kernel with BTF; %s is its release. */
static const char *const vmlinux_places[] = {
	"/boot/vmlinux-%s",
	"/lib/modules/%s/vmlinux-%s",
	"/lib/modules/%s/build/vmlinux",
	"/usr/lib/modules/%s/kernel/vmlinux",
	"/usr/lib/debug/boot/vmlinux-%s",
	"/usr/lib/debug/boot/vmlinux-%s.debug",
	"/usr/lib/debug/lib/modules/%s/vmlinux",
};

static void fill_release(char *out, size_t size, const char *place, const char *release)
{
	size_t used = 0;

	for (; *place && used + 1 < size; place++) {
		if (place[0] == '%' && place[1] == 's') {
			str_copy(out + used, release, size - used);
			used += strlen(out + used);
			place++;
		} else {
			out[used++] = *place;
		}
	}
	out[used] = '\0';
}

struct btf *btf__load_vmlinux_btf(void)
{
	struct utsname uts;
	char path[1024];
	struct btf *btf;
	size_t i;

	if (sys_path_exists(sysfs_vmlinux)) {
		btf = btf__parse_raw(sysfs_vmlinux);
		pr_debug("loading kernel BTF '%s': %s\n", sysfs_vmlinux,
			 btf ? "0" : errstr(-errno));
		if (btf)
			btf->base = NULL;
		return btf;
	}
	/* the files below belong to the machine's kernel, not to the emulated one */
	if (sys_emulated() || uname(&uts))
		return libbpf_err_ptr(-ESRCH);
	for (i = 0; i < ARRAY_SIZE(vmlinux_places); i++) {
		fill_release(path, sizeof(path), vmlinux_places[i], uts.release);
		if (!sys_path_exists(path))
			continue;
		btf = btf__parse(path, NULL);
		pr_debug("loading kernel BTF '%s': %s\n", path, btf ? "0" : errstr(-errno));
		if (btf)
			return btf;
	}
	pr_warn("failed to find valid kernel BTF\n");
	return libbpf_err_ptr(-ESRCH);
}

struct btf *libbpf_find_kernel_btf(void)
{
	return btf__load_vmlinux_btf();
}

struct btf *btf__load_module_btf(const char *module_name, struct btf *vmlinux_btf)
{
	char path[128];

	if (snprintf(path, sizeof(path), "/sys/kernel/btf/%s", module_name) >= (int)sizeof(path))
		return libbpf_err_ptr(-ENAMETOOLONG);
	return btf__parse_split(path, vmlinux_btf);
}

/* ---- loaded BTF ---- */

/* The size is not known before the first call and may not be enough by the second. */
struct btf *btf_from_fd(int fd, struct btf *base)
{
	struct bpf_btf_info info;
	__u32 len = sizeof(info), size = 4096;
	struct btf *btf = NULL;
	void *data = NULL;
	int err, tries;

	for (tries = 0; tries < 2; tries++) {
		free(data);
		data = calloc(1, size);
		if (!data)
			return libbpf_err_ptr(-ENOMEM);
		memset(&info, 0, sizeof(info));
		len = sizeof(info);
		info.btf = ptr_to_u64(data);
		info.btf_size = size;
		err = bpf_btf_get_info_by_fd(fd, &info, &len);
		if (err || info.btf_size <= size)
			break;
		size = info.btf_size;
	}
	if (!err && info.btf_size > size)
		err = -E2BIG;
	if (!err) {
		btf = btf_parse_memory(data, info.btf_size, base);
		err = btf ? 0 : -errno;
	}
	free(data);
	return btf ? btf : libbpf_err_ptr(err);
}

struct btf *btf__load_from_kernel_by_id_split(__u32 id, struct btf *base_btf)
{
	struct btf *btf;
	int fd;

	fd = bpf_btf_get_fd_by_id(id);
	if (fd < 0)
		return libbpf_err_ptr(fd);
	btf = btf_from_fd(fd, base_btf);
	sys_close(fd);
	return btf;
}

struct btf *btf__load_from_kernel_by_id(__u32 id)
{
	return btf__load_from_kernel_by_id_split(id, NULL);
}

/* ---- loading ---- */

#define LOG_SIZE_FIRST 8192
#define LOG_SIZE_MAX   (UINT32_MAX >> 2)

static int load_once(struct btf *btf, const void *raw, __u32 size, char *buf, __u32 buf_size,
		     __u32 level, int token_fd)
{
	LIBBPF_OPTS(bpf_btf_load_opts, opts, .log_level = level,
		    .log_buf = level ? buf : NULL, .log_size = level ? buf_size : 0);

	if (token_fd > 0) {
		opts.token_fd = token_fd;
		opts.btf_flags = BPF_F_TOKEN_FD;
	}
	return bpf_btf_load(raw, size, &opts);
}

int btf_load_into_kernel(struct btf *btf, char *log_buf, __u32 log_size, __u32 log_level,
			 int token_fd)
{
	char *own_buf = NULL;
	const void *raw;
	__u32 size;
	int fd;

	if (btf->fd >= 0)
		return libbpf_err(-EEXIST);
	if (log_size && !log_buf)
		return libbpf_err(-EINVAL);
	/* the kernel takes its own byte order only */
	raw = btf__raw_data(btf, &size);
	if (!raw)
		return libbpf_err(-ENOMEM);
	fd = load_once(btf, raw, size, log_buf, log_size, log_level, token_fd);
	if (fd < 0 && !log_level) {
		/* what was wrong? Ask again, with room for the answer. */
		__u32 own_size = log_buf ? log_size : LOG_SIZE_FIRST;

		do {
			if (!log_buf) {
				free(own_buf);
				own_buf = malloc(own_size);
				if (!own_buf)
					return libbpf_err(-ENOMEM);
				own_buf[0] = '\0';
			}
			fd = load_once(btf, raw, size, log_buf ? log_buf : own_buf, own_size, 1,
				       token_fd);
			own_size *= 2;
		} while (fd == -ENOSPC && !log_buf && own_size < LOG_SIZE_MAX);
	}
	if (fd < 0) {
		char *text = log_buf ? log_buf : own_buf;

		pr_warn("BTF loading error: %s\n", errstr(fd));
		if (text && text[0])
			pr_warn("-- BEGIN BTF LOAD LOG ---\n%s\n-- END BTF LOAD LOG --\n", text);
	} else {
		btf->fd = fd;
	}
	free(own_buf);
	return libbpf_err(fd < 0 ? fd : 0);
}

int btf__load_into_kernel(struct btf *btf)
{
	return btf_load_into_kernel(btf, NULL, 0, 0, 0);
}
