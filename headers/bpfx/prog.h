/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* For the BPF side: what a program may tell the emulated kernel about itself. Linux ignores it. */
#ifndef BPFX_PROG_H
#define BPFX_PROG_H

/*
 * How the program information is compared (extensions/README.md, Decisions): "SHA256" is the rule;
 * "none" lets the program be attached whatever its extension says meanwhile, at its own risk: the
 * verifier judged something else. Any other kind is refused at load with -EINVAL.
 *
 *	BPFX_INFO_HASH("none") SEC("guard") int decide(struct guard_request *request) { … }
 */
#define BPFX_INFO_HASH(kind) __attribute__((btf_decl_tag("bpfx:info_hash=" kind)))

#endif
