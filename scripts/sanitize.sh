#!/usr/bin/env bash
# Runs Swift suites under a sanitizer, in a build of its own: scripts/sanitize.sh thread|address [SUITE ...]
# Ends with an error at any report; nothing is suppressed.
set -euo pipefail
cd "$(dirname "$0")/.."
export SWIFT_BACKTRACE=enable=no

kind=$1
shift
suites=("$@")
if [ ${#suites[@]} -eq 0 ]; then
    suites=(
        MartletCoreTests MartletLogTests MartletLogSQLiteTests MartletViewTests MartletWireTests MartletNodeTests
        MartletTests MartletGatewayTests MartletSimTests MartletFuzzTests
    )
fi
build=.build-$kind
output=$build/output
mkdir -p "$build"
export TSAN_OPTIONS="halt_on_error=0 exitcode=66"
# Tests end with the timers of their event loops still set. What a server keeps is looked at below, on its own.
export ASAN_OPTIONS="halt_on_error=1 exitcode=66 detect_leaks=0"
# A hundred tests at one time are so slow under Thread Sanitizer that their time-outs end them.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=$(nproc)

# Runs a program under the sanitizer; its words go to $output. Thread Sanitizer must be told of Swift's `Mutex`.
watched() {
    if [ "$kind" = thread ]; then
        LD_PRELOAD=$PWD/$build/mutex.so "$@" >"$output" 2>&1
    else
        "$@" >"$output" 2>&1
    fi
}

# A sanitizer that finds nothing may just be asleep.
probe() {
    clang -shared -fPIC -O1 -Wall -o "$build/mutex.so" Tests/sanitize/mutex.c
    swiftc -parse-as-library -swift-version 6 -sanitize="$kind" Tests/sanitize/probe.swift -o "$build/probe"
    local fault=race
    [ "$kind" = thread ] || fault=memory
    watched "$build/probe" || { tail -n 100 "$output"; echo "$kind: a report about sound code"; exit 1; }
    if watched "$build/probe" "$fault"; then echo "$kind: a $fault fault is not found"; exit 1; fi
}

probe
swift build --build-tests --sanitize="$kind" --scratch-path "$build"
failed=0
# A fault in one suite must not hide those of the next.
for suite in "${suites[@]}"; do
    status=0
    watched "$build"/debug/*PackageTests.xctest --testing-library swift-testing --filter "^$suite\." || status=$?
    summary=$(grep -aE 'Test run with [0-9]+ tests?' "$output" | tail -n 1 || true)
    reports=$(grep -acE 'SUMMARY: (Thread|Address|Leak)Sanitizer' "$output" || true)
    echo "$kind $suite: status $status, $reports reports; ${summary:-no test ran to its end}"
    # A filter that fits nothing is a mistake, too.
    if [ "$status" -ne 0 ] || [ "$reports" -ne 0 ] || ! grep -qE 'with [1-9][0-9]* tests? .*passed' <<<"$summary"; then
        tail -n 400 "$output"
        failed=1
    fi
done
if [ "$kind" = address ]; then
    python3 Tests/sanitize/leaks.py "$build/debug/martlet" || failed=1
fi
exit $failed
