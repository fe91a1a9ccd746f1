# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is compiled for a GPU and run on one: attention ops with dynamic sizes, and
the sizes that each is run with.

A region has its text here and its meaning in run.py, under one name.
"""
import dataclasses

CAUSAL = """mask(%b, %h, %i, %j) {
        %c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1 }"""
# Rows below 40 see nothing.
LATE = """mask(%b, %h, %i, %j) {
        %n = arith.constant 40 : index
        %c = arith.cmpi sle, %j, %i : index
        %d = arith.cmpi sge, %j, %n : index
        %e = arith.andi %c, %d : i1
        attn.yield %e : i1 }"""
WINDOW = """mask(%b, %h, %i, %j) {
        %n = arith.constant 100 : index
        %d = arith.subi %i, %j : index
        %c = arith.cmpi sle, %j, %i : index
        %e = arith.cmpi slt, %d, %n : index
        %f = arith.andi %c, %e : i1
        attn.yield %f : i1 }"""
# The first 150 keys and the last 200: a walk of five ranges.
EDGES = """mask(%b, %h, %i, %j) {
        %n = arith.constant 150 : index
        %m = arith.constant 200 : index
        %d = arith.subi %i, %j : index
        %c = arith.cmpi sle, %j, %i : index
        %e = arith.cmpi slt, %d, %m : index
        %f = arith.cmpi slt, %j, %n : index
        %g = arith.ori %e, %f : i1
        %r = arith.andi %c, %g : i1
        attn.yield %r : i1 }"""
CHUNKS = """mask(%b, %h, %i, %j) {
        %n = arith.constant 200 : index
        %x = arith.divui %i, %n : index
        %y = arith.divui %j, %n : index
        %r = arith.cmpi eq, %x, %y : index
        attn.yield %r : i1 }"""
# Neighbours in a grid with rows of 24 tokens.
GRID = """mask(%b, %h, %i, %j) {
        %n = arith.constant 24 : index
        %m = arith.constant 3 : index
        %yi = arith.divui %i, %n : index
        %yj = arith.divui %j, %n : index
        %xi = arith.remui %i, %n : index
        %xj = arith.remui %j, %n : index
        %dy = arith.subi %yi, %yj : index
        %dx = arith.subi %xi, %xj : index
        %ay = math.absi %dy : index
        %ax = math.absi %dx : index
        %c = arith.cmpi sle, %ay, %m : index
        %d = arith.cmpi sle, %ax, %m : index
        %r = arith.andi %c, %d : i1
        attn.yield %r : i1 }"""
SOFTCAP = """score(%s, %b, %h, %i, %j) {
        %c = arith.constant 0.05 : f32
        %d = arith.constant 20.0 : f32
        %x = arith.mulf %s, %c : f32
        %t = math.tanh %x : f32
        %y = arith.mulf %t, %d : f32
        attn.yield %y : f32 }"""
# What lies beyond the keys is not masked by the score being small.
RISING = """score(%s, %b, %h, %i, %j) {
        %n = arith.index_cast %j : index to i32
        %f = arith.sitofp %n : i32 to f32
        %c = arith.constant 0.0625 : f32
        %y = math.fma %f, %c, %s : f32
        attn.yield %y : f32 }"""

REGIONS = {"full": "", "causal": CAUSAL, "late": LATE, "window": WINDOW,
           "edges": EDGES, "chunks": CHUNKS, "grid": GRID,
           "softcap": SOFTCAP, "rising": RISING, "softcap-causal": SOFTCAP + "\n" + CAUSAL}

# (B, H, HK, SQ, SKV)
SIZES = [(1, 2, 2, 128, 128), (2, 3, 3, 300, 300), (1, 4, 2, 200, 1000), (1, 1, 1, 1, 1),
         (2, 8, 2, 1, 777), (1, 2, 1, 65, 129), (3, 5, 5, 192, 127), (1, 2, 2, 1537, 1537)]
# With lengths of 0 and of all keys, in one batch.
LENGTHS = {777: [0, 777, 1, 128, 300, 776], 256: [0, 256, 127, 128, 129, 255]}
LENGTH_SIZES = [(6, 2, 1, 300, 777), (6, 3, 3, 1, 777), (6, 2, 2, 256, 256)]


@dataclasses.dataclass
class Case:
    """One function: attention of any B, H, HK, SQ and SKV."""
    name: str
    d: int = 128
    dv: int = 0  # that of d
    dtype: str = "bf16"
    regions: str = "full"
    lse: bool = False
    sinks: bool = False
    lengths: str = ""  # the type of a length
    sizes: list = dataclasses.field(default_factory=lambda: SIZES)
    scale: float = 0.0  # 1 / sqrt(d)
    approximate: bool = False  # functions of regions

    def __post_init__(self):
        self.dv = self.dv or self.d
        if self.lengths and self.sizes is SIZES:
            self.sizes = LENGTH_SIZES

    def text(self):
        q, v = (f"tensor<?x?x?x{n}x{self.dtype}>" for n in (self.d, self.dv))
        types = [("%q", q), ("%k", q), ("%v", v)]
        clauses = f"ins(%q : {q}) dense(%k, %v : {q}, {v})"
        if self.lengths:
            types.append(("%lengths", f"tensor<?x{self.lengths}>"))
            clauses += f" lengths(%lengths : {types[-1][1]})"
        if self.sinks:
            types.append(("%sinks", "tensor<?xf32>"))
            clauses += " sinks(%sinks : tensor<?xf32>)"
        outputs = [("%o", v)]
        if self.lse:
            outputs.append(("%lse", "tensor<?x?x?xf32>"))
        names, results = (", ".join(x) for x in zip(*outputs))
        returned = [f"%r#{n}" for n in range(len(outputs))]
        arguments = ", ".join(f"{name}: {type}" for name, type in types + outputs)
        attributes = []
        if self.scale:
            attributes.append(f"scale = {self.scale!r} : f32")
        if self.approximate:
            attributes.append("numerics = #attn.numerics<math = approximate>")
        attributes = f"attributes {{{', '.join(attributes)}}}" if attributes else ""
        return f"""func.func @attention({arguments}) -> ({results}) {{
  %r:{len(outputs)} = attn.attention {clauses}
      outs({names} : {results})
      {REGIONS[self.regions]}
      {attributes}
  return {", ".join(returned)} : {results}
}}
"""


CASES = [
    Case("full"),
    Case("full-f16-d64", d=64, dtype="f16"),
    Case("causal", regions="causal"),
    Case("window-d64", d=64, regions="window"),
    Case("edges", regions="edges"),
    Case("lse-chunks-d64", d=64, regions="chunks", lse=True),
    Case("lse-grid", regions="grid", lse=True),
    Case("softcap-causal", regions="softcap-causal", approximate=True),
    Case("lse", lse=True),
    Case("lse-causal-f16", dtype="f16", regions="causal", lse=True),
    Case("lse-late-d64", d=64, regions="late", lse=True),
    Case("lse-rising", regions="rising", lse=True),
    Case("sinks", sinks=True, lse=True),
    Case("sinks-late-d64", d=64, regions="late", sinks=True, lse=True),
    Case("sinks-softcap", regions="softcap", sinks=True, lse=True, approximate=True),
    Case("lengths", lengths="i32", lse=True),
    Case("lengths-causal", regions="causal", lengths="i64", lse=True),
    Case("lengths-d64", d=64, dtype="f16", lengths="index"),
    Case("lengths-window-d64", d=64, regions="window", lengths="i32", lse=True),
    Case("lengths-sinks-rising", regions="rising", lengths="i32", sinks=True, lse=True),
]
