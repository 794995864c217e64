set(SOURCES load.c resolve.c digest.c prog.c run.c test_run.c)
