/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What bpf_trace_printk() prints, through the room's door: lines of trace_pipe and texts. */
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "asm.h"
#include "backend.h"
#include "helpers.h"
#include "kern.h"

static char line[2048];
static int lines;

static void keep(const char *text, size_t len)
{
	lines++;
	snprintf(line, sizeof(line), "%.*s", (int)len, text);
}

static uint64_t text_at(const char *text)
{
	return (uintptr_t)text;
}

/* Formats are given as the native side gets them. */
static int64_t trace(const char *format, uint64_t a, uint64_t b, uint64_t c)
{
	enum verifier_helper_state state;
	static const struct bpfx_prog_type type = { .name = "any" };
	const struct bpfx_helper *row = helper_row(&type, BPF_FUNC_trace_printk, &state);

	line[0] = 0;
	return row->fn(text_at(format), strlen(format) + 1, a, b, c, NULL);
}

static const char *printed(void)
{
	static const char mark[] = "bpf_trace_printk: ";
	char *text = strstr(line, mark), *end;

	if (!text)
		return "";
	text += sizeof(mark) - 1;
	end = strrchr(text, '\n');
	if (end)
		*end = 0;
	return text;
}

static void lines_look_like_trace_pipes(void **state)
{
	regex_t want;

	assert_int_equal(regcomp(&want, "^ *[^ ]+-[0-9]+ +\\[[0-9]{3}\\] [^ ]{5} +[0-9]+\\.[0-9]{6}: "
				 "bpf_trace_printk: hello\n$", REG_EXTENDED), 0);
	assert_int_equal(trace("hello", 0, 0, 0), 5);
	assert_int_equal(regexec(&want, line, 0, NULL, 0), 0);
	regfree(&want);
}

static void conversions_print_like_the_kernels(void **state)
{
	const unsigned char ip[16] = { 192, 0, 2, 1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	const struct { const char *format; uint64_t a; const char *want; } rows[] = {
		{ "%d", -5, "-5" },		{ "%u", 0xffffffff, "4294967295" },
		{ "%d", (1ull << 32) + 7, "7" }, { "%llx", 1ull << 63, "8000000000000000" },
		{ "%5d|", 42, "   42|" },	{ "%-5d|", 42, "42   |" },
		{ "%05d|", 42, "00042|" },	{ "%+d", 42, "+42" },
		{ "%X", 255, "FF" },		{ "%c", 'A', "A" },
		{ "%s", text_at("text"), "text" }, { "%6s|", text_at("text"), "  text|" },
		{ "%-6s|", text_at("text"), "text  |" }, { "%s", 1, "" },
		{ "%pks", text_at("text"), "text" }, { "%px", 0x1234, "0000000000001234" },
		{ "%pi4", text_at((const char *)ip), "192.000.002.001" },
		{ "%pI4", text_at((const char *)ip), "192.0.2.1" },
		{ "%pi6", text_at((const char *)ip), "c00002010506070809" "0a0b0c0d0e0f10" },
		{ "%pI6", text_at((const char *)ip), "c000:0201:0506:0708:090a:0b0c:0d0e:0f10" },
		{ "%pS", 0, "0x0" },		{ "100%%", 0, "100%" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t len = trace(rows[i].format, rows[i].a, 0, 0);
		const char *text = printed();

		if (strcmp(text, rows[i].want) || len != (int64_t)strlen(rows[i].want))
			fail_msg("'%s': '%s' (%lld)", rows[i].format, text, (long long)len);
	}
}

static void a_bad_format_prints_nothing(void **state)
{
	static const char *const bad[] = { "%", "%q", "%o", "%hd", "%.2s", "%#x", "%lc", "%ls", "%pa",
					   "%d %d %d %d", "\x7f", "%sx", "%n" };
	int before = lines;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (trace(bad[i], 0, 0, 0) != -EINVAL)
			fail_msg("'%s' is printed", bad[i]);
	assert_int_equal(lines, before);
}

static void every_helper_of_linux_has_a_name(void **state)
{
	assert_string_equal(helper_name(0), "unspec");
	assert_string_equal(helper_name(BPF_FUNC_map_lookup_elem), "map_lookup_elem");
	for (uint32_t id = 0; id < __BPF_FUNC_MAX_ID; id++)
		assert_non_null(helper_name(id));
	assert_null(helper_name(__BPF_FUNC_MAX_ID));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_look_like_trace_pipes),
		cmocka_unit_test(conversions_print_like_the_kernels),
		cmocka_unit_test(a_bad_format_prints_nothing),
		cmocka_unit_test(every_helper_of_linux_has_a_name),
	};

	helper_trace_sink = keep;
	return cmocka_run_group_tests_name("helpers: trace_printk", tests, NULL, NULL);
}
