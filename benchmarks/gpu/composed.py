#!/usr/bin/env python3
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Times functions of several ops on a GPU, and checks them against f64.

  benchmarks/gpu/composed.py --built build/gpu

shared-prefix: 64 sequences that share 16,384 keys and have 256 of their own, one query
each, 32 query heads on 8, D128. permuted: 16 heads, S 17,550, D128, a permutation of
tokens and a quarter of the 128-blocks, at random, for each head; the permutations are
part of the time. build.py makes the objects.
"""
import argparse
import pathlib
import random
import statistics
import sys

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from bench import errors, time_all

sys.path.append(str(pathlib.Path(__file__).parents[2] / "python"))
from fovea_objects import Library, load_runtime  # noqa: E402

D, BLOCK = 128, 128


def normal(*shape):
    return torch.randn(*shape, device="cuda", dtype=torch.bfloat16)


def replayed(call):
    """The launches of a call, as a graph."""
    stream, graph = torch.cuda.Stream(), torch.cuda.CUDAGraph()
    with torch.cuda.stream(stream):
        call()
    torch.cuda.synchronize()
    with torch.cuda.graph(graph, stream=stream):
        call()
    return graph.replay


def show(times, bases):
    """Medians, and how many times as long each base takes in the same round."""
    for name in times:
        text = []
        for base in bases:
            shares = sorted(x / y for x, y in zip(times[base], times[name]))
            text.append(f"{base} {statistics.median(shares):.2f} ({shares[0]:.2f}-{shares[-1]:.2f})")
        print(f"  {name:16} {statistics.median(times[name]):8.4f} ms  shares: {'  '.join(text)}",
              flush=True)


def shared_prefix(runtime, path, rounds, sequences=64, prefix=16384, own=256):
    q, k, v = normal(sequences, 32, 1, D), *(normal(sequences, 8, own, D) for _ in range(2))
    pk, pv = (normal(8, prefix, D) for _ in range(2))
    keys, values = (torch.cat([p[None].expand(sequences, -1, -1, -1), x], 2)
                    for p, x in ((pk, k), (pv, v)))
    outs = [torch.full_like(q, float("nan")) for _ in range(4)]
    lses = [torch.empty(sequences, 32, 1, device="cuda") for _ in range(2)]
    shared = Library(runtime, path, "shared").bind([q, pk, pv, k, v, *outs[:2], *lses, outs[2]])
    private = Library(runtime, path, "private").bind([q, keys, values, outs[3]])
    shared(), private()
    torch.cuda.synchronize()
    grouped = q.view(sequences, 8, 4, D).double()
    want = torch.softmax(grouped @ keys.double().mT / D**0.5, -1) @ values.double()
    for name, out in (("shared", outs[2]), ("private", outs[3])):
        print("  error of %s: %.2e, worst row %.2e" % (name, *errors(out, want.view(q.shape))))
    del want
    show(time_all({"private": private, "shared": shared, "shared, graph": replayed(shared)}, rounds),
         ["private"])


def permuted(runtime, path, rounds, heads=16, s=17550):
    q, k, v = (normal(1, heads, s, D) for _ in range(3))
    places = torch.stack([torch.randperm(s, device="cuda") for _ in range(heads)])
    blocks = -(-s // BLOCK)
    chosen = torch.rand(heads, blocks, blocks, device="cuda").argsort(-1) < blocks // 4
    rows, tiles = torch.zeros(1, heads, blocks, 4, dtype=torch.int32), []
    for h in range(heads):
        for r in range(blocks):
            entries = chosen[h, r].nonzero()[:, 0].tolist()
            rows[0, h, r] = torch.tensor([r, len(tiles), len(entries), 0])
            tiles += entries
    lists = [rows.cuda(), torch.tensor(tiles, dtype=torch.int32, device="cuda")]
    outs = [torch.full_like(q, float("nan")) for _ in range(3)]
    moved = [torch.empty_like(q) for _ in range(4)]
    order = [x.int() for x in (places, places.argsort(1))]
    call = Library(runtime, path, "paro").bind([q, k, v, *order, *lists, *moved, outs[0]])
    dense = Library(runtime, path, "dense").bind([q, k, v, outs[1]])
    listed = Library(runtime, path, "walk").bind([q, k, v, *lists, outs[2]])
    call()
    torch.cuda.synchronize()
    h = heads // 2
    x, y, z = (t[0, h][places[h]].double() for t in (q, k, v))
    seen = chosen[h].repeat_interleave(BLOCK, 0).repeat_interleave(BLOCK, 1)[:s, :s]
    want = torch.softmax((x @ y.T / D**0.5).masked_fill_(~seen, float("-inf")), -1) @ z
    print("  error: %.2e, worst row %.2e" % errors(outs[0][0, h][places[h]], want))
    del want, seen

    def cudnn():
        with sdpa_kernel(SDPBackend.CUDNN_ATTENTION):
            F.scaled_dot_product_attention(q, k, v)

    show(time_all({"dense": dense, "cuDNN": cudnn, "without moves": listed, "all": call}, rounds),
         ["dense", "cuDNN"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--built", type=pathlib.Path, default="build/gpu")
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args()
    torch.manual_seed(0)
    random.seed(0)
    built = options.built.resolve()
    runtime = load_runtime(built)
    print(torch.cuda.get_device_name(), "torch", torch.__version__)
    for name, run in (("shared-prefix", shared_prefix), ("permuted", permuted)):
        print(name)
        run(runtime, built / f"{name}.so", options.rounds)


if __name__ == "__main__":
    main()
