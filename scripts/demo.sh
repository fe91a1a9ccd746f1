#!/usr/bin/env bash
# Runs the examples and one real layer, with errors and speed.
set -euo pipefail
cd "$(dirname "$0")/.."
run=build/release/bin/fovea-run
printf '%-20s %-12s %-12s %s\n' example rel_error max_error result
for file in examples/*.mlir; do
  "$run" "$file" --random 0 --check --all-entries |
    while read -r name relative largest result; do
      printf '%-20s %-12s %-12s %s\n' "$name" "$relative" "$largest" "$result"
    done
done

echo
echo "One layer of the MiniLM sentence encoder, on a paragraph of text:"
if [ ! -x build/venv/bin/python ]; then
  /usr/bin/python3 -m venv build/venv
fi
build/venv/bin/pip install -q --disable-pip-version-check -r python/requirements.txt
build/venv/bin/pip install -q --disable-pip-version-check --no-deps -r python/requirements-nodeps.txt
build/venv/bin/python examples/minilm/make_inputs.py --out build/minilm
"$run" examples/minilm/attention.mlir --out build/minilm/o.npy \
  --in build/minilm/q.npy,build/minilm/k.npy,build/minilm/v.npy
build/venv/bin/python examples/minilm/compare.py build/minilm/o.npy \
  build/minilm/expected.npy --tolerance 1e-5

echo
echo "Speed on one thread (B1 H8 S2048):"
printf '%-14s %10s %10s %8s\n' kernel ms GFLOP/s of-peak
for name in full-d64 full-d128 causal-d64 alibi-d64; do
  "$run" "benchmarks/cpu/$name.mlir" --bench --threads 1 |
    awk -v name="$name" '/^median_ms/ {ms = $2} /^gflops/ {rate = $2}
      /^peak_fraction/ {printf "%-14s %10s %10s %8s\n", name, ms, rate, $2}'
done
