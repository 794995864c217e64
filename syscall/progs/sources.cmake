set(SOURCES load.c resolve.c digest.c hash_kind.c prog.c bind.c run.c tail_call.c test_run.c)
