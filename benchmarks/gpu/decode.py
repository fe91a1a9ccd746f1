#!/usr/bin/env python3
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks and times decoding (one query or a few, 32 query heads on 8) that build.py
compiled, beside PyTorch's cuDNN and a kernel that only reads the same bytes.

  python3 benchmarks/gpu/decode.py --built build/gpu --json out.json

Calls go round several sets of keys and values, which no cache holds together. All in
one process, in random order, as bench.py; GB/s count the keys and values once.
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
import triton
import triton.language as tl
from torch.nn.attention import SDPBackend, sdpa_kernel

from bench import errors, time_all
from variants import DECODE

sys.path.append(str(pathlib.Path(__file__).parents[2] / "python"))
from fovea_objects import Library, load_runtime  # noqa: E402

HEADS, KEY_HEADS, D = 32, 8, 128
SIZES = [(1, 32768), (16, 8192), (64, 4096)]


@triton.jit
def read_kernel(x, y, out, n, BLOCK: tl.constexpr):
    """The whole machine reads in order."""
    offsets = tl.arange(0, BLOCK)
    found = tl.zeros((BLOCK,), tl.int32)
    for first in tl.range(tl.program_id(0) * BLOCK, n, tl.num_programs(0) * BLOCK,
                          loop_unroll_factor=4):
        found ^= tl.load(x + first + offsets) ^ tl.load(y + first + offsets)
    tl.store(out + tl.program_id(0), tl.max(found, 0))


def reference(q, k, v, lengths):
    """f64, one sequence after the other."""
    out = torch.empty(q.shape, dtype=torch.float64, device=q.device)
    group = q.shape[1] // k.shape[1]
    for b in range(len(q)):
        n = k.shape[2] if lengths is None else lengths[b]
        keys = k[b, :, :n].double().repeat_interleave(group, 0)
        values = v[b, :, :n].double().repeat_interleave(group, 0)
        weights = torch.softmax(q[b].double() @ keys.mT / q.shape[3] ** 0.5, -1)
        out[b] = weights @ values
    return out


def make(b, queries, s, lengths):
    q, k, v = (torch.randn(b, h, n, D, device="cuda", dtype=torch.bfloat16)
               for h, n in ((HEADS, queries), (KEY_HEADS, s), (KEY_HEADS, s)))
    n = torch.randint(1, s + 1, (b,), dtype=torch.int32, device="cuda") if lengths else None
    return q, k, v, n


def to_pages(tensors, page, lengths):
    """Tensors [B, H, S, D] as pages [pages, H, page, D] in a random order, which is the same
    for all, and the table. Other pages, and what lies beyond a length, hold NaN."""
    b, h, s, d = tensors[0].shape
    each = -(-s // page)
    order = torch.randperm(b * each + 8, device="cuda")[:b * each]
    pools = []
    for t in tensors:
        padded = F.pad(t, (0, 0, 0, each * page - s), value=float("nan"))
        if lengths is not None:
            beyond = torch.arange(each * page, device="cuda")[None] >= lengths[:, None]
            padded = padded.masked_fill(beyond[:, None, :, None], float("nan"))
        pool = torch.full((b * each + 8, h, page, d), float("nan"), dtype=t.dtype, device="cuda")
        pool[order] = padded.view(b, h, each, page, d).transpose(1, 2).reshape(-1, h, page, d)
        pools.append(pool)
    return pools, order.view(b, each).int()


def keys_of(name, k, v, n):
    """What the object takes between the query and the output: with the lengths `n`, if it
    takes them."""
    _, lengths, page = DECODE[name]
    tables = []
    if page:
        (k, v), table = to_pages((k, v), page, n)
        tables = [table]
    return [k, v, *tables, *([n] if lengths else [])]


def check(name, library):
    """The worst errors over shapes, each call poisoned and repeated bit by bit."""
    queries, lengths, _ = DECODE[name]
    found = (0.0, 0.0)
    for b, s in ((1, 32768), (2, 8191), (1, 129), (3, 1), (20, 1000), (64, 512)):
        q, k, v, n = make(b, queries, s, lengths)
        want = reference(q, k, v, n)
        out = torch.empty_like(q)
        kept = None
        passed = keys_of(name, k, v, n)
        for _ in range(20):
            out.fill_(float("nan"))
            library.bind([q, *passed, out])()
            if kept is None:
                kept = out.clone()
                found = tuple(map(max, found, errors(out, want)))
            if not torch.equal(out, kept):
                found = (float("inf"),) * 2
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--built", type=pathlib.Path, default="build/gpu")
    parser.add_argument("--only", default="", help="a regular expression of objects' names")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--least-ms", type=float, default=40.0)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    torch.manual_seed(0)
    random.seed(0)
    built = options.built.resolve()
    runtime = load_runtime(built)
    torch.zeros(1, device="cuda")
    objects = {path.stem: Library(runtime, path) for path in sorted(built.glob("decode*.so"))
               if re.search(options.only, path.stem)}
    report = {"device": torch.cuda.get_device_name(), "torch": torch.__version__,
              "cudnn": torch.backends.cudnn.version(), "errors": {}, "rows": []}
    print(report["device"], "torch", report["torch"], "cuDNN", report["cudnn"])
    for name, library in objects.items():
        report["errors"][name] = check(name.split("_")[0], library)
        print(f"{name:28} {report['errors'][name][0]:9.2e} {report['errors'][name][1]:9.2e}",
              flush=True)
    processors = torch.cuda.get_device_properties(0).multi_processor_count
    print(f"{'B':>3} {'S':>6} {'':28} {'us':>8} {'GB/s':>6}  of cuDNN           of the probe"
          f"       of dense keys")
    for b, s in SIZES:
        bytes_read = 4 * b * KEY_HEADS * s * D
        count = max(2, -(-400_000_000 // bytes_read))
        sets = [make(b, 1, s, False)[:3] for _ in range(count)]

        def rotate(calls):
            """One call on each set, in a graph: what the host does takes no time."""
            stream = torch.cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())  # It makes what they read.
            with torch.cuda.stream(stream):
                for call in calls:
                    call()
            torch.cuda.synchronize()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=stream):
                for call in calls:
                    call()

            def replay():
                graph.replay()
            replay.keep = calls  # And the tensors that they read and write.
            return replay

        def cudnn(q, k, v):
            def call():
                with sdpa_kernel(SDPBackend.CUDNN_ATTENTION):
                    F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
            return call

        out = torch.empty(8 * processors, dtype=torch.int32, device="cuda")

        def probe(k, v, programs, block):
            x, y = k.view(torch.int32), v.view(torch.int32)
            grid = (programs * processors,)
            return lambda: read_kernel[grid](x, y, out, x.numel(), block, num_warps=8)

        runs, passed = {}, {}
        for name, library in objects.items():
            base = name.split("_")[0]
            queries, *keys = DECODE[base]
            calls = []
            for number, (_, k, v) in enumerate(sets):
                q = torch.randn(b, HEADS, queries, D, device="cuda", dtype=torch.bfloat16)
                n = torch.full((b,), s, dtype=torch.int32, device="cuda")
                which = (number, *keys)
                if which not in passed:  # Objects share what is alike.
                    passed[which] = keys_of(base, k, v, n)
                calls.append(library.bind([q, *passed[which], torch.empty_like(q)]))
            runs[name] = rotate(calls)
        runs["cuDNN"] = rotate([cudnn(*x) for x in sets])
        for programs in (2, 4):
            for block in (2048, 4096):
                runs[f"probe-{programs}-{block}"] = rotate(
                    [probe(k, v, programs, block) for _, k, v in sets])
        times = time_all(runs, options.rounds, options.least_ms)
        medians = {name: statistics.median(t) / count for name, t in times.items()}
        best = min((n for n in runs if n.startswith("probe")), key=medians.get)
        # Dense keys in the same object's place: pages are compared with it.
        others = ["cuDNN", best] + ["decode"] * ("decode" in runs)
        for name in runs:
            row = {"b": b, "s": s, "name": name, "us": 1e3 * medians[name],
                   "gb_s": bytes_read / medians[name] * 1e-6}
            for other in others:
                shares = sorted(o / t for o, t in zip(times[other], times[name]))
                row[other] = (statistics.median(shares), shares[0], shares[-1])
            shares = "  ".join("%.3f (%.2f-%.2f)" % row[other] for other in others)
            report["rows"].append(row)
            print(f"{b:3} {s:6} {name:28} {row['us']:8.1f} {row['gb_s']:6.0f}  {shares}", flush=True)
        if options.json:
            options.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
