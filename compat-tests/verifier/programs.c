/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The rows. Every one runs on the emulated and, where permitted, on the real kernel. */
#include <errno.h>
#include <stddef.h>
#include "asm.h"
#include "programs.h"

/* Inside initialisers of static arrays an instruction is braces, not a literal. */
#undef RAW
#define RAW(opcode, d, s, o, i)								\
	{ .code = (opcode), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) }

#define R0 BPF_REG_0
#define R1 BPF_REG_1
#define R2 BPF_REG_2
#define R3 BPF_REG_3
#define R4 BPF_REG_4
#define R5 BPF_REG_5
#define R6 BPF_REG_6
#define R7 BPF_REG_7
#define R8 BPF_REG_8
#define R9 BPF_REG_9
#define FP BPF_REG_10

#define CODE(...) .insns = (const struct bpf_insn[]){ __VA_ARGS__ },				\
	.cnt = sizeof((const struct bpf_insn[]){ __VA_ARGS__ }) / sizeof(struct bpf_insn)
#define REFUSED(errno, text) .want = -(errno), .line = (text)

/* r2 = data, r3 = data_end of an XDP context in r1. */
#define PACKET LOAD(W, R2, R1, 0), LOAD(W, R3, R1, 4)
/* r0 = lookup(map, &key) with the key at fp-8 set to @key. */
#define LOOKUP(map, key)								\
	STORE_IMM(DW, FP, -8, key), MOV_REG(R2, FP), ALU_IMM(ADD, R2, -8),		\
	MAP_FD(R1, map), CALL(BPF_FUNC_map_lookup_elem)
#define LOOKUP4(map, key)								\
	STORE_IMM(W, FP, -8, key), MOV_REG(R2, FP), ALU_IMM(ADD, R2, -8),		\
	MAP_FD(R1, map), CALL(BPF_FUNC_map_lookup_elem)
#define RANDOM CALL(BPF_FUNC_get_prandom_u32)
#define RETURN(value) MOV_IMM(R0, value), EXIT()

const struct program programs[] = {
	/* ---- shape ---- */
	{ "returns_a_constant", CODE(RETURN(2)) },
	{ "result_must_be_set", CODE(EXIT()), REFUSED(EACCES, "R0 !read_ok") },
	{ "ends_without_exit", CODE(MOV_IMM(R0, 0)),
	  REFUSED(EINVAL, "last insn is not an exit or jmp") },
	{ "unreachable_code", CODE(JUMP(1), MOV_IMM(R0, 1), RETURN(0)),
	  REFUSED(EINVAL, "unreachable insn 1") },
	{ "jump_out_of_program", CODE(MOV_IMM(R0, 0), JUMP_IMM(JEQ, R0, 0, 5), EXIT()),
	  REFUSED(EINVAL, "jump out of range from insn 1 to 7") },
	{ "jump_into_imm64", CODE(RANDOM, JUMP_IMM(JEQ, R0, 0, 1), IMM64(R0, 1), EXIT()),
	  REFUSED(EINVAL, "jump into the middle of ldimm64 insn 2") },
	{ "jump_to_itself", CODE(MOV_IMM(R0, 0), JUMP(-1), EXIT()),
	  REFUSED(EINVAL, "unreachable insn 2") },
	{ "unknown_opcode", CODE(RAW(0x8d, 0, 0, 0, 0), RETURN(0)),
	  REFUSED(EINVAL, "unknown opcode 8d") },
	{ "half_imm64", CODE(RAW(0x18, 0, 0, 0, 0), EXIT()),
	  REFUSED(EINVAL, "invalid bpf_ld_imm64 insn") },
	{ "mov_reserved_field", CODE(RAW(0xb7, 0, 0, 1, 0), EXIT()),
	  REFUSED(EINVAL, "BPF_MOV uses reserved fields") },
	{ "alu_reserved_field", CODE(MOV_IMM(R0, 0), RAW(0x0f, 0, 0, 0, 1), EXIT()),
	  REFUSED(EINVAL, "BPF_ALU uses reserved fields") },
	{ "exit_reserved_field", CODE(MOV_IMM(R0, 0), RAW(0x95, 0, 0, 0, 1)),
	  REFUSED(EINVAL, "BPF_EXIT uses reserved fields") },
	{ "register_11", CODE(RAW(0xbf, 0, 11, 0, 0), EXIT()), REFUSED(EINVAL, "R11 is invalid") },
	{ "frame_pointer_is_constant", CODE(MOV_IMM(FP, 0), RETURN(0)),
	  REFUSED(EACCES, "frame pointer is read only") },
	{ "unset_register", CODE(MOV_REG(R0, R2), EXIT()), REFUSED(EACCES, "R2 !read_ok") },
	{ "division_by_zero", CODE(MOV_IMM(R0, 1), ALU_IMM(DIV, R0, 0), EXIT()),
	  REFUSED(EINVAL, "div by zero") },
	{ "shift_too_far", CODE(MOV_IMM(R0, 1), ALU_IMM(LSH, R0, 64), EXIT()),
	  REFUSED(EINVAL, "invalid shift 64") },

	/* ---- helpers ---- */
	{ "unknown_helper", CODE(CALL(12345), EXIT()),
	  REFUSED(EINVAL, "invalid func unknown#12345") },
	{ "helper_of_other_type", CODE(CALL(BPF_FUNC_get_socket_cookie), RETURN(0)),
	  REFUSED(EINVAL, "program of this type cannot use helper bpf_get_socket_cookie#46") },
	{ "call_kills_arguments", CODE(MOV_IMM(R1, 1), RANDOM, MOV_REG(R0, R1), EXIT()),
	  REFUSED(EACCES, "R1 !read_ok") },
	{ "call_keeps_r6", CODE(MOV_IMM(R6, 1), RANDOM, MOV_REG(R0, R6), EXIT()) },

	/* ---- stack ---- */
	{ "stack_below_limit", CODE(STORE_IMM(DW, FP, -520, 0), RETURN(0)),
	  REFUSED(EACCES, "invalid write to stack R10 off=-520 size=8") },
	{ "stack_above_frame", CODE(STORE_IMM(DW, FP, 0, 0), RETURN(0)),
	  REFUSED(EACCES, "invalid write to stack R10 off=0 size=8") },
	{ "stack_misaligned", CODE(STORE_IMM(DW, FP, -12, 0), RETURN(0)),
	  REFUSED(EACCES, "misaligned stack access off 0+0+-12 size 8") },
	{ "fill_of_spilled_context", CODE(STORE(DW, FP, R1, -8), LOAD(DW, R2, FP, -8),
					  LOAD(W, R0, R2, 0), RETURN(0)) },
	{ "part_of_spilled_pointer", CODE(STORE(DW, FP, R1, -8), LOAD(W, R0, FP, -8), EXIT()),
	  REFUSED(EACCES, "invalid size of register fill") },
	{ "spill_of_half_a_pointer", CODE(STORE(W, FP, R1, -8), RETURN(0)),
	  REFUSED(EACCES, "invalid size of register spill") },
	{ "overwritten_spill_is_no_pointer",
	  CODE(STORE(DW, FP, R1, -8), STORE_IMM(B, FP, -7, 1), LOAD(DW, R2, FP, -8),
	       LOAD(W, R0, R2, 0), RETURN(0)),
	  REFUSED(EACCES, "R2 invalid mem access 'scalar'") },
	{ "variable_stack_offset",
	  CODE(RANDOM, ALU_IMM(AND, R0, 7), MOV_REG(R1, FP), ALU_IMM(ADD, R1, -8),
	       ALU_REG(ADD, R1, R0), STORE_IMM(B, R1, 0, 1), RETURN(0)) },
	{ "variable_stack_offset_too_far",
	  CODE(RANDOM, ALU_IMM(AND, R0, 15), MOV_REG(R1, FP), ALU_IMM(ADD, R1, -8),
	       ALU_REG(ADD, R1, R0), STORE_IMM(B, R1, 0, 1), RETURN(0)),
	  REFUSED(EINVAL, "invalid variable-offset write to stack R1 var_off=(0x0; 0xf) off=-8 "
		  "size=1") },
	{ "unbounded_stack_offset",
	  CODE(RANDOM, MOV_REG(R1, FP), ALU_REG(ADD, R1, R0), STORE_IMM(B, R1, 0, 1), RETURN(0)),
	  REFUSED(EINVAL, "math between fp pointer and register with unbounded min value is not "
		  "allowed") },

	/* ---- context ---- */
	{ "context_field", CODE(LOAD(W, R0, R1, 12), RETURN(0)) },
	{ "context_beyond_end", CODE(LOAD(W, R0, R1, 24), RETURN(0)),
	  REFUSED(EACCES, "invalid bpf_context access off=24 size=4") },
	{ "context_half_a_field", CODE(LOAD(H, R0, R1, 0), RETURN(0)),
	  REFUSED(EACCES, "invalid bpf_context access off=0 size=2") },
	{ "context_is_read_only", CODE(STORE_IMM(W, R1, 12, 0), RETURN(0)),
	  REFUSED(EACCES, "invalid bpf_context access off=12 size=4") },
	{ "context_moved", CODE(ALU_IMM(ADD, R1, 4), LOAD(W, R0, R1, 8), RETURN(0)),
	  REFUSED(EACCES, "dereference of modified ctx ptr R1 off=4 disallowed") },
	{ "context_negative_offset", CODE(LOAD(W, R0, R1, -4), RETURN(0)),
	  REFUSED(EACCES, "invalid bpf_context access off=-4 size=4") },

	/* ---- packet ---- */
	{ "packet_checked",
	  CODE(PACKET, MOV_REG(R4, R2), ALU_IMM(ADD, R4, 14), JUMP_REG(JGT, R4, R3, 1),
	       LOAD(B, R0, R2, 13), RETURN(2)) },
	{ "packet_not_checked", CODE(PACKET, LOAD(B, R0, R2, 0), RETURN(2)),
	  REFUSED(EACCES, "invalid access to packet, off=0 size=1, R2(id=0,off=0,r=0)") },
	{ "packet_one_too_far",
	  CODE(PACKET, MOV_REG(R4, R2), ALU_IMM(ADD, R4, 14), JUMP_REG(JGT, R4, R3, 1),
	       LOAD(B, R0, R2, 14), RETURN(2)),
	  REFUSED(EACCES, "R2 offset is outside of the packet") },
	{ "packet_checked_the_wrong_way",
	  CODE(PACKET, MOV_REG(R4, R2), ALU_IMM(ADD, R4, 14), JUMP_REG(JLT, R4, R3, 1),
	       LOAD(B, R0, R2, 13), RETURN(2)),
	  REFUSED(EACCES, "R2 offset is outside of the packet") },
	{ "packet_end_on_the_left",
	  CODE(PACKET, MOV_REG(R4, R2), ALU_IMM(ADD, R4, 14), JUMP_REG(JGE, R3, R4, 2), RETURN(1),
	       LOAD(B, R0, R2, 13), RETURN(2)) },
	{ "packet_variable_offset",
	  CODE(PACKET, MOV_REG(R4, R2), ALU_IMM(ADD, R4, 1), JUMP_REG(JGT, R4, R3, 8),
	       LOAD(B, R5, R2, 0), ALU_IMM(AND, R5, 15), ALU_REG(ADD, R2, R5), MOV_REG(R4, R2),
	       ALU_IMM(ADD, R4, 4), JUMP_REG(JGT, R4, R3, 2), LOAD(W, R0, R2, 0),
	       STORE(W, R2, R0, 0), RETURN(2)) },
	{ "packet_unbounded_offset",
	  CODE(PACKET, LOAD(W, R5, R1, 12), ALU_REG(ADD, R2, R5), MOV_REG(R4, R2),
	       ALU_IMM(ADD, R4, 4), JUMP_REG(JGT, R4, R3, 1), LOAD(W, R0, R2, 0), RETURN(2)),
	  REFUSED(EACCES, "R2 offset is outside of the packet") },
	{ "packet_metadata",
	  CODE(LOAD(W, R2, R1, 8), LOAD(W, R3, R1, 0), MOV_REG(R4, R2), ALU_IMM(ADD, R4, 4),
	       JUMP_REG(JGT, R4, R3, 1), LOAD(W, R0, R2, 0), RETURN(2)) },
	{ "packet_gone_after_adjust",
	  CODE(MOV_REG(R6, R1), PACKET, MOV_REG(R7, R2), MOV_REG(R4, R2), ALU_IMM(ADD, R4, 14),
	       JUMP_REG(JGT, R4, R3, 4), MOV_REG(R1, R6), MOV_IMM(R2, 0),
	       CALL(BPF_FUNC_xdp_adjust_head), LOAD(B, R0, R7, 0), RETURN(2)),
	  REFUSED(EACCES, "R7 invalid mem access 'scalar'") },

	/* ---- maps ---- */
	{ "lookup_must_be_checked", CODE(LOOKUP(MAP_HASH, 0), LOAD(W, R0, R0, 0), EXIT()),
	  REFUSED(EACCES, "R0 invalid mem access 'map_value_or_null'") },
	{ "lookup_checked",
	  CODE(LOOKUP(MAP_HASH, 0), JUMP_IMM(JEQ, R0, 0, 1), LOAD(DW, R0, R0, 8), RETURN(0)) },
	{ "lookup_of_known_element", CODE(LOOKUP4(MAP_ARRAY, 3), LOAD(DW, R0, R0, 8), EXIT()) },
	{ "lookup_of_missing_element", CODE(LOOKUP4(MAP_ARRAY, 4), LOAD(DW, R0, R0, 8), EXIT()),
	  REFUSED(EACCES, "R0 invalid mem access 'map_value_or_null'") },
	{ "lookup_copies_are_checked_together",
	  CODE(LOOKUP(MAP_HASH, 0), MOV_REG(R6, R0), JUMP_IMM(JEQ, R0, 0, 1), LOAD(W, R0, R6, 0),
	       RETURN(0)) },
	{ "null_is_no_pointer",
	  CODE(LOOKUP(MAP_HASH, 0), JUMP_IMM(JNE, R0, 0, 1), LOAD(W, R0, R0, 0), RETURN(0)),
	  REFUSED(EACCES, "R0 invalid mem access 'scalar'") },
	{ "arithmetic_before_check",
	  CODE(LOOKUP(MAP_HASH, 0), ALU_IMM(ADD, R0, 4), RETURN(0)),
	  REFUSED(EACCES, "R0 pointer arithmetic on map_value_or_null prohibited, null-check it "
		  "first") },
	{ "value_too_far",
	  CODE(LOOKUP(MAP_HASH, 0), JUMP_IMM(JEQ, R0, 0, 1), LOAD(DW, R0, R0, 12), RETURN(0)),
	  REFUSED(EACCES, "invalid access to map value, value_size=16 off=12 size=8") },
	{ "value_at_checked_index",
	  CODE(LOOKUP(MAP_HASH, 0), MOV_REG(R6, R0), JUMP_IMM(JEQ, R6, 0, 5), RANDOM,
	       JUMP_IMM(JGT, R0, 15, 2), ALU_REG(ADD, R6, R0), LOAD(B, R0, R6, 0), JUMP(0),
	       RETURN(0)) },
	{ "value_at_index_one_too_high",
	  CODE(LOOKUP(MAP_HASH, 0), MOV_REG(R6, R0), JUMP_IMM(JEQ, R6, 0, 4), RANDOM,
	       JUMP_IMM(JGT, R0, 16, 2), ALU_REG(ADD, R6, R0), LOAD(B, R0, R6, 0), RETURN(0)),
	  REFUSED(EACCES, "R6 max value is outside of the allowed memory range") },
	{ "value_at_signed_index",
	  CODE(LOOKUP(MAP_HASH, 0), MOV_REG(R6, R0), JUMP_IMM(JEQ, R6, 0, 5), RANDOM,
	       ALU_IMM(SUB, R0, 1), JUMP_IMM(JSGT, R0, 15, 2), ALU_REG(ADD, R6, R0),
	       LOAD(B, R0, R6, 0), RETURN(0)),
	  REFUSED(EINVAL, "math between map_value pointer and register with unbounded min value "
		  "is not allowed") },
	{ "value_at_index_that_may_be_negative",
	  CODE(LOOKUP(MAP_HASH, 0), MOV_REG(R6, R0), JUMP_IMM(JEQ, R6, 0, 5), RANDOM,
	       ALU_IMM(AND, R0, 3), ALU_IMM(SUB, R0, 1), ALU_REG(ADD, R6, R0), LOAD(B, R0, R6, 0),
	       RETURN(0)),
	  REFUSED(EACCES, "R6 min value is negative, either use unsigned index or do a if "
		  "(index >=0) check.") },
	{ "key_must_be_a_pointer",
	  CODE(MOV_IMM(R2, 1), MAP_FD(R1, MAP_HASH), CALL(BPF_FUNC_map_lookup_elem), RETURN(0)),
	  REFUSED(EACCES, "R2 type=scalar expected=fp, pkt, pkt_meta, map_key, map_value, mem, "
		  "ringbuf_mem, buf, trusted_ptr_") },
	{ "map_must_be_a_map",
	  CODE(MOV_REG(R2, FP), MOV_IMM(R1, 0), CALL(BPF_FUNC_map_lookup_elem), RETURN(0)),
	  REFUSED(EACCES, "R1 type=scalar expected=map_ptr") },
	{ "map_of_other_kind", CODE(LOOKUP4(MAP_PROGS, 0), RETURN(0)),
	  REFUSED(EINVAL, "cannot pass map_type 3 into func bpf_map_lookup_elem#1") },
	{ "value_address", CODE(MAP_VALUE(R1, MAP_ONE, 8), LOAD(DW, R0, R1, 0), EXIT()) },
	{ "value_address_too_far", CODE(MAP_VALUE(R1, MAP_ONE, 16), RETURN(0)),
	  REFUSED(EINVAL, "invalid access to map value pointer, value_size=16 off=16") },
	{ "value_address_of_many", CODE(MAP_VALUE(R1, MAP_ARRAY, 0), RETURN(0)),
	  REFUSED(524, "invalid access to map value pointer, value_size=16 off=0") },
	{ "value_address_of_hash", CODE(MAP_VALUE(R1, MAP_HASH, 0), RETURN(0)),
	  REFUSED(EINVAL, "no direct value access support for this map type") },
	{ "read_only_map_is_constant",
	  CODE(MAP_VALUE(R1, MAP_READ_ONLY, 0), LOAD(B, R0, R1, 0), JUMP_IMM(JEQ, R0, 'a', 1),
	       MOV_IMM(FP, 0), RETURN(0)) },
	{ "read_only_map_is_not_written",
	  CODE(MAP_VALUE(R1, MAP_READ_ONLY, 0), STORE_IMM(B, R1, 0, 1), RETURN(0)),
	  REFUSED(EACCES, "write into map forbidden, value_size=16 off=0 size=1") },

	/* ---- references ---- */
	{ "ring_record_submitted",
	  CODE(MAP_FD(R1, MAP_RING), MOV_IMM(R2, 8), MOV_IMM(R3, 0), CALL(BPF_FUNC_ringbuf_reserve),
	       JUMP_IMM(JEQ, R0, 0, 4), STORE_IMM(DW, R0, 0, 1), MOV_REG(R1, R0), MOV_IMM(R2, 0),
	       CALL(BPF_FUNC_ringbuf_submit), RETURN(0)) },
	{ "ring_record_forgotten",
	  CODE(MAP_FD(R1, MAP_RING), MOV_IMM(R2, 8), MOV_IMM(R3, 0), CALL(BPF_FUNC_ringbuf_reserve),
	       RETURN(0)),
	  REFUSED(EINVAL, "Unreleased reference id=2 alloc_insn=4") },
	{ "ring_record_used_after_submit",
	  CODE(MAP_FD(R1, MAP_RING), MOV_IMM(R2, 8), MOV_IMM(R3, 0), CALL(BPF_FUNC_ringbuf_reserve),
	       JUMP_IMM(JEQ, R0, 0, 5), MOV_REG(R6, R0), MOV_REG(R1, R0), MOV_IMM(R2, 0),
	       CALL(BPF_FUNC_ringbuf_submit), STORE_IMM(DW, R6, 0, 1), RETURN(0)),
	  REFUSED(EACCES, "R6 invalid mem access 'scalar'") },
	{ "ring_record_overrun",
	  CODE(MAP_FD(R1, MAP_RING), MOV_IMM(R2, 8), MOV_IMM(R3, 0), CALL(BPF_FUNC_ringbuf_reserve),
	       JUMP_IMM(JEQ, R0, 0, 4), STORE_IMM(DW, R0, 8, 1), MOV_REG(R1, R0), MOV_IMM(R2, 0),
	       CALL(BPF_FUNC_ringbuf_submit), RETURN(0)),
	  REFUSED(EACCES, "invalid access to memory, mem_size=8 off=8 size=8") },
	{ "ring_submit_of_something_else",
	  CODE(MOV_REG(R1, FP), MOV_IMM(R2, 0), CALL(BPF_FUNC_ringbuf_submit), RETURN(0)),
	  REFUSED(EACCES, "R1 type=fp expected=ringbuf_mem") },
	{ "ring_size_not_constant",
	  CODE(RANDOM, MAP_FD(R1, MAP_RING), MOV_REG(R2, R0), MOV_IMM(R3, 0),
	       CALL(BPF_FUNC_ringbuf_reserve), RETURN(0)),
	  REFUSED(EACCES, "R2 is not a known constant'") },

	/* ---- numbers and branches ---- */
	{ "dead_branch_is_not_walked",
	  CODE(MOV_IMM(R1, 5), JUMP_IMM(JEQ, R1, 5, 1), MOV_IMM(FP, 0), RETURN(0)) },
	{ "bound_of_the_other_operand",
	  CODE(RANDOM, MOV_REG(R6, R0), RANDOM, JUMP_IMM(JGT, R0, 7, 4), JUMP_REG(JGE, R6, R0, 3),
	       MOV_REG(R1, FP), ALU_REG(ADD, R1, R6), STORE_IMM(B, R1, -8, 0), RETURN(0)) },
	{ "linked_copy_is_bounded",
	  CODE(RANDOM, MOV_REG(R6, R0), ALU_IMM(ADD, R6, 2), JUMP_IMM(JGT, R0, 5, 3),
	       MOV_REG(R1, FP), ALU_REG(ADD, R1, R6), STORE_IMM(B, R1, -8, 0), RETURN(0)) },
	{ "negated_copy_is_not_linked",
	  CODE(RANDOM, MOV_REG(R6, R0), RAW(BPF_ALU64 | BPF_NEG, R6, 0, 0, 0),
	       JUMP_IMM(JGT, R0, 5, 3), MOV_REG(R1, FP), ALU_REG(ADD, R1, R6),
	       STORE_IMM(B, R1, -8, 0), RETURN(0)),
	  REFUSED(EINVAL, "math between fp pointer and register with unbounded min value is not "
		  "allowed") },
	{ "distance_is_forgotten_with_the_link",
	  CODE(RANDOM, MOV_REG(R6, R0), ALU_IMM(ADD, R6, INT32_MIN),
	       RAW(BPF_ALU64 | BPF_END, R6, 0, 0, 16), JUMP_IMM(JNE, R6, 0, 3), MOV_REG(R1, FP),
	       ALU_REG(ADD, R1, R6), STORE_IMM(B, R1, -8, 0), RETURN(0)) },
	{ "mask_from_a_condition_is_two_paths",
	  CODE(RANDOM, ALU_IMM(AND, R0, 1), RAW(BPF_ALU64 | BPF_NEG, R0, 0, 0, 0),
	       ALU_IMM(AND, R0, 7), MOV_REG(R1, FP), ALU_REG(ADD, R1, R0), STORE_IMM(B, R1, -8, 0),
	       RETURN(0)) },
	{ "swapped_bytes_of_a_constant",
	  CODE(MOV_IMM(R0, 1), RAW(BPF_ALU64 | BPF_END, R0, 0, 0, 16), JUMP_IMM(JEQ, R0, 256, 1),
	       MOV_IMM(FP, 0), RETURN(0)) },
	{ "register_against_itself",
	  CODE(RANDOM, JUMP_REG(JLT, R0, R0, 1), MOV_IMM(R0, 1), RETURN(0)) },
	{ "and_bounds",
	  CODE(RANDOM, ALU_IMM(AND, R0, 7), MOV_REG(R1, FP), ALU_REG(ADD, R1, R0),
	       STORE_IMM(B, R1, -8, 0), RETURN(0)) },
	{ "modulo_does_not_bound",
	  CODE(RANDOM, ALU_IMM(MOD, R0, 8), MOV_REG(R1, FP), ALU_REG(ADD, R1, R0),
	       STORE_IMM(B, R1, -8, 0), RETURN(0)),
	  REFUSED(EINVAL, "math between fp pointer and register with unbounded min value is not "
		  "allowed") },
	{ "pointer_times_two", CODE(MOV_REG(R1, FP), ALU_IMM(MUL, R1, 2), RETURN(0)),
	  REFUSED(EACCES, "R1 pointer arithmetic with *= operator prohibited") },
	{ "pointer_and_mask", CODE(MOV_REG(R1, FP), ALU_IMM(AND, R1, 2), RETURN(0)),
	  REFUSED(EACCES, "R1 bitwise operator &= on pointer prohibited") },
	{ "sum_of_pointers", CODE(ALU_REG(ADD, R1, FP), RETURN(0)),
	  REFUSED(EACCES, "R1 pointer += pointer prohibited") },
	{ "huge_offset", CODE(ALU_IMM(ADD, R1, 0x7fffffff), RETURN(0)),
	  REFUSED(EINVAL, "math between ctx pointer and 2147483647 is not allowed") },

	/* ---- loops ---- */
	{ "bounded_loop", CODE(MOV_IMM(R0, 0), ALU_IMM(ADD, R0, 1), JUMP_IMM(JLT, R0, 100, -2), EXIT()) },
	{ "endless_loop", CODE(MOV_IMM(R0, 0), JUMP_IMM(JEQ, R0, 0, -1), EXIT()),
	  REFUSED(EINVAL, "infinite loop detected at insn 1") },
	{ "loop_of_a_million", CODE(MOV_IMM(R0, 0), ALU_IMM(ADD, R0, 1),
				    JUMP_IMM(JLT, R0, 2000000, -2), EXIT()),
	  REFUSED(E2BIG, NULL) },

	/* ---- functions ---- */
	{ "function_returns",
	  CODE(MOV_IMM(R1, 3), CALL_LOCAL(1), EXIT(), MOV_REG(R0, R1), EXIT()) },
	{ "function_keeps_r6",
	  CODE(MOV_REG(R6, R1), CALL_LOCAL(2), LOAD(W, R0, R6, 0), EXIT(), RETURN(0)) },
	{ "function_has_its_own_r6",
	  CODE(MOV_IMM(R6, 1), CALL_LOCAL(1), EXIT(), MOV_REG(R0, R6), EXIT()),
	  REFUSED(EACCES, "R6 !read_ok") },
	{ "function_writes_callers_stack",
	  CODE(MOV_REG(R1, FP), ALU_IMM(ADD, R1, -8), CALL_LOCAL(2), LOAD(DW, R0, FP, -8), EXIT(),
	       STORE_IMM(DW, R1, 0, 7), RETURN(0)) },
	{ "function_returns_its_stack",
	  CODE(CALL_LOCAL(1), EXIT(), MOV_REG(R0, FP), EXIT()),
	  REFUSED(EINVAL, "cannot return stack pointer to the caller") },
	{ "function_calls_itself",
	  CODE(CALL_LOCAL(1), EXIT(), CALL_LOCAL(-1), EXIT()),
	  REFUSED(E2BIG, "the call stack of 9 frames is too deep") },
	{ "stacks_add_up",
	  CODE(STORE_IMM(DW, FP, -296, 0), CALL_LOCAL(1), EXIT(), STORE_IMM(DW, FP, -296, 0),
	       RETURN(0)),
	  REFUSED(EACCES, "combined stack size of 2 calls is 608. Too large") },
	{ "jump_into_function",
	  CODE(MOV_IMM(R0, 0), JUMP_IMM(JEQ, R0, 0, 2), CALL_LOCAL(1), EXIT(), RETURN(0)),
	  REFUSED(EINVAL, "jump out of range from insn 1 to 4") },
	{ "callback_without_btf",
	  CODE(MOV_IMM(R1, 10), FUNC(R2, 6), MOV_IMM(R3, 0), MOV_IMM(R4, 0),
	       CALL(BPF_FUNC_loop), RETURN(0), RETURN(0)),
	  REFUSED(EINVAL, "missing btf func_info") },
	{ "tail_call",
	  CODE(MAP_FD(R2, MAP_PROGS), MOV_IMM(R3, 0), CALL(BPF_FUNC_tail_call), RETURN(0)) },

	/* ---- pruning must not forget ---- */
	{ "branch_decides_an_offset",
	  CODE(RANDOM, MOV_IMM(R6, 4), JUMP_IMM(JGT, R0, 10, 1), MOV_IMM(R6, 600), MOV_IMM(R7, 1),
	       MOV_REG(R1, FP), ALU_REG(SUB, R1, R6), RETURN(0)),
	  REFUSED(EACCES, "R1 subtraction from stack pointer prohibited") },
	{ "value_that_matters_later",
	  CODE(RANDOM, MOV_IMM(R6, -8), JUMP_IMM(JGT, R0, 10, 1), MOV_IMM(R6, -600), MOV_IMM(R7, 1),
	       MOV_REG(R1, FP), ALU_REG(ADD, R1, R6), STORE_IMM(B, R1, 0, 0), RETURN(0)),
	  .flags = BPF_F_TEST_STATE_FREQ,
	  REFUSED(EACCES, "invalid write to stack R1 off=-600 size=1") },
	{ "spilled_value_that_matters_later",
	  CODE(RANDOM, STORE_IMM(DW, FP, -16, -8), JUMP_IMM(JGT, R0, 10, 1),
	       STORE_IMM(DW, FP, -16, -600), MOV_IMM(R7, 1), LOAD(DW, R6, FP, -16), MOV_REG(R1, FP),
	       ALU_REG(ADD, R1, R6), STORE_IMM(B, R1, 0, 0), RETURN(0)),
	  .flags = BPF_F_TEST_STATE_FREQ,
	  REFUSED(EACCES, "invalid write to stack R1 off=-600 size=1") },

	/* ---- flags ---- */
	{ "strict_alignment",
	  CODE(MAP_VALUE(R1, MAP_ONE, 0), LOAD(W, R0, R1, 1), RETURN(0)),
	  .flags = BPF_F_STRICT_ALIGNMENT,
	  REFUSED(EACCES, "misaligned value access off 0+0+1 size 4") },
	{ "unaligned_is_fine", CODE(MAP_VALUE(R1, MAP_ONE, 0), LOAD(W, R0, R1, 1), RETURN(0)) },

	/* ---- socket filters ---- */
	{ "skb_field", CODE(LOAD(W, R0, R1, 0), EXIT()), .type = BPF_PROG_TYPE_SOCKET_FILTER },
	{ "skb_part_of_field", CODE(LOAD(B, R0, R1, 1), EXIT()),
	  .type = BPF_PROG_TYPE_SOCKET_FILTER },
	{ "skb_control_block", CODE(STORE_IMM(W, R1, 48, 1), LOAD(W, R0, R1, 48), EXIT()),
	  .type = BPF_PROG_TYPE_SOCKET_FILTER },
	{ "skb_data_is_not_for_filters", CODE(LOAD(W, R0, R1, 76), RETURN(0)),
	  .type = BPF_PROG_TYPE_SOCKET_FILTER,
	  REFUSED(EACCES, "invalid bpf_context access off=76 size=4") },
};

const uint32_t program_cnt = sizeof(programs) / sizeof(programs[0]);
