/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Option structs, growing arrays, strings and files. */
#include "util.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

bool mem_is_zero(const void *mem, size_t size)
{
	const unsigned char *byte = mem;

	while (size--)
		if (*byte++)
			return false;
	return true;
}

bool opts_are_valid(const void *opts, size_t known, size_t user_sz, const char *name)
{
	if (user_sz < sizeof(size_t)) {
		pr_warn("%s size (%zu) is too small\n", name, user_sz);
		return false;
	}
	if (user_sz > known && !mem_is_zero((const char *)opts + known, user_sz - known)) {
		pr_warn("%s has non-zero extra bytes\n", name);
		return false;
	}
	return true;
}

void str_copy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (!size)
		return;
	len = MIN(len, size - 1);
	memmove(dst, src, len);
	dst[len] = '\0';
}

void *array_grow(void **array, size_t *count, size_t *capacity, size_t size)
{
	size_t wanted = *capacity ? *capacity * 2 : 16;
	void *bigger;

	if (*count == *capacity) {
		bigger = reallocarray(*array, wanted, size);
		if (!bigger)
			return NULL;
		*array = bigger;
		*capacity = wanted;
	}
	bigger = (char *)*array + *count * size;
	memset(bigger, 0, size);
	(*count)++;
	return bigger;
}

bool glob_match(const char *str, const char *glob)
{
	const char *star = NULL, *resume = NULL;

	while (*str) {
		if (*glob == '*') {
			star = glob++;
			resume = str;
		} else if (*glob == '?' || *glob == *str) {
			glob++;
			str++;
		} else if (star) {
			/* let the last star take one more character */
			glob = star + 1;
			str = ++resume;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return *glob == '\0';
}

/* Files of sysfs do not know their size: read until the end. */
static int read_all(int fd, void **data, size_t *size)
{
	size_t capacity = 0, used = 0;
	char *buf = NULL, *bigger;
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (st.st_size > 0)
		capacity = st.st_size + 1;
	for (;;) {
		if (!buf || used == capacity) {
			capacity = buf ? capacity * 2 : MAX(capacity, (size_t)4096);
			bigger = realloc(buf, capacity);
			if (!bigger) {
				free(buf);
				return -ENOMEM;
			}
			buf = bigger;
		}
		got = read(fd, buf + used, capacity - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += got;
	}
	if (got < 0) {
		int err = -errno;

		free(buf);
		return err;
	}
	*data = buf;
	*size = used;
	return 0;
}

int file_read(const char *path, void **data, size_t *size)
{
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = read_all(fd, data, size);
	close(fd);
	return err;
}
