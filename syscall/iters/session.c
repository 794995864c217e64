/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * One walk of an iterator's program, as Linux does it for reads of the largest useful size: objects go
 * into a buffer of eight pages until one does not fit; that one is shown again in an empty buffer, and
 * is too big if it does not fit there. What a reader would have got is kept in a file.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bpfx/tracepoint.h>

#include "bits.h"
#include "err.h"
#include "helpers.h"
#include "raw.h"
#include "session.h"

#define BUFFER_SIZE (8u * 4096u)
#define SEALS (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)
#define AGAIN_MAX 64	/* a program that wants the same object again and again */

static const struct {
	const char *name;
	int (*walk)(struct session *s);
} walks[] = {
	{ "bpf_map", walk_maps },
	{ "bpf_prog", walk_progs },
	{ "bpf_link", walk_links },
	{ "bpf_map_elem", walk_map_elems },
};

/* ---- one object ---- */

/* -EAGAIN: the program wants it again. */
static int run(struct session *s, const struct object *object)
{
	struct bpfx_tracepoint_ctx ctx;
	uint32_t result = 0;
	int err;

	memset(&ctx, 0, sizeof(ctx));
	ctx.args[0] = ptr_to_u64(&s->meta);
	for (int i = 0; i < OBJECT_ARGS; i++)
		ctx.args[i + 1] = ptr_to_u64(object->arg[i]);
	err = prog_run(s->prog, ctx.args, &result);
	return err ? err : result ? -EAGAIN : 0;
}

static int flush(struct session *s)
{
	const char *data = s->seq.buf;

	while (s->seq.count) {
		ssize_t done = write(s->out, data, s->seq.count);

		if (done <= 0)
			return errno == EINTR ? -EINTR : -ENOMEM;
		data += done;
		s->seq.count -= done;
		s->written = true;
	}
	return 0;
}

/* What it wrote does not count unless all of it was taken. */
static int show(struct session *s, const struct object *object, bool end)
{
	for (int again = 0;;) {
		size_t before = s->seq.count;
		int err = run(s, object);

		if (err == -EAGAIN && end)
			err = 0;	/* nobody looks at what it returns there */
		if (err && err != -EAGAIN)
			return err;
		if (!err && s->seq.count < s->seq.size)
			return 0;
		s->seq.count = before;
		if (before)
			err = flush(s);
		else if (!err)
			err = -E2BIG;
		else
			err = ++again < AGAIN_MAX ? 0 : -EAGAIN;
		if (err)
			return err;
	}
}

int session_show(struct session *s, const struct object *object)
{
	s->meta.seq_num += s->any;
	s->any = true;
	return show(s, object, false);
}

int session_end(struct session *s, const struct object *object)
{
	return show(s, object, true);
}

static int walk(struct session *s)
{
	const char *name = s->prog->shared->target + strlen(ITER_FUNCTION);
	int err = -EINVAL, full;

	for (size_t i = 0; i < ARRAY_SIZE(walks); i++)
		if (!strcmp(walks[i].name, name))
			err = walks[i].walk(s);
	full = flush(s);
	err = full ? full : err;
	/* A reader gets what came before the error. */
	return s->written && !full ? 0 : err;
}

/* ---- the file ---- */

/* Read from the beginning, never written again. */
static int open_again(int fd, int flags)
{
	char path[32];
	int ret;

	if (fchmod(fd, 0600) || fcntl(fd, F_ADD_SEALS, SEALS))
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = raw_open(path, flags & (O_ACCMODE | O_CLOEXEC | O_NONBLOCK));
	return ret < 0 ? -errno : ret;
}

static int make_fd(struct session *s, int flags)
{
	int ret;

	s->out = memfd_create("bpf_iter", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (s->out < 0)
		return -errno;
	ret = walk(s);
	ret = ret ? ret : open_again(s->out, flags);
	raw_close(s->out);
	return ret;
}

int iter_new_fd(struct store_obj *link, int flags)
{
	struct session s = { .link = link_shared_of(link) };
	int ret;

	if (s.link->link_type != BPF_LINK_TYPE_ITER)
		return -EINVAL;
	ret = prog_get(link_prog_id(link), &s.prog);
	if (ret)
		return ret;
	s.seq.size = BUFFER_SIZE;
	s.seq.buf = malloc(BUFFER_SIZE);
	s.meta = (struct shown_meta){ &s.seq, store_next_session(), 0 };
	ret = s.seq.buf ? make_fd(&s, flags) : -ENOMEM;
	free(s.seq.buf);
	prog_put(s.prog);
	return ret;
}
