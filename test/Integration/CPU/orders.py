#!/usr/bin/env python3
# ===- orders.py - Random orders of tokens ---------------------------------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# ===-----------------------------------------------------------------------===#
"""Prints a module of attentions on grids, each with an order.

    orders.py --seed 1 --functions 12 > orders.mlir
    fovea-run orders.mlir --check --all-entries

Grids have 1 to 3 extents that no box divides, boxes are of any shape, some have
more places than tokens, and some of keys overlap. Masks are neighbourhoods, by distance or shifted at
the borders, dilated, or none; scores read tables by token; heads share keys; some
have the tokens first, or give the lse.
"""

import argparse
import random


class Writer:
    """One function's mask or score, op by op."""

    def __init__(self):
        self.lines, self.count = [], 0

    def op(self, text):
        self.count += 1
        self.lines.append(f"        %t{self.count} = {text}")
        return f"%t{self.count}"

    def number(self, value):
        return self.op(f"arith.constant {value} : index")

    def two(self, name, x, y):
        return self.op(f"arith.{name} {x}, {y} : index")


def coordinate(w, token, grid, dim):
    """The coordinate of a token along one dimension."""
    stride = 1
    for extent in grid[dim + 1:]:
        stride *= extent
    if stride != 1:
        token = w.two("floordivsi", token, w.number(stride))
    return token if dim == 0 else w.two("remsi", token, w.number(grid[dim]))


def write_mask(rng, w, grid):
    """The yielded condition: near along each dimension."""
    result = None
    shifted = rng.random() < 0.5
    for dim, extent in enumerate(grid):
        i, j = (coordinate(w, x, grid, dim) for x in ("%i", "%j"))
        window = rng.randint(1, extent)
        low = w.two("subi", i, w.number(window // 2))
        if shifted:
            low = w.two("maxsi", low, w.number(0))
            low = w.two("minsi", low, w.number(extent - window))
        distance = w.two("subi", j, low)
        for predicate, limit in (("sge", 0), ("slt", window)):
            near = w.two(f"cmpi {predicate},", distance, w.number(limit))
            result = near if result is None else w.op(
                f"arith.andi {result}, {near} : i1")
    if rng.random() < 0.3:
        past = w.two("cmpi sle,", "%j", "%i")
        result = w.op(f"arith.ori {result}, {past} : i1")
    return result


def write_overlaps(rng, rank):
    """Boxes of keys that fill a tile, and how far apart they start."""
    box = [1] * rank
    for _ in range(rng.choice([6, 7])):
        box[rng.randrange(rank)] *= 2
    steps = [rng.choice([n for n in range(1, extent + 1) if extent % n == 0])
             for extent in box]
    return box, f"kv_step = [{', '.join(map(str, steps))}]"


def write_function(rng, name):
    """Prints one function."""
    grid = [rng.randint(1, {1: 150, 2: 17, 3: 7}[n]) for n in [rng.randint(1, 3)]
            for _ in range(n)]
    tokens = 1
    for extent in grid:
        tokens *= extent
    whole = tokens
    open_grid = rng.random() < 0.3
    if open_grid and len(grid) > 1:
        inner = tokens // grid[0]
        tokens = max(1, tokens - rng.randint(0, inner - 1))
    boxes = [[rng.randint(1, min(9, extent + 2)) for extent in grid]
             for _ in range(2)]
    text = [f"grid = [{', '.join('?' if open_grid and not n else str(x) for n, x in enumerate(grid))}]"]
    sizes, overlaps = [], ""
    if tokens == whole and rng.random() < 0.4:
        boxes[1], overlaps = write_overlaps(rng, len(grid))
    for side, box in zip(("q", "kv"), boxes):
        count = 1
        for extent in box:
            count *= extent
        text.append(f"{side} = [{', '.join(map(str, box))}]")
        if not (side == "kv" and overlaps) and rng.random() < 0.4:
            sizes.append(f"{side}_size = {count + rng.randint(0, 9)}")
    if overlaps:
        sizes.append(overlaps)
    order = f"#attn.order<{', '.join(text + sizes)}>"

    heads, shared = rng.choice([(1, 1), (2, 2), (4, 2)])
    first = rng.random() < 0.3
    element = rng.choice(["f32", "f32", "bf16"])

    def tensor(count, channels):
        shape = [2, tokens, count] if first else [2, count, tokens]
        return f"tensor<{'x'.join(map(str, shape + [channels]))}x{element}>"

    q, k, v, o = tensor(heads, 8), tensor(shared, 8), tensor(shared, 12), tensor(heads, 12)
    lse = rng.random() < 0.4
    l = f"tensor<2x{heads}x{tokens}xf32>"
    t = f"tensor<{tokens}xf32>"
    results = f"({o}, {l})" if lse else o
    print(f"func.func @{name}(%q: {q}, %k: {k}, %v: {v}, %o: {o}, %l: {l}, %t: {t}) -> {results} {{")
    print(f"  %r{':2' if lse else ''} = attn.attention ins(%q : {q})")
    print(f"      dense(%k, %v : {k}, {v})")
    print(f"      outs(%o{', %l' if lse else ''} : {o}{', ' + l if lse else ''})")
    if rng.random() < 0.5:
        print(f"      score(%s, %b, %h, %i, %j, %table = %t : {t}) {{")
        w = Writer()
        at = w.two("subi", "%i", "%j") if rng.random() < 0.5 else "%j"
        bias = w.op(f"tensor.extract %table[{at}] : {t}")
        score = w.op(f"arith.addf %s, {bias} : f32")
        print("\n".join(w.lines + [f"        attn.yield {score} : f32", "      }"]))
    if rng.random() < 0.8:
        print("      mask(%b, %h, %i, %j) {")
        w = Writer()
        visible = write_mask(rng, w, grid)
        print("\n".join(w.lines + [f"        attn.yield {visible} : i1", "      }"]))
    maps = ""
    if first:
        dims = ["b, i, h, d", "b, j, h, d", "b, j, h, e", "b, i, h, e"]
        dims += ["b, h, i"] if lse else []
        maps = ", indexing_maps = [" + ", ".join(
            f"affine_map<(b, h, i, j, d, e) -> ({x})>" for x in dims) + "]"
    print(f"      attributes {{order = {order}{maps}}}")
    values = "%r#0, %r#1" if lse else "%r"
    print(f"  return {values} : {o}{', ' + l if lse else ''}\n}}")


def main():
    """Prints the module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--functions", type=int, default=12)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    for n in range(options.functions):
        write_function(rng, f"order{n}")


if __name__ == "__main__":
    main()
