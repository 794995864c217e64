set(SOURCES hooks.c snapshot.c link.c cgroups.c own_cgroup.c attach_list.c anchor.c cgroup_rules.c mprog_rules.c ordered.c
    prog_attach.c prog_query.c bare.c tc.c raw_tp.c perf_events.c iter_link.c host.c query.c)
