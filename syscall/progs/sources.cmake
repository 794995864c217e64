set(SOURCES load.c resolve.c attach_target.c digest.c hash_kind.c prog.c bind.c run.c tail_call.c test_run.c)
