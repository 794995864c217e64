#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
# events_test.sh PRELOAD_LIBRARY BPF_OBJECT: bpftool shows samples (map event_pipe), printed lines (prog
# tracelog) and programs of events (perf), ls and cat show tracepoints, of the emulated kernel and, where
# that is permitted, of the real one: the same, once times and numbers are taken out.
set -eu
preload=$1
object=$2
PATH=$PATH:/usr/sbin:/sbin
work=$(mktemp -d "${TMPDIR:-/tmp}/bpf-shim-events.XXXXXX")
BPF_SHIM_STORE=$work/store
[ -d /dev/shm ] && [ -w /dev/shm ] && BPF_SHIM_STORE=$(mktemp -d /dev/shm/bpf-shim-events.XXXXXX)
export BPF_SHIM_STORE
trap 'rm -rf "$work" "$BPF_SHIM_STORE"' EXIT

# Until the file says it, at most five seconds.
wait_for() {	# file, text, times
	tries=0
	while [ "$(grep -c "$2" "$1")" -lt "$3" ] && [ $tries -lt 40 ]; do
		sleep 0.05
		tries=$((tries + 1))
	done
}

run_packets() {	# how many, of which size
	head -c "$2" /dev/zero >"$work/packet"
	bpftool prog run pinned "$BPFFS/progs/on_packet" data_in "$work/packet" repeat "$1" >/dev/null
}

show() {	# library to preload or nothing
	export BPFFS=/sys/fs/bpf/bpf_shim_test LD_PRELOAD="$1"
	mkdir $BPFFS
	bpftool prog loadall "$object" $BPFFS/progs pinmaps $BPFFS/maps
	for format in "" -j; do
		echo "samples $format"
		bpftool $format map event_pipe pinned $BPFFS/maps/events >"$work/samples" 2>&1 &
		sleep 0.5
		run_packets 3 60
		[ -n "$format" ] || wait_for "$work/samples" CPU 3
		sleep 0.5
		kill -INT $!
		wait $! || echo "status $?"
		cat "$work/samples"
	done
	# Of other sizes: trace_pipe has what was printed before, too.
	size=1061
	for format in "" -j; do
		echo "lines $format"
		bpftool $format prog tracelog >"$work/lines" 2>&1 &
		sleep 0.5
		run_packets 2 $size
		[ -n "$format" ] || wait_for "$work/lines" "packet of $size bytes" 2
		sleep 0.5
		kill -INT $!
		wait $! || echo "status $?"
		grep -o "bpf_trace_printk: packet of $size bytes" "$work/lines" || cat "$work/lines"
		size=1062
	done
	echo programs on events
	if command -v exitsnoop >/dev/null; then
		exitsnoop >/dev/null 2>&1 &
		tries=0
		until bpftool perf | grep -q "^pid $! " || [ $tries -ge 40 ]; do
			sleep 0.1
			tries=$((tries + 1))
		done
		bpftool perf | grep "^pid $! "
		bpftool -j perf | grep -o "{\"pid\":$!,[^}]*}"
		kill -INT $!
		wait $! || echo "status $?"
	fi
	echo tracepoints
	for event in fork exec exit; do
		ls -d /sys/kernel/tracing/events/sched/sched_process_$event
		cat /sys/kernel/tracing/events/sched/sched_process_$event/format
		[ "$(sed -n 's/^ID: //p' /sys/kernel/tracing/events/sched/sched_process_$event/format)" = \
			"$(cat /sys/kernel/tracing/events/sched/sched_process_$event/id)" ]
	done
	cat /sys/kernel/tracing/events/sched/no_such_event/id 2>&1 || echo "status $?"
	sh -c "echo 777 >/sys/kernel/tracing/events/sched/sched_process_exit/id" 2>/dev/null && echo written
	[ "$(cat /sys/kernel/tracing/events/sched/sched_process_exit/id)" != 777 ]
	rm -r $BPFFS
}

normalise() {
	sed -E -e 's/@[0-9.]+ CPU: [0-9]+ index: [0-9]+/@T CPU: N index: N/' -e 's/^ID: [0-9]+$/ID: N/' \
	    -e 's/"(timestamp|cpu|index|pid|fd|prog_id)":[0-9]+/"\1":N/g' \
	    -e 's/^pid [0-9]+  fd [0-9]+: prog_id [0-9]+/pid N  fd N: prog_id N/' "$1"
}

# What runs in the background of a script ignores SIGINT, unless it has a handler: bpftool has.
(show "$preload") >"$work/emulated.raw" 2>&1
normalise "$work/emulated.raw" >"$work/emulated"
[ "$(grep -c 'packet of 106[12] bytes' "$work/emulated")" = 4 ] || { cat "$work/emulated.raw"; exit 1; }
# Three samples as text, three in JSON; what the real kernel's are compared with may not be nothing.
[ "$(grep -c '@T CPU: N index: N' "$work/emulated")" = 3 ] &&
	[ "$(grep -o '"timestamp":N' "$work/emulated" | wc -l)" = 3 ] || { cat "$work/emulated.raw"; exit 1; }

if [ "$(id -u)" != 0 ] || ! unshare -m true 2>/dev/null || ! bpftool prog show >/dev/null 2>&1 ||
	[ ! -e /sys/kernel/tracing/trace_pipe ]; then
	echo "events: on the emulated kernel only (the real one is not permitted here: skipped)"
	exit 0
fi
cat >"$work/kernel.sh" <<END
work=$work object=$object
$(sed -n '/^wait_for() {/,/^}/p; /^run_packets() {/,/^}/p; /^show() {/,/^}/p' "$0")
mount --make-rprivate /
mount -t bpf bpf /sys/fs/bpf
# Lines of our own: nobody's are taken away.
instance=/sys/kernel/tracing/instances/bpf_shim_\$\$
mkdir \$instance
echo 1 >\$instance/events/bpf_trace/bpf_trace_printk/enable
mount --bind \$instance/trace_pipe /sys/kernel/tracing/trace_pipe
(show "") || echo "status \$?"
umount /sys/kernel/tracing/trace_pipe
for try in 1 2 3 4 5; do	# who reads it is about to end
	rmdir \$instance && break
	sleep 0.5
done
END
unshare -m sh "$work/kernel.sh" >"$work/kernel.raw" 2>&1
normalise "$work/kernel.raw" >"$work/kernel"
if ! diff "$work/kernel" "$work/emulated" >"$work/diff"; then
	echo "the real kernel (<) and the emulated one (>) differ:"
	cat "$work/diff"
	exit 1
fi
echo "events: the same on both kernels"
