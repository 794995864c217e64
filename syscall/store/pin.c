/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Pins. The first pin of an object makes a small text file pin/m12 ("map 12"); every pin is a
 * hard link to it in the bpffs tree. So the file system counts pins, rm and mv are the real ones,
 * and a copy of a pin is no pin.
 */
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "raw.h"
#include "kill_point.h"
#include "layout.h"
#include "cache.h"

#define BPFFS "/sys/fs/bpf"

int store_bpffs_path(const char *path, char *out, size_t size)
{
	size_t prefix = strlen(BPFFS);
	int err;

	if (strncmp(path, BPFFS, prefix) || (path[prefix] && path[prefix] != '/'))
		return -EPERM;
	err = store_use();
	if (err)
		return err;
	if (snprintf(out, size, "%s/bpffs%s", store.dir, path + prefix) >= (int)size)
		return -ENAMETOOLONG;
	return 0;
}

/* The file all pins of an object are links to. */
static int make_pin_file(const char *file, const struct store_obj *obj)
{
	char temp[PATH_MAX + 8];
	int fd, err = 0;

	if (!access(file, F_OK))
		return 0;
	snprintf(temp, sizeof(temp), "%s.new", file);
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == ENOSPC ? -ENOMEM : -errno;
	kill_point("pin.created");
	if (dprintf(fd, "%s %u\n", kind_word(obj->kind), obj->id) < 0)
		err = -ENOMEM;
	raw_close(fd);
	kill_point("pin.written");
	if (!err && rename(temp, file))
		err = -errno;
	if (err)
		unlink(temp);
	return err;
}

/*
 * Names with a dot are the file system's own: looking one up in a directory that is there is
 * refused, whether or not it exists. @path begins in the root of the file system. Return: 0, -EPERM.
 */
static int check_dots(const char *path)
{
	char real[PATH_MAX];
	size_t len = 0;
	struct stat st;

	for (size_t end; path[len]; len = end) {
		size_t at = len + strspn(path + len, "/");

		end = at + strcspn(path + at, "/");
		if (!memchr(path + at, '.', end - at) ||
		    !strncmp(path + at, "./", end - at + 1) || !strcmp(path + at, ".") ||
		    !strncmp(path + at, "../", end - at + 1) || !strcmp(path + at, ".."))
			continue;
		if (snprintf(real, sizeof(real), "%s/bpffs%.*s", store.dir, (int)len, path) >=
		    (int)sizeof(real))
			return 0;	/* opening says so */
		return stat(real, &st) || !S_ISDIR(st.st_mode) ? 0 : -EPERM;
	}
	return 0;
}

/* Why a path that is not below bpffs is refused, in the order in which Linux looks. */
static int outside_error(const char *path)
{
	char copy[PATH_MAX];
	struct stat st;

	if (!lstat(path, &st))
		return -EEXIST;
	snprintf(copy, sizeof(copy), "%s", path);
	if (stat(dirname(copy), &st))
		return -errno;
	return S_ISDIR(st.st_mode) ? -EPERM : -ENOTDIR;
}

int store_pin(struct store_obj *obj, const char *path)
{
	char target[PATH_MAX], file[PATH_MAX];
	struct stat st;
	int err;

	err = store_bpffs_path(path, target, sizeof(target));
	if (err == -EPERM)
		return outside_error(path);
	err = err ? err : check_dots(path + strlen(BPFFS));
	if (err)
		return err;
	if (!lstat(target, &st))
		return -EEXIST;
	pin_file_path(file, sizeof(file), obj->kind, obj->id);
	err = store_lock();
	if (err)
		return err;
	err = make_pin_file(file, obj);
	kill_point("pin.ready");
	if (!err && link(file, target))
		err = errno == ENOSPC ? -ENOMEM : -errno;
	kill_point("pin.linked");
	store_unlock();
	return err;
}

static int parse_pin(int fd, enum store_kind *kind, uint32_t *id)
{
	char text[64];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
	char word[16];

	if (len <= 0)
		return -EACCES;
	text[len] = 0;
	if (sscanf(text, "%15s %u", word, id) != 2)
		return -EACCES;
	for (int k = 1; k < STORE_KINDS; k++) {
		if (!strcmp(word, kind_word(k))) {
			*kind = k;
			return 0;
		}
	}
	return -EACCES;
}

int store_get_pinned(const char *path, enum store_kind *kind, uint32_t *id)
{
	char target[PATH_MAX], file[PATH_MAX];
	struct stat st, pin;
	int fd, err;

	err = store_bpffs_path(path, target, sizeof(target));
	if (err == -EPERM)
		return stat(path, &st) ? -errno : -EACCES;
	err = err ? err : check_dots(path + strlen(BPFFS));
	if (err)
		return err;
	fd = open(target, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		err = -EACCES;
	else
		err = parse_pin(fd, kind, id);
	raw_close(fd);
	if (err)
		return err;
	/* A copy or a hand-made file is not a pin. */
	pin_file_path(file, sizeof(file), *kind, *id);
	if (stat(file, &pin) || pin.st_ino != st.st_ino || pin.st_dev != st.st_dev)
		return -EACCES;
	return 0;
}
