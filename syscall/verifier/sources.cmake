set(SOURCES
  verify.c btf_info.c subprog.c resolve.c cfg.c attach_target.c live_regs.c
  check.c state.c scalar.c fold.c tnum.c compare.c alu.c branch.c linked.c
  mem.c mem_stack.c mem_map.c mem_packet.c mem_ctx.c mem_args.c null_args.c mem_sock.c
  call_func.c callback.c call_helper.c call_args.c map_compat.c refs.c
  kfunc.c kfunc_args.c iter.c dynptr.c objects.c mem_btf.c sections.c
  prune.c precision.c loops.c stack_live.c
  fixup.c log.c pool.c observe.c)
