/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Values of .kconfig variables: lines of a kernel configuration, and facts named LINUX_*. */
#include "object.h"

#include <stdio.h>
#include <sys/utsname.h>
#include <zlib.h>

#include "kernel_features.h"
#include "sys.h"

/* ---- types ---- */

static enum kconfig_type int_type(const struct btf_type *t, bool *is_signed)
{
	if (btf_int_encoding(t) & BTF_INT_BOOL)
		return t->size == 1 ? KCFG_BOOL : KCFG_UNKNOWN;
	*is_signed = btf_int_encoding(t) & BTF_INT_SIGNED;
	if (t->size == 1)
		return KCFG_CHAR;
	return is_pow_of_2(t->size) && t->size <= 8 ? KCFG_INT : KCFG_UNKNOWN;
}

enum kconfig_type kconfig_type_of(const struct btf *btf, __u32 id, bool *is_signed)
{
	const struct btf_type *t = btf_skip_mods_and_typedefs(btf, id, NULL);
	bool ignored;

	*is_signed = false;
	if (btf_is_int(t))
		return int_type(t, is_signed);
	if (btf_is_any_enum(t)) {
		if (t->size != 4 || strcmp(btf_type_name(btf, t), "libbpf_tristate") != 0)
			return KCFG_UNKNOWN;
		return KCFG_TRISTATE;
	}
	if (btf_is_array(t) && btf_array(t)->nelems &&
	    kconfig_type_of(btf, btf_array(t)->type, &ignored) == KCFG_CHAR)
		return KCFG_CHARS;
	return KCFG_UNKNOWN;
}

/* ---- values ---- */

static int mismatch(const struct extern_sym *ext, const char *value, const char *what)
{
	pr_warn("extern (kcfg) '%s': value '%s' implies %s\n", ext->name, value, what);
	return -EINVAL;
}

static int set_tristate(struct extern_sym *ext, void *to, char value)
{
	char text[2] = { value, '\0' };

	switch (ext->kcfg.type) {
	case KCFG_BOOL:
		if (value == 'm')
			return mismatch(ext, text, "tristate or char type");
		*(bool *)to = value == 'y';
		break;
	case KCFG_TRISTATE:
		*(enum libbpf_tristate *)to = value == 'y' ? TRI_YES :
					      value == 'm' ? TRI_MODULE : TRI_NO;
		break;
	case KCFG_CHAR:
		*(char *)to = value;
		break;
	default:
		return mismatch(ext, text, "bool, tristate, or char type");
	}
	ext->is_set = true;
	return 0;
}

static int set_string(struct extern_sym *ext, char *to, const char *value)
{
	size_t len = strlen(value);

	if (ext->kcfg.type != KCFG_CHARS)
		return mismatch(ext, value, "char array type");
	if (len < 2 || value[len - 1] != '"') {
		pr_warn("extern (kcfg) '%s': invalid string config '%s'\n", ext->name, value);
		return -EINVAL;
	}
	len -= 2;
	if (len >= ext->kcfg.size) {
		pr_warn("extern (kcfg) '%s': long string '%s' of (%zu bytes) truncated to %u bytes\n",
			ext->name, value, len, ext->kcfg.size - 1);
		len = ext->kcfg.size - 1;
	}
	memcpy(to, value + 1, len);
	to[len] = '\0';
	ext->is_set = true;
	return 0;
}

static bool fits(const struct extern_sym *ext, __u64 value)
{
	int bits = ext->kcfg.size * 8;

	if (bits == 64)
		return true;
	/* a negative number has all bits above its size set */
	if (ext->kcfg.is_signed)
		return value + (1ULL << (bits - 1)) < (1ULL << bits);
	return value >> bits == 0;
}

static int set_number(struct extern_sym *ext, void *to, __u64 value)
{
	if (ext->kcfg.type != KCFG_INT && ext->kcfg.type != KCFG_CHAR) {
		pr_warn("extern (kcfg) '%s': value '%llu' implies integer, char, or boolean type\n",
			ext->name, (unsigned long long)value);
		return -EINVAL;
	}
	if (!fits(ext, value)) {
		pr_warn("extern (kcfg) '%s': value '%llu' doesn't fit in %u bytes\n", ext->name,
			(unsigned long long)value, ext->kcfg.size);
		return -ERANGE;
	}
	switch (ext->kcfg.size) {
	case 1:
		*(__u8 *)to = value;
		break;
	case 2:
		*(__u16 *)to = value;
		break;
	case 4:
		*(__u32 *)to = value;
		break;
	default:
		*(__u64 *)to = value;
		break;
	}
	ext->is_set = true;
	return 0;
}

static int set_text(struct extern_sym *ext, void *to, const char *value)
{
	unsigned long long number;
	char *end;

	if (*value == '"')
		return set_string(ext, to, value);
	if ((*value == 'y' || *value == 'n' || *value == 'm') && !value[1])
		return set_tristate(ext, to, *value);
	errno = 0;
	number = strtoull(value, &end, 0);
	if (errno || end == value || *end) {
		pr_warn("extern (kcfg) '%s': value '%s' isn't a valid integer\n", ext->name, value);
		return -EINVAL;
	}
	return set_number(ext, to, number);
}

/* ---- lines ---- */

static struct extern_sym *find_extern(struct bpf_object *obj, const char *name)
{
	size_t i;

	for (i = 0; i < obj->extern_cnt; i++)
		if (obj->externs[i].kind == EXTERN_KCONFIG &&
		    strcmp(obj->externs[i].name, name) == 0)
			return &obj->externs[i];
	return NULL;
}

static int use_line(struct bpf_object *obj, char *line, char *data)
{
	struct extern_sym *ext;
	char *equals;
	int err;

	/* "# CONFIG_X is not set" says nothing: the variable stays unset */
	if (!str_has_prefix(line, "CONFIG_"))
		return 0;
	line[strcspn(line, "\n")] = '\0';
	equals = strchr(line, '=');
	if (!equals || !equals[1]) {
		pr_warn("failed to parse '%s': no separator or value\n", line);
		return -EINVAL;
	}
	*equals = '\0';
	ext = find_extern(obj, line);
	if (!ext || ext->is_set)
		return 0;
	err = set_text(ext, data + ext->kcfg.data_off, equals + 1);
	if (!err)
		pr_debug("extern (kcfg) '%s': set to %s\n", ext->name, equals + 1);
	return err;
}

static int use_user_lines(struct bpf_object *obj, char *data)
{
	char *copy, *line, *rest;
	int err = 0;

	if (!obj->kconfig)
		return 0;
	copy = rest = strdup(obj->kconfig);
	if (!copy)
		return -ENOMEM;
	while (!err && (line = strsep(&rest, "\n")) != NULL)
		err = use_line(obj, line, data);
	free(copy);
	return err;
}

static gzFile open_system_config(void)
{
	char path[256], real[4096];
	struct utsname uts;
	const char *found;
	gzFile file;

	found = sys_path("/proc/config.gz", real, sizeof(real));
	if (sys_emulated())
		return found == real ? gzopen(found, "re") : NULL;
	uname(&uts);
	snprintf(path, sizeof(path), "/boot/config-%s", uts.release);
	file = gzopen(path, "re");
	return file ? file : gzopen(found, "re");
}

static int use_system_lines(struct bpf_object *obj, char *data)
{
	gzFile file = open_system_config();
	char line[4096];
	int err = 0;

	if (!file) {
		pr_warn("failed to open system Kconfig\n");
		return -ENOENT;
	}
	while (!err && gzgets(file, line, sizeof(line)))
		err = use_line(obj, line, data);
	if (err)
		pr_warn("error parsing system Kconfig line '%s': %s\n", line, errstr(err));
	gzclose(file);
	return err;
}

/* ---- facts that no configuration file has ---- */

static int set_virtual(struct bpf_object *obj, struct extern_sym *ext, char *data)
{
	__u64 value;

	if (strcmp(ext->name, "LINUX_KERNEL_VERSION") == 0) {
		value = kernel_version();
		if (!value) {
			pr_warn("extern (kcfg) '%s': failed to get kernel version\n", ext->name);
			return -EINVAL;
		}
	} else if (strcmp(ext->name, "LINUX_HAS_BPF_COOKIE") == 0) {
		value = kernel_supports(FEAT_BPF_COOKIE, obj->token_fd);
	} else if (strcmp(ext->name, "LINUX_HAS_SYSCALL_WRAPPER") == 0) {
		value = kernel_supports(FEAT_SYSCALL_WRAPPER, obj->token_fd);
	} else if (ext->is_weak) {
		return 0;
	} else {
		pr_warn("extern (kcfg) '%s': unrecognized virtual extern\n", ext->name);
		return -EINVAL;
	}
	if (ext->kcfg.type == KCFG_BOOL)
		return set_tristate(ext, data + ext->kcfg.data_off, value ? 'y' : 'n');
	return set_number(ext, data + ext->kcfg.data_off, value);
}

static bool has_unset_config(const struct bpf_object *obj)
{
	size_t i;

	for (i = 0; i < obj->extern_cnt; i++)
		if (obj->externs[i].kind == EXTERN_KCONFIG && !obj->externs[i].is_set &&
		    str_has_prefix(obj->externs[i].name, "CONFIG_"))
			return true;
	return false;
}

int kconfig_resolve(struct bpf_object *obj)
{
	struct extern_sym *ext;
	char *data;
	size_t i;
	int err;

	if (obj->kconfig_map < 0)
		return 0;
	data = object_map(obj, obj->kconfig_map)->data;
	for (i = 0; i < obj->extern_cnt; i++) {
		ext = &obj->externs[i];
		if (ext->kind != EXTERN_KCONFIG || str_has_prefix(ext->name, "CONFIG_"))
			continue;
		err = set_virtual(obj, ext, data);
		if (err)
			return err;
	}
	if (use_user_lines(obj, data))
		return -EINVAL;
	if (has_unset_config(obj) && use_system_lines(obj, data))
		return -EINVAL;
	return 0;
}
