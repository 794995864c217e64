/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpf-shim fire: an event from JSON, hexadecimal digits or a pcap file. */
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpfx/fire.h>
#include <bpfx/hook.h>
#include <bpfx/query.h>

#include "packets.h"
#include "report.h"
#include "tool.h"

struct shot {
	struct bpfx_fire fire;
	struct json_object *event;	/* NULL: no members */
	struct json_object *result;	/* of the event that is fired now */
	struct packets packets;
	uint64_t repeat;
	bool json;
	const char *hook;
};

/* In 64 bits, and nothing else; "-1" is one with all bits set. */
static bool whole_number(const char *text, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	return *text && !*end && !errno;
}

/* ---- members and results ---- */

static int number(const struct bpfx_fire *fire, const char *name, uint64_t *value)
{
	const struct shot *shot = fire->cookie;
	struct json_object *member = json_object_object_get(shot->event, name);

	if (!member)
		return -ENOENT;
	if (json_object_is_type(member, json_type_int) ||
	    json_object_is_type(member, json_type_boolean)) {
		int64_t number = json_object_get_int64(member);

		*value = number < 0 ? (uint64_t)number : json_object_get_uint64(member);
		return 0;
	}
	/* "0x800": JSON itself has no such numbers. */
	if (!json_object_is_type(member, json_type_string))
		return -EINVAL;
	return whole_number(json_object_get_string(member), value) ? 0 : -EINVAL;
}

static int text(const struct bpfx_fire *fire, const char *name, const char **value)
{
	const struct shot *shot = fire->cookie;
	struct json_object *member = json_object_object_get(shot->event, name);

	if (!member)
		return -ENOENT;
	if (!json_object_is_type(member, json_type_string))
		return -EINVAL;
	*value = json_object_get_string(member);
	return 0;
}

static void tell_number(struct bpfx_fire *fire, const char *name, int64_t value)
{
	put_number(((struct shot *)fire->cookie)->result, name, value);
}

static void tell_text(struct bpfx_fire *fire, const char *name, const char *value)
{
	put_text(((struct shot *)fire->cookie)->result, name, value);
}

static void tell_data(struct bpfx_fire *fire, const void *data, uint32_t size)
{
	char *digits = malloc(2 * (size_t)size + 1);

	if (!digits)
		return;
	for (uint32_t i = 0; i < size; i++)
		sprintf(digits + 2 * i, "%02x", ((const unsigned char *)data)[i]);
	digits[2 * size] = 0;
	put_text(((struct shot *)fire->cookie)->result, "data", digits);
	free(digits);
}

/* ---- arguments ---- */

static int read_event(const char *argument, struct json_object **out)
{
	if (!strcmp(argument, "-"))
		*out = json_object_from_fd(0);
	else if (argument[0] == '@')
		*out = json_object_from_file(argument + 1);
	else
		*out = json_tokener_parse(argument);
	if (*out && json_object_is_type(*out, json_type_object))
		return 0;
	return complain("--event is not a JSON object:", argument, EINVAL);
}

static int read_number(const char *what, const char *argument, uint64_t *value)
{
	return !strchr(argument, '-') && whole_number(argument, value)
		       ? 0 : complain(what, argument, EINVAL);
}

static int read_option(struct shot *shot, int option, const char *argument)
{
	int err;

	switch (option) {
	case 'j':
		shot->json = true;
		return 0;
	case 't':
		return read_number("--target is not a number:", argument, &shot->fire.target);
	case 'r':
		return read_number("--repeat is not a number:", argument, &shot->repeat);
	case 'd':
		shot->fire.target = if_nametoindex(argument);
		return shot->fire.target ? 0 : complain("no interface is named", argument, ENODEV);
	case 'c':
		err = bpfx_cgroup_id(argument, &shot->fire.target);
		return err ? complain("not a cgroup:", argument, -err) : 0;
	case 'e':
		json_object_put(shot->event);
		return read_event(argument, &shot->event);
	case 'x':
		packets_free(&shot->packets);
		return packets_from_hex(argument, &shot->packets);
	case 'p':
		packets_free(&shot->packets);
		return packets_from_pcap(argument, &shot->packets);
	default:
		return usage_error();
	}
}

/* ---- firing ---- */

static void print_result(const struct shot *shot, int ran)
{
	put_number(shot->result, "programs", ran);
	if (shot->json) {
		puts(json_object_to_json_string_ext(shot->result, JSON_C_TO_STRING_PLAIN |
								  JSON_C_TO_STRING_NOSLASHESCAPE));
		return;
	}
	printf("%d program%s ran", ran, ran == 1 ? "" : "s");
	json_object_object_foreach(shot->result, name, value)
		if (strcmp(name, "programs"))
			printf(", %s %s", name, json_object_get_string(value));
	putchar('\n');
}

static int fire_once(struct shot *shot)
{
	int ran;

	shot->result = json_object_new_object();
	ran = bpfx_fire_hook(shot->hook, &shot->fire);
	if (ran >= 0)
		print_result(shot, ran);
	else
		fprintf(stderr, "bpf-shim: %s is not fired: %s\n", shot->hook, *bpfx_reason() ?
			bpfx_reason() : strerror(-ran));
	json_object_put(shot->result);
	return ran < 0 ? REFUSED : 0;
}

static int fire_all(struct shot *shot)
{
	int err = 0;

	for (uint64_t i = 0; !err && i < shot->repeat; i++) {
		if (!shot->packets.cnt)
			err = fire_once(shot);
		for (uint32_t n = 0; !err && n < shot->packets.cnt; n++) {
			shot->fire.data = shot->packets.bytes + shot->packets.at[n].offset;
			shot->fire.data_size = shot->packets.at[n].size;
			err = fire_once(shot);
		}
	}
	return err;
}

int fire_command(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },	 { "target", required_argument, NULL, 't' },
		{ "dev", required_argument, NULL, 'd' }, { "cgroup", required_argument, NULL, 'c' },
		{ "event", required_argument, NULL, 'e' }, { "hex", required_argument, NULL, 'x' },
		{ "pcap", required_argument, NULL, 'p' }, { "repeat", required_argument, NULL, 'r' },
		{ 0 },
	};
	struct shot shot = { .repeat = 1,
			     .fire = { .sz = sizeof(shot.fire), .number = number, .text = text,
				       .tell_number = tell_number, .tell_text = tell_text,
				       .tell_data = tell_data, .cookie = &shot } };
	int option, err = 0;

	while (!err && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		err = read_option(&shot, option, optarg);
	if (!err && argc - optind != 1)
		err = usage_error();
	if (!err) {
		shot.hook = argv[optind];
		err = fire_all(&shot);
	}
	json_object_put(shot.event);
	packets_free(&shot.packets);
	return err;
}
