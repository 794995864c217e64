/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Random programs: mostly valid instructions in an order that nobody meant. */
#ifndef VERIFIER_RANDOM_PROGRAM_H
#define VERIFIER_RANDOM_PROGRAM_H

#include <stdint.h>
#include <linux/bpf.h>

#define RANDOM_MAX 48

/* Return: instructions written to @insns (room for RANDOM_MAX); the same for the same @seed. */
uint32_t random_program(uint64_t seed, struct bpf_insn *insns);

/* A longer one that works on memory: map values, packets and the stack at variable offsets, loops, calls.
 * Maps are named by their number: 0 is an array of four values of 16 bytes, 1 a hash with keys of eight. */
#define RANDOM_MEMORY_MAX 192

uint32_t random_memory_program(uint64_t seed, struct bpf_insn *insns);

#endif
