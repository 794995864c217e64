/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Clocks. */
#include <time.h>

#include "rows.h"

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

HELPER(help_ktime_get_ns)
{
	return read_clock(CLOCK_MONOTONIC);
}

HELPER(help_ktime_get_boot_ns)
{
	return read_clock(CLOCK_BOOTTIME);
}

HELPER(help_ktime_get_coarse_ns)
{
	return read_clock(CLOCK_MONOTONIC_COARSE);
}

HELPER(help_ktime_get_tai_ns)
{
	return read_clock(CLOCK_TAI);
}

/* The tick is the resolution of the coarse clock. Linux lets its counter begin 300 seconds before
 * 32 bits overflow, so that programs that cannot bear it show. */
HELPER(help_jiffies64)
{
	static uint64_t tick_ns;
	uint64_t tick = __atomic_load_n(&tick_ns, __ATOMIC_RELAXED);
	struct timespec resolution;

	if (!tick) {
		clock_getres(CLOCK_MONOTONIC_COARSE, &resolution);
		tick = resolution.tv_nsec ? resolution.tv_nsec : 4000000;
		__atomic_store_n(&tick_ns, tick, __ATOMIC_RELAXED);
	}
	return (1ull << 32) - 300 * (1000000000ull / tick) +
	       read_clock(CLOCK_MONOTONIC_COARSE) / tick;
}

static const struct bpfx_helper time_rows[] = {
	{ BPF_FUNC_ktime_get_ns, "ktime_get_ns", help_ktime_get_ns, BPFX_RET_INTEGER,
	  .flags = BASE },
	{ BPF_FUNC_ktime_get_boot_ns, "ktime_get_boot_ns", help_ktime_get_boot_ns,
	  BPFX_RET_INTEGER, .flags = BASE },
	{ BPF_FUNC_ktime_get_coarse_ns, "ktime_get_coarse_ns", help_ktime_get_coarse_ns,
	  BPFX_RET_INTEGER, .flags = 0 },
	{ BPF_FUNC_ktime_get_tai_ns, "ktime_get_tai_ns", help_ktime_get_tai_ns, BPFX_RET_INTEGER,
	  .flags = BASE },
	{ BPF_FUNC_jiffies64, "jiffies64", help_jiffies64, BPFX_RET_INTEGER, .flags = BASE_CAP },
};
HELPER_TABLE(time);
