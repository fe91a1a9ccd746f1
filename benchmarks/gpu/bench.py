#!/usr/bin/env python3
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks and times the kernels of build.py on a GPU, beside PyTorch's cuDNN path.

  python3 benchmarks/gpu/bench.py --kernels build/gpu [--json out.json]

All in one process, in random order; medians of rounds of at least 40 ms.
"""
import argparse
import json
import pathlib
import random
import statistics

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from driver import Kernel


def reference(kind, q, k, v):
    """f64, one head at a time."""
    out = torch.empty(q.shape, dtype=torch.float64, device=q.device)
    n, m = q.shape[2], k.shape[2]
    i = torch.arange(n, device=q.device)[:, None]
    j = torch.arange(m, device=q.device)[None, :]
    for b in range(q.shape[0]):
        for h in range(q.shape[1]):
            kh = h * k.shape[1] // q.shape[1]
            s = q[b, h].double() @ k[b, kh].double().T / q.shape[3] ** 0.5
            if kind == "softcap":
                s = 20 * torch.tanh(s / 20)
            if kind == "alibi":
                s = s + (j - i) * 2.0 ** (-0.5 * (h + 1))
            if kind != "full":
                s = s.masked_fill(j > i, float("-inf"))
            out[b, h] = torch.softmax(s, -1) @ v[b, kh].double()
    return out


def inputs(b, h, hk, sq, skv, d):
    make = lambda heads, s: torch.randn(b, heads, s, d, device="cuda", dtype=torch.bfloat16)
    q, k, v = make(h, sq), make(hk, skv), make(hk, skv)
    return q, k, v, torch.full_like(q, float("nan"))


def launcher(kernel, tensors):
    q = tensors[0]
    tiles = -(-q.shape[2] // kernel.facts["query_tile"])
    return kernel.bind(tensors, (q.shape[0], q.shape[1], tiles))


def relative(got, want):
    return ((got.double() - want).norm() / want.norm()).item()


def check(name, kernel):
    kind = name.split("-")[0]
    d = int(name.split("-")[1][1:])
    worst = 0.0
    for shape in [(1, 2, 2, 512, 512), (2, 3, 3, 1000, 1000), (1, 4, 2, 200, 200),
                  (1, 1, 1, 64, 64), (1, 2, 1, 1537, 1537), (1, 2, 2, 1, 1), (2, 2, 2, 384, 129)]:
        if kind != "full" and shape[3] != shape[4]:
            continue
        t = inputs(*shape, d)
        run = launcher(kernel, t)
        run()
        torch.cuda.synchronize()
        error = relative(t[3], reference(kind, *t[:3]))
        first = t[3].clone()
        for _ in range(10):
            t[3].fill_(float("nan"))
            run()
        torch.cuda.synchronize()
        same = torch.equal(first, t[3])
        if not error < 1e-2 or not same:
            print(f"  {name} {shape}: error {error:.2e} repeats equal {same}")
        worst = max(worst, error if error == error else float("inf"))
    return worst


def time_all(runs, rounds=9, least_ms=40.0):
    """Median milliseconds of each of the named functions."""
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
        order = list(runs)
        random.shuffle(order)
        for name in order:
            times[name].append(measure(runs[name], counts[name]))
    return {name: statistics.median(t) for name, t in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kernels", type=pathlib.Path, default="build/gpu")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--sizes", default="8192", help="sequence lengths, e.g. 2048,8192")
    options = parser.parse_args()
    torch.manual_seed(0)
    kernels = {p.stem: Kernel(p.with_suffix("")) for p in sorted(options.kernels.glob("*.json"))}
    print(torch.cuda.get_device_name(), "torch", torch.__version__)
    report = {"device": torch.cuda.get_device_name(), "torch": torch.__version__,
              "errors": {}, "rows": []}
    for name, kernel in kernels.items():
        report["errors"][name] = check(name, kernel)
        print(f"{name:18} worst relative error {report['errors'][name]:.2e}")
    for size in map(int, options.sizes.split(",")):
        for d in (64, 128):
            b, h = (2, 16) if size == 8192 else (16384 // size, 2048 // d)
            t = inputs(b, h, h, size, size, d)
            runs = {name: launcher(kernel, t) for name, kernel in kernels.items()
                    if f"d{d}" in name.split("-")}

            def cudnn(causal):
                with sdpa_kernel(SDPBackend.CUDNN_ATTENTION):
                    return F.scaled_dot_product_attention(*t[:3], is_causal=causal)

            runs["cudnn-full"] = lambda: cudnn(False)
            runs["cudnn-causal"] = lambda: cudnn(True)
            medians = time_all(runs)
            for name, ms in medians.items():
                causal = not name.startswith(("full", "cudnn-full"))
                flops = 4 * b * h * size * size * d * (0.5 if causal else 1)
                peer = medians["cudnn-causal" if causal else "cudnn-full"]
                row = {"size": size, "d": d, "name": name, "ms": ms,
                       "tflops": flops / ms * 1e-9, "of_cudnn": peer / ms}
                report["rows"].append(row)
                print(f"S {size:6} D {d:4} {name:18} {ms:8.3f} ms {row['tflops']:7.1f} TFLOP/s "
                      f"{row['of_cudnn']:.3f} of cuDNN")
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
