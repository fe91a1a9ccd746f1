#!/usr/bin/env bash
# Builds the ci preset and runs every test; the last line counts them.
set -uo pipefail
cd "$(dirname "$0")/.."
lit=/usr/lib/llvm-22/bin/lit
passed=0 failed=0
log=$(mktemp) && trap 'rm -f "$log"' EXIT

# Adds lit's counts of the run in $log.
count() {
  local p f
  p=$(sed -n 's/^ *Passed *: *\([0-9]*\).*/\1/p' "$log" | tail -n 1)
  f=$(sed -n 's/^ *\(Failed\|Unresolved\|Timed Out\|Unexpectedly Passed\) *: *\([0-9]*\).*/\2/p' "$log" |
    awk '{n += $1} END {print n + 0}')
  passed=$((passed + ${p:-0})) failed=$((failed + f))
  if [ -z "$p" ]; then failed=$((failed + 1)); fi
}

cmake --preset ci >/dev/null || exit 1
cmake --build --preset ci || exit 1
cd build/ci
echo "== all tests"
"$lit" -sv test examples | tee "$log"
count
echo "== IR tests, each input written as text and bytecode, read again and compared"
FOVEA_VERIFY_ROUNDTRIP=1 "$lit" -sv test/Dialect test/Conversion test/Pipelines | tee "$log"
count
cd ../..

echo "== IR tests under the address and undefined-behaviour sanitizers"
if cmake --preset debug >/dev/null && cmake --build --preset debug --target fovea-opt; then
  cd build/debug
  "$lit" -sv test/Dialect test/Conversion | tee "$log"
  count
else
  failed=$((failed + 1))
fi
echo
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
