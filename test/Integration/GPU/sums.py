# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Functions of Inputs/sums.mlir, which sum probabilities over the queries, against f64."""
import torch

from fovea_objects import Library
from launches import DEVICE, Output, Twins, judge, run_functions

# (B, H, Hk, Sq, Skv)
SIZES = [(2, 4, 2, 300, 300), (1, 2, 2, 77, 513), (3, 8, 1, 130, 66), (2, 3, 3, 1, 200)]


def randn(*shape, dtype):
    return torch.randn(*shape, device=DEVICE, dtype=dtype)


def is_seen(name, i, j):
    """Which pairs of coordinates the mask leaves."""
    d = i[:, None] - j[None, :]
    if name == "causal":
        return d >= 0
    return (d >= 50) & (d < 200)


def sums(scores, seen):
    """Sums of the probabilities over the queries, and the lse."""
    scores = scores.masked_fill(~seen, float("-inf"))
    lse = scores.logsumexp(-1)
    # A query without a key adds nothing.
    return (scores - lse.nan_to_num(neginf=0.0)[..., None]).exp().sum(-2), lse


def make_dense(name, size):
    """The arguments, and what the sums are."""
    batch, heads, key_heads, queries, keys = size
    channels, dtype = (64, torch.bfloat16) if name == "causal" else (128, torch.float16)
    q = randn(batch, heads, queries, channels, dtype=dtype)
    k, v = (randn(batch, key_heads, keys, channels, dtype=dtype) for _ in range(2))
    scores = q.double() @ k.double().repeat_interleave(heads // key_heads, 1).mT / channels**0.5
    i, j = (torch.arange(n, device=DEVICE) for n in (queries, keys))
    seen = is_seen(name, i, j).expand(scores.shape)
    if name == "causal":
        lengths = torch.randint(0, keys + 1, (batch,), device=DEVICE, dtype=torch.int32)
        exists = j < lengths[:, None]
        seen = seen & exists[:, None, None]
        for content in (k, v):
            content.masked_fill_(~exists[:, None, :, None], float("nan"))
        return [q, k, v, lengths], sums(scores, seen)[0]
    slopes = -0.01 * torch.rand(heads, device=DEVICE)
    scores = scores + slopes.double()[:, None, None] * (j[None, :] - i[:, None])
    return [q, k, v, slopes], sums(scores, seen)[0]


def make_packed(size, counts=None):
    """The same, for sequences that follow one another, some of no queries or keys, which
    have so many keys, if that is given."""
    batch, heads, key_heads, queries, keys = size
    offsets = [torch.randint(0, n + 1, (2 * batch + 1,), device=DEVICE,
                             dtype=torch.int32).sort().values for n in (queries, keys)]
    q = randn(heads, queries, 64, dtype=torch.bfloat16)
    k, v = (randn(key_heads, keys, 64, dtype=torch.bfloat16) for _ in range(2))
    want = torch.zeros(heads, keys, device=DEVICE, dtype=torch.float64)
    shared = k.double().repeat_interleave(heads // key_heads, 0)
    for n in range(2 * batch):
        (a, b), (c, d) = (o[n:n + 2].tolist() for o in offsets)
        if counts is not None:
            counts[n].clamp_(max=d - c)
            for content in (k, v):
                content[:, c + counts[n]:d] = float("nan")
            d = c + int(counts[n])
        scores = q[:, a:b].double() @ shared[:, c:d].mT / 8
        if b > a and d > c:
            want[:, c:d] = sums(scores, torch.ones_like(scores, dtype=torch.bool))[0]
    for content, (first, last) in ((q, offsets[0][[0, -1]]), (k, offsets[1][[0, -1]]),
                                   (v, offsets[1][[0, -1]])):
        content[:, :first] = content[:, last:] = float("nan")
    return [q, k, v, *offsets, *([] if counts is None else [counts])], want


def make_lengths(size):
    return make_packed(size, torch.randint(0, 90, (2 * size[0],), device=DEVICE,
                                           dtype=torch.int32))


def make_ragged(size):
    """Packed queries of sequences whose keys are not, with lengths."""
    batch, heads, key_heads, queries, keys = size
    offsets = torch.randint(0, queries + 1, (batch + 1,), device=DEVICE,
                            dtype=torch.int32).sort().values
    lengths = torch.randint(0, keys + 1, (batch,), device=DEVICE, dtype=torch.int32)
    q = randn(heads, queries, 64, dtype=torch.bfloat16)
    k, v = (randn(batch, key_heads, keys, 64, dtype=torch.bfloat16) for _ in range(2))
    want = torch.zeros(batch, heads, keys, device=DEVICE, dtype=torch.float64)
    for n in range(batch):
        (a, b), c = offsets[n:n + 2].tolist(), int(lengths[n])
        scores = q[:, a:b].double() @ k[n, :, :c].double().repeat_interleave(
            heads // key_heads, 0).mT / 8
        if b > a and c > 0:
            want[n, :, :c] = sums(scores, torch.ones_like(scores, dtype=torch.bool))[0]
        for content in (k, v):
            content[n, :, c:] = float("nan")
    q[:, :offsets[0]] = q[:, offsets[-1]:] = float("nan")
    return [q, k, v, offsets, lengths], want


def make_listed(size):
    """A walk of random tiles; of each row up to two are partial, and those are causal."""
    batch, heads, key_heads, queries, keys = size
    q = randn(batch, heads, queries, 64, dtype=torch.bfloat16)
    k, v = (randn(batch, key_heads, keys, 64, dtype=torch.bfloat16) for _ in range(2))
    i, j = (torch.arange(n, device=DEVICE) for n in (queries, keys))
    seen = torch.zeros(queries, keys, dtype=torch.bool, device=DEVICE)
    rows, tiles = [], []
    for m in torch.randperm(-(-queries // 128)).tolist():
        own = torch.randperm(-(-keys // 128))[:int(torch.randint(1, 4, ()))].tolist()
        partials = min(2, len(own))
        rows.append([m, len(tiles), len(own), partials])
        tiles += own
        for n, t in enumerate(own):
            pairs = (i[:, None] // 128 == m) & (j // 128 == t)
            seen |= pairs & (j <= i[:, None]) if n < partials else pairs
    scores = q.double() @ k.double().repeat_interleave(heads // key_heads, 1).mT / 8
    lists = [torch.tensor([[rows]], device=DEVICE, dtype=torch.int32),
             torch.tensor(tiles, device=DEVICE, dtype=torch.int32)]
    return [q, k, v, *lists], sums(scores, seen.expand(scores.shape))[0]


def make_paged(size):
    """Keys in pages of 16, in a random order among others that hold NaN, and 40 new ones."""
    batch, heads, key_heads, queries, keys = size
    each, new = -(-keys // 16), 40
    q = randn(batch, heads, queries, 64, dtype=torch.bfloat16)
    k, u = (randn(batch, key_heads, new, 64, dtype=torch.bfloat16) for _ in range(2))
    lengths = torch.randint(0, keys + 1, (batch,), device=DEVICE, dtype=torch.int32)
    content = randn(batch, key_heads, each * 16, 64, dtype=torch.bfloat16)
    exists = torch.arange(each * 16, device=DEVICE) < lengths[:, None]
    content.masked_fill_(~exists[:, None, :, None], float("nan"))
    pool = torch.full((batch * each + 2, key_heads, 16, 64), float("nan"), device=DEVICE,
                      dtype=torch.bfloat16)
    table = torch.randperm(len(pool), device=DEVICE)[:batch * each].view(batch, each).int()
    for n in range(batch):
        pool[table[n].long()] = content[n].view(key_heads, each, 16, 64).transpose(0, 1)
        table[n, -(-int(lengths[n]) // 16):] = -1
    values = torch.where(pool.isnan(), pool, torch.randn_like(pool))
    every = torch.cat([content, k], 2).double().repeat_interleave(heads // key_heads, 1)
    seen = torch.cat([exists, exists.new_ones(batch, new)], 1)
    scores = (q.double() @ every.mT / 8).nan_to_num()
    want = sums(scores, seen[:, None, None].expand(scores.shape))[0]
    return [q, pool, values, table, lengths, k, u], want


def run_one(library, name, size, repeats):
    """What is wrong, and the relative error."""
    make = {"packed": make_packed, "paged": make_paged, "lengths": make_lengths,
            "ragged": make_ragged, "listed": make_listed}.get(name)
    arguments, want = make(size) if make else make_dense(name, size)
    q = arguments[0]

    def outputs():
        return [Output(q.shape, q.dtype), Output(q.shape[:-1], torch.float32),
                Output(want.shape, torch.float32)]

    twins = Twins(lambda made: library.bind(arguments + made), outputs)
    got = twins.first()[2].double()
    error = float((got - want).norm() / want.norm().clamp(min=1e-6))
    return judge(twins, error, got.isfinite().all(), repeats)


def run_sums(runtime, built, repeats):
    """Runs all functions; how many runs, and how many failed."""
    def run(name):
        library = Library(runtime, built / "sums.so", name)
        return lambda size: run_one(library, name, size, repeats)

    return run_functions("sums", ("causal", "window", "packed", "paged", "lengths",
                                  "ragged", "listed"), SIZES, run)
