#!/usr/bin/env python3
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks and times what build.py compiled on a GPU, beside PyTorch's cuDNN,
FlashAttention-2 and FlexAttention.

  python3 benchmarks/gpu/bench.py --built build/gpu --sizes 2048,8192 --json out.json

All in one process, in random order; medians of at least 9 rounds of at least 40 ms.
A share is the median over the rounds of the other's time by ours in the same round;
behind it stand the lowest and the highest. `useful` counts the elements that the mask
lets through.
"""
import argparse
import json
import pathlib
import random
import re
import statistics
import sys

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

from variants import VARIANTS

sys.path.append(str(pathlib.Path(__file__).parents[2] / "python"))
from fovea_objects import Library, load_runtime  # noqa: E402


def mods(variant, tensors):
    score = variant.score_mod and variant.score_mod(torch, tensors)
    mask = variant.mask_mod and variant.mask_mod(torch, tensors)
    return score, mask


def allowed(mask, b, h, rows, s):
    """Which keys the rows see."""
    j = torch.arange(s, device="cuda")[None, :]
    if mask is None:
        return torch.ones(len(rows), s, dtype=torch.bool, device="cuda")
    return mask(b, h, rows[:, None], j).expand(len(rows), s)


def reference(variant, tensors, q, k, v):
    """f64."""
    score, mask = mods(variant, tensors)
    out = torch.empty(q.shape, dtype=torch.float64, device="cuda")
    s = q.shape[2]
    i, j = torch.arange(s, device="cuda")[:, None], torch.arange(s, device="cuda")[None, :]
    for b in range(q.shape[0]):
        for h in range(q.shape[1]):
            x = q[b, h].double() @ k[b, h].double().T / q.shape[3] ** 0.5
            x = score(x, b, h, i, j) if score else x
            x = x.masked_fill(~allowed(mask, b, h, i[:, 0], s), float("-inf"))
            out[b, h] = torch.softmax(x, -1) @ v[b, h].double()
    return out


def useful(mask, s):
    return sum(int(allowed(mask, 0, 0, rows, s).sum())
               for rows in torch.arange(s, device="cuda").split(1024))


def errors(got, want):
    """Relative, in the L2 norm: of all, of the worst row."""
    difference = got.double() - want
    rows = difference.norm(dim=-1) / want.norm(dim=-1)
    return (difference.norm() / want.norm()).item(), rows.max().item()


def make(b, h, s, d):
    return [torch.randn(b, h, s, d, device="cuda", dtype=torch.bfloat16) for _ in range(3)]


def peers(variant, tensors, q, k, v, flex):
    """The functions to compare with, by name."""
    def sdpa(backend):
        def call():
            with sdpa_kernel(backend):
                return F.scaled_dot_product_attention(q, k, v, is_causal=variant.name == "causal")
        return call

    found = {}
    if variant.name in ("full", "causal"):
        found["cuDNN"] = sdpa(SDPBackend.CUDNN_ATTENTION)
        found["FA2"] = sdpa(SDPBackend.FLASH_ATTENTION)
    if flex:
        score, mask = mods(variant, tensors)
        torch._dynamo.reset()
        heads = q.shape[1] if variant.name == "head-blocks" else None
        blocks = mask and create_block_mask(mask, None, heads, q.shape[2], q.shape[2])
        compiled = torch.compile(flex_attention, dynamic=False)
        found["Flex"] = lambda: compiled(q, k, v, score_mod=score, block_mask=blocks)
    for name in list(found):
        try:
            found[name]()
        except Exception as error:  # pylint: disable=broad-except
            print(f"  {name}: {str(error).splitlines()[0]}")
            del found[name]
    return found


def check(variant, objects, s=1500):
    """Errors of each object and of the first peer on the same input."""
    first = next(iter(objects))
    d = int(re.search(r"-d(\d+)", first)[1])
    s = variant.tokens or s
    q, k, v = make(variant.sequences if variant.grid else 2, 2, s, d)
    tensors = variant.tensors(torch, 2, s)
    want = reference(variant, tensors, q, k, v)
    found = {}
    for name, library in objects.items():
        out = torch.full_like(q, float("nan"))
        call = library.bind([q, k, v, *variant.inputs(torch, tensors, 2, s), out])
        call()
        torch.cuda.synchronize()
        kept = out.clone()
        found[name] = errors(out, want)
        for _ in range(10):
            out.fill_(float("nan"))
            call()
            if not torch.equal(out, kept):
                found[name] = (float("inf"),) * 2
    for name, call in peers(variant, tensors, q, k, v, False).items():
        found[name] = errors(call(), want)
    return found


def time_all(runs, rounds, least_ms=40.0):
    """Milliseconds of each function in each round."""
    counts, times = {}, {name: [] for name in runs}
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))

    def measure(run, count):
        start.record()
        for _ in range(count):
            run()
        end.record()
        end.synchronize()
        return start.elapsed_time(end) / count

    for name, run in runs.items():
        measure(run, 3)
        counts[name] = max(3, int(least_ms / measure(run, 5)) + 1)
    for _ in range(rounds):
        for name in random.sample(list(runs), len(runs)):
            times[name].append(measure(runs[name], counts[name]))
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--built", type=pathlib.Path, default="build/gpu")
    parser.add_argument("--sizes", default="8192", help="sequence lengths, e.g. 2048,8192")
    parser.add_argument("--only", default="", help="a regular expression of objects' names")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--flex", action="store_true", help="also time FlexAttention")
    parser.add_argument("--no-check", action="store_true", help="only time")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    torch.manual_seed(0)
    random.seed(0)
    torch._dynamo.config.recompile_limit = 1000
    built = options.built.resolve()
    runtime = load_runtime(built)
    torch.zeros(1, device="cuda")
    groups = {}
    for path in sorted(built.glob("*-d*.so")):
        if re.search(options.only, path.stem):
            variant, d = re.match(r"(.*)-d(\d+)", path.stem).groups()
            groups.setdefault((variant, int(d)), {})[path.stem] = Library(runtime, path)
    report = {"device": torch.cuda.get_device_name(), "torch": torch.__version__,
              "cudnn": torch.backends.cudnn.version(), "errors": {}, "rows": []}
    print(report["device"], "torch", report["torch"], "cuDNN", report["cudnn"])
    if not options.no_check:
        print(f"{'error against f64':36} {'all':>9} {'worst row':>9}")
    for (name, d), objects in groups.items():
        if options.no_check:
            break
        for which, (total, row) in check(VARIANTS[name], objects).items():
            key = which if which in objects else f"{which} {name}-d{d}"
            report["errors"][key] = (total, row)
            print(f"{key:36} {total:9.2e} {row:9.2e}", flush=True)
    a, b = (torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    print(f"{'S':>6} {'D':>4} {'':32} {'ms':>8} {'TFLOP/s':>8} {'of cuBLAS':>9}  shares of others")
    for size in map(int, options.sizes.split(",")):
        for (name, d), objects in groups.items():
            variant = VARIANTS[name]
            batch, heads = (2, 16) if size == 8192 else (16384 // size, 2048 // d)
            if variant.grid:
                size, batch, heads = variant.tokens, variant.sequences, 16
            q, k, v = make(batch, heads, size, d)
            tensors = variant.tensors(torch, heads, size)
            out = torch.empty_like(q)
            others = peers(variant, tensors, q, k, v, options.flex)
            inputs = variant.inputs(torch, tensors, heads, size)
            runs = {n: o.bind([q, k, v, *inputs, out]) for n, o in objects.items()}
            plain = groups.get(("causal" if variant.mask_mod else "full", d), {})
            if variant.score_mod and plain:
                plain = next(iter(plain.values())).bind([q, k, v, out])
                others["plain"] = plain
            times = time_all({**runs, **others, "cuBLAS": lambda: a @ b}, options.rounds)
            flops = 4 * d * batch * heads * useful(mods(variant, tensors)[1], size)
            blas = 2 * 8192**3 / statistics.median(times["cuBLAS"])
            for n in [*runs, *others]:
                ms = statistics.median(times[n])
                row = {"size": size, "d": d, "variant": name, "name": n, "ms": ms,
                       "tflops": flops / ms * 1e-9, "of_cublas": flops / ms / blas, "of": {}}
                for other in others if n in runs else ():
                    shares = sorted(o / t for o, t in zip(times[other], times[n]))
                    row["of"][other] = (statistics.median(shares), shares[0], shares[-1])
                shares = "  ".join(f"{o} {m:.3f} ({low:.2f}-{high:.2f})"
                                   for o, (m, low, high) in row["of"].items())
                report["rows"].append(row)
                print(f"{size:6} {d:4} {n:32} {ms:8.3f} {row['tflops']:8.1f} "
                      f"{row['of_cublas']:9.2f}  {shares}", flush=True)
            if options.json:
                options.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
