/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the files of the verifier share: the abstract state, facts per instruction, the environment. */
#ifndef VERIFIER_ENV_H
#define VERIFIER_ENV_H

#include <errno.h>
#include <string.h>
#include "bits.h"
#include "err.h"
#include "insn.h"
#include "memo.h"
#include "pool.h"
#include "scalar.h"
#include "ulog.h"
#include "verifier.h"
#include <bpfx/kfunc.h>

/* Limits of Linux. */
#define MAX_STACK		512
#define MAX_FRAMES		8
#define BPF_REG_FP		BPF_REG_10
#define MAX_SUBPROGS		256
#define MAX_VAR_OFF		(1 << 29)
#define MAX_VAR_SIZE		(1 << 29)
#define MAX_PACKET_OFF		0xffff
#define MAX_MAPS		64
#define LIMIT_INSNS		1000000
#define LIMIT_JUMPS		8192	/* branches waiting to be walked */
#define LIMIT_STATES		64	/* states per instruction, unprivileged */

/* ---- registers ---- */

/* What a register holds: one kind, and flags above it. */
enum reg_kind {
	REG_NOT_INIT,
	REG_SCALAR,
	REG_CTX,
	REG_MAP,		/* a map itself */
	REG_MAP_VALUE,
	REG_MAP_KEY,
	REG_STACK,
	REG_PACKET_META,
	REG_PACKET,
	REG_PACKET_END,
	REG_FLOW_KEYS,
	REG_SOCKET,
	REG_SOCK_COMMON,
	REG_TCP_SOCK,
	REG_XDP_SOCK,
	REG_BUF,		/* memory whose size is checked when the program is attached */
	REG_BTF_ID,		/* kernel object with a BTF type */
	REG_MEM,		/* memory of known size */
	REG_FUNC,		/* function of the program */
	REG_DYNPTR,		/* argument of a function: constant dynptr */
	REG_KIND_CNT,
};

#define REG_KIND_MASK	0xffu
#define REG_MAYBE_NULL	0x100u
#define REG_RDONLY	0x200u
#define REG_RINGBUF	0x400u
#define REG_UNTRUSTED	0x800u
#define REG_TRUSTED	0x1000u
#define REG_ALLOC	0x2000u	/* object that the program made */
#define REG_NON_OWN	0x4000u	/* … and gave to a list or tree: valid while the lock is held */
#define REG_RCU		0x8000u	/* valid within the RCU read section */
#define REG_PERCPU	0x10000u
#define REG_USER	0x20000u	/* memory of the process */
#define REG_PKT_SLICE	0x40000u	/* memory got from a packet's dynptr: dies with the packet's place */

struct reg {
	uint32_t type;		/* enum reg_kind | flags */
	int32_t off;		/* fixed part of a pointer's offset; linked scalar: its distance */
	union {
		struct {
			const struct verifier_map *map;
			uint32_t map_uid;	/* which lookup in an outer map gave it */
		};
		struct {
			const struct kern_btf *btf;
			uint32_t btf_id;
		};
		int32_t range;		/* packet: bytes from its start known to be there */
		struct {
			uint32_t mem_size;
			uint32_t mem_dynptr;	/* slice of a dynptr: its id */
		};
		uint32_t subprog;	/* REG_FUNC */
		struct {		/* slot of an iterator */
			uint32_t iter_type;	/* id of its struct in the kernel's BTF */
			uint8_t iter_state;	/* enum iter_state */
			uint32_t iter_depth;	/* rounds so far */
		};
		struct {		/* slot of a dynptr; REG_DYNPTR */
			uint8_t dynptr_kind;	/* enum dynptr_kind */
			bool dynptr_first;	/* the slot at the lower address */
		};
		uint64_t raw[2];
	};
	struct scalar num;	/* scalar: its value; pointer: variable part of its offset */
	/* What stands above must be equal in equal states, what follows up to renaming. */
	uint32_t id;		/* equal non-zero ids: same value, same object */
	uint32_t ref_id;	/* reference it must be released by */
	uint32_t frameno;	/* REG_STACK: whose */
	bool precise;		/* its value matters: pruning must compare it exactly */
};

/* Flags in a scalar's id: it is another scalar of this id plus off, added in 64 or 32 bits. */
#define ID_ADD_CONST64	0x80000000u
#define ID_ADD_CONST32	0x40000000u
#define ID_ADD_CONST	(ID_ADD_CONST64 | ID_ADD_CONST32)

static inline uint32_t reg_kind(const struct reg *reg)
{
	return reg->type & REG_KIND_MASK;
}

static inline bool reg_may_be_null(const struct reg *reg)
{
	return reg->type & REG_MAYBE_NULL;
}

static inline bool reg_is_const(const struct reg *reg, bool low_half)
{
	return reg->type == REG_SCALAR && scalar_is_const(&reg->num, low_half);
}

static inline bool reg_is_zero(const struct reg *reg)
{
	return reg->type == REG_SCALAR && tnum_equals_const(reg->num.bits, 0);
}

static inline bool kind_is_packet(uint32_t kind)
{
	return kind == REG_PACKET || kind == REG_PACKET_META;
}

/* The number is not that of others any more. */
static inline void reg_unlink(struct reg *scalar)
{
	scalar->id = 0;
	scalar->off = 0;
}

/* ---- stack ---- */

enum slot_kind {
	SLOT_INVALID,		/* never written */
	SLOT_MISC,		/* written with something */
	SLOT_ZERO,		/* written with zero */
	SLOT_WITH_REG = 4,	/* bit of those that follow: they go with a register */
	SLOT_SPILL = SLOT_WITH_REG,	/* byte of a spilled register */
	SLOT_ITER,		/* byte of an iterator */
	SLOT_DYNPTR,		/* byte of a dynptr */
	SLOT_IRQ,		/* byte of saved interrupt flags */
};

enum dynptr_kind { DYNPTR_NONE, DYNPTR_LOCAL, DYNPTR_RINGBUF, DYNPTR_SKB, DYNPTR_XDP,
		   DYNPTR_SKB_META };
enum iter_state { ITER_INVALID, ITER_ACTIVE, ITER_DRAINED };

#define SLOT_SIZE 8

/*
 * Eight bytes of stack: slot 0 is fp-8..fp-1; type[7] is the byte at the lowest address. In the current
 * state each slot has room for a spilled register; in states that wait or are remembered those have
 * that hold one (or an iterator, a dynptr …), the others have NULL.
 */
struct slot {
	union {
		uint8_t type[SLOT_SIZE];
		uint64_t types;
	};
	struct reg *spilled;
};

/* One activation of a function. */
struct frame {
	struct reg regs[MAX_BPF_REG];
	int32_t callsite;	/* instruction that called; -1: main, global function */
	uint32_t frameno, subprog;
	uint32_t callback_depth;	/* how often the callback below ran */
	int64_t ret_min, ret_max;	/* in_callback: what it may return */
	bool in_callback, in_exception_callback;
	bool in_async_callback;
	uint32_t async_entry;
	/* Of a remembered state: which numbers are precise. */
	uint16_t precise_regs;
	uint64_t precise_slots;
	struct slot *stack;	/* one piece of memory: slots, then registers */
	uint32_t slot_cnt, slot_cap;
	uint32_t stack_size;	/* of the piece, in bytes */
};

/* ---- references and history ---- */

enum ref_kind { REF_POINTER, REF_LOCK, REF_IRQ, REF_RES_LOCK, REF_RES_LOCK_IRQ };

struct ref {
	uint32_t kind;		/* enum ref_kind */
	uint32_t id;
	int32_t insn;		/* where it was acquired */
	const void *object;	/* locks: map, or BTF of the object, that holds the lock */
	uint32_t outer;		/* REF_IRQ: the section around it; its kind for restoring */
};

/* One step of a path that back-tracking cannot tell from the program text. */
struct step {
	uint32_t idx, prev;
	uint16_t flags;		/* STEP_* */
	uint16_t tracked_regs;	/* of its frame, that were tracked back beyond it */
	uint64_t tracked_slots;
	uint64_t linked;	/* registers and slots a branch changed along, see linked.c */
};

#define STEP_STACK		0x0001u	/* access of a stack slot */
#define STEP_FRAME_SHIFT	4
#define STEP_FRAME_MASK		0x7u
#define STEP_SLOT_SHIFT		8
#define STEP_SLOT_MASK		0x3fu
#define STEP_DST_STACK		0x0002u	/* compared registers that are stack pointers */
#define STEP_SRC_STACK		0x0004u

static inline uint32_t step_stack(uint32_t frameno, uint32_t slot)
{
	return STEP_STACK | frameno << STEP_FRAME_SHIFT | slot << STEP_SLOT_SHIFT;
}

static inline uint32_t step_frame(uint32_t flags)
{
	return flags >> STEP_FRAME_SHIFT & STEP_FRAME_MASK;
}

static inline uint32_t step_slot(uint32_t flags)
{
	return flags >> STEP_SLOT_SHIFT & STEP_SLOT_MASK;
}

/* Everything known at one point of one path. */
struct state {
	/* Memory of its own; NULL beyond curframe. What follows it is copied as it is. */
	struct frame *frame[MAX_FRAMES];
	struct ref *refs;
	struct step *steps;
	uint32_t ref_cap, step_cap;

	uint32_t curframe, ref_cnt, step_cnt;
	uint32_t insn;			/* where */
	uint32_t first_insn, last_insn;	/* of the stretch since the parent */
	struct state *parent;		/* state remembered before on this path */
	uint32_t branches;		/* paths from here that are not walked to the end */

	uint32_t active_locks, active_lock_id;
	const void *active_lock_object;
	uint32_t callback_unroll_depth;
	uint32_t may_goto_depth;
	uint32_t preempt_locks, irq_id;	/* sections: depth; innermost saved flags, 0: none */
	bool rcu_lock;
	bool in_sleepable;
	bool cleaned;			/* dead registers and slots are removed */
	struct state *equal;		/* backedge: the remembered state it equals */
};

/* A remembered state. */
struct visited {
	struct state state;
	struct visited *next, *prev;	/* in its bucket */
	uint32_t misses, hits;
	uint8_t odd_frame, odd_place;	/* register or, beyond them, slot that the last state compared
					 * with it differed in */
	uint8_t odd_round;		/* the same in may_be_looping() */
	bool evicted;			/* waits until its branches are done */
};

/* A branch to walk later. */
struct pending {
	struct state state;
	uint32_t insn, prev_insn;
	uint64_t log_end;
	struct pending *next;
};

/* ---- facts per instruction and function ---- */

struct insn_aux {
	uint32_t map;		/* index + 1, as verifier_insn.map */
	uint32_t map_off;	/* LD_MAP_VALUE: offset in the value */
	uint16_t live_regs;	/* before it */
	uint32_t ptr_type;	/* type of the pointer a load or store goes through */
	bool fields_fine;	/* its reserved fields were checked */
	const struct bpfx_ctx_field *field;	/* context access: which field */
	uint32_t scc;		/* loop it belongs to, 0: none */
	const struct verifier_map *call_map;	/* helper with a MAP argument */
	const struct kfunc *kfunc;	/* call of a kernel function; NULL: none such */
	bool map_varies;	/* reached with different maps */
	bool prune_point;	/* states are compared before it */
	bool jump_point;	/* how the walk got there is noted */
	bool force_checkpoint;	/* a state is remembered on every arrival */
	bool calls_callback;	/* synchronous: may run any number of times */
	bool seen;		/* some path reached it */
	bool probe_mem;		/* load that may fault */
	bool nop;		/* jump to the next one: left out */
	bool may_write_stack;
};

struct subprog {
	uint32_t start;
	uint32_t exit;		/* its last exit instruction, where there is one */
	uint32_t linfo;		/* first line info record */
	uint16_t stack_depth;
	bool global, called, verified, is_callback, is_async_callback, has_tail_call, has_ld_abs;
	bool changes_pkt, might_sleep, is_exception_callback;
	bool unreliable;	/* its BTF does not say what it is called with */
	/* Arguments of a global function from BTF. */
	bool args_cached;
	uint32_t arg_cnt;
	struct subprog_arg {
		uint32_t kind;	/* enum bpfx_arg | flags, or ARG_PTR_* below */
		uint32_t mem_size;
		uint32_t btf_id;
	} args[5];
	/* Postorder of its instructions, see liveness.c. */
	uint32_t postorder_start, postorder_cnt;
};

/* Registers and slots whose precision is being tracked back, per frame. */
struct backtrack {
	uint32_t frame;
	uint32_t regs[MAX_FRAMES];
	uint64_t slots[MAX_FRAMES];
};

struct id_map {
	uint32_t old, cur;
};

#define ID_MAP_SIZE (MAX_BPF_REG * MAX_FRAMES + MAX_STACK / SLOT_SIZE * MAX_FRAMES)

struct scc_info;
struct live_stack;

struct verifier_env {
	const struct verifier_input *in;
	struct verifier_result *result;
	struct ulog *log;
	struct pool pool;

	struct bpf_insn *insns;
	struct insn_aux *aux;
	uint32_t insn_cnt;
	struct subprog *subprogs;
	uint32_t subprog_cnt;

	bool allow_leaks;	/* privileged: pointers are no secret */
	bool bpf_capable;
	bool strict_alignment;
	bool test_state_freq;

	/* the walk */
	struct state *cur;
	struct pending *pending;
	uint32_t pending_cnt;
	uint32_t insn_idx, prev_insn_idx;
	struct step *cur_step;
	struct visited **visited;	/* buckets, one per instruction */
	bool *visited_ended;		/* … in which there are states that may have to be cleaned */
	struct visited *free_list;
	uint32_t id_gen;
	struct reg scratch_reg[2];
	struct memos memos;
	struct scalar loaded[2][5];	/* what a load of 0..4 bytes gives; of which the sign is extended */
	struct id_map id_map[ID_MAP_SIZE];
	uint32_t id_map_cnt, id_map_gen;
	struct backtrack bt;
	uint16_t *back_regs;	/* per instruction: tracking back may skip it while none is tracked */

	/* control flow */
	uint32_t *postorder;
	uint32_t postorder_cnt;
	uint32_t scc_cnt, visible_scc_cnt;
	uint32_t open_backedges;	/* of loops that are not walked to the end */
	struct scc_info *scc_info;
	struct live_stack *live;
	struct kfunc *kfuncs;		/* called ones, each once */
	struct object_type *object_types;
	bool seen_exception;
	uint32_t exception_subprog;	/* its callback; 0: none */
	bool needs_kernel;	/* touches what only the kernel whose BTF this is has */

	/* statistics */
	uint32_t insn_processed, prev_insn_processed;
	uint32_t jmps_processed, prev_jmps_processed;
	uint32_t max_states_per_insn, total_states, peak_states;
	uint32_t visited_cnt, free_list_cnt, backedge_cnt;

	/* printing */
	uint32_t scratched_regs;
	uint64_t scratched_slots;
	uint64_t prev_log_end;
	uint32_t prev_insn_len;
	const struct bpf_line_info *prev_line;

	/* What it attaches to (BPFX_PROG_BTF_TARGET): its arguments are the context's, those at the
	 * beginning that programs do not see left out. */
	const char *target_name;
	const struct kern_btf *target_btf;
	const struct btf_type *target_proto;
	uint32_t target_skips;
	const struct verifier_iterator *target_iter;	/* NULL: it is none */

	uint32_t max_ctx_offset, max_pkt_offset;
	uint32_t max_rdonly_buf, max_rdwr_buf;
	bool result_is_typed;
	bool seen_direct_write;
	bool uses_tail_call;
	uint32_t *helpers;
	uint32_t helper_cnt, helper_cap;
};

/* ---- log.c ---- */
void vlog(struct verifier_env *env, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_line_info(struct verifier_env *env, uint32_t insn, const char *prefix);
void log_insn(struct verifier_env *env, uint32_t insn);
void log_state(struct verifier_env *env, const struct state *state, uint32_t frameno, bool all);
void log_insn_state(struct verifier_env *env, const struct state *state, uint32_t frameno);
const char *reg_type_name(struct verifier_env *env, uint32_t type);
const char *tnum_text(struct tnum t, char *buf, size_t size);
void log_slots(struct verifier_env *env, uint64_t slots);	/* "-8,-16" */
void scratch_all(struct verifier_env *env);
void scratch_none(struct verifier_env *env);
const char *subprog_name(struct verifier_env *env, uint32_t subprog);

static inline void scratch_reg(struct verifier_env *env, uint32_t regno)
{
	env->scratched_regs |= 1u << regno;
}

static inline void scratch_slot(struct verifier_env *env, uint32_t slot)
{
	env->scratched_slots |= 1ULL << slot;
}

static inline bool log_enabled(const struct verifier_env *env)
{
	return env->log->level & ULOG_LEVEL;
}

static inline bool log_verbose(const struct verifier_env *env)
{
	return env->log->level & ULOG_LEVEL2;
}

static inline struct alu_memo *alu_memo_of(struct verifier_env *env, uint32_t insn)
{
	return &env->memos.alu[insn & env->memos.mask];
}

static inline struct jump_memo *jump_memo_of(struct verifier_env *env, uint32_t insn)
{
	return &env->memos.jump[insn & env->memos.mask];
}

/* ---- state.c ---- */
extern const struct reg unknown_reg;
void reg_set_unknown(struct reg *reg);		/* imprecise where that is allowed */
void env_set_unknown(struct verifier_env *env, struct reg *reg);
void reg_set_const(struct reg *reg, uint64_t value);
void reg_set_not_init(struct reg *reg);
void reg_zero_offset(struct reg *reg);		/* pointer: no variable offset */
void set_unknown(struct verifier_env *env, struct frame *frame, uint32_t regno);
void set_not_init(struct verifier_env *env, struct frame *frame, uint32_t regno);
void frame_init(struct verifier_env *env, struct frame *frame, int32_t callsite, uint32_t frameno,
		uint32_t subprog);
void frame_add_slots(struct verifier_env *env, struct frame *frame, uint32_t want);
void frame_free(struct verifier_env *env, struct frame *frame);
void state_save(struct verifier_env *env, struct state *dst, const struct state *src);
void state_load(struct verifier_env *env, struct state *dst, const struct state *src);
void state_release(struct verifier_env *env, struct state *state);
void state_clear_steps(struct state *state);
int push_step(struct verifier_env *env, struct state *state, uint32_t flags, uint64_t linked);
struct state *push_branch(struct verifier_env *env, uint32_t insn, uint32_t prev_insn);
struct state *push_fresh(struct verifier_env *env, uint32_t insn, uint32_t prev_insn, uint32_t subprog);
int branch_done(struct verifier_env *env, struct state *state);
bool pop_branch(struct verifier_env *env, uint32_t *prev_insn, uint32_t *insn, bool pop_log);

static inline uint32_t frame_insn(const struct state *state, uint32_t frameno)
{
	return frameno == state->curframe ? state->insn : (uint32_t)state->frame[frameno + 1]->callsite;
}

static inline struct frame *cur_frame(const struct verifier_env *env)
{
	return env->cur->frame[env->cur->curframe];
}

static inline struct reg *cur_regs(const struct verifier_env *env)
{
	return cur_frame(env)->regs;
}

static inline struct frame *frame_of(const struct verifier_env *env, const struct reg *stack_ptr)
{
	return env->cur->frame[stack_ptr->frameno];
}

/* New slots were never written. */
static inline void frame_grow_stack(struct verifier_env *env, struct frame *frame, uint32_t bytes)
{
	uint32_t want = (bytes + SLOT_SIZE - 1) / SLOT_SIZE;

	if (want > frame->slot_cnt)
		frame_add_slots(env, frame, want);
}

/* Calls @code for each register and spilled register of @state. */
#define FOR_EACH_REG(state, f, r, code)							\
	for (uint32_t f##_i = 0; f##_i <= (state)->curframe; f##_i++) {			\
		struct frame *f = (state)->frame[f##_i];				\
		struct reg *r;								\
		for (uint32_t r##_i = 0; r##_i < MAX_BPF_REG; r##_i++) {		\
			r = &f->regs[r##_i];						\
			code;								\
		}									\
		for (uint32_t r##_i = 0; r##_i < f->slot_cnt; r##_i++) {		\
			if (f->stack[r##_i].type[SLOT_SIZE - 1] != SLOT_SPILL)		\
				continue;						\
			r = f->stack[r##_i].spilled;					\
			code;								\
		}									\
	}

static inline bool slot_is_spill(const struct slot *slot)
{
	return slot->type[SLOT_SIZE - 1] == SLOT_SPILL;
}

static inline bool slot_is_special(const struct slot *slot)
{
	uint8_t type = slot->type[SLOT_SIZE - 1];

	return type == SLOT_ITER || type == SLOT_DYNPTR || type == SLOT_IRQ;
}

/* Eight bytes of one kind. */
#define ALL_OF(kind) (0x0101010101010101ULL * (kind))

static inline bool slot_has_reg(const struct slot *slot)
{
	return slot->type[SLOT_SIZE - 1] & SLOT_WITH_REG;
}

static inline bool slot_is_full_spill(const struct slot *slot)
{
	return slot->type[0] == SLOT_SPILL;
}

/* ---- cfg.c, subprog.c, scc.c, live_regs.c ---- */
int check_cfg(struct verifier_env *env);
int compute_postorder(struct verifier_env *env);
int compute_scc(struct verifier_env *env);
int compute_live_regs(struct verifier_env *env);
uint32_t insn_successors(const struct verifier_env *env, uint32_t idx, uint32_t succ[2]);
int add_subprogs(struct verifier_env *env);
int check_subprogs(struct verifier_env *env);
int find_subprog(const struct verifier_env *env, uint32_t start);
struct subprog *subprog_containing(const struct verifier_env *env, uint32_t insn);
bool may_end_function(const struct bpf_insn *insn);
int check_max_stack_depth(struct verifier_env *env);
bool calls_sync_callback(const struct verifier_env *env, const struct bpf_insn *insn);
bool calls_async_callback(const struct verifier_env *env, const struct bpf_insn *insn);

/* ---- btf_info.c ---- */
int check_btf_info_early(struct verifier_env *env);
int check_btf_info(struct verifier_env *env);
int prepare_func_args(struct verifier_env *env, uint32_t subprog);

/* ---- resolve.c ---- */
int resolve_ld_imm64(struct verifier_env *env);

/* ---- check.c ---- */
int check_reserved(struct verifier_env *env, const struct bpf_insn *insn);
int check_program(struct verifier_env *env);
enum reg_use { REG_READ, REG_WRITE, REG_WRITE_KEEP };	/* KEEP: its old value is still wanted */
int refuse_reg_arg(struct verifier_env *env, uint32_t regno, enum reg_use use);
bool reg_is_pointer(const struct verifier_env *env, uint32_t regno);

static inline int check_reg_arg(struct verifier_env *env, uint32_t regno, enum reg_use use)
{
	struct reg *reg = &cur_regs(env)[regno & 0xf];

	if (regno >= MAX_BPF_REG || (use == REG_READ ? reg->type == REG_NOT_INIT :
				     regno == BPF_REG_FP))
		return refuse_reg_arg(env, regno, use);
	scratch_reg(env, regno);
	if (use == REG_WRITE)
		env_set_unknown(env, reg);
	return 0;
}

/* ---- alu.c, branch.c, linked.c ---- */
int check_alu(struct verifier_env *env, const struct bpf_insn *insn);
int check_cond_jump(struct verifier_env *env, const struct bpf_insn *insn, uint32_t *insn_idx);
void collect_linked(struct verifier_env *env, uint32_t id, uint64_t *set);
uint32_t linked_count(uint64_t set);
void sync_linked(struct state *state, const struct reg *known, uint64_t set);
void linked_track(struct backtrack *bt, const struct step *step);
void make_not_null(struct reg *reg);
const struct state *earlier_round(const struct state *before, const struct state *cur,
				  uint32_t insn);
void assign_scalar_id(struct verifier_env *env, struct reg *src);
void forget_bounds(struct verifier_env *env, struct reg *reg, const char *where);

/* Bounds that contradict each other are of no use: forget them. */
static inline void bounds_sanity(struct verifier_env *env, struct reg *reg, const char *where)
{
	if (!scalar_is_sane(&reg->num))
		forget_bounds(env, reg, where);
}

/* ---- attach_target.c ---- */
int check_attach_target(struct verifier_env *env);

/* ---- mem*.c ---- */
enum access { ACCESS_READ = 1, ACCESS_WRITE = 2 };

/* One access of memory through a register. */
struct mem_access {
	uint32_t regno;
	int32_t off;
	int size;
	enum access access;
	int value_regno;	/* loaded into, stored from; -1: none */
	bool strict;		/* must be aligned whatever the program asked for */
	bool sign;		/* load that extends the sign */
};

/* Memory that a helper fills: the stack it covers is initialised after the call. */
struct raw_mem {
	int regno;		/* -1: none */
	int size;
};

int check_load(struct verifier_env *env, const struct bpf_insn *insn);
int check_store_reg(struct verifier_env *env, const struct bpf_insn *insn);
int check_store_imm(struct verifier_env *env, const struct bpf_insn *insn);
int check_atomic(struct verifier_env *env, const struct bpf_insn *insn);
/* Is the access at a multiple of its size, where that matters. */
int check_alignment(struct verifier_env *env, const struct reg *reg, const struct mem_access *m);
int check_mem_access(struct verifier_env *env, const struct mem_access *m);
int check_fixed_region(struct verifier_env *env, uint32_t regno, int64_t off, int64_t size,
		       uint64_t mem_size, bool zero_ok);
int check_region(struct verifier_env *env, uint32_t regno, int32_t off, int64_t size,
		 uint64_t mem_size, bool zero_ok);
int check_ptr_off(struct verifier_env *env, const struct reg *reg, uint32_t regno, bool fixed_ok);
int check_map_access(struct verifier_env *env, uint32_t regno, int32_t off, int64_t size,
		     bool zero_ok);
int check_map_access_type(struct verifier_env *env, uint32_t regno, int32_t off, int64_t size,
			  enum access access);
int access_map_value(struct verifier_env *env, const struct mem_access *m, int32_t off);
int check_packet_access(struct verifier_env *env, uint32_t regno, int32_t off, int64_t size,
			bool zero_ok);
int access_packet(struct verifier_env *env, const struct mem_access *m, int32_t off);
bool may_access_packet(const struct verifier_env *env, const struct bpfx_helper *helper,
		       enum access access);
int access_ctx(struct verifier_env *env, const struct mem_access *m, int32_t off);
int access_args(struct verifier_env *env, const struct mem_access *m, int32_t off);
bool tracepoint_arg_may_be_null(const char *tracepoint, uint32_t arg);	/* null_args.c */
int access_buf(struct verifier_env *env, const struct mem_access *m, int32_t off);
int check_buf_access(struct verifier_env *env, uint32_t regno, int32_t off, int64_t size);
int access_sock(struct verifier_env *env, const struct mem_access *m, int32_t off);
int access_stack(struct verifier_env *env, const struct mem_access *m, int32_t off);
int check_stack_bounds(struct verifier_env *env, uint32_t regno, int32_t off, int size,
		       enum access access);
int check_stack_range(struct verifier_env *env, uint32_t regno, int32_t off, int size,
		      bool zero_ok, enum access access, struct raw_mem *raw);
int write_stack_raw(struct verifier_env *env, const struct raw_mem *raw);

/* ---- calls ---- */

/* What is known of a helper call while its arguments are checked. */
struct call {
	const struct bpfx_helper *row;
	const struct verifier_map *map;
	uint32_t map_uid;
	int64_t const_key;		/* -1: not known */
	struct raw_mem raw;
	bool raw_mode;
	uint64_t mem_size;		/* ALLOC_SIZE */
	uint64_t max_size;		/* highest value of a SIZE argument */
	uint32_t ref_id;		/* of an argument that is a reference */
	uint32_t release_regno;
	uint32_t subprog;		/* FUNC */
	uint8_t dynptr_kind;		/* of a DYNPTR argument */
	uint32_t dynptr_id;
};

/* call_helper.c, call_args.c, map_compat.c */
int check_helper_call(struct verifier_env *env, const struct bpf_insn *insn, uint32_t *insn_idx);
int check_ld_abs(struct verifier_env *env, const struct bpf_insn *insn, uint32_t *insn_idx);
int check_helper_arg(struct verifier_env *env, struct call *call, uint32_t arg);
int check_helper_mem(struct verifier_env *env, uint32_t regno, int64_t size, enum access access,
		     bool zero_ok, struct raw_mem *raw);
int check_arg_offset(struct verifier_env *env, const struct reg *reg, uint32_t regno, bool release);
int check_memory_and_size(struct verifier_env *env, uint32_t regno, uint32_t size_regno);
int check_const_string(struct verifier_env *env, uint32_t regno);
int check_map_field(struct verifier_env *env, uint32_t regno, uint32_t kind);
int check_map_func(struct verifier_env *env, const struct verifier_map *map,
		   const struct bpfx_helper *row);
bool helper_changes_packet(const struct bpfx_helper *row);
bool map_elides_null(const struct verifier_map *map);
bool map_has_callback(const struct verifier_map *map);
/* Name without "bpf_", NULL: unknown; and as messages have it. */
const char *name_of_helper(struct verifier_env *env, uint32_t id);
const char *helper_text(struct verifier_env *env, uint32_t id, char *buf, size_t size);
void log_not_in_range(struct verifier_env *env, const struct reg *reg, int64_t min, int64_t max,
		      const char *where, const char *name);

/* kfunc.c: kernel functions. What their arguments and effects are is told by BTF and flags, but for
 * those that the verifier knows by name. */
enum known_kfunc {
	KFUNC_OTHER,
#define KFUNC_KNOWN(name) KFUNC_##name,
#include "known_kfuncs.def"
#undef KFUNC_KNOWN
};

struct kfunc {
	struct kfunc *next;
	const char *name;
	enum known_kfunc known;
	uint32_t flags;			/* BPFX_KF_* */
	bool allowed;
	uint32_t id;			/* in btf */
	int32_t off;			/* of a module's function: which module; 0: the kernel's */
	const struct kern_btf *btf;
	const struct btf_type *proto;
	uint32_t arg_cnt;
};

/* What is known of a call while its arguments are checked. */
struct kfunc_call {
	const struct kfunc *kfunc;
	uint32_t insn_idx;
	uint32_t ref_id;		/* of an argument that is a reference */
	uint32_t release_regno;
	uint64_t constant;		/* of a __k argument */
	bool has_constant;
	int64_t buf_size;		/* rdonly_buf_size, rdwr_buf_size; -1: none */
	bool buf_rdonly;
	const struct kern_btf *arg_btf;	/* type of the object argument */
	uint32_t arg_btf_id;
	bool owning_arg;
	uint32_t subprog;		/* of a callback */
	const struct kern_btf_field *root;	/* list head or tree root */
	const struct kern_btf *root_btf;
	struct reg iter;		/* pointer to the iterator */
	uint32_t iter_id;		/* its reference */
	uint8_t dynptr_kind;
	uint32_t dynptr_id, dynptr_ref;
	bool dynptr_rdonly;
	uint32_t mem_size;		/* of a __k size of memory that is returned */
};

int find_kfunc(struct verifier_env *env, uint32_t idx);
const char *kfunc_name(const struct verifier_env *env, const struct bpf_insn *insn);
int check_kfunc_call(struct verifier_env *env, const struct bpf_insn *insn, uint32_t *insn_idx);
bool kfunc_allowed_under_lock(const struct verifier_env *env, uint32_t insn);

static inline enum known_kfunc known_kfunc_at(const struct verifier_env *env, uint32_t insn)
{
	return env->aux[insn].kfunc ? env->aux[insn].kfunc->known : KFUNC_OTHER;
}

static inline bool is_iter_next(const struct verifier_env *env, uint32_t insn)
{
	return env->aux[insn].kfunc && env->aux[insn].kfunc->flags & BPFX_KF_ITER_NEXT;
}

/* kfunc_args.c */
int check_kfunc_args(struct verifier_env *env, struct kfunc_call *call);
const char *btf_kind_text(const struct btf_type *t);	/* "STRUCT" */

/* iter.c */
int check_iter_arg(struct verifier_env *env, struct kfunc_call *call, uint32_t regno,
		   const struct btf_type *param);
int iter_next(struct verifier_env *env, struct kfunc_call *call);
bool iter_is_rcu(const struct verifier_env *env, const struct kfunc_call *call);
const char *iter_type_name(const struct verifier_env *env, uint32_t type);
const char *iter_state_name(uint32_t state);
const struct reg *iter_of_next(const struct verifier_env *env, const struct state *state);
bool iter_depths_differ(const struct state *old, const struct state *cur);

/* dynptr.c */
const char *dynptr_kind_name(uint32_t kind);
int check_dynptr_arg(struct verifier_env *env, uint32_t regno, bool uninit, bool rdonly,
		     enum dynptr_kind kind, uint32_t clone_ref);
const struct reg *dynptr_of(const struct verifier_env *env, const struct reg *arg);
int release_dynptr(struct verifier_env *env, const struct reg *arg);
int destroy_overwritten_dynptr(struct verifier_env *env, struct frame *frame, uint32_t slot);
uint32_t dynptr_slice_flags(uint32_t kind);
bool dynptr_is_rdonly(const struct verifier_env *env, uint32_t kind);

/* objects.c: objects that programs make, lists and trees of them */
struct object_type {
	struct object_type *next;
	const struct kern_btf *btf;
	uint32_t id;
	struct kern_btf_fields fields;
};

const struct kern_btf_fields *object_fields(struct verifier_env *env, const struct kern_btf *btf,
					    uint32_t id);
const struct kern_btf_fields *reg_fields(struct verifier_env *env, const struct reg *reg);
const struct kern_btf_field *field_of_kind(const struct kern_btf_fields *fields, uint32_t kind);
const struct kern_btf_field *field_at(const struct kern_btf_fields *fields, uint32_t offset,
				      uint32_t kinds);
const char *field_name(uint32_t kind);
int check_graph_root(struct verifier_env *env, struct kfunc_call *call, uint32_t regno,
		     uint32_t kind);
int check_graph_node(struct verifier_env *env, struct kfunc_call *call, uint32_t regno,
		     uint32_t kind);
int give_to_graph(struct verifier_env *env, struct kfunc_call *call);
int make_non_owning(struct verifier_env *env, struct reg *reg);
void invalidate_non_owning(struct verifier_env *env);
bool in_tree_callback(const struct verifier_env *env);

static inline bool is_object(const struct reg *reg)
{
	return reg_kind(reg) == REG_BTF_ID && reg->type & REG_ALLOC;
}

static inline bool is_non_owning(const struct reg *reg)
{
	return is_object(reg) && reg->type & REG_NON_OWN;
}

/* mem_btf.c: members of structs behind typed pointers */
int access_btf(struct verifier_env *env, const struct mem_access *m, int32_t off);
int access_map(struct verifier_env *env, const struct mem_access *m, int32_t off);
bool btf_struct_matches(const struct kern_btf *btf, uint32_t id, uint32_t off,
			const struct kern_btf *wanted_btf, uint32_t wanted, bool strict);
bool reg_is_trusted(const struct reg *reg);
bool reg_is_rcu(const struct verifier_env *env, const struct reg *reg);

/* sections.c: RCU, preemption, interrupts */
bool in_rcu_section(const struct verifier_env *env);
int check_section(struct verifier_env *env, const struct kfunc *kfunc);
int check_irq_arg(struct verifier_env *env, const struct kfunc_call *call, uint32_t regno);
int check_may_sleep(struct verifier_env *env, const char *what);

/* call_func.c, callback.c */
typedef int set_callee_fn(struct verifier_env *env, const struct frame *caller,
			  struct frame *callee, uint32_t insn_idx);
int check_func_call(struct verifier_env *env, const struct bpf_insn *insn, uint32_t *insn_idx);
int enter_function(struct verifier_env *env, struct state *state, uint32_t subprog,
		   uint32_t callsite, set_callee_fn *set_callee);
int end_function_here(struct verifier_env *env, uint32_t *insn_idx, const struct reg *result);
int prepare_func_exit(struct verifier_env *env, uint32_t *insn_idx);
int check_return_value(struct verifier_env *env, uint32_t regno, const char *name);
void clear_caller_saved(struct verifier_env *env, struct frame *frame);
int check_args_match(struct verifier_env *env, uint32_t subprog, struct frame *caller);
int call_tree_callback(struct verifier_env *env, struct kfunc_call *call);
int call_work_callback(struct verifier_env *env, struct kfunc_call *call);
int check_memory_arg(struct verifier_env *env, struct reg *reg, uint32_t regno, uint32_t mem_size);
int call_callbacks(struct verifier_env *env, const struct bpf_insn *insn, uint32_t insn_idx,
		   struct call *call);

/* refs.c */
int acquire_ref(struct verifier_env *env, uint32_t insn_idx);
int release_ref(struct verifier_env *env, uint32_t ref_id);
struct ref *add_ref(struct verifier_env *env, enum ref_kind kind, uint32_t id);
struct ref *find_ref(struct state *state, enum ref_kind kind, uint32_t id);
void drop_ref(struct state *state, struct ref *ref);
bool holds_lock_of(struct verifier_env *env, const struct reg *reg);
void invalidate_reg(struct verifier_env *env, struct reg *reg);
int ref_remove(struct state *state, uint32_t id);
int check_ref_leak(struct verifier_env *env, bool exception, bool check_lock, const char *prefix);
void invalidate_packet(struct verifier_env *env);
int process_lock(struct verifier_env *env, uint32_t regno, bool lock);
int process_res_lock(struct verifier_env *env, uint32_t regno, enum known_kfunc known);

/* ---- prune.c, precision.c, stack_live.c ---- */
int is_visited(struct verifier_env *env, uint32_t insn_idx);
void visited_ended(struct verifier_env *env, const struct state *state);
void visited_maybe_free(struct verifier_env *env, struct visited *v);
void visited_init(struct verifier_env *env);
void prepare_tracking(struct verifier_env *env);
int propagate_precision(struct verifier_env *env, const struct state *old, struct state *cur,
			bool *changed);
int mark_precise(struct verifier_env *env, uint32_t regno);
int mark_slot_precise(struct verifier_env *env, uint32_t frameno, uint32_t slot);
void widen_imprecise(struct verifier_env *env, const struct state *old, struct state *cur);
void forget_precision(struct verifier_env *env, struct state *state);
void all_scalars_precise(struct verifier_env *env, struct state *state);
void scc_enter(struct verifier_env *env, struct state *state);
int scc_exit(struct verifier_env *env, struct state *state);
bool scc_incomplete(struct verifier_env *env, struct state *state);
int scc_add_backedge(struct verifier_env *env, struct state *old, struct state *cur,
		     uint32_t insn_idx);
void note_peak(struct verifier_env *env);
void scc_init(struct verifier_env *env);

static inline void bt_set_reg(struct backtrack *bt, uint32_t frame, uint32_t reg)
{
	bt->regs[frame] |= 1u << reg;
}

static inline void bt_set_slot(struct backtrack *bt, uint32_t frame, uint32_t slot)
{
	bt->slots[frame] |= 1ULL << slot;
}

int live_stack_init(struct verifier_env *env);
void live_stack_begin(struct verifier_env *env, uint32_t insn_idx);
void live_stack_commit(struct verifier_env *env);
void live_stack_read(struct verifier_env *env, uint32_t frameno, uint32_t insn_idx, uint64_t slots);
void live_stack_write(struct verifier_env *env, uint32_t frameno, uint64_t slots);
void live_stack_update(struct verifier_env *env);
void live_stack_query(struct verifier_env *env, const struct state *state);
uint64_t live_stack_alive(struct verifier_env *env, uint32_t frameno);
void live_stack_reset_callchain(struct verifier_env *env);

/* ---- observe.c ---- */
void tell_observer(struct verifier_env *env);

/* ---- fixup.c, xlate_ctx.c ---- */
int rewrite_program(struct verifier_env *env);

#endif
