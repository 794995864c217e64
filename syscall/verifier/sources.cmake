set(SOURCES
  verify.c btf_info.c subprog.c resolve.c cfg.c live_regs.c
  check.c state.c scalar.c tnum.c compare.c alu.c branch.c linked.c
  mem.c mem_stack.c mem_map.c mem_packet.c mem_ctx.c mem_sock.c
  call_func.c callback.c call_helper.c call_args.c kfunc.c iter.c map_compat.c refs.c
  prune.c precision.c loops.c stack_live.c
  fixup.c log.c pool.c)
