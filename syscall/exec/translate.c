/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* From verified slots to an image: decode once, resolve jumps and calls to what runs. */
#include <stdlib.h>

#include "bits.h"
#include "err.h"
#include "image.h"

static struct exec_func *func_at(struct exec_image *image, uint32_t index)
{
	for (uint32_t i = 0; i < image->func_cnt; i++)
		if (image->funcs[i].code == image->code + index)
			return &image->funcs[i];
	return NULL;
}

/* What runs instead of a load that may fault; 0: such a load does not exist. */
static uint16_t probing_op(uint16_t op)
{
	switch (op) {
	case INSN_LDX_B:
		return OP_PROBE_B;
	case INSN_LDX_H:
		return OP_PROBE_H;
	case INSN_LDX_W:
		return OP_PROBE_W;
	case INSN_LDX_DW:
		return OP_PROBE_DW;
	case INSN_LDSX_B:
		return OP_PROBE_SB;
	case INSN_LDSX_H:
		return OP_PROBE_SH;
	case INSN_LDSX_W:
		return OP_PROBE_SW;
	}
	return 0;
}

static int link_helper(const struct exec_input *in, struct insn *insn)
{
	const struct bpfx_helper *row = in->helper(in->cookie, (uint32_t)insn->imm);

	if (!row)
		return -EINVAL;
	if (row->id == BPF_FUNC_tail_call)
		insn->op = OP_TAIL_CALL;
	insn->imm = (intptr_t)row->fn;
	return 0;
}

static int link_kfunc(const struct exec_input *in, struct insn *insn)
{
	bpfx_helper_fn fn = in->kfunc ? in->kfunc(in->cookie, (uint32_t)insn->imm, insn->off) : NULL;

	if (!fn)
		return -EOPNOTSUPP;
	insn->op = fn == exec_throw ? OP_THROW : INSN_CALL_HELPER;
	insn->imm = (intptr_t)fn;
	return 0;
}

static int link_one(const struct exec_input *in, struct exec_image *image, uint32_t i)
{
	struct insn *insn = &image->code[i];
	const struct exec_func *func;

	switch (insn->op) {
	case INSN_CALL_HELPER:
		return link_helper(in, insn);
	case INSN_CALL_KFUNC:
		return link_kfunc(in, insn);
	case INSN_CALL_LOCAL:
	case INSN_LD_FUNC:
		func = func_at(image, insn->target);
		/* A callback that is never called may be gone with the dead code. */
		if (!func && insn->op == INSN_CALL_LOCAL)
			return -EINVAL;
		insn->imm = (intptr_t)func;
		return 0;
	case INSN_JA ... INSN_MAY_GOTO:
		insn->off = (int32_t)(insn->target - (i + 1));
		return 0;
	case INSN_LD_ABS_B ... INSN_LD_IND_W:
		return in->load_packet ? 0 : -EINVAL;
	/* Still unresolved: nobody verified that. */
	case INSN_LD_MAP_FD:
	case INSN_LD_MAP_VALUE:
	case INSN_LD_MAP_IDX:
	case INSN_LD_MAP_IDX_VALUE:
	case INSN_LD_BTF_ID:
	case INSN_ADDR_SPACE_CAST:
		return -EINVAL;
	}
	if (in->probe_mem && in->probe_mem[i]) {
		insn->op = probing_op(insn->op);
		return insn->op ? 0 : -EINVAL;
	}
	return 0;
}

/* Functions begin where the input says; without a list the whole is one. */
static int make_funcs(const struct exec_input *in, struct exec_image *image)
{
	image->func_cnt = in->subprog_cnt ? in->subprog_cnt : 1;
	image->funcs = calloc(image->func_cnt, sizeof(*image->funcs));
	if (!image->funcs)
		return -ENOMEM;
	image->funcs[0] = (struct exec_func){ image->code, 512 / 8 };
	for (uint32_t i = 0; i < in->subprog_cnt; i++) {
		if (in->exception_start && in->subprogs[i].start == in->exception_start)
			image->exception = &image->funcs[i];
		if (in->subprogs[i].start >= in->insn_cnt)
			return -EINVAL;
		image->funcs[i].code = image->code + in->subprogs[i].start;
		image->funcs[i].stack_words = round_up64(in->subprogs[i].stack_depth, 8) / 8;
	}
	return 0;
}

static int fill_image(const struct exec_input *in, struct exec_image *image)
{
	int err;

	image->cnt = in->insn_cnt;
	image->load_packet = in->load_packet;
	image->code = calloc(in->insn_cnt, sizeof(*image->code));
	if (!image->code)
		return -ENOMEM;
	err = insn_decode(in->insns, in->insn_cnt, image->code);
	if (!err)
		err = make_funcs(in, image);
	for (uint32_t i = 0; !err && i < in->insn_cnt; i++)
		if (image->code[i].op != INSN_SECOND_SLOT)
			err = link_one(in, image, i);
	return err;
}

int exec_translate(const struct exec_input *in, struct exec_image **out)
{
	struct exec_image *image = calloc(1, sizeof(*image));
	int err;

	if (!image)
		return -ENOMEM;
	err = in->insn_cnt ? fill_image(in, image) : -EINVAL;
	if (err) {
		exec_free(image);
		return err;
	}
	*out = image;
	return 0;
}

void exec_free(struct exec_image *image)
{
	if (!image)
		return;
	free(image->funcs);
	free(image->code);
	free(image);
}

/* Only the interpreter exists so far. */
bool exec_is_jited(const struct exec_image *image)
{
	return false;
}
