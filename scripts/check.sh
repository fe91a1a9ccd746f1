#!/usr/bin/env bash
# Builds twice and runs every test. The optimized build (preset ci) runs what
# compares results: compiled kernels are not instrumented. The build with the address
# and undefined-behaviour sanitizers (preset debug) runs what looks at the compiler
# and the runtime library: IR, messages, unit tests, the C ABI, some random programs.
# Where that leaves time of half an hour, more random programs follow. The last line
# counts the tests, and the random programs of the optimized build.
set -uo pipefail
cd "$(dirname "$0")/.."
root=$PWD
lit=/usr/lib/llvm-22/bin/lit
failed=0 programs=0
log=$(mktemp) && trap 'rm -f "$log"' EXIT

# Folders of test/, and what of them runs in which build.
results=(Integration/CPU Integration/GPU Target)
sanitized=(Conversion Coverage Dialect Docs Integration/Abi Pipelines Tools Unit)
# These say that they do not run under the sanitizers.
mapfile -t exempt < <(cd test && grep -rlE 'UNSUPPORTED:.*\basan\b' "${sanitized[@]}")
for folder in $(cd test && find . -name '*.test' -o -name '*.mlir' | cut -d/ -f2,3); do
  case " ${results[*]} ${sanitized[*]} " in
  *" $folder "* | *" ${folder%%/*} "*) ;;
  *) echo "scripts/check.sh: error: in which build do the tests in test/$folder run?"
     exit 1 ;;
  esac
done

# Runs these tests of the build in the current folder: failures add up; `counted` is
# what passed.
run() {
  local p f
  "$lit" -sv "$@" | tee "$log"
  p=$(sed -n 's/^ *Passed *: *\([0-9]*\).*/\1/p' "$log" | tail -n 1)
  f=$(sed -n 's/^ *\(Failed\|Unresolved\|Timed Out\|Unexpectedly Passed\) *: *\([0-9]*\).*/\2/p' "$log" |
    awk '{n += $1} END {print n + 0}')
  counted=${p:-0} failed=$((failed + f))
  if [ -z "$p" ]; then failed=$((failed + 1)); fi
}

echo "== the optimized build"
cmake --preset ci >/dev/null || exit 1
cmake --build --preset ci --target FoveaTools || exit 1
cd build/ci
echo "== tests of results"
fuzz_logs=test/Integration/CPU/Output
rm -f "$fuzz_logs"/fuzz-[0-9].test.tmp.log
run "${results[@]/#/test/}" "${exempt[@]/#/test/}" examples
passed=$counted
programs=$(awk '/^fuzz: / {n += $2 - $6} END {print n + 0}' \
  "$fuzz_logs"/fuzz-[0-9].test.tmp.log 2>/dev/null || echo 0)
echo "== the tests that run fovea-opt, each input written as text and bytecode and read back"
mapfile -t with_ir < <(cd ../.. && grep -rlE 'RUN:.*\bfovea-opt\b' test examples)
FOVEA_VERIFY_ROUNDTRIP=1 run "${with_ir[@]}"
again=$counted
cd ../..

echo "== the build with the address and undefined-behaviour sanitizers"
if cmake --preset debug >/dev/null &&
  cmake --build --preset debug --target check-fovea-depends; then
  cd build/debug
  echo "== tests of the compiler and the runtime library"
  run "${sanitized[@]/#/test/}"
  passed=$((passed + counted))
  echo "== random programs, again"
  run test/Integration/CPU/fuzz-1.test
else
  failed=$((failed + 1))
fi
if [ "$SECONDS" -lt 1320 ]; then
  echo "== 500 more random programs"
  (cd "$root" && python3 test/Integration/CPU/fuzz.py --seed 1 --first 500 --programs 500 \
    --fovea-run build/ci/bin/fovea-run) | tee "$log" || failed=$((failed + 1))
  programs=$((programs + $(awk '/^fuzz: / {n += $2 - $6} END {print n + 0}' "$log")))
else
  echo "no time for 500 more random programs: make fuzz SEED=1 runs them"
fi
echo
echo "again, with round trips: $again tests passed"
echo "$passed tests and $programs random programs passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$programs" -ge 500 ]
