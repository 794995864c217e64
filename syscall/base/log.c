/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The debug log, configured by BPF_SHIM_LOG when first used. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

static const char *const level_names[] = { "error", "warn", "info", "debug" };
static pthread_once_t configure_once = PTHREAD_ONCE_INIT;
static int max_level = -1;
static char log_path[4096];

static int parse_level(const char *text, size_t len)
{
	if (len == 1 && text[0] >= '0' && text[0] <= '3')
		return text[0] - '0';
	for (int i = 0; i < 4; i++)
		if (strlen(level_names[i]) == len && !strncmp(text, level_names[i], len))
			return i;
	return -1;
}

static void configure(void)
{
	const char *text = getenv("BPF_SHIM_LOG");
	const char *colon;

	if (!text || !*text)
		return;
	colon = strchr(text, ':');
	if (colon && strlen(colon + 1) < sizeof(log_path))
		strcpy(log_path, colon + 1);
	max_level = parse_level(text, colon ? (size_t)(colon - text) : strlen(text));
}

void debug_vlog(int level, const char *format, va_list args)
{
	int saved = errno, len, used, fd = STDERR_FILENO;
	char line[1024];

	pthread_once(&configure_once, configure);
	if (level > max_level || level < 0)
		return;
	len = snprintf(line, sizeof(line), "bpf-shim[%d] %s: ", (int)getpid(),
		       level_names[level > 3 ? 3 : level]);
	used = vsnprintf(line + len, sizeof(line) - len - 1, format, args);
	len += used < (int)sizeof(line) - len - 1 ? used : (int)sizeof(line) - len - 2;
	if (line[len - 1] != '\n')
		line[len++] = '\n';
	if (log_path[0])
		fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd >= 0) {
		ssize_t ignored = write(fd, line, len);

		(void)ignored;
		if (fd != STDERR_FILENO)
			close(fd);
	}
	errno = saved;
}

void debug_log(int level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	debug_vlog(level, format, args);
	va_end(args);
}
