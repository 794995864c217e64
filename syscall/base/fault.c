/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Copies that survive bad addresses. The copy is one instruction sequence between two labels; the
 * SIGSEGV/SIGBUS handler moves a fault inside it to its end, where it reports failure. Faults
 * elsewhere go to whoever handled them before.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include "err.h"
#include "fault.h"

#if defined(__x86_64__)
#define HAVE_FAULT_COPY 1
/* Returns bytes not copied. */
__asm__(".text\n"
	".hidden fault_copy\n.hidden fault_copy_end\n.hidden fault_copy_start\n"
	".globl fault_copy\n.globl fault_copy_start\n.globl fault_copy_end\n"
	".type fault_copy, @function\n"
	"fault_copy:\n"
	"	movq %rdx, %rcx\n"
	"fault_copy_start:\n"
	"	cmpq $8, %rcx\n"
	"	jb 2f\n"
	"	cmpq $256, %rcx\n"
	"	ja 2f\n"
	"1:	movq (%rsi), %rax\n"
	"	movq %rax, (%rdi)\n"
	"	addq $8, %rsi\n"
	"	addq $8, %rdi\n"
	"	subq $8, %rcx\n"
	"	cmpq $8, %rcx\n"
	"	jae 1b\n"
	"2:	rep movsb\n"
	"fault_copy_end:\n"
	"	movq %rcx, %rax\n"
	"	ret\n"
	".size fault_copy, . - fault_copy\n");
#elif defined(__aarch64__)
#define HAVE_FAULT_COPY 1
__asm__(".text\n"
	".hidden fault_copy\n.hidden fault_copy_end\n.hidden fault_copy_start\n"
	".globl fault_copy\n.globl fault_copy_start\n.globl fault_copy_end\n"
	".type fault_copy, @function\n"
	"fault_copy:\n"
	"fault_copy_start:\n"
	"1:	cbz x2, fault_copy_end\n"
	"	ldrb w3, [x1], #1\n"
	"	strb w3, [x0], #1\n"
	"	sub x2, x2, #1\n"
	"	b 1b\n"
	"fault_copy_end:\n"
	"	mov x0, x2\n"
	"	ret\n"
	".size fault_copy, . - fault_copy\n");
#endif

static const int fault_signals[] = { SIGSEGV, SIGBUS };
static struct sigaction previous[2];
static pthread_once_t install_once = PTHREAD_ONCE_INIT;
static atomic_bool installed;
static atomic_bool use_system_call;

static bool copy_by_system_call(void *dst, const void *src, size_t size, bool reading)
{
	struct iovec local = { reading ? dst : (void *)src, size };
	struct iovec remote = { reading ? (void *)src : dst, size };
	ssize_t done;

	done = reading ? process_vm_readv(getpid(), &local, 1, &remote, 1, 0)
		       : process_vm_writev(getpid(), &local, 1, &remote, 1, 0);
	if (done < 0 && (errno == EPERM || errno == ENOSYS)) {
		memcpy(dst, src, size);		/* no way to probe is left */
		return true;
	}
	return done == (ssize_t)size;
}

#ifdef HAVE_FAULT_COPY
size_t fault_copy(void *dst, const void *src, size_t size);
extern const char fault_copy_start[], fault_copy_end[];

static bool resume_after_copy(void *context)
{
	ucontext_t *uc = context;
#if defined(__x86_64__)
	greg_t *pc = &uc->uc_mcontext.gregs[REG_RIP];
#else
	unsigned long long *pc = &uc->uc_mcontext.pc;
#endif
	if ((uintptr_t)*pc < (uintptr_t)fault_copy_start ||
	    (uintptr_t)*pc >= (uintptr_t)fault_copy_end)
		return false;
	*pc = (uintptr_t)fault_copy_end;
#if defined(__x86_64__)
	/* A copy of no bytes that faulted cannot be: make sure the result is "not complete". */
	if (!uc->uc_mcontext.gregs[REG_RCX])
		uc->uc_mcontext.gregs[REG_RCX] = 1;
#endif
	return true;
}

/* With the signals blocked that its owner wanted to be blocked. */
static void call_previous(const struct sigaction *old, int signal_number, siginfo_t *info,
			  void *context)
{
	sigset_t blocked = old->sa_mask;

	if (!(old->sa_flags & SA_NODEFER))
		sigaddset(&blocked, signal_number);
	pthread_sigmask(SIG_BLOCK, &blocked, NULL);	/* until the kernel restores the mask */
	if (old->sa_flags & SA_SIGINFO)
		old->sa_sigaction(signal_number, info, context);
	else
		old->sa_handler(signal_number);
}

static void on_fault(int signal_number, siginfo_t *info, void *context)
{
	struct sigaction *old = &previous[signal_number == SIGBUS];
	bool sent = info->si_code <= 0;		/* by kill(), not by an access */

	if (!sent && resume_after_copy(context))
		return;
	if (old->sa_flags & SA_SIGINFO || (old->sa_handler != SIG_DFL &&
					   old->sa_handler != SIG_IGN)) {
		call_previous(old, signal_number, info, context);
	} else if (!sent || old->sa_handler == SIG_DFL) {
		/* The access faults again, what was sent comes again when this handler is left:
		 * with the default action. */
		signal(signal_number, SIG_DFL);
		if (sent)
			raise(signal_number);
	}
}

static void install_handler(void)
{
	for (int i = 0; i < 2; i++) {
		struct sigaction action = { .sa_sigaction = on_fault,
					    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

		sigemptyset(&action.sa_mask);
		/* Known before another thread may need it. */
		sigaction(fault_signals[i], NULL, &previous[i]);
		if (sigaction(fault_signals[i], &action, NULL))
			atomic_store(&use_system_call, true);
	}
	atomic_store(&installed, true);
}

void fault_check_handler(void)
{
	if (!atomic_load(&installed))
		return;
	for (int i = 0; i < 2; i++) {
		struct sigaction now;

		if (sigaction(fault_signals[i], NULL, &now) || !(now.sa_flags & SA_SIGINFO) ||
		    now.sa_sigaction != on_fault)
			atomic_store(&use_system_call, true);
	}
}

static bool copy(void *dst, const void *src, size_t size, bool reading)
{
	if (!size)
		return true;
	if (!atomic_load_explicit(&installed, memory_order_relaxed))
		pthread_once(&install_once, install_handler);
	if (atomic_load_explicit(&use_system_call, memory_order_relaxed))
		return copy_by_system_call(dst, src, size, reading);
	return fault_copy(dst, src, size) == 0;
}
#else
void fault_check_handler(void)
{
}

static bool copy(void *dst, const void *src, size_t size, bool reading)
{
	return !size || copy_by_system_call(dst, src, size, reading);
}
#endif

bool fault_read(void *dst, const void *src, size_t size)
{
	return copy(dst, src, size, true);
}

bool fault_write(void *dst, const void *src, size_t size)
{
	return copy(dst, src, size, false);
}

long fault_read_string(char *dst, const char *src, size_t size)
{
	size_t done = 0;

	/* Never read past the page that holds the NUL: the next one may not be there. */
	while (done < size) {
		size_t in_page = 4096 - ((uintptr_t)(src + done) & 4095);
		size_t step = in_page < size - done ? in_page : size - done;
		char *nul;

		if (!fault_read(dst + done, src + done, step))
			return -1;
		nul = memchr(dst + done, 0, step);
		if (nul)
			return nul - dst + 1;
		done += step;
	}
	return size;
}

int user_read(void *dst, uint64_t src, size_t size)
{
	return fault_read(dst, (const void *)(uintptr_t)src, size) ? 0 : -EFAULT;
}

int user_write(uint64_t dst, const void *src, size_t size)
{
	return fault_write((void *)(uintptr_t)dst, src, size) ? 0 : -EFAULT;
}
