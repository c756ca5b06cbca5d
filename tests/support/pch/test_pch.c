/* test_pch.c - nothing: with it, the header is compiled as tests are. */
typedef int test_pch_is_compiled;
