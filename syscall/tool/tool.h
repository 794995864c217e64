/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpf-shim: one file per command. */
#ifndef SYSCALL_TOOL_H
#define SYSCALL_TOOL_H

#include <stdbool.h>
#include <stdint.h>

/* Exit statuses: what was asked for is not right or was refused; bpf-shim itself failed or was
 * called wrongly (run has the statuses of COMMAND besides). */
#define REFUSED 1
#define FAILED	125

/* A command: its arguments begin with its name. Return: exit status. */
int run_command(int argc, char **argv);
int hooks_command(int argc, char **argv);
int fire_command(int argc, char **argv);
int doctor_command(int argc, char **argv);
int gc_command(int argc, char **argv);
int store_command(int argc, char **argv);

/* "bpf-shim: WHAT 'ON': text of ERR". Return: FAILED. */
int complain(const char *what, const char *on, int err);
/* The command was called wrongly: its usage to stderr. Return: FAILED. */
int usage_error(void);

/* Library for LD_PRELOAD that belongs to this program: 0 or -errno. */
int find_preload(char *out, unsigned long size);

#endif
