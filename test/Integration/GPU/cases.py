# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What is compiled for a GPU and run on one: attention ops with dynamic sizes, and
the sizes that each is run with.

A region has its text here and its meaning in run.py, under one name.
"""
import dataclasses
import re

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
# Comparisons of all kinds, joined in all ways.
COMPARISONS = """mask(%b, %h, %i, %j) {
        %yes = arith.constant true
        %n = arith.constant 77 : index
        %m = arith.constant 31 : index
        %d = arith.subi %i, %j : index
        %s = arith.addi %j, %h : index
        %e = arith.cmpi sgt, %d, %n : index
        %f = arith.cmpi sge, %s, %i : index
        %g = arith.cmpi eq, %d, %m : index
        %k1 = arith.cmpi ne, %s, %n : index
        %l1 = arith.cmpi slt, %i, %m : index
        %o1 = arith.ori %e, %f : i1
        %p1 = arith.xori %o1, %g : i1
        %q1 = arith.andi %p1, %k1 : i1
        %t1 = arith.xori %l1, %yes : i1
        %u1 = arith.andi %q1, %t1 : i1
        %w1 = arith.cmpi eq, %j, %h : index
        %x1 = arith.ori %u1, %w1 : i1
        attn.yield %x1 : i1 }"""
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

# Finite terms near the largest number: the keys with the large one share a row.
HUGE = """score(%s, %b, %h, %i, %j) {
        %n = arith.constant 50 : index
        %l = arith.constant 3.0e+38 : f32
        %m = arith.constant -3.0e+38 : f32
        %c = arith.cmpi slt, %j, %n : index
        %x = arith.select %c, %l, %m : f32
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32 }"""
# A finite bias that hides every third key.
LOWEST = """score(%s, %b, %h, %i, %j) {
        %n = arith.constant 3 : index
        %z = arith.constant 0 : index
        %l = arith.constant -3.40282347E+38 : f32
        %u = arith.constant 0.0 : f32
        %d = arith.addi %i, %j : index
        %r = arith.remui %d, %n : index
        %c = arith.cmpi eq, %r, %z : index
        %x = arith.select %c, %l, %u : f32
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32 }"""

# The same, for all keys of every third query.
HIDDEN = LOWEST.replace("arith.remui %d,", "arith.remui %i,")

# Regions with captures, whose values run.py makes.
TABLE = """score(%s, %b, %h, %i, %j, %t = %table : tensor<?x?xf32>, %n = %middle : index) {
        %d = arith.subi %i, %j : index
        %c = arith.addi %d, %n : index
        %x = tensor.extract %t[%h, %c] : tensor<?x?xf32>
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32 }"""
TABLE_BF16 = """score(%s, %b, %h, %i, %j, %t = %table : tensor<?x?xbf16>, %n = %middle : index) {
        %d = arith.subi %i, %j : index
        %c = arith.addi %d, %n : index
        %e = tensor.extract %t[%h, %c] : tensor<?x?xbf16>
        %x = arith.extf %e : bf16 to f32
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32 }"""
# T5's buckets of distances: exact ones up to 15, then by logarithm; 32 a direction.
BUCKETS = """score(%s, %b, %h, %i, %j, %t = %table : tensor<?x?xf32>) {
        %c16 = arith.constant 16 : i32
        %c31 = arith.constant 31 : i32
        %c32 = arith.constant 32 : i32
        %c0 = arith.constant 0 : i32
        %half = arith.constant 0.5 : f32
        %first = arith.constant 0.0625 : f32
        %each = arith.constant 7.6943 : f32
        %d = arith.subi %i, %j : index
        %n = arith.index_cast %d : index to i32
        %a = math.absi %n : i32
        %f = arith.sitofp %a : i32 to f32
        %g = arith.addf %f, %half : f32
        %r = arith.mulf %g, %first : f32
        %l = math.log %r : f32
        %m = arith.mulf %l, %each : f32
        %e = arith.fptosi %m : f32 to i32
        %e1 = arith.addi %e, %c16 : i32
        %far = arith.minsi %e1, %c31 : i32
        %near = arith.cmpi slt, %a, %c16 : i32
        %k1 = arith.select %near, %a, %far : i32
        %ahead = arith.cmpi slt, %n, %c0 : i32
        %k2 = arith.addi %k1, %c32 : i32
        %k3 = arith.select %ahead, %k2, %k1 : i32
        %p = arith.index_cast %k3 : i32 to index
        %x = tensor.extract %t[%h, %p] : tensor<?x?xf32>
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32 }"""
# A function of the distance as a factor of scores.
WEIGHTED = """score(%s, %b, %h, %i, %j) {
        %one = arith.constant 1.0 : f32
        %d = arith.subi %j, %i : index
        %n = arith.index_cast %d : index to i32
        %a = math.absi %n : i32
        %f = arith.sitofp %a : i32 to f32
        %g = arith.addf %f, %one : f32
        %l = math.sqrt %g : f32
        %r = arith.divf %one, %l : f32
        %y = arith.mulf %s, %r : f32
        attn.yield %y : f32 }"""
# What there are no instructions for, of scores s, of t = tanh(s), of u = 1 + abs(s), and
# of q = (i - j) / 4.
FUNCTIONS = {"s": ["cbrt", "cos", "sin", "erf", "erfc", "asinh", "atan"],
             "t": ["acos", "asin", "tan", "sinh", "cosh", "expm1", "atanh"],
             "u": ["log", "log2", "log10", "log1p", "rsqrt", "acosh"],
             "q": ["round", "roundeven", "trunc"]}
# Of two of these.
PAIRS = {"s": [("atan2", "s", "u")], "t": [("copysign", "t", "s")], "u": [("powf", "u", "t")],
         "q": []}


def functions(of):
    """Their sum, where that is a number; roundings as angles, not to be large."""
    lines = ["%one = arith.constant 1.0 : f32", "%part = arith.constant 0.25 : f32",
             "%near = arith.constant 0.99 : f32", "%th = math.tanh %s : f32",
             "%t = arith.mulf %th, %near : f32",
             "%a = math.absf %s : f32", "%u = arith.addf %a, %one : f32",
             "%d = arith.subi %i, %j : index", "%n = arith.index_cast %d : index to i32",
             "%f = arith.sitofp %n : i32 to f32", "%q = arith.mulf %f, %part : f32"]
    terms = [f"math.{name} %{of}" for name in FUNCTIONS[of]]
    terms += [f"math.{name} %{x}, %{y}" for name, x, y in PAIRS[of]]
    for n, term in enumerate(terms):
        lines.append(f"%x{n} = {term} : f32")
        lines.append(f"%w{n} = math.sin %x{n} : f32" if of == "q" else
                     f"%w{n} = arith.mulf %x{n}, %part : f32")
        lines.append(f"%y{n} = arith.addf %{'s' if n == 0 else f'y{n - 1}'}, %w{n} : f32")
    last = f"%y{len(terms) - 1}"
    lines += [f"%isnan = math.isnan {last} : f32", f"%isinf = math.isinf {last} : f32",
              "%isfinite = math.isfinite %u : f32",
              f"%z1 = arith.select %isnan, %f, {last} : f32",
              "%z2 = arith.select %isinf, %f, %z1 : f32",
              "%z3 = arith.select %isfinite, %z2, %f : f32", "attn.yield %z3 : f32 }"]
    text = "score(%s, %b, %h, %i, %j) {\n        " + "\n        ".join(lines)
    return re.sub(r"%q\b", "%quarter", text)


SLOPES = """score(%s, %b, %h, %i, %j, %t = %slopes : tensor<?xf32>) {
        %a = tensor.extract %t[%h] : tensor<?xf32>
        %d = arith.subi %j, %i : index
        %n = arith.index_cast %d : index to i32
        %f = arith.sitofp %n : i32 to f32
        %y = math.fma %f, %a, %s : f32
        attn.yield %y : f32 }"""
# Indices that are data, any 64-bit number.
LOOKUP = """score(%s, %b, %h, %i, %j, %t = %table : tensor<?x?xf32>, %n = %columns : tensor<?xi64>) {
        %d = tensor.extract %n[%j] : tensor<?xi64>
        %c = arith.index_cast %d : i64 to index
        %x = tensor.extract %t[%h, %c] : tensor<?x?xf32>
        %y = arith.addf %s, %x : f32
        attn.yield %y : f32 }"""
DOCUMENTS = """mask(%b, %h, %i, %j, %t = %documents : tensor<?xi32>) {
        %x = tensor.extract %t[%i] : tensor<?xi32>
        %y = tensor.extract %t[%j] : tensor<?xi32>
        %c = arith.cmpi eq, %x, %y : i32
        attn.yield %c : i1 }"""
DOCUMENTS_I64 = """mask(%b, %h, %i, %j, %t = %documents : tensor<?xi64>) {
        %x = tensor.extract %t[%i] : tensor<?xi64>
        %y = tensor.extract %t[%j] : tensor<?xi64>
        %c = arith.cmpi eq, %x, %y : i64
        %d = arith.cmpi sle, %j, %i : index
        %e = arith.andi %c, %d : i1
        attn.yield %e : i1 }"""
PREFIX = """mask(%b, %h, %i, %j, %t = %prefixes : tensor<?xi32>) {
        %x = tensor.extract %t[%b] : tensor<?xi32>
        %n = arith.index_cast %x : i32 to index
        %c = arith.cmpi slt, %j, %n : index
        %d = arith.cmpi sle, %j, %i : index
        %e = arith.ori %c, %d : i1
        attn.yield %e : i1 }"""
# j < limit, both moved beyond 32 bits.
FAR = """mask(%b, %h, %i, %j, %t = %limits : tensor<?xi64>, %m = %far : index) {
        %x = tensor.extract %t[%b] : tensor<?xi64>
        %n = arith.index_cast %x : i64 to index
        %l = arith.addi %n, %m : index
        %r = arith.addi %j, %m : index
        %c = arith.cmpi slt, %r, %l : index
        attn.yield %c : i1 }"""
WIDTH = """mask(%b, %h, %i, %j, %n = %width : index) {
        %d = arith.subi %i, %j : index
        %c = arith.cmpi slt, %d, %n : index
        attn.yield %c : i1 }"""
BITS = """mask(%b, %h, %i, %j, %t = %bits : tensor<?x?xi1>) {
        %c = tensor.extract %t[%i, %j] : tensor<?x?xi1>
        attn.yield %c : i1 }"""

# Every other square of 143 rows by 200 keys, about.
SQUARES = """mask(%b, %h, %i, %j) {
        %n = arith.constant 7 : index
        %m = arith.constant 5 : index
        %w = arith.constant 1000 : index
        %two = arith.constant 2 : index
        %z = arith.constant 0 : index
        %x = arith.muli %i, %n : index
        %y = arith.muli %j, %m : index
        %p = arith.divui %x, %w : index
        %s1 = arith.divui %y, %w : index
        %t = arith.addi %p, %s1 : index
        %r = arith.remui %t, %two : index
        %c = arith.cmpi eq, %r, %z : index
        attn.yield %c : i1 }"""
# What the walk of a case says, beside the causal mask.
BLOCKS = CAUSAL

REGIONS = {"full": "", "squares": SQUARES, "blocks": BLOCKS, "causal": CAUSAL, "late": LATE, "window": WINDOW,
           "edges": EDGES, "comparisons": COMPARISONS, "chunks": CHUNKS, "grid": GRID,
           "softcap": SOFTCAP, "rising": RISING, "huge": HUGE, "lowest": LOWEST, "hidden": HIDDEN,
           "softcap-causal": SOFTCAP + "\n" + CAUSAL,
           "table": TABLE, "table-bf16": TABLE_BF16, "table-short": TABLE,
           "buckets": BUCKETS, "buckets-causal": BUCKETS + "\n" + CAUSAL, "weighted": WEIGHTED,
           "weighted-causal": WEIGHTED + "\n" + CAUSAL, **{f"functions-{of}": functions(of) for of in FUNCTIONS},
           "table-causal": TABLE + "\n" + CAUSAL, "slopes": SLOPES,
           "slopes-causal": SLOPES + "\n" + CAUSAL, "lookup": LOOKUP,
           "documents": DOCUMENTS, "documents-i64": DOCUMENTS_I64, "prefix": PREFIX,
           "far": FAR, "width": WIDTH, "bits": BITS}


def captures(region):
    """The name and type of each value that a region captures."""
    return re.findall(r"= %(\w+) : (index|tensor<[^>]*>)", REGIONS[region])


# (B, H, HK, SQ, SKV)
SIZES = [(1, 2, 2, 128, 128), (2, 3, 3, 300, 300), (1, 4, 2, 200, 1000), (1, 1, 1, 1, 1),
         (2, 8, 2, 1, 777), (1, 2, 1, 65, 129), (3, 5, 5, 192, 127), (1, 2, 2, 1537, 1537)]
# With lengths of 0 and of all keys, in one batch.
LENGTHS = {777: [0, 777, 1, 128, 300, 776], 256: [0, 256, 127, 128, 129, 255],
           5000: [0, 5000, 1, 64, 4999, 2501], 13001: [0, 13001, 1, 12288, 12999, 176]}
# Keys for which some ops have another kernel.
LONG_SIZES = [(1, 2, 1, 300, 13001), (1, 3, 3, 129, 20000), (2, 1, 1, 64, 8191), (1, 1, 1, 1, 8192)]
LENGTH_SIZES = [(6, 2, 1, 300, 777), (6, 3, 3, 1, 777), (6, 2, 2, 256, 256)]
QUERY_SIZES = [(6, 8, 2, 1, 777), (6, 6, 1, 1, 256), (6, 3, 3, 1, 777), (6, 128, 1, 1, 256),
               (6, 260, 2, 1, 777), (6, 4, 1, 1, 5000), (1, 4, 1, 1, 20000), (2, 3, 3, 1, 2049)]
# Of packed queries and keys: SQ and SKV are of all sequences.
PACKED_SIZES = [(3, 2, 2, 0, 30), (5, 4, 2, 1000, 1200), (1, 2, 2, 300, 333), (40, 2, 1, 70, 700), (3, 3, 3, 1, 100),
                (130, 2, 2, 3000, 3000)]
# Of packed queries only: SKV is of each sequence.
RAGGED_SIZES = [(6, 2, 1, 0, 777), (6, 4, 2, 500, 777), (6, 2, 1, 6, 777), (6, 3, 3, 1300, 256)]
PAGED_SIZES = [(6, 2, 1, 300, 777), (6, 3, 3, 1, 777), (6, 4, 2, 256, 256)]
CAPTURE_SIZES = [(3, 4, 2, 300, 300), (6, 2, 1, 200, 777), (2, 2, 2, 1, 130), (1, 2, 1, 1000, 129)]


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
    queries: int = 0  # Sq in the type; 0: dynamic
    packed: bool = False  # keys and values are slices of one tensor
    schedule: str = ""  # that of attn-select-schedule
    # dense; packed queries and keys; paged keys; packed queries with dense (ragged) or
    # paged keys (ragged-paged).
    segment: str = "dense"
    page: int = 0
    tokens: int = 0  # Sq and Skv in the type, of a self-attention on a grid
    sequences: int = 0  # B in the type
    heads: tuple = ()  # H and HK in the type
    order: str = ""  # of its tokens
    walk: str = ""  # in closed form
    fresh: int = 0  # keys of a second segment, a dense one
    result: str = ""  # the element type of the output: dtype
    operand: str = ""  # what operands may be rounded to: the numerics permit it

    def __post_init__(self):
        self.dv = self.dv or self.d
        self.result = self.result or self.dtype
        self.queries = self.queries or self.tokens
        if self.tokens:
            self.sizes = [(self.sequences or 2, h, hk, self.tokens, self.tokens)
                          for h, hk in ((2, 1), (3, 3))]
        own = {"packed": PACKED_SIZES, "paged": PAGED_SIZES}
        if self.segment != "dense" and self.sizes is SIZES and not self.queries:
            self.sizes = own.get(self.segment, RAGGED_SIZES)
        if self.queries and self.sizes is SIZES:
            self.sizes = [(b, *(self.heads or (h, hk)), self.queries, skv)
                          for b, h, hk, _, skv in QUERY_SIZES
                          if skv in LENGTHS or not self.lengths]
            self.sizes = list(dict.fromkeys(self.sizes))
        if captures(self.regions) and self.sizes is SIZES:
            self.sizes = CAPTURE_SIZES
        if self.lengths and self.sizes is SIZES:
            self.sizes = LENGTH_SIZES

    @property
    def packs_queries(self):
        return self.segment in ("packed", "ragged", "ragged-paged")

    def text(self):
        keys = {"packed": "?x?", "dense": "?x?x?", "ragged": "?x?x?"}.get(
            self.segment, f"?x?x{self.page}")
        if self.tokens:
            keys = f"{self.sequences or '?'}x?x{self.tokens}"
        if self.heads:
            keys = f"?x{self.heads[1]}x{self.page or '?'}"
        k, v = (f"tensor<{keys}x{n}x{self.dtype}>" for n in (self.d, self.dv))
        rows = f"{'?' if self.packs_queries else '?x?'}x{self.queries or '?'}"
        rows = keys if self.tokens else rows
        if self.heads:
            rows = f"?x{self.heads[0]}x{self.queries}"
        q = f"tensor<{rows}x{self.d}x{self.dtype}>"
        o = f"tensor<{rows}x{self.dv}x{self.result}>"
        types = [("%q", q), ("%k", k), ("%v", v)]
        body = ""
        if self.packed:
            types[1:] = [("%kv", f"tensor<?x?x?x{self.d + self.dv}x{self.dtype}>")]
            body = "\n".join(
                [f"  %c{n} = arith.constant {n} : index\n"
                 f"  %n{n} = tensor.dim %kv, %c{n} : {types[1][1]}" for n in range(3)] +
                [f"  {name} = tensor.extract_slice %kv[0, 0, 0, {first}] [%n0, %n1, %n2, {size}] "
                 f"[1, 1, 1, 1] : {types[1][1]} to {type}"
                 for name, type, first, size in (("%k", k, 0, self.d), ("%v", v, self.d, self.dv))])
        kind = ("packed" if self.segment == "packed" else
                f"paged<{self.page}>" if self.page else "dense")
        clauses = f"ins(%q : {q}) {kind}(%k, %v : {k}, {v})"
        offsets = self.packs_queries * ["%rows"] + (self.segment == "packed") * ["%columns_of"]
        if offsets:
            types += [(name, "tensor<?xi32>") for name in offsets]
            clauses += f" offsets({', '.join(offsets)} : {', '.join(['tensor<?xi32>'] * len(offsets))})"
        if self.page:
            types.append(("%pages", "tensor<?x?xi32>"))
            clauses += " table(%pages : tensor<?x?xi32>)"
        if self.lengths:
            types.append(("%lengths", f"tensor<?x{self.lengths}>"))
            clauses += f" lengths(%lengths : {types[-1][1]})"
        if self.fresh:
            types += [(name, f"tensor<?x?x{self.fresh}x{n}x{self.dtype}>")
                      for name, n in (("%fresh_k", self.d), ("%fresh_v", self.dv))]
            clauses += f" dense(%fresh_k, %fresh_v : {types[-2][1]}, {types[-1][1]})"
        if self.sinks:
            types.append(("%sinks", "tensor<?xf32>"))
            clauses += " sinks(%sinks : tensor<?xf32>)"
        types += [(f"%{name}", type) for name, type in captures(self.regions)]
        outputs = [("%o", o)]
        if self.lse:
            outputs.append(("%lse", f"tensor<{rows}xf32>"))
        names, results = (", ".join(x) for x in zip(*outputs))
        returned = [f"%r#{n}" for n in range(len(outputs))]
        arguments = ", ".join(f"{name}: {type}" for name, type in types + outputs)
        attributes = []
        if self.scale:
            attributes.append(f"scale = {self.scale!r} : f64")
        numerics = self.approximate * ["math = approximate"]
        if self.operand:
            numerics.insert(0, f"operand = {self.operand}")
        if numerics:
            attributes.append(f"numerics = #attn.numerics<{', '.join(numerics)}>")
        if self.schedule:
            attributes.append(f"schedule = #pipe.schedule<{self.schedule}>")
        if self.order:
            attributes.append(f"order = #attn.order<{self.order}>")
        if self.walk:
            attributes.append(f"walk = #attn.walk<{self.walk}>")
        attributes = f"attributes {{{', '.join(attributes)}}}" if attributes else ""
        return f"""func.func @attention({arguments}) -> ({results}) {{
{body}
  %r:{len(outputs)} = attn.attention {clauses}
      outs({names} : {results})
      {REGIONS[self.regions]}
      {attributes}
  return {", ".join(returned)} : {results}
}}
"""


# Schedules that are not the first choice of any of these cases.
TWO = "query_tile = 128, key_tile = {}, stages = {}, groups = 2, producer_regs = 24, consumer_regs = 240"
KEYS_64 = TWO.format(64, 2) + ", turns = true, persistent = true, last_first = true"
KEYS_64_PLAIN = TWO.format(64, 2) + ", overlap = false"
KEYS_96 = TWO.format(96, 2) + ", turns = true"
KEYS_16 = ("query_tile = 64, key_tile = 16, stages = 2, groups = 1, producer_regs = 24, "
           "consumer_regs = 240")
ONE_GROUP = ("query_tile = 64, key_tile = 80, stages = 3, groups = 1, producer_regs = 24, "
             "consumer_regs = 240, persistent = true")

# The first 64 keys, and those of up to 256 keys before a tile of 128 queries: run.py.
BLOCK_WALK = "queries = 128, keys = 64, ranges = (t) -> (0, 1, t * 2 - 4, t * 2 + 2)"

CASES = [
    Case("full"),
    Case("full-f16-d64", d=64, dtype="f16"),
    Case("long", lse=True, sizes=LONG_SIZES),
    Case("long-sinks-d96-dv72", d=96, dv=72, dtype="f16", sinks=True, sizes=LONG_SIZES),
    Case("long-lengths", lengths="i32", lse=True, sizes=[(6, 2, 1, 200, 13001), (6, 1, 1, 1, 777)]),
    Case("causal", regions="causal"),
    Case("window-d64", d=64, regions="window"),
    Case("edges", regions="edges"),
    Case("short-edges-d64", d=64, regions="edges", queries=300, lse=True),
    Case("comparisons", regions="comparisons"),
    Case("d64-comparisons", d=64, regions="comparisons", lse=True),
    Case("keys-96-comparisons", regions="comparisons", schedule=KEYS_96),
    Case("lse-chunks-d64", d=64, regions="chunks", lse=True),
    Case("lse-grid", regions="grid", lse=True),
    Case("softcap-causal", regions="softcap-causal", approximate=True),
    Case("softcap-lse-d64", d=64, regions="softcap", lse=True, approximate=True),
    Case("softcap-accurate", regions="softcap-causal", lse=True),
    Case("softcap-f16", dtype="f16", regions="softcap", approximate=True),
    Case("huge", regions="huge"),
    Case("huge-scale-d64", d=64, regions="huge", scale=0.5),
    Case("lowest", regions="lowest"),
    Case("hidden", regions="hidden"),
    Case("hidden-approximate-d64", d=64, regions="hidden", approximate=True),
    Case("keys-64-causal", regions="causal", lse=True, schedule=KEYS_64),
    Case("keys-64-lengths", lengths="i32", sinks=True, lse=True, schedule=KEYS_64),
    Case("keys-64-plain-softcap-causal", regions="softcap-causal", schedule=KEYS_64_PLAIN),
    Case("keys-64-plain-d64", d=64, dtype="f16", lengths="i64", schedule=KEYS_64_PLAIN),
    Case("keys-96-edges", regions="edges", lse=True, schedule=KEYS_96),
    Case("one-group-window-d64", d=64, regions="window", lse=True, schedule=ONE_GROUP),
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
    Case("d80", d=80, lse=True),
    Case("d72-dv40-causal", d=72, dv=40, regions="causal", lse=True),
    Case("d8-dv8", d=8, lse=True),
    Case("d16-f16-window", d=16, dtype="f16", regions="window"),
    Case("d40-dv72-lengths", d=40, dv=72, lengths="i32", regions="causal"),
    Case("d64-dv128", d=64, dv=128),
    Case("d128-dv64-sinks", d=128, dv=64, sinks=True, lse=True),
    Case("d96", d=96, regions="softcap-causal", approximate=True),
    Case("d112-dv88-f16", d=112, dv=88, dtype="f16"),
    Case("d24-dv120-packed", d=24, dv=120, packed=True, regions="rising"),
    Case("d120-dv56-prefix", d=120, dv=56, regions="prefix"),
    Case("d56-lengths", d=56, lengths="i64", lse=True),
    Case("d256", d=256, lse=True),
    Case("d256-causal-f16", d=256, dtype="f16", regions="causal", lse=True),
    Case("d256-edges", d=256, regions="edges"),
    Case("d256-lengths-window", d=256, regions="window", lengths="i32", lse=True),
    Case("d256-table", d=256, regions="table"),
    Case("d192-dv128-lengths", d=192, dv=128, lengths="i64", regions="causal", lse=True),
    Case("d192-late", d=192, regions="late", sinks=True, lse=True),
    Case("d128-dv256-sinks", d=128, dv=256, sinks=True, lse=True),
    Case("d136-dv200", d=136, dv=200, regions="rising"),
    Case("d248-dv16-f16", d=248, dv=16, dtype="f16", regions="slopes-causal"),
    Case("d64-dv160-softcap", d=64, dv=160, regions="softcap", approximate=True),
    Case("one-query-d256", d=256, queries=1, lengths="i32", lse=True),
    Case("moved-grid", regions="grid", tokens=1200, lse=True),
    Case("moved-grid-d64", d=64, dtype="f16", regions="grid", tokens=2904),
    Case("moved-slopes-causal", regions="slopes-causal", tokens=1500, lse=True,
         order="grid = [50, 30], q = [8, 16], kv = [16, 4]"),
    Case("moved-line-d72-dv40", d=72, dv=40, regions="rising", tokens=1036, sinks=True, lse=True,
         order="grid = [259, 4], q = [128, 1], kv = [64, 1]"),
    Case("moved-few", tokens=96, lse=True, order="grid = [4, 24], q = [8, 16], kv = [8, 8]"),
    Case("moved-video", regions="table", tokens=2457, sequences=1, lse=True,
         order="grid = [7, 27, 13], q = [2, 8, 8], kv = [4, 4, 4]"),
    Case("moved-anywhere", regions="grid", tokens=1200, lse=True,
         order="grid = [40, 30], q = [8, 16], kv = [4, 16], kv_step = [1, 1]"),
    Case("moved-anywhere-d64", d=64, regions="slopes-causal", tokens=1500, sinks=True,
         order="grid = [50, 30], q = [16, 8], kv = [8, 16], kv_step = [2, 1]"),
    Case("moved-anywhere-line", d=72, dv=40, regions="rising", tokens=1036, lse=True,
         order="grid = [259, 4], q = [128, 1], kv = [64, 1], kv_step = [1, 1]"),
    Case("moved-anywhere-few", tokens=96, order="grid = [4, 24], q = [8, 16], kv = [8, 8], "
         "kv_step = [1, 4]"),
    Case("moved-anywhere-video", regions="table", tokens=2457, sequences=1, lse=True,
         order="grid = [7, 27, 13], q = [2, 8, 8], kv = [4, 4, 4], kv_step = [1, 1, 1]"),
    Case("listed-squares", regions="squares", tokens=1200, lse=True),
    Case("listed-squares-d64", d=64, dtype="f16", regions="squares", tokens=1037, sinks=True),
    Case("blocks", regions="blocks", lse=True, walk=BLOCK_WALK),
    Case("blocks-varlen-d64", d=64, regions="blocks", segment="packed", walk=BLOCK_WALK),
    Case("packed", packed=True),
    Case("packed-causal-d64", d=64, regions="causal", packed=True),
    Case("one-query", queries=1, lse=True),
    Case("one-query-d72-dv40", d=72, dv=40, queries=1, lengths="i32", lse=True),
    Case("one-query-slopes-d64", d=64, queries=1, regions="slopes"),
    Case("one-query-table", queries=1, regions="table-short", lse=True, lengths="i64"),
    Case("one-query-prefix", queries=1, regions="prefix"),
    Case("one-query-sinks", queries=1, sinks=True, lse=True),
    Case("few-queries", queries=7, lse=True),
    Case("few-queries-lengths-d64", d=64, queries=16, lengths="i32", sinks=True, lse=True),
    Case("few-queries-causal", queries=5, regions="causal"),
    Case("few-queries-of-4-heads", queries=4, heads=(8, 2), lse=True),
    Case("few-queries-of-6-heads-causal", queries=5, heads=(12, 2), regions="causal", lse=True),
    Case("few-queries-of-7-heads-d64", d=64, queries=16, heads=(14, 2), lengths="i32",
         sinks=True, lse=True),
    Case("few-queries-of-71-heads", queries=2, heads=(71, 1), dtype="f16", result="f32"),
    Case("few-queries-in-two-groups", queries=16, heads=(16, 2), lse=True,
         schedule="query_tile = 128, key_tile = 64, stages = 2, groups = 2, producer_regs = 24, "
         "consumer_regs = 240"),
    Case("few-queries-of-8-heads-slopes", queries=3, heads=(8, 1), regions="slopes"),
    Case("few-queries-of-2-heads-paged-16", queries=7, heads=(4, 2), segment="paged", page=16,
         lengths="i64", sinks=True, lse=True),
    Case("table", regions="table", lse=True),
    Case("table-d64", d=64, regions="table"),
    Case("table-bf16-d64", d=64, regions="table-bf16", lse=True),
    Case("buckets", regions="buckets", lse=True),
    Case("buckets-causal-d64", d=64, regions="buckets-causal"),
    Case("buckets-f16-d256", d=256, dtype="f16", regions="buckets", lse=True),
    Case("weighted-causal", regions="weighted-causal"),
    Case("weighted-d64", d=64, regions="weighted", lse=True),
    Case("keys-64-weighted", regions="weighted", schedule=KEYS_64),
    *(Case(f"functions-{of}", d=64, regions=f"functions-{of}", lse=True, schedule=KEYS_16)
      for of in FUNCTIONS),
    Case("table-short", regions="table-short", lse=True),
    Case("table-short-d64", d=64, regions="table-short"),
    Case("table-causal-f16", dtype="f16", regions="table-causal"),
    Case("slopes", regions="slopes", lse=True),
    Case("slopes-causal-d64", d=64, regions="slopes-causal"),
    Case("lookup-d64", d=64, regions="lookup", lse=True),
    Case("documents", regions="documents", lse=True),
    Case("documents-d64", d=64, regions="documents"),
    Case("documents-i64-d64", d=64, regions="documents-i64", lse=True),
    Case("prefix", regions="prefix", lse=True),
    Case("prefix-d64", d=64, regions="prefix"),
    Case("far", regions="far", lse=True),
    Case("width-d64", d=64, regions="width", lse=True),
    Case("bits", regions="bits", lse=True),
    Case("bits-d64", d=64, regions="bits", sinks=True, lse=True),
    Case("varlen", segment="packed", lse=True),
    Case("varlen-causal-d64", d=64, segment="packed", regions="causal", sinks=True, lse=True),
    Case("varlen-slopes-d72-dv40", d=72, dv=40, segment="packed", regions="slopes", lse=True),
    Case("varlen-causal-d256", d=256, segment="packed", regions="causal", lse=True),
    Case("varlen-few", queries=12, segment="packed", lse=True,
         sizes=[(7, 4, 2, 12, 3000), (1, 2, 2, 12, 5000), (12, 3, 1, 12, 100)]),
    Case("paged-8", segment="paged", page=8, lengths="i32", lse=True),
    Case("paged-16-causal", segment="paged", page=16, regions="causal", lengths="i64", lse=True),
    Case("paged-24-d64", d=64, segment="paged", page=24, lse=True),
    Case("paged-128-f16", dtype="f16", segment="paged", page=128, lengths="i32"),
    Case("ragged", segment="ragged", lengths="i32", lse=True),
    Case("ragged-paged-16", segment="ragged-paged", page=16, lengths="i32", lse=True),
    Case("ragged-paged-64-causal-d64", d=64, segment="ragged-paged", page=64, regions="causal",
         lengths="i32", lse=True),
    Case("one-query-paged-16", queries=1, segment="paged", page=16, lengths="i32", lse=True),
    Case("one-query-paged-64", queries=1, segment="paged", page=64, lse=True),
    Case("f32-result", result="f32", regions="causal", lse=True),
    Case("f32-result-d72-dv40", d=72, dv=40, result="f32", lengths="i32", sinks=True, lse=True),
    Case("f32-result-d256-f16", d=256, dtype="f16", result="f32"),
    Case("f32-result-varlen", segment="packed", result="f32", regions="causal", lse=True),
    Case("f32-result-one-query", queries=1, result="f32", lengths="i32", lse=True),
    Case("f32-as-bf16-causal", dtype="f32", operand="bf16", regions="causal", lengths="i32",
         sinks=True, lse=True),
    Case("f32-as-f16-d72-dv40", d=72, dv=40, dtype="f32", operand="f16", lse=True),
    Case("f32-as-bf16-d20-paged-16", d=20, dtype="f32", operand="bf16", segment="paged", page=16,
         lengths="i32", result="bf16"),
    Case("f32-as-f16-one-query", queries=1, dtype="f32", operand="f16", lengths="i32", lse=True),
    Case("f32-as-bf16-softcap-varlen", dtype="f32", operand="bf16", segment="packed",
         regions="softcap", approximate=True),
    Case("several", fresh=70, regions="rising", lse=True),
    Case("several-lengths-causal", fresh=33, regions="causal", lengths="i32", sinks=True, lse=True),
    Case("several-slopes-f16-d64", d=64, dtype="f16", fresh=130, regions="slopes", lengths="i64",
         sizes=LENGTH_SIZES),
    Case("several-paged-16", segment="paged", page=16, fresh=1, queries=1, lengths="i32",
         lse=True),
    Case("d20-dv13-causal", d=20, dv=13, regions="causal", lse=True),
    Case("d100-f16-lengths", d=100, dtype="f16", lengths="i32", sinks=True, lse=True),
    Case("d20-dv12-packed", d=20, dv=12, packed=True, regions="rising"),
    Case("d7-varlen", d=7, segment="packed", regions="causal", lse=True),
    Case("d50-paged-16", d=50, segment="paged", page=16, lengths="i64"),
    Case("d36-one-query", d=36, queries=1, lengths="i32", lse=True),
    Case("d36-several", d=36, fresh=9, result="f32", lengths="i32", lse=True),
    Case("few-queries-paged-16", queries=7, segment="paged", page=16, lengths="i64", sinks=True,
         lse=True),
]
