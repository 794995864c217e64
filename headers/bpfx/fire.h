/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * An event made up from names and numbers: what bpf-shim fire and tests give a hook. A hook says in
 * its row how (bpfx_hook.fire); where it does not, the context's fields have the names that its
 * program type gives them.
 */
#ifndef BPFX_FIRE_H
#define BPFX_FIRE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bpfx_fire {
	size_t sz;			/* sizeof(struct bpfx_fire) */
	uint64_t target;		/* of the attachments that run; see run_hook() */
	const unsigned char *data;	/* packet or other bytes; NULL: none */
	uint32_t data_size;
	uint32_t reserved;
	/* The event's members by name. 0, -ENOENT: it has none of that name, -EINVAL: it is not of
	 * that kind. text: valid until the call ends. */
	int (*number)(const struct bpfx_fire *fire, const char *name, uint64_t *value);
	int (*text)(const struct bpfx_fire *fire, const char *name, const char **value);
	/* What came out of it, each name once. */
	void (*tell_number)(struct bpfx_fire *fire, const char *name, int64_t value);
	void (*tell_text)(struct bpfx_fire *fire, const char *name, const char *value);
	void (*tell_data)(struct bpfx_fire *fire, const void *data, uint32_t size);
	void *cookie;			/* the caller's */
};

/**
 * bpfx_fire_hook() - make the event happen
 *
 * Return: programs that ran, or -errno with the reason in bpfx_reason(): -ENOENT: no such hook,
 * -EINVAL: a member is missing or makes no sense.
 */
int bpfx_fire_hook(const char *hook, struct bpfx_fire *fire);

#ifdef __cplusplus
}
#endif

#endif
