/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Tables of an extension with some of their words changed (never a pointer): refused with a reason, or a
 * program of its type loads, runs and fires without harm. */
#include <errno.h>
#include <stdbool.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"
#include "probe.h"
#include "target.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	use_private_store();
	kern_host();
	return 0;
}

/* Words that an extension may get wrong and the kernel must notice. Counts only shrink, and sizes of rows
 * stay: who lies about where its tables are cannot be found out. */
#define WORDS_MAX 160

static struct {
	uint32_t *at;
	bool shrinks;
} words[WORDS_MAX];
static size_t word_cnt;

static void add_words(void *from, size_t cnt, bool shrinks)
{
	for (size_t i = 0; i < cnt; i++) {
		words[word_cnt].at = (uint32_t *)from + i;
		words[word_cnt++].shrinks = shrinks;
	}
}

static void list_words(void)
{
	word_cnt = 0;
	for (size_t i = 0; i < 3; i++) {
		add_words(&probe.fields[i].offset, 4, false);
		add_words(&probe.fields[i].real_offset, 2, false);
		add_words(&probe.fields[i].mem_size, 1, false);
	}
	add_words(&probe.ctx.size, 1, false);
	add_words(&probe.ctx.real_data, 3, false);
	add_words(&probe.ctx.field_cnt, 1, true);
	for (size_t i = 0; i < PROBE_HELPERS + 1; i++) {
		add_words(&probe.helpers[i].id, 1, false);
		add_words(&probe.helpers[i].ret, 7, false);
		add_words(&probe.helpers[i].arg_sizes, 5, false);
	}
	add_words(&probe.types[0].type, 2, false);
	add_words(&probe.types[0].helper_cnt, 1, true);
	for (size_t i = 0; i < 2; i++) {
		add_words(&probe.hooks[i].attach_type, 2, false);
		add_words(&probe.hooks[i].flags, 2, false);
		add_words(&probe.hooks[i].max_programs, 1, false);
	}
	add_words(&probe.map_types[0].base, 2, false);
	add_words(&probe.ext.size, 4, true);
	add_words(&probe.ext.prog_type_cnt, 5, true);
}

static void change(struct input *in)
{
	size_t word = take_byte(in) % word_cnt;
	uint32_t value = take_byte(in);

	if (take_byte(in) & 1)
		take(in, &value, sizeof(value));
	if (words[word].shrinks && value > *words[word].at)
		return;
	*words[word].at = value;
}

static void use(void)
{
	uint32_t result;
	int prog = PROBE_LOAD(MOV_IMM(2, 1), CALL(PROBE_ADD), EXIT());
	int link = prog < 0 ? prog : probe_attach(prog, "probe");

	if (link >= 0) {
		probe_fire(&probe.hooks[0], 1, &result);
		kern_fd_close(link);
	}
	if (prog >= 0)
		kern_fd_close(prog);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	probe_reset();
	list_words();
	for (int i = 0; i < 16 && in.size; i++)
		change(&in);
	if (bpfx_register(&probe.ext)) {
		MUST(*bpfx_reason());
		return 0;
	}
	use();
	MUST(!bpfx_unregister(&probe.ext));
	return 0;
}
