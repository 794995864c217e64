/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What BPF programs include first: helpers, sections, map definitions, printing. */
#ifndef __BPF_HELPERS__
#define __BPF_HELPERS__

/* linux/bpf.h or vmlinux.h must come before it: helpers are declared with kernel types. */
#include "bpf_helper_defs.h"

/* ---- fields of a map definition in SEC(".maps"): the type carries the value ---- */

#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
#define __ulong(name, val) enum { ___bpf_concat(__unique_value, __COUNTER__) = val } name

/* ---- where things go ---- */

#if __GNUC__ && !__clang__
/* GCC's pragma scope rules leave only the attribute */
#define SEC(name) __attribute__((section(name), used))
#else
#define SEC(name)							\
	_Pragma("GCC diagnostic push")					\
	_Pragma("GCC diagnostic ignored \"-Wignored-attributes\"")	\
	__attribute__((section(name), used))				\
	_Pragma("GCC diagnostic pop")
#endif

/* linux/stddef.h has its own __always_inline without static */
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))

#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif

/* For globals and functions that belong to this object file alone: a function so marked is
 * verified with its callers and not by itself. */
#define __hidden __attribute__((visibility("hidden")))

/* ---- small things that vmlinux.h lacks ---- */

#ifndef NULL
#define NULL ((void *)0)
#endif

#ifndef KERNEL_VERSION
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#endif

#ifndef offsetof
#define offsetof(TYPE, MEMBER) ((unsigned long)&((TYPE *)0)->MEMBER)
#endif
#ifndef container_of
#define container_of(ptr, type, member)				\
	({							\
		void *__mptr = (void *)(ptr);			\
		((type *)(__mptr - offsetof(type, member)));	\
	})
#endif

/* The compiler must neither move code over it nor assume what a value is. */
#ifndef barrier
#define barrier() asm volatile("" ::: "memory")
#endif
#ifndef barrier_var
#define barrier_var(var) asm volatile("" : "+r"(var))
#endif

/* Reaching it is a mistake of the program; the verifier never does. */
#ifndef __bpf_unreachable
#define __bpf_unreachable() __builtin_trap()
#endif

/* ---- tail calls with a constant slot, which a JIT makes a direct jump ---- */

#if __clang_major__ >= 8 && defined(__bpf__)
static __always_inline void bpf_tail_call_static(void *ctx, const void *map, const __u32 slot)
{
	if (!__builtin_constant_p(slot))
		__bpf_unreachable();
	/* the slot must still be a constant where the verifier sees the call */
	asm volatile("r1 = %[ctx]\n\t"
		     "r2 = %[map]\n\t"
		     "r3 = %[slot]\n\t"
		     "call 12"
		     : : [ctx] "r"(ctx), [map] "r"(map), [slot] "i"(slot)
		     : "r0", "r1", "r2", "r3", "r4", "r5");
}
#endif

/* ---- constants shared with the loader ---- */

enum libbpf_pin_type {
	LIBBPF_PIN_NONE,
	LIBBPF_PIN_BY_NAME,	/* pinned below /sys/fs/bpf by the map's name */
};

/* Type of a __kconfig variable that can be y, n or m. */
enum libbpf_tristate {
	TRI_NO = 0,
	TRI_YES = 1,
	TRI_MODULE = 2,
};

#define __kconfig __attribute__((section(".kconfig")))
#define __ksym __attribute__((section(".ksyms")))

/* ---- marks that the verifier reads from BTF ---- */

#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define __kptr __attribute__((btf_type_tag("kptr")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#define __uptr __attribute__((btf_type_tag("uptr")))

#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))
#define __arg_nullable __attribute__((btf_decl_tag("arg:nullable")))
#define __arg_trusted __attribute__((btf_decl_tag("arg:trusted")))
#define __arg_untrusted __attribute__((btf_decl_tag("arg:untrusted")))
#define __arg_arena __attribute__((btf_decl_tag("arg:arena")))

#if defined(__clang__)
/* Does this kernel have the (weak) kernel function or variable? */
#define bpf_ksym_exists(sym)								\
	({										\
		_Static_assert(!__builtin_constant_p(!!sym),				\
			       #sym " should be marked as __weak");			\
		!!sym;									\
	})
#else
#define bpf_ksym_exists(sym) (!!(sym))
#endif

/* ---- macros that count their arguments ---- */

#ifndef ___bpf_concat
#define ___bpf_concat(a, b) a##b
#endif
#ifndef ___bpf_apply
#define ___bpf_apply(fn, n) ___bpf_concat(fn, n)
#endif
#ifndef ___bpf_nth
#define ___bpf_nth(_, _1, _2, _3, _4, _5, _6, _7, _8, _9, _a, _b, _c, N, ...) N
#endif
#ifndef ___bpf_narg
#define ___bpf_narg(...)								\
	___bpf_nth(_, ##__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#endif

/* arr[0] = …, one statement for each argument */
#define ___bpf_fill0(arr, p, x) do {} while (0)
#define ___bpf_fill1(arr, p, x) arr[p] = x
#define ___bpf_fill2(arr, p, x, args...) arr[p] = x; ___bpf_fill1(arr, p + 1, args)
#define ___bpf_fill3(arr, p, x, args...) arr[p] = x; ___bpf_fill2(arr, p + 1, args)
#define ___bpf_fill4(arr, p, x, args...) arr[p] = x; ___bpf_fill3(arr, p + 1, args)
#define ___bpf_fill5(arr, p, x, args...) arr[p] = x; ___bpf_fill4(arr, p + 1, args)
#define ___bpf_fill6(arr, p, x, args...) arr[p] = x; ___bpf_fill5(arr, p + 1, args)
#define ___bpf_fill7(arr, p, x, args...) arr[p] = x; ___bpf_fill6(arr, p + 1, args)
#define ___bpf_fill8(arr, p, x, args...) arr[p] = x; ___bpf_fill7(arr, p + 1, args)
#define ___bpf_fill9(arr, p, x, args...) arr[p] = x; ___bpf_fill8(arr, p + 1, args)
#define ___bpf_fill10(arr, p, x, args...) arr[p] = x; ___bpf_fill9(arr, p + 1, args)
#define ___bpf_fill11(arr, p, x, args...) arr[p] = x; ___bpf_fill10(arr, p + 1, args)
#define ___bpf_fill12(arr, p, x, args...) arr[p] = x; ___bpf_fill11(arr, p + 1, args)
#define ___bpf_fill(arr, args...) ___bpf_apply(___bpf_fill, ___bpf_narg(args))(arr, 0, args)

/* ---- printing ---- */

/* BPF_SEQ_PRINTF(seq, fmt, …): any number of arguments into an iterator's output. */
#define BPF_SEQ_PRINTF(seq, fmt, args...)						\
	({										\
		static const char ___fmt[] = fmt;					\
		unsigned long long ___param[___bpf_narg(args)];				\
		_Pragma("GCC diagnostic push")						\
		_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")			\
		___bpf_fill(___param, args);						\
		_Pragma("GCC diagnostic pop")						\
		bpf_seq_printf(seq, ___fmt, sizeof(___fmt), ___param, sizeof(___param)); \
	})

/* BPF_SNPRINTF(out, size, fmt, …) */
#define BPF_SNPRINTF(out, out_size, fmt, args...)					\
	({										\
		static const char ___fmt[] = fmt;					\
		unsigned long long ___param[___bpf_narg(args)];				\
		_Pragma("GCC diagnostic push")						\
		_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")			\
		___bpf_fill(___param, args);						\
		_Pragma("GCC diagnostic pop")						\
		bpf_snprintf(out, out_size, ___fmt, ___param, sizeof(___param));	\
	})

/* Kernels without global data need the format on the stack: define BPF_NO_GLOBAL_DATA. */
#ifdef BPF_NO_GLOBAL_DATA
#define BPF_PRINTK_FMT_MOD
#else
#define BPF_PRINTK_FMT_MOD static const
#endif

/* Up to three arguments go in registers, … */
#define __bpf_printk(fmt, ...)								\
	({										\
		BPF_PRINTK_FMT_MOD char ____fmt[] = fmt;				\
		bpf_trace_printk(____fmt, sizeof(____fmt), ##__VA_ARGS__);		\
	})

/* … more in an array. */
#define __bpf_vprintk(fmt, args...)							\
	({										\
		static const char ___fmt[] = fmt;					\
		unsigned long long ___param[___bpf_narg(args)];				\
		_Pragma("GCC diagnostic push")						\
		_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")			\
		___bpf_fill(___param, args);						\
		_Pragma("GCC diagnostic pop")						\
		bpf_trace_vprintk(___fmt, sizeof(___fmt), ___param, sizeof(___param));	\
	})

#define ___bpf_pick_printk(...)								\
	___bpf_nth(_, ##__VA_ARGS__, __bpf_vprintk, __bpf_vprintk, __bpf_vprintk,	\
		   __bpf_vprintk, __bpf_vprintk, __bpf_vprintk, __bpf_vprintk,		\
		   __bpf_vprintk, __bpf_vprintk, __bpf_printk /* 3 */,			\
		   __bpf_printk /* 2 */, __bpf_printk /* 1 */, __bpf_printk /* 0 */)

/* A line into the trace pipe. */
#define bpf_printk(fmt, args...) ___bpf_pick_printk(args)(fmt, ##args)

/* bpf_stream_printk(stream_id, fmt, …): into the program's own output. */
struct bpf_iter_num;
extern int bpf_stream_vprintk(int stream_id, const char *fmt__str, const void *args,
			      __u32 len__sz) __weak __ksym;
#define bpf_stream_printk(stream_id, fmt, args...)					\
	({										\
		static const char ___fmt[] = fmt;					\
		unsigned long long ___param[___bpf_narg(args)];				\
		_Pragma("GCC diagnostic push")						\
		_Pragma("GCC diagnostic ignored \"-Wint-conversion\"")			\
		___bpf_fill(___param, args);						\
		_Pragma("GCC diagnostic pop")						\
		bpf_stream_vprintk(stream_id, ___fmt, ___param, sizeof(___param));	\
	})

/* ---- open-coded iterators ---- */

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;

#ifndef bpf_for_each
/* bpf_for_each(type, var, args…): var is a pointer to each item of a bpf_iter_<type>. */
#define bpf_for_each(type, cur, args...)						\
	for (										\
		struct bpf_iter_##type ___it						\
			__attribute__((aligned(8), cleanup(bpf_iter_##type##_destroy))),	\
			*___p __attribute__((unused)) =					\
				(bpf_iter_##type##_new(&___it, ##args),			\
				 /* the cleanup must be known to be the kfunc */		\
				 (void)bpf_iter_##type##_destroy, (void *)0);		\
		((cur) = bpf_iter_##type##_next(&___it));				\
	)
#endif

#ifndef bpf_for
/* bpf_for(i, start, end): i from start to below end, with any bounds. */
#define bpf_for(i, start, end)								\
	for (										\
		struct bpf_iter_num ___it						\
			__attribute__((aligned(8), cleanup(bpf_iter_num_destroy))),	\
			*___p __attribute__((unused)) =					\
				(bpf_iter_num_new(&___it, (start), (end)),		\
				 (void)bpf_iter_num_destroy, (void *)0);		\
		({									\
			int *___t = bpf_iter_num_next(&___it);				\
			/* the verifier must know the bounds of i itself */		\
			(___t && ((i) = *___t, (i) >= (start) && (i) < (end)));		\
		});									\
	)
#endif

#ifndef bpf_repeat
#define bpf_repeat(N)									\
	for (										\
		struct bpf_iter_num ___it						\
			__attribute__((aligned(8), cleanup(bpf_iter_num_destroy))),	\
			*___p __attribute__((unused)) =					\
				(bpf_iter_num_new(&___it, 0, (N)),			\
				 (void)bpf_iter_num_destroy, (void *)0);		\
		bpf_iter_num_next(&___it);						\
	)
#endif

#endif
