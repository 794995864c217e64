set(SOURCES load.c resolve.c digest.c prog.c bind.c run.c tail_call.c test_run.c)
