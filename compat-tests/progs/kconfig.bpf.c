// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* Kernel configuration as variables. */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern bool CONFIG_TEST_BOOL __kconfig;
extern enum libbpf_tristate CONFIG_TEST_TRI __kconfig;
extern int CONFIG_TEST_INT __kconfig;
extern unsigned long long CONFIG_TEST_HEX __kconfig;
extern char CONFIG_TEST_STR[8] __kconfig;
extern int CONFIG_TEST_ABSENT __kconfig __weak;

int version, boolean, tri, integer, absent = 5;
unsigned long long hex;
char str[8];

SEC("xdp")
int copy(struct xdp_md *ctx)
{
	int i;

	version = LINUX_KERNEL_VERSION;
	boolean = CONFIG_TEST_BOOL;
	tri = CONFIG_TEST_TRI;
	integer = CONFIG_TEST_INT;
	hex = CONFIG_TEST_HEX;
	absent = CONFIG_TEST_ABSENT;
	for (i = 0; i < 8; i++)
		str[i] = CONFIG_TEST_STR[i];
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
