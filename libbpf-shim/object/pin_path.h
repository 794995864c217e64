/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Paths in the bpf file system, real or emulated. */
#ifndef BPF_SHIM_PIN_PATH_H
#define BPF_SHIM_PIN_PATH_H

#include <limits.h>

#define PIN_PATH_MAX PATH_MAX

/* "@dir/@name" into @buf of PIN_PATH_MAX bytes. Return: 0 or -ENAMETOOLONG. */
int pin_path_join(char *buf, const char *dir, const char *name);
/* The file system refuses dots. */
void pin_path_sanitize(char *path);

/* Makes the directory that @path is going to stand in and checks that it is a bpf file system. */
int pin_path_prepare(const char *path);
int pin_path_remove(const char *path);

#endif
