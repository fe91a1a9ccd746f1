#!/usr/bin/env python3
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles the benchmarks' kernels for an H100, on a machine without one.

  benchmarks/gpu/build.py --fovea-opt build/release/bin/fovea-opt --out build/gpu

Writes NAME.cubin and NAME.json (what a launch needs) for each kernel, and
stops at any spill, stack frame or C75xx message of ptxas.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

SCHEDULES = {
    64: "query_tile = 192, key_tile = 128, stages = 2, groups = 3, "
    "producer_regs = 32, consumer_regs = 160",
    128: "query_tile = 128, key_tile = 128, stages = 2, groups = 2, "
    "producer_regs = 24, consumer_regs = 240",
}
EXTRAS = {"": "", "-turns": ", turns = true",
          "-persistent": ", persistent = true, last_first = true",
          "-both": ", turns = true, persistent = true, last_first = true"}
CAUSAL = """mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1 }"""
SOFTCAP = """score(%s, %b, %h, %i, %j) {
        %c = arith.constant 0.05 : f32
        %d = arith.constant 20.0 : f32
        %x = arith.mulf %s, %c : f32
        %t = math.tanh %x : f32
        %y = arith.mulf %t, %d : f32
        attn.yield %y : f32 }"""
ALIBI = """score(%s, %b, %h, %i, %j) {
        %d = arith.subi %j, %i : index
        %n = arith.index_cast %d : index to i32
        %f = arith.sitofp %n : i32 to f32
        %h1 = arith.index_cast %h : index to i32
        %hf = arith.sitofp %h1 : i32 to f32
        %e = arith.constant -0.5 : f32
        %one = arith.constant 1.0 : f32
        %g0 = arith.addf %hf, %one : f32
        %g1 = arith.mulf %g0, %e : f32
        %slope = math.exp2 %g1 : f32
        %y = math.fma %f, %slope, %s : f32
        attn.yield %y : f32 }"""
REGIONS = {"full": "", "causal": CAUSAL, "softcap": SOFTCAP + "\n" + CAUSAL,
           "alibi": ALIBI + "\n" + CAUSAL}


def module(d, regions, extra=""):
    """Attention of any B, H, S; the channels are static."""
    t = f"tensor<?x?x?x{d}xbf16>"
    schedule = SCHEDULES[d] + extra
    return f"""func.func @attention(%q: {t}, %k: {t}, %v: {t}, %o: {t}) -> {t} {{
  %r = attn.attention ins(%q : {t}) dense(%k, %v : {t}, {t}) outs(%o : {t})
      {regions}
      attributes {{schedule = #pipe.schedule<{schedule}>,
                  numerics = #attn.numerics<math = approximate>}}
  return %r : {t}
}}
"""


def run(command, text):
    result = subprocess.run(command, input=text, capture_output=True)
    if result.returncode:
        sys.exit(f"{' '.join(command)}: {result.stderr.decode()[:2000]}")
    return result.stdout


def launch_facts(text):
    """The attribute pipe.launch, as JSON."""
    attribute = re.search(r"pipe\.launch = (\{.*?shared_bytes = \d+ : i64\})", text)[1]
    attribute = re.sub(r"array<i64: ([^>]*)>", r"[\1]", attribute)
    attribute = re.sub(r"(-?\d+) : i64", r"\1", attribute)
    attribute = re.sub(r"element = (\w+)", r'element = "\1"', attribute)
    attribute = re.sub(r"(\w+) = ", r'"\1": ', attribute)
    return json.loads(attribute)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fovea-opt", default="build/release/bin/fovea-opt")
    parser.add_argument("--ptxas", default="/usr/local/cuda/bin/ptxas")
    parser.add_argument("--out", type=pathlib.Path, default="build/gpu")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    extract = pathlib.Path(__file__).parents[2] / "test/Target/PTX/Inputs/extract_ptx.py"
    variants = [(f"{n}-d{d}{suffix}", d, r, extra) for n, r in REGIONS.items()
                for d in SCHEDULES for suffix, extra in EXTRAS.items()]
    variants += [("full-d128-plain", 128, "", ", overlap = false")]
    for name, d, regions, extra in variants:
        tile = run([options.fovea_opt, "--fovea-cuda-tile-stage"],
                   module(d, regions, extra).encode())
        nvvm = run([options.fovea_opt, "--tile-to-nvvm"], tile).decode()
        binary = run([options.fovea_opt, "--tile-to-nvptx"], tile)
        ptx = run([sys.executable, str(extract)], binary)
        base = options.out / name
        base.with_suffix(".ptx").write_bytes(ptx)
        ptxas = subprocess.run(
            [options.ptxas, "-v", "-arch=sm_90a", "-O3", base.with_suffix(".ptx"),
             "-o", base.with_suffix(".cubin")], capture_output=True, text=True)
        log = ptxas.stdout + ptxas.stderr
        if ptxas.returncode or "C75" in log or not re.search(
                r"\b0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads", log):
            print(f"{name}: {log}")
            continue
        facts = launch_facts(nvvm)
        facts["kernel"] = re.search(r"\.visible \.entry (\w+)\(", ptx.decode())[1]
        facts["query_tile"] = int(re.search(r"query_tile = (\d+)", SCHEDULES[d])[1])
        base.with_suffix(".json").write_text(json.dumps(facts, indent=1))
        print(f"{name:18} {re.search(r'Used .*', log)[0]}")


if __name__ == "__main__":
    main()
