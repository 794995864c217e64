/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Inside of the commands room: a map, a key and a value on their way between caller and map. */
#ifndef SYSCALL_COMMANDS_ELEMENT_H
#define SYSCALL_COMMANDS_ELEMENT_H

#include "map_ops.h"

struct element {
	struct kern_map *map;
	void *key, *value;		/* in the arrays below while they fit */
	uint64_t small_key[16];
	uint64_t small_value[32];
};

/* @need: STORE_READ and STORE_WRITE bits the fd must allow: -EPERM otherwise. */
int element_open(struct element *element, int fd, uint32_t need);
void element_close(struct element *element);
int element_read_key(struct element *element, uint64_t user_key);
int element_value_room(struct element *element);
int element_read_value(struct element *element, uint64_t user_value);
int element_update(struct element *element, uint64_t flags);
int element_delete(struct element *element);

#endif
