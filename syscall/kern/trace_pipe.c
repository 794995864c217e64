/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Lines of bpf_trace_printk(). Whoever reads trace_pipe has a FIFO open and holds a lock on it; lines
 * go into it as they come. Without a reader they are kept in a file, of which the oldest half goes when
 * it is large, until somebody opens trace_pipe. A producer never waits: what a reader leaves no room
 * for is counted, and he is told. It holds the FIFO open in both directions, so that no signal tells
 * it of a reader who has gone.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bits.h"
#include "err.h"
#include "helpers.h"
#include "kern_private.h"
#include "raw.h"
#include "store.h"

#define READER_BYTE 1
#define PIPE_BYTES  (1 << 20)
#define KEPT_MAX    (PIPE_BYTES / 2)	/* of each of the two files */

struct name {
	char text[PATH_MAX];
};

static struct name name_of(const char *file)
{
	struct name name;

	snprintf(name.text, sizeof(name.text), "%s/%s", store_dir(), file);
	return name;
}

#define PIPE_FILE "root/tracing/trace_pipe"
#define KEPT_FILE "trace_lines"
#define OLD_FILE  "trace_lines.old"

static int open_pipe(int flags)
{
	struct name name = name_of(PIPE_FILE);
	int fd = raw_open(name.text, O_RDWR | flags);

	if (fd < 0 && errno == ENOENT) {
		mkdir(name_of("root/tracing").text, 0700);
		mkfifo(name.text, 0600);
		fd = raw_open(name.text, O_RDWR | flags);
	}
	return fd < 0 ? -errno : fd;
}

static bool has_reader(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = READER_BYTE,
			      .l_len = 1 };

	return !raw_fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

/* ---- into the FIFO ---- */

static bool put_line(int fd, const char *line, size_t len)
{
	return write(fd, line, len) == (ssize_t)len;
}

static void give_line(int fd, const char *line, size_t len)
{
	_Atomic uint32_t *lost = store_trace_lost();
	uint32_t cnt = atomic_load(lost);
	char told[64];

	if (cnt && atomic_compare_exchange_strong(lost, &cnt, 0)) {
		int size = snprintf(told, sizeof(told), "CPU:0 [LOST %u EVENTS]\n", cnt);

		if (!put_line(fd, told, size))
			atomic_fetch_add(lost, cnt);
	}
	if (!put_line(fd, line, len))
		atomic_fetch_add(lost, 1);
}

/* ---- lines that are kept ---- */

/* Whole lines at the front of @text. Return: how many bytes they are. */
static size_t give_lines(int fd, const char *text, size_t size)
{
	const char *line = text, *end;

	while ((end = memchr(line, '\n', text + size - line))) {
		give_line(fd, line, end + 1 - line);
		line = end + 1;
	}
	return line - text;
}

static void give_open_file(int fd, int kept)
{
	char text[8192];	/* longer than any line */
	size_t used = 0, given;
	ssize_t len;

	while ((len = read(kept, text + used, sizeof(text) - used)) > 0) {
		used += len;
		given = give_lines(fd, text, used);
		used -= given;
		memmove(text, text + given, used);
	}
}

/* One takes a file: who finds it locked or gone leaves it to him. Who is killed takes along what he has
 * not given yet. */
static bool take_file(int kept, const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1 };
	struct stat st;

	return !raw_fcntl(kept, F_OFD_SETLK, &lock) && !fstat(kept, &st) && st.st_nlink &&
	       !unlink(path);
}

static void give_file(int fd, const char *file)
{
	struct name name = name_of(file);
	int kept = raw_open(name.text, O_RDWR | O_CLOEXEC);

	if (kept < 0)
		return;
	if (take_file(kept, name.text))
		give_open_file(fd, kept);
	raw_close(kept);
}

static void give_kept(int fd)
{
	give_file(fd, OLD_FILE);
	give_file(fd, KEPT_FILE);
}

static void keep_line(const char *line, size_t len)
{
	struct name name = name_of(KEPT_FILE);
	int fd = open(name.text, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0)
		return;
	if (!put_line(fd, line, len))
		atomic_fetch_add(store_trace_lost(), 1);
	if (!fstat(fd, &st) && st.st_size >= KEPT_MAX)
		rename(name.text, name_of(OLD_FILE).text);
	raw_close(fd);
}

/* ---- both sides ---- */

static void trace_line(const char *line, size_t len)
{
	int saved = errno, fd = open_pipe(O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && has_reader(fd)) {
		give_line(fd, line, len);
	} else {
		keep_line(line, len);
		/* Who came meanwhile has taken what was kept before. */
		if (fd >= 0 && has_reader(fd))
			give_kept(fd);
	}
	if (fd >= 0)
		raw_close(fd);
	errno = saved;
}

void kern_trace_start(void)
{
	helper_trace_sink = trace_line;
}

int kern_trace_pipe(int flags)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = READER_BYTE,
			      .l_len = 1 };
	int saved = errno, fd, filling, err = kern_start();

	if (err)
		return err;
	if ((flags & O_ACCMODE) != O_RDONLY)
		return -EACCES;
	fd = open_pipe(flags & (O_NONBLOCK | O_CLOEXEC));
	if (fd < 0)
		return fd;
	raw_fcntl(fd, F_SETPIPE_SZ, (void *)(intptr_t)PIPE_BYTES);	/* smaller where it is not allowed */
	raw_fcntl(fd, F_OFD_SETLK, &lock);
	filling = open_pipe(O_NONBLOCK | O_CLOEXEC);
	if (filling >= 0) {
		give_kept(filling);
		raw_close(filling);
	}
	errno = saved;
	return fd;
}
