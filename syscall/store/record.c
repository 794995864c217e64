/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Records: small named files that refer to objects without any fd, such as the list of what is
 * attached somewhere. A record is replaced as a whole, by one rename, so that a process killed at
 * any instruction leaves the old or the new one.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bits.h"
#include "err.h"
#include "kill_point.h"
#include "layout.h"
#include "log.h"
#include "raw.h"

#define FOLDER	    "attach"
#define TEMP_PREFIX '.'

static bool (*is_kept)(const char *name, const struct store_record *record);
static void (*removed)(const char *name, const struct store_record *record);

void store_set_records(bool (*kept)(const char *name, const struct store_record *record),
		       void (*was_removed)(const char *name, const struct store_record *record))
{
	is_kept = kept;
	removed = was_removed;
}

bool record_is_kept(const char *name, const struct store_record *record)
{
	return !is_kept || is_kept(name, record);
}

static void record_path(char *out, size_t size, const char *name)
{
	snprintf(out, size, "%s/" FOLDER "/%s", store.dir, name);
}

int store_record_read(const char *name, struct store_record *record)
{
	char path[PATH_MAX];
	ssize_t len;
	int fd;

	record_path(path, sizeof(path), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = pread(fd, record, sizeof(*record), 0);
	raw_close(fd);
	if (len != sizeof(*record) || record->magic != STORE_MAGIC ||
	    record->format != STORE_FORMAT || record->edge_cnt > STORE_RECORD_EDGES)
		return -EINVAL;
	return 0;
}

static int write_temp(const char *path, const struct store_record *record)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int err = 0;

	if (fd < 0)
		return errno == ENOSPC ? -ENOMEM : -errno;
	kill_point("record.created");
	if (write(fd, record, sizeof(*record)) != sizeof(*record))
		err = -ENOMEM;
	raw_close(fd);
	kill_point("record.written");
	return err;
}

/* Nothing is removed while the store's lock is held: what the record refers to is there. */
static int replace_locked(const char *name, const struct store_record *record)
{
	char temp[PATH_MAX], path[PATH_MAX];
	int err = 0;

	for (uint32_t i = 0; i < record->edge_cnt; i++)
		if (!store_exists(record->edges[i].kind, record->edges[i].id))
			return -EBADF;
	snprintf(temp, sizeof(temp), "%s/" FOLDER "/%c%s", store.dir, TEMP_PREFIX, name);
	record_path(path, sizeof(path), name);
	err = write_temp(temp, record);
	if (!err && rename(temp, path))
		err = errno == ENOSPC ? -ENOMEM : -errno;
	if (err)
		unlink(temp);
	kill_point("record.named");
	return err;
}

int store_record_write(const char *name, struct store_record *record)
{
	int err = store_lock();

	if (err)
		return err;
	record->magic = STORE_MAGIC;
	record->format = STORE_FORMAT;
	err = replace_locked(name, record);
	store_unlock();
	if (err == -ENOMEM)
		debug_log(LOG_LEVEL_ERROR,
			  "store: no room in %s (BPF_SHIM_STORE names another directory)", store.dir);
	return err;
}

void store_record_remove(const char *name)
{
	char path[PATH_MAX];

	record_path(path, sizeof(path), name);
	if (store_lock())
		return;
	unlink(path);
	kill_point("record.removed");
	store_unlock();
}

int store_record_each(const char *prefix,
		      int (*fn)(const char *name, const struct store_record *record, void *arg),
		      void *arg)
{
	struct store_record record;
	char path[PATH_MAX];
	struct dirent *entry;
	int err = 0;
	DIR *list;

	snprintf(path, sizeof(path), "%s/" FOLDER, store.dir);
	list = opendir(path);
	if (!list)
		return errno == ENOENT ? 0 : -errno;
	while (!err && (entry = readdir(list))) {
		if (entry->d_name[0] == TEMP_PREFIX ||
		    strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		err = store_record_read(entry->d_name, &record);
		if (!err)
			err = fn(entry->d_name, &record, arg);
		else if (err == -ENOENT || err == -EINVAL)
			err = 0;	/* gone meanwhile, or damaged: it says nothing */
	}
	closedir(list);
	return err;
}

/* Under the store's lock: temporary files of the dead, records of what is gone. */
void record_sweep(void)
{
	struct store_record record;
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *list;

	snprintf(path, sizeof(path), "%s/" FOLDER, store.dir);
	list = opendir(path);
	while (list && (entry = readdir(list))) {
		const char *name = entry->d_name;
		int err;

		if (!strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		err = name[0] == TEMP_PREFIX ? -EINVAL : store_record_read(name, &record);
		if (err != -EINVAL && (err || record_is_kept(name, &record)))
			continue;
		if (!err && removed)
			removed(name, &record);
		record_path(path, sizeof(path), name);
		unlink(path);
	}
	if (list)
		closedir(list);
}
