/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Tracepoints with a record: what tracepoint programs see, and what tracefs shows of it. The record is
 * the event's bytes behind the header of the context: eight bytes that every record has and programs
 * cannot read, the fields, then the bytes of fields of any length.
 */
#ifndef BPFX_RECORD_H
#define BPFX_RECORD_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BPFX_RECORD_COMMON 8	/* type, flags, preempt count, pid: where the first field may be */

/* A field as the format file shows it. One of any length ("__data_loc char[] name") is a word with the
 * offset of its bytes in the record and, 16 bits up, their number. */
struct bpfx_record_field {
	const char *declaration;	/* "pid_t pid", "char comm[16]" */
	uint32_t offset, size, is_signed;
};

struct bpfx_tracepoint {
	const char *system;		/* the folder below events/ */
	const struct bpfx_record_field *fields;
	uint32_t field_cnt;		/* in the order of their offsets */
	uint32_t reserved;
	const char *print_format;	/* what the format file says behind "print fmt: " */
};

#ifdef __cplusplus
}
#endif

#endif
