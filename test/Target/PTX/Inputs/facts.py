# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles for an H100 the examples, with q, k, v and o as bf16, and usual shapes.

    facts.py EXAMPLES OUT

Prints what ptxas says of each kernel, and its shared memory; a spill, a stack frame or a
message C75xx is an error.
"""
import concurrent.futures
import pathlib
import re
import subprocess
import sys

CAUSAL = """mask(%b, %h, %i, %j) {
    %c = arith.cmpi sle, %j, %i : index
    attn.yield %c : i1 }"""
SOFT_CAP = """score(%s, %b, %h, %i, %j) {
    %t = math.tanh %s : f32
    attn.yield %t : f32 }"""
TABLE = """score(%s, %b, %h, %i, %j, %table = %bias : tensor<?x?xf32>) {
    %d = arith.subi %i, %j : index
    %x = tensor.extract %table[%h, %d] : tensor<?x?xf32>
    %y = arith.addf %s, %x : f32
    attn.yield %y : f32 }"""
DOCUMENTS = """mask(%b, %h, %i, %j, %document = %documents : tensor<?xi32>) {
    %mine = tensor.extract %document[%i] : tensor<?xi32>
    %other = tensor.extract %document[%j] : tensor<?xi32>
    %same = arith.cmpi eq, %mine, %other : i32
    %past = arith.cmpi sle, %j, %i : index
    %c = arith.andi %same, %past : i1
    attn.yield %c : i1 }"""
APPROXIMATE = "attributes {numerics = #attn.numerics<math = approximate>}"
SHAPES = {"full": "", "causal": CAUSAL, "soft-cap": SOFT_CAP,
          "soft-cap-approximate": SOFT_CAP + CAUSAL + APPROXIMATE,
          "table": TABLE, "documents": DOCUMENTS}


WALK = """walk<128, 128>(%rows, %tiles, %masks
      : tensor<?x?x?x4xi32>, tensor<?xi32>, tensor<?x128x4xi32>)"""


def shape(regions, channels, element, walk=""):
    tensor = f"tensor<?x?x?x{channels}x{element}>"
    return f"""func.func @f(%q: {tensor}, %k: {tensor}, %v: {tensor},
    %bias: tensor<?x?xf32>, %documents: tensor<?xi32>, %rows: tensor<?x?x?x4xi32>,
    %tiles: tensor<?xi32>, %masks: tensor<?x128x4xi32>, %o: {tensor}) -> {tensor} {{
  %r = attn.attention ins(%q : {tensor}) dense(%k, %v : {tensor}, {tensor})
      {walk} outs(%o : {tensor}) {regions}
  return %r : {tensor}
}}
"""


def compile_source(name, source):
    path = OUT / f"{name}.mlir"
    path.write_text(source)
    result = subprocess.run(["fovea-compile", path, "--target=cuda:sm_90a", "--emit=llvm",
                             "--report"], capture_output=True, text=True)
    said = result.stderr.splitlines()
    clean = all(re.fullmatch(r".*, 0 bytes of stack, 0 bytes spilled, .*", line) for line in said)
    if result.returncode or not said or not clean:
        return False, [result.stderr]
    kernels = [line.split(": ", 1) for line in said]
    shared = (re.search(kernel + r"_facts = .*\[i64 90, i64 \d+, i64 (\d+)", result.stdout)[1]
              for kernel, _ in kernels)
    return True, [f"{size} bytes shared, {facts}" for size, (_, facts) in zip(shared, kernels)]


EXAMPLES, OUT = map(pathlib.Path, sys.argv[1:])
OUT.mkdir(parents=True, exist_ok=True)
sources = {}
for example in sorted(EXAMPLES.glob("*.mlir")):
    if "attn.walk" in example.read_text():
        continue  # A walk is made on a CPU.
    # Tensors of four dimensions; tables stay f32.
    sources[example.stem] = re.sub(r"(tensor<(?:[?0-9]+x){4})f32", r"\1bf16",
                                   example.read_text())
for regions in SHAPES:
    for channels, element in ((64, "bf16"), (64, "f16"), (128, "bf16"), (128, "f16"),
                              (256, "bf16")):
        sources[f"{regions}-d{channels}-{element}"] = shape(SHAPES[regions], channels, element)
for channels in (64, 128):
    sources[f"walk-d{channels}"] = shape("", channels, "bf16", WALK)
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    results = pool.map(compile_source, sources, sources.values())
failed = 0
for name, (ok, lines) in zip(sources, results):
    failed += not ok
    for line in lines:
        print(f"{name}: {line}")
print(f"{len(sources) - failed} passed, {failed} failed")
sys.exit(failed != 0)
