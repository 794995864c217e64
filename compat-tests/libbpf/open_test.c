/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Opening objects: what is found in them, what is refused, and what can be set before load. */
#include "harness.h"

#include <elf.h>

static void finds_programs_and_sections(void **state)
{
	static const struct {
		const char *name, *section;
		enum bpf_prog_type type;
		bool autoload;
	} cases[] = {
		{ "compute", "xdp", BPF_PROG_TYPE_XDP, true },
		{ "emit", "xdp", BPF_PROG_TYPE_XDP, true },
		{ "optional", "socket", BPF_PROG_TYPE_SOCKET_FILTER, false },
	};
	struct bpf_object *obj = open_prog("basic");
	struct bpf_program *prog;
	int count = 0;
	size_t i;

	assert_string_equal(bpf_object__name(obj), "basic");
	for (i = 0; i < COUNT(cases); i++) {
		prog = bpf_object__find_program_by_name(obj, cases[i].name);
		assert_non_null(prog);
		assert_string_equal(bpf_program__section_name(prog), cases[i].section);
		assert_int_equal(bpf_program__type(prog), cases[i].type);
		assert_int_equal(bpf_program__autoload(prog), cases[i].autoload);
	}
	/* subprograms are no programs */
	bpf_object__for_each_program(prog, obj)
		count++;
	assert_int_equal(count, 3);
	assert_null(bpf_object__find_program_by_name(obj, "triple"));
	assert_int_equal(errno, ENOENT);
	assert_int_equal(bpf_program__fd(bpf_object__next_program(obj, NULL)), -ENOENT);
	bpf_object__close(obj);
}

static void finds_maps_with_their_attributes(void **state)
{
	static const struct {
		const char *name;
		enum bpf_map_type type;
		__u32 key_size, value_size, max_entries, flags;
		bool internal;
	} cases[] = {
		{ "counters", BPF_MAP_TYPE_HASH, 4, 8, 16, 0, false },
		{ "percpu", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 4, 2, 0, false },
		/* rounded up to whole pages, a power of two of them */
		{ "ring", BPF_MAP_TYPE_RINGBUF, 0, 0, 8192, 0, false },
		{ ".rodata", BPF_MAP_TYPE_ARRAY, 4, 4, 1, BPF_F_RDONLY_PROG | BPF_F_MMAPABLE, true },
		{ ".bss", BPF_MAP_TYPE_ARRAY, 4, 4, 1, BPF_F_MMAPABLE, true },
		{ ".data.mine", BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_MMAPABLE, true },
		{ "basic.rodata", BPF_MAP_TYPE_ARRAY, 4, 4, 1, BPF_F_RDONLY_PROG | BPF_F_MMAPABLE,
		  true },
	};
	struct bpf_object *obj = open_prog("basic");
	struct bpf_map *map;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		map = bpf_object__find_map_by_name(obj, cases[i].name);
		if (!map)
			fail_msg("no map %s", cases[i].name);
		assert_int_equal(bpf_map__type(map), cases[i].type);
		assert_int_equal(bpf_map__key_size(map), cases[i].key_size);
		assert_int_equal(bpf_map__value_size(map), cases[i].value_size);
		assert_int_equal(bpf_map__max_entries(map), cases[i].max_entries);
		assert_int_equal(bpf_map__map_flags(map), cases[i].flags);
		assert_int_equal(bpf_map__is_internal(map), cases[i].internal);
	}
	assert_null(bpf_object__find_map_by_name(obj, "nosuch"));
	assert_int_equal(errno, ENOENT);
	bpf_object__close(obj);
}

static void next_and_prev_walk_the_same_maps(void **state)
{
	struct bpf_object *obj = open_prog("maps");
	struct bpf_map *map, *last = NULL;
	int forward = 0, backward = 0;

	bpf_object__for_each_map(map, obj) {
		forward++;
		last = map;
	}
	assert_ptr_equal(bpf_object__prev_map(obj, NULL), last);
	for (map = last; map; map = bpf_object__prev_map(obj, map))
		backward++;
	assert_int_equal(forward, 5);
	assert_int_equal(backward, 5);
	bpf_object__close(obj);
}

static void settings_change_before_load(void **state)
{
	struct bpf_object *obj = open_prog("basic");
	struct bpf_map *map = bpf_object__find_map_by_name(obj, "counters");
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, "compute");
	int value = 9;
	size_t size;

	assert_int_equal(bpf_map__set_max_entries(map, 32), 0);
	assert_int_equal(bpf_map__max_entries(map), 32);
	assert_int_equal(bpf_map__set_value_size(map, 16), 0);
	assert_int_equal(bpf_map__value_size(map), 16);
	assert_int_equal(bpf_program__set_type(prog, BPF_PROG_TYPE_SCHED_CLS), 0);
	assert_int_equal(bpf_program__type(prog), BPF_PROG_TYPE_SCHED_CLS);
	assert_int_equal(bpf_program__set_autoload(prog, false), 0);
	assert_false(bpf_program__autoload(prog));
	map = bpf_object__find_map_by_name(obj, ".rodata");
	assert_non_null(bpf_map__initial_value(map, &size));
	assert_int_equal(size, 4);
	assert_int_equal(bpf_map__set_initial_value(map, &value, 3), -EINVAL);
	assert_int_equal(bpf_map__set_initial_value(map, &value, 4), 0);
	assert_int_equal(*(const int *)bpf_map__initial_value(map, &size), 9);
	map = bpf_object__find_map_by_name(obj, "ring");
	assert_int_equal(bpf_map__set_max_entries(map, 1), 0);
	assert_int_equal(bpf_map__max_entries(map), 4096);
	bpf_object__close(obj);
}

static void names_come_from_file_or_option(void **state)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "a_name_of_some_length");
	struct bpf_object *obj = open_prog_opts("basic", &opts);
	size_t size;
	void *data;

	assert_string_equal(bpf_object__name(obj), "a_name_of_some_");
	/* eight characters are left for the object, seven go to the section */
	assert_non_null(bpf_object__find_map_by_name(obj, "a_name_o.rodata"));
	bpf_object__close(obj);
	data = read_prog("basic", &size);
	obj = bpf_object__open_mem(data, size, NULL);
	assert_non_null(obj);
	assert_int_equal(strlen(bpf_object__name(obj)), 15);
	bpf_object__close(obj);
	free(data);
}

static void refuses_what_is_no_object(void **state)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	char text[] = "this is not an ELF file, but long enough to hold a header of one ....";
	size_t size;
	void *data = read_prog("basic", &size);
	Elf64_Ehdr *ehdr = data;

	assert_null(bpf_object__open_file("/nosuch/file.o", NULL));
	assert_int_equal(errno, ENOENT);
	assert_null(bpf_object__open_mem(NULL, 10, NULL));
	assert_int_equal(errno, EINVAL);
	assert_null(bpf_object__open_mem(text, 0, NULL));
	assert_int_equal(errno, EINVAL);
	assert_null(bpf_object__open_mem(text, sizeof(text), NULL));
	assert_int_equal(errno, LIBBPF_ERRNO__FORMAT);
	opts.sz = 4;
	assert_null(bpf_object__open_mem(data, size, &opts));
	assert_int_equal(errno, EINVAL);

	ehdr->e_machine = EM_X86_64;
	assert_null(bpf_object__open_mem(data, size, NULL));
	assert_int_equal(errno, LIBBPF_ERRNO__FORMAT);
	assert_said("is not a valid eBPF object file");
	ehdr->e_machine = EM_BPF;
	ehdr->e_type = ET_EXEC;
	assert_null(bpf_object__open_mem(data, size, NULL));
	assert_int_equal(errno, LIBBPF_ERRNO__FORMAT);
	free(data);
}

/* Only the header is turned round: enough for the byte order to be looked at first. */
static void refuses_the_other_byte_order(void **state)
{
	size_t size;
	void *data = read_prog("basic", &size);
	Elf64_Ehdr *ehdr = data;

	ehdr->e_ident[EI_DATA] = ELFDATA2MSB;
	ehdr->e_type = __builtin_bswap16(ehdr->e_type);
	ehdr->e_machine = __builtin_bswap16(ehdr->e_machine);
	ehdr->e_version = __builtin_bswap32(ehdr->e_version);
	ehdr->e_shoff = 0;
	ehdr->e_shnum = ehdr->e_shstrndx = 0;
	ehdr->e_ehsize = __builtin_bswap16(ehdr->e_ehsize);
	assert_null(bpf_object__open_mem(data, size, NULL));
	assert_true(errno == LIBBPF_ERRNO__ENDIAN || errno == LIBBPF_ERRNO__FORMAT);
	free(data);
}

static int setup_fn(struct bpf_program *prog, long cookie)
{
	return cookie == 77 ? bpf_program__set_type(prog, BPF_PROG_TYPE_SOCKET_FILTER) : -EINVAL;
}

static void own_section_names_are_tried_first(void **state)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = 77, .prog_setup_fn = setup_fn);
	struct bpf_program *prog;
	struct bpf_object *obj;
	int id, fallback;

	id = libbpf_register_prog_handler("nosuchsection", BPF_PROG_TYPE_XDP, BPF_XDP, &opts);
	assert_true(id > 0);
	fallback = libbpf_register_prog_handler(NULL, BPF_PROG_TYPE_XDP, BPF_XDP, NULL);
	assert_true(fallback > 0);
	assert_int_equal(libbpf_register_prog_handler(NULL, BPF_PROG_TYPE_XDP, BPF_XDP, NULL),
			 -EBUSY);
	obj = open_prog("bad");
	prog = bpf_object__find_program_by_name(obj, "unknown");
	assert_int_equal(bpf_program__type(prog), BPF_PROG_TYPE_SOCKET_FILTER);
	bpf_object__close(obj);
	assert_int_equal(libbpf_unregister_prog_handler(id), 0);
	assert_int_equal(libbpf_unregister_prog_handler(id), -ENOENT);
	assert_int_equal(libbpf_unregister_prog_handler(fallback), 0);
	obj = open_prog("bad");
	prog = bpf_object__find_program_by_name(obj, "unknown");
	assert_int_equal(bpf_program__type(prog), BPF_PROG_TYPE_UNSPEC);
	bpf_object__close(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_programs_and_sections),
		cmocka_unit_test(finds_maps_with_their_attributes),
		cmocka_unit_test(next_and_prev_walk_the_same_maps),
		cmocka_unit_test(settings_change_before_load),
		cmocka_unit_test(names_come_from_file_or_option),
		cmocka_unit_test(refuses_what_is_no_object),
		cmocka_unit_test(refuses_the_other_byte_order),
		cmocka_unit_test(own_section_names_are_tried_first),
	};

	return run_group("open", tests, COUNT(tests));
}
