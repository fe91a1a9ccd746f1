#!/usr/bin/env bash
# Builds the ci preset and runs every test. The last line counts the tests once,
# and the random programs; the lines above it count the runs of the same tests with
# round trips, and under the sanitizers.
set -uo pipefail
cd "$(dirname "$0")/.."
lit=/usr/lib/llvm-22/bin/lit
passed=0 failed=0 programs=0
log=$(mktemp) && trap 'rm -f "$log"' EXIT

# Reads lit's counts of the run in $log: failures add up; `counted` is what passed.
count() {
  local p f
  p=$(sed -n 's/^ *Passed *: *\([0-9]*\).*/\1/p' "$log" | tail -n 1)
  f=$(sed -n 's/^ *\(Failed\|Unresolved\|Timed Out\|Unexpectedly Passed\) *: *\([0-9]*\).*/\2/p' "$log" |
    awk '{n += $1} END {print n + 0}')
  counted=${p:-0} failed=$((failed + f))
  if [ -z "$p" ]; then failed=$((failed + 1)); fi
}

cmake --preset ci >/dev/null || exit 1
cmake --build --preset ci || exit 1
cd build/ci
echo "== all tests"
fuzz_logs=test/Integration/CPU/Output
rm -f "$fuzz_logs"/fuzz-[0-9].test.tmp.log
"$lit" -sv test examples | tee "$log"
count
passed=$counted
programs=$(awk '/^fuzz: / {n += $2 - $6} END {print n + 0}' \
  "$fuzz_logs"/fuzz-[0-9].test.tmp.log 2>/dev/null || echo 0)
echo "== the tests that run fovea-opt again, each input written as text and bytecode and read back"
with_ir=$(cd ../.. && grep -rlE 'RUN:.*\bfovea-opt\b' test examples)
FOVEA_VERIFY_ROUNDTRIP=1 "$lit" -sv $with_ir | tee "$log"
count
again=$counted
cd ../..

echo "== all tests again under the address and undefined-behaviour sanitizers"
sanitized=0
if cmake --preset debug >/dev/null &&
  cmake --build --preset debug --target check-fovea-depends; then
  cd build/debug
  "$lit" -sv test examples | tee "$log"
  count
  sanitized=$counted
else
  failed=$((failed + 1))
fi
echo
echo "again, with round trips: $again tests passed"
echo "again, under sanitizers: $sanitized tests passed"
echo "$passed tests and $programs random programs passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$programs" -ge 500 ]
