/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the files of this extension share. */
#ifndef EXTENSIONS_TRACING_PRIVATE_H
#define EXTENSIONS_TRACING_PRIVATE_H

#include <bpfx/extension.h>

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

#define RAW_TP_ARGS_MAX 12

/* bpf_get_attach_cookie() of every tracing program. */
#define COOKIE_ROW_CNT 1
extern const struct bpfx_helper cookie_rows[COOKIE_ROW_CNT];

int raw_tp_test_run(const struct bpfx_host *host, struct bpfx_test_run *run);

#endif
