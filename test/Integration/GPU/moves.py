# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Functions of Inputs/moves.mlir, which move tokens by permutations and back, against f64."""
import torch

from fovea_objects import Library
from launches import DEVICE, Output, Twins, judge, run_functions

# (B, H, S)
SIZES = [(2, 4, 300), (1, 2, 77), (3, 1, 129), (1, 3, 1)]


def make_around(size):
    """The arguments, and the result in f64."""
    batch, heads, tokens = size
    q, k, v = (torch.randn(batch, heads, tokens, 64, device=DEVICE, dtype=torch.bfloat16)
               for _ in range(3))
    p = torch.rand(heads, tokens, device=DEVICE).argsort(-1)
    at = p[None, :, :, None].expand(q.shape)
    mq, mk, mv = (x.double().gather(2, at) for x in (q, k, v))
    future = torch.ones(tokens, tokens, device=DEVICE, dtype=torch.bool).triu(1)
    moved = (mq @ mk.mT / 8).masked_fill(future, float("-inf")).softmax(-1) @ mv
    return [q, k, v, p.int()], torch.zeros_like(moved).scatter(2, at, moved)


def make_back(size):
    """The same, of a move alone."""
    batch, heads, tokens = size
    x = torch.randn(batch, heads, tokens, 5, device=DEVICE)
    p = torch.randperm(tokens, device=DEVICE)
    want = torch.empty_like(x, dtype=torch.float64)
    want[:, :, p] = x.double()
    return [x, p], want


def run_one(library, name, size, repeats):
    """What is wrong, and the relative error."""
    arguments, want = make_around(size) if name == "around" else make_back(size)
    first = arguments[0]
    count = 5 if name == "around" else 1
    twins = Twins(lambda made: library.bind(arguments + made),
                  lambda: [Output(first.shape, first.dtype) for _ in range(count)])
    got = twins.first()[-1].double()
    error = float((got - want).norm() / want.norm())
    limit = 4e-3 if name == "around" else 1e-12
    return judge(twins, error, got.isfinite().all(), repeats, limit)


def run_moves(runtime, built, repeats):
    """Runs all functions; how many runs, and how many failed."""
    def run(name):
        library = Library(runtime, built / "moves.so", name)
        return lambda size: run_one(library, name, size, repeats)

    return run_functions("moves", ("around", "back"), SIZES, run)
