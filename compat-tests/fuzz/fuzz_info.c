/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* OBJ_GET_INFO_BY_FD: any length, alignment and content of the buffer, which ends at an inaccessible
 * page. No byte beyond the length is written, and a length that is told is not longer than was given. */
#include <errno.h>
#include <sys/mman.h>
#include <bpfx/hook.h>

#include "backend.h"
#include "kern.h"
#include "target.h"

#define PAGES 8192u

static uint8_t *end;		/* of what may be accessed */
static int objects[4];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	union bpf_attr attr;
	uint8_t *pages;

	use_private_store();
	kern_host();
	pages = mmap(NULL, PAGES + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(pages + PAGES, 4096, PROT_NONE);
	end = pages + PAGES;
	objects[0] = map_create_simple(&emulated_backend, BPF_MAP_TYPE_HASH, 4, 8, 16, 0);
	objects[1] = load_trivial(&emulated_backend, BPF_PROG_TYPE_XDP);
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = objects[1];
	attr.link_create.target_ifindex = 1;
	attr.link_create.attach_type = BPF_XDP;
	objects[2] = kern_bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
	objects[3] = fd_by_id(&emulated_backend, BPF_BTF_GET_FD_BY_ID, 1);
	for (int i = 0; i < 4; i++)
		MUST(objects[i] >= 0);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint32_t object = take_byte(&in) % 4, behind = take_byte(&in) % 64, before;
	uint64_t fields[38] = { 0 };
	uint16_t length;
	uint8_t *info;
	int ret;

	take(&in, &length, sizeof(length));
	before = length %= 5000;
	info = end - behind - (length < 4200 ? length : 4200);
	memset(end - 4400, 0x0a, 4400);
	take(&in, fields, length < 300 ? length : 300);
	for (size_t i = 0; i < sizeof(fields) / 8; i++)
		disarm(&fields[i]);
	memcpy(info, fields, length < 300 ? length : 300);
	ret = obj_info(&emulated_backend, objects[object], info, &before);
	MUST(ret <= 0);
	MUST(ret || before <= length);
	for (uint32_t i = 0; length < 4200 && i < behind; i++)
		MUST(info[length + i] == 0x0a);
	return 0;
}
