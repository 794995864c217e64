/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpf_spin_lock: a word in a map value, shared by all processes. */
#include "rows.h"
#include "word_lock.h"

HELPER(help_spin_lock)
{
	word_lock(u64_to_ptr(r1));
	return 0;
}

HELPER(help_spin_unlock)
{
	word_unlock(u64_to_ptr(r1));
	return 0;
}

static const struct bpfx_helper spin_rows[] = {
	{ BPF_FUNC_spin_lock, "spin_lock", help_spin_lock, BPFX_RET_VOID,
	  { BPFX_ARG_SPIN_LOCK }, .flags = BASE_CAP },
	{ BPF_FUNC_spin_unlock, "spin_unlock", help_spin_unlock, BPFX_RET_VOID,
	  { BPFX_ARG_SPIN_LOCK }, .flags = BASE_CAP },
};
HELPER_TABLE(spin);
