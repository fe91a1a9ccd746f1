# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Functions of Inputs/walks.mlir, which make a walk and attend by it, against f64."""
import torch

from fovea_objects import Library
from launches import DEVICE, Output, Twins, judge, run_functions

BLOCK, CHANNELS = 128, 64
# (H, S); heads have blocks of their own.
SIZES = [(2, 1000), (3, 128), (1, 2049), (2, 77)]


def to_tokens(blocks, s):
    """Which tokens see each other by their blocks."""
    at = torch.arange(s, device=DEVICE) // BLOCK
    return blocks[:, :, at][:, :, :, at]


def is_past(s):
    at = torch.arange(s, device=DEVICE)
    return at[None, :] <= at[:, None]


def make(name, heads, s):
    """What the function takes beside queries, keys, values and walk, and what is visible."""
    tiles = -(-s // BLOCK)
    if name == "mask":
        documents = torch.randint(0, 3, (s,), device=DEVICE, dtype=torch.int32).sort().values
        seen = (documents[:, None] == documents[None, :]) & is_past(s)
        return documents, seen.expand(1, heads, s, s)
    if name.endswith("blocks"):
        blocks = torch.rand(1, heads, tiles, tiles, device=DEVICE) < 0.4
        seen = to_tokens(blocks, s)
        return blocks, seen & is_past(s) if name == "partial_blocks" else seen
    scores = torch.randn(1, heads, tiles, tiles, device=DEVICE)
    if name == "topk":
        chosen = torch.zeros_like(scores, dtype=torch.bool)
        chosen.scatter_(3, scores.topk(min(3, tiles), -1).indices, True)
    else:
        chosen = scores >= 0.25
    return scores, to_tokens(chosen, s)


def run_one(library, name, heads, s, repeats):
    """What is wrong, and the relative error."""
    q, k, v = (torch.randn(1, heads, s, CHANNELS, device=DEVICE, dtype=torch.bfloat16)
               for _ in range(3))
    source, seen = make(name, heads, s)
    tiles = -(-s // BLOCK)
    listed = 1 if name == "mask" else heads

    def outputs():
        return [Output(q.shape, torch.bfloat16)]

    def bind(made):
        # A walk of its own for each call: two may run at once.
        integers = [torch.full(shape, -1, device=DEVICE, dtype=torch.int32)
                    for shape in ((1, listed, tiles, 4), (listed * tiles * tiles,),
                                  (tiles * tiles, BLOCK, 4))]
        walk = integers if name == "mask" else integers[:2]
        return library.bind([q, k, v, source, *walk, *made])

    twins = Twins(bind, outputs)
    got = twins.first()[0].double()
    scores = q.double() @ k.double().mT / CHANNELS**0.5
    # Rows that see nothing are 0.
    weights = torch.softmax(scores.masked_fill(~seen, float("-inf")), -1).nan_to_num(0.0)
    want = weights @ v.double()
    # Nothing may be visible at all.
    error = float((got - want).norm() / want.norm().clamp(min=1e-6))
    return judge(twins, error, got.isfinite().all(), repeats)


def run_walks(runtime, built, repeats):
    """Runs all functions; how many runs, and how many failed."""
    def run(name):
        library = Library(runtime, built / "walks.so", name)
        return lambda size: run_one(library, name, *size, repeats)

    names = ("blocks", "partial_blocks", "topk", "threshold", "mask")
    return run_functions("walk by", names, SIZES, run)
