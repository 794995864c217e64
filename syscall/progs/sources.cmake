set(SOURCES load.c resolve.c digest.c prog.c run.c tail_call.c test_run.c tail_call.c)
