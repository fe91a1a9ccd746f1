# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The attention variants of the GPU benchmark: as regions of `attn.attention` and,
with the same meaning, as functions of PyTorch's FlexAttention.

Regions read the captured tensors of `captures` by their names. This module needs no
PyTorch; the functions get it as an argument.
"""
import dataclasses
import math

CAUSAL = """%c = arith.cmpi sle, %j, %i : index
        attn.yield %c : i1"""
SOFTCAP = """%c = arith.constant 0.05 : f32
        %d = arith.constant 20.0 : f32
        %x = arith.mulf %s, %c : f32
        %t = math.tanh %x : f32
        %y = arith.mulf %t, %d : f32
        attn.yield %y : f32"""
ALIBI = """%d = arith.subi %j, %i : index
        %n = arith.index_cast %d : index to i32
        %f = arith.sitofp %n : i32 to f32
        %slope = tensor.extract %slopes[%h] : tensor<?xf32>
        %y = math.fma %f, %slope, %s : f32
        attn.yield %y : f32"""
RELATIVE = """%d = arith.subi %i, %j : index
        %p = arith.addi %d, %middle : index
        %t = tensor.extract %table[%h, %p] : tensor<?x?xf32>
        %y = arith.addf %s, %t : f32
        attn.yield %y : f32"""
WINDOW = """%n = arith.constant 1024 : index
        %c = arith.cmpi sle, %j, %i : index
        %d = arith.subi %i, %j : index
        %e = arith.cmpi slt, %d, %n : index
        %f = arith.andi %c, %e : i1
        attn.yield %f : i1"""
SINK_WINDOW = """%n = arith.constant 1024 : index
        %m = arith.constant 64 : index
        %c = arith.cmpi sle, %j, %i : index
        %d = arith.subi %i, %j : index
        %e = arith.cmpi slt, %d, %n : index
        %g = arith.cmpi slt, %j, %m : index
        %o1 = arith.ori %e, %g : i1
        %f = arith.andi %c, %o1 : i1
        attn.yield %f : i1"""
PREFIX = """%n = arith.constant 1024 : index
        %c = arith.cmpi sle, %j, %i : index
        %p = arith.cmpi slt, %j, %n : index
        %f = arith.ori %c, %p : i1
        attn.yield %f : i1"""
DILATED = """%n = arith.constant 4 : index
        %y = arith.divui %i, %n : index
        %x = arith.divui %j, %n : index
        %m = arith.remui %i, %n : index
        %w = arith.remui %j, %n : index
        %c = arith.cmpi sle, %x, %y : index
        %e = arith.cmpi eq, %m, %w : index
        %f = arith.andi %c, %e : i1
        attn.yield %f : i1"""
DOCUMENTS = """%mine = tensor.extract %document[%i] : tensor<?xi32>
        %other = tensor.extract %document[%j] : tensor<?xi32>
        %same = arith.cmpi eq, %mine, %other : i32
        %c = arith.cmpi sle, %j, %i : index
        %f = arith.andi %c, %same : i1
        attn.yield %f : i1"""


@dataclasses.dataclass
class Variant:
    """One variant of attention."""
    name: str
    score: str = ""
    mask: str = ""
    captures: tuple = ()  # (region, name, type)
    # What FlexAttention takes, given PyTorch and the captured tensors by name.
    score_mod: object = None
    mask_mod: object = None
    # The tensors that the regions or the functions read, given PyTorch, H and S.
    tensors: object = lambda torch, h, s: {}
    # Whether it visits the tiles of a list; from them if the tensors have blocks.
    walk: bool = False
    masks: bool = False  # With the masks of partial tiles as bits; the region is not used.
    # Extents of the grid on which tokens lie, and then B, which is static.
    grid: tuple = ()
    sequences: int = 1

    @property
    def tokens(self):
        """S, of a variant that has a grid."""
        return math.prod(self.grid) if self.grid else None

    def module(self, d, schedule, natural=False):
        """The function `attention` for any B, H and S; the channels are static. Of a
        grid B and S are static, too, unless its tokens keep their `natural` order."""
        shape = [self.sequences, "?", self.tokens, d] if self.grid and not natural else ["?"] * 3 + [d]
        t = f"tensor<{'x'.join(map(str, shape))}xbf16>"
        arguments = f"%q: {t}, %k: {t}, %v: {t}"
        clauses = []
        captures = [c for c in self.captures if not (self.masks and c[0] == "mask")]
        for region, yielded in (("score", self.score), ("mask", "" if self.masks else self.mask)):
            captured = "".join(f", %{name} = %{name}_of : {type}"
                               for where, name, type in captures if where == region)
            scores = "%s, " if region == "score" else ""
            if yielded:
                clauses.append(f"{region}({scores}%b, %h, %i, %j{captured}) {{\n"
                               f"        {yielded} }}")
        for _, name, type in captures:
            if type != "index":
                arguments += f", %{name}_of: {type}"
        walk = ""
        if self.walk:
            lists = {"%rows": "tensor<?x?x?x4xi32>", "%tiles": "tensor<?xi32>"}
            if self.masks:
                lists["%masks"] = f"tensor<?x{BLOCK}x4xi32>"
            arguments += "".join(f", {name}: {type}" for name, type in lists.items())
            walk = (f"walk<{BLOCK}, {BLOCK}>({', '.join(lists)} : {', '.join(lists.values())})")
        middle = ""
        if any(type == "index" for _, _, type in self.captures):
            middle = f"""%two = arith.constant 2 : index
  %middle_of = tensor.dim %k, %two : {t}"""
        attribute = f"schedule = #pipe.schedule<{schedule}>, " if schedule else ""
        return f"""func.func @attention({arguments}, %o: {t}) -> {t} {{
  {middle}
  %r = attn.attention ins(%q : {t}) dense(%k, %v : {t}, {t}) {walk} outs(%o : {t})
      {" ".join(clauses)}
      attributes {{{attribute}numerics = #attn.numerics<math = approximate>}}
  return %r : {t}
}}
"""

    def inputs(self, torch, tensors, h, s):
        """What an object takes between values and output."""
        found = [tensors[name] for where, name, type in self.captures
                 if type != "index" and not (self.masks and where == "mask")]
        return found + (list_tiles(torch, self, tensors, h, s) if self.walk else [])


BLOCK = 128


def list_tiles(torch, variant, tensors, h, s):
    """Rows and tiles of the walk, as attn.walk.from_mask makes them: partial tiles
    first, rows with most entries first."""
    n = -(-s // BLOCK)
    if "blocks" in tensors:
        some = every = tensors["blocks"]
    else:
        mask = variant.mask_mod(torch, tensors)
        at = torch.arange(s, device="cuda")
        some, every = [], []
        for i in at.split(BLOCK):
            seen = mask(0, 0, i[:, None], at[None, :])
            tiles = [seen[:, j : j + BLOCK] for j in range(0, s, BLOCK)]
            some.append(torch.stack([t.any() for t in tiles]))
            every.append(torch.stack([t.all() for t in tiles]))
        some, every = torch.stack(some)[None], torch.stack(every)[None]
    rows, tiles = [], []
    for head in range(some.shape[0]):
        made = []
        for r in range(n):
            partial = (some[head, r] & ~every[head, r]).nonzero()[:, 0].tolist()
            full = every[head, r].nonzero()[:, 0].tolist()
            made.append([r, len(tiles), len(partial) + len(full), len(partial)])
            tiles += partial + full
        rows.append(sorted(made, key=lambda row: -row[2]))
    as_tensor = lambda x: torch.tensor(x, dtype=torch.int32, device="cuda")
    lists = [as_tensor([rows]), as_tensor(tiles)]
    if variant.masks:
        lists.append(pack_masks(torch, variant.mask_mod(torch, tensors), rows, tiles, s))
    return lists


def pack_masks(torch, mask, rows, tiles, s):
    """The masks of partial entries, in the order of bits that attn.attention takes."""
    masks = torch.zeros(len(tiles), BLOCK, 4, dtype=torch.int32, device="cuda")
    j = torch.arange(BLOCK, device="cuda")
    bits = torch.zeros(4, BLOCK, dtype=torch.int64, device="cuda")
    bits[j // 2 % 4, j] = 1 << (2 * (j // 8) + j % 2)
    for queries, first, _, partials in rows[0]:
        for entry in range(first, first + partials):
            i, key = (n * BLOCK + j for n in (queries, tiles[entry]))
            inside = (i < s)[:, None] & (key < s)[None, :]
            at = [x.clamp(max=s - 1) for x in (i, key)]
            seen = mask(0, 0, at[0][:, None], at[1][None, :]) & inside
            masks[entry] = (seen[:, None, :] * bits[None]).sum(-1).to(torch.int32)
    return masks


def random_blocks(heads):
    """A quarter of the blocks, at random; the same for all heads or not."""
    def make(torch, h, s):
        generator = torch.Generator().manual_seed(2)
        n = -(-s // BLOCK)
        chosen = torch.rand(h if heads else 1, n, n, generator=generator).argsort(-1) < n // 4
        return {"blocks": chosen.cuda()}
    return make


def documents(torch, h, s):
    """Lengths at random, 1,024 on average."""
    generator = torch.Generator().manual_seed(1)
    starts = torch.randint(1, s, (max(1, s // 1024) - 1,), generator=generator)
    ids = torch.zeros(s, dtype=torch.int32)
    ids[starts] = 1
    return {"document": torch.cumsum(ids, 0).to(torch.int32).cuda()}


def neighbourhood(name, grid, window):
    """Windows on a grid, shifted where they would reach beyond its border."""
    strides = [math.prod(grid[n + 1:]) for n in range(len(grid))]
    lines, near = [], None

    def op(text):
        lines.append(f"%m{len(lines)} = {text}")
        return f"%m{len(lines) - 1}"

    def two(name, x, y):
        y = op(f"arith.constant {y} : index") if isinstance(y, int) else y
        return op(f"arith.{name} {x}, {y} : index")

    for n, (extent, width, stride) in enumerate(zip(grid, window, strides)):
        i, j = (two("divui", x, stride) for x in ("%i", "%j"))
        if n:
            i, j = (two("remui", x, extent) for x in (i, j))
        first = two("minsi", two("maxsi", two("subi", i, width // 2), 0), extent - width)
        inside = two("cmpi ult,", two("subi", j, first), width)
        near = op(f"arith.andi {near}, {inside} : i1") if near else inside

    def mask_mod(torch, tensors):
        def mask(b, h, i, j):
            found = True
            for extent, width, stride in zip(grid, window, strides):
                y, x = i // stride % extent, j // stride % extent
                first = torch.clamp(y - width // 2, 0, extent - width)
                found = (x >= first) & (x < first + width) & found
            return found
        return mask

    lines.append(f"attn.yield {near} : i1")
    return Variant(name, mask=("\n" + " " * 8).join(lines), mask_mod=mask_mod, grid=grid)


CAUSAL_MOD = lambda torch, t: lambda b, h, i, j: j <= i
VARIANTS = {v.name: v for v in [
    Variant("full"),
    Variant("causal", mask=CAUSAL, mask_mod=CAUSAL_MOD),
    Variant("softcap", SOFTCAP, CAUSAL, mask_mod=CAUSAL_MOD,
            score_mod=lambda torch, t: lambda s, b, h, i, j: 20 * torch.tanh(s / 20)),
    Variant("alibi", ALIBI, CAUSAL, (("score", "slopes", "tensor<?xf32>"),), mask_mod=CAUSAL_MOD,
            score_mod=lambda torch, t: lambda s, b, h, i, j: s + (j - i) * t["slopes"][h],
            tensors=lambda torch, h, s: {
                "slopes": 2.0 ** (-8.0 * torch.arange(1, h + 1, device="cuda") / h)}),
    Variant("relative", RELATIVE, captures=(("score", "table", "tensor<?x?xf32>"),
                                            ("score", "middle", "index")),
            score_mod=lambda torch, t: lambda s, b, h, i, j: s + t["table"][
                h, i - j + t["table"].shape[1] // 2],
            tensors=lambda torch, h, s: {"table": torch.randn(h, 2 * s, device="cuda")}),
    Variant("window", mask=WINDOW,
            mask_mod=lambda torch, t: lambda b, h, i, j: (j <= i) & (i - j < 1024)),
    Variant("sink-window", mask=SINK_WINDOW,
            mask_mod=lambda torch, t: lambda b, h, i, j: (j <= i) & ((i - j < 1024) | (j < 64))),
    Variant("prefix", mask=PREFIX, mask_mod=lambda torch, t: lambda b, h, i, j: (j <= i) | (j < 1024)),
    Variant("documents", mask=DOCUMENTS, captures=(("mask", "document", "tensor<?xi32>"),),
            mask_mod=lambda torch, t: lambda b, h, i, j: (j <= i) & (
                t["document"][i] == t["document"][j]),
            tensors=documents),
    Variant("listed-documents", mask=DOCUMENTS, captures=(("mask", "document", "tensor<?xi32>"),),
            mask_mod=lambda torch, t: lambda b, h, i, j: (j <= i) & (
                t["document"][i] == t["document"][j]),
            tensors=documents, walk=True),
    Variant("masked-documents", mask=DOCUMENTS, captures=(("mask", "document", "tensor<?xi32>"),),
            mask_mod=lambda torch, t: lambda b, h, i, j: (j <= i) & (
                t["document"][i] == t["document"][j]),
            tensors=documents, walk=True, masks=True),
    Variant("masked-causal", mask=CAUSAL, mask_mod=CAUSAL_MOD, walk=True, masks=True),
    Variant("listed-causal", mask=CAUSAL, mask_mod=CAUSAL_MOD, walk=True),
    Variant("blocks", tensors=random_blocks(False), walk=True,
            mask_mod=lambda torch, t: lambda b, h, i, j: t["blocks"][0, i // BLOCK, j // BLOCK]),
    neighbourhood("image", (64, 128), (13, 13)),
    neighbourhood("video", (16, 30, 45), (5, 9, 9)),
    Variant("dilated", mask=DILATED, grid=(4096, 4), sequences=2,
            mask_mod=lambda torch, t: lambda b, h, i, j: (j <= i) & ((i - j) % 4 == 0)),
    Variant("head-blocks", tensors=random_blocks(True), walk=True,
            mask_mod=lambda torch, t: lambda b, h, i, j: t["blocks"][h, i // BLOCK, j // BLOCK]),
]}

PERSISTENT = ", persistent = true, last_first = true"
THREE = ("query_tile = 192, key_tile = 128, stages = 2, groups = 3, producer_regs = 32, "
         "consumer_regs = 160, turns = true")
TWO = ("query_tile = 128, key_tile = 128, stages = 2, groups = 2, producer_regs = 24, "
       "consumer_regs = 240, turns = true")
# At 256 channels results leave through the queries' slot.
WIDE = ("query_tile = 128, key_tile = {}, stages = 2, groups = 2, producer_regs = 24, "
        "consumer_regs = 240, turns = {}, reuse_queries = true")
# What attn-select-schedule chooses has no suffix.
SCHEDULES = {64: {"": "", "three": THREE, "three-persistent": THREE + PERSISTENT, "two": TWO,
                  "two-persistent": TWO + PERSISTENT},
             128: {"": "", "two": TWO, "two-persistent": TWO + PERSISTENT},
             256: {"": "", "keys-80": WIDE.format(80, "true"),
                   "keys-80-no-turns-persistent": WIDE.format(80, "false") + PERSISTENT,
                   "keys-64-persistent": WIDE.format(64, "true") + PERSISTENT}}

# Decoding: one query or a few; B, heads and keys are dynamic. By name: queries, lengths,
# keys of a page (0: no pages).
DECODE = {"decode": (1, False, 0), "decode-lengths": (1, True, 0), "decode-q8": (8, False, 0),
          "decode-paged-16": (1, True, 16), "decode-paged-64": (1, True, 64),
          "decode-paged-16-q8": (8, True, 16)}


def decode_module(queries, lengths, page, schedule, d=128):
    """The function `attention` with so many queries; several are rows of one tile where the
    numbers of heads are known."""
    heads, key_heads = ("?", "?") if queries == 1 else (32, 8)
    q, k = (f"tensor<?x{h}x{n or '?'}x{d}xbf16>" for h, n in ((heads, queries), (key_heads, page)))
    argument = clause = ""
    if page:
        argument, clause = ", %pages: tensor<?x?xi32>", " table(%pages : tensor<?x?xi32>)"
    if lengths:
        argument += ", %lengths: tensor<?xi32>"
        clause += " lengths(%lengths : tensor<?xi32>)"
    kind = f"paged<{page}>" if page else "dense"
    attribute = f"attributes {{schedule = #pipe.schedule<{schedule}>}}" if schedule else ""
    return f"""func.func @attention(%q: {q}, %k: {k}, %v: {k}{argument}, %o: {q}) -> {q} {{
  %r = attn.attention ins(%q : {q}) {kind}(%k, %v : {k}, {k}){clause} outs(%o : {q})
      {attribute}
  return %r : {q}
}}
"""


SPLIT = ("query_tile = 64, groups = 1, producer_regs = 24, consumer_regs = 240, split_to = 0, ")
DECODE_SCHEDULES = {
    "": "", "64x4": SPLIT + "key_tile = 64, stages = 4",
    "128x2": SPLIT + "key_tile = 128, stages = 2",
    "64x4-persistent": SPLIT + "key_tile = 64, stages = 4, persistent = true",
    "128x2-persistent": SPLIT + "key_tile = 128, stages = 2, persistent = true",
    "64x4-serial": SPLIT + "key_tile = 64, stages = 4, overlap = false"}
