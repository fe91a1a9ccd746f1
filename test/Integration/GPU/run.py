#!/usr/bin/env python3
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs what build.py compiled on a GPU and compares it with f64.

  python3 test/Integration/GPU/run.py --built build/gpu-tests

For each case and size: outputs are filled with NaN before each call and lie
between guards that must stay as they are; keys and values beyond a length are NaN;
repeats are equal bit for bit, also on two streams at once; a case with lengths is
captured in a CUDA graph and replayed with other lengths. Pages that no
sequence uses are NaN, and rows of no sequence stay as they are. Random programs
(randoms.py) are run with their own sizes. Needs PyTorch and the built files only.
"""
import argparse
import pathlib
import re
import sys
import time

import numpy as np
import torch

import randoms
import meaning
from cases import CASES, FUNCTIONS, LENGTHS, PAIRS, captures
from launches import DEVICE, Output, Twins

sys.path.append(str(pathlib.Path(__file__).parents[3] / "python"))
from fovea_objects import Library, load_runtime  # noqa: E402
from examples import run_examples  # noqa: E402
from moves import run_moves  # noqa: E402
from sums import run_sums  # noqa: E402
from walks import run_walks  # noqa: E402

TYPES = {"bf16": torch.bfloat16, "f16": torch.float16, "f32": torch.float32, "i1": torch.bool,
         "i8": torch.int8, "i32": torch.int32, "i64": torch.int64, "index": torch.int64}
# Relative error of the output in the L2 norm, and of its worst row.
BOUNDS = {"bf16": (4e-3, 2e-2), "f16": (6e-4, 4e-3)}


def make_captures(case, size, spread):
    """Values of what the regions capture, by name; `spread`: with gaps between rows."""
    b, h, _, sq, skv = size
    rows = max(sq, skv)

    def normal(*shape):
        return torch.randn(shape, device=DEVICE)

    def integers(low, high, *shape):
        return torch.randint(low, high, shape, device=DEVICE)

    def choose(choices, n):
        return torch.tensor(choices, device=DEVICE)[integers(0, len(choices), n)]

    made = {}
    for name, kind in captures(case.regions):
        if name == "table":
            # By i - j from -skv to sq - 1, or much shorter.
            columns = 101 if "short" in case.regions or case.regions == "lookup" else sq + skv
            columns = 64 if "buckets" in case.regions else columns
            value = normal(h, columns)
            value = value.bfloat16() if "bf16" in kind else value
        elif name == "middle":
            value = torch.tensor(50 if "short" in case.regions else skv)
        elif name == "slopes":
            value = -(2.0 ** -torch.arange(1.0, h + 1, device=DEVICE))
        elif name == "columns":
            value = choose([0, 7, 99, 100, 101, -1, -100, -101, -102, 2**31 + 3, -(2**31) - 5,
                            2**32 + 5, 2**63 - 1, -(2**63)], rows)
        elif name == "documents":
            value = integers(0, 5, rows).sort().values
            # Equal in the lower half.
            value = value.int() if "i32" in kind else (value << 33) - 2**34
        elif name == "prefixes":
            value = integers(-5, skv + 6, b).int()
        elif name == "limits":
            value = choose([0, 5, skv - 1, skv + 1, 2**31 + 7, -(2**31) - 7, 2**40, -(2**40)], b)
        elif name == "far":
            value = torch.tensor(2**40 + 1)
        elif name == "width":
            value = torch.tensor(70)
        elif name == "bits":
            value = integers(0, 3, sq, skv) == 0
            value[sq // 2] = False
        else:
            raise ValueError(name)
        if spread and value.dim() == 2:
            value = torch.cat([value, value.roll(1)], dim=1)[:, :value.shape[1]]
        made[name] = value
    return made


def safe(index, size):
    """From the end where it is negative, then the nearest that exists."""
    return torch.where(index < 0, index + size, index).clamp(0, size - 1)


def functions(of, s, q):
    """What the region of that name computes."""
    values = {"s": s, "t": 0.99 * s.tanh(), "u": s.abs() + 1, "q": q}
    named = {"cbrt": lambda x: x.sign() * x.abs() ** (1 / 3), "powf": torch.pow,
             "round": lambda x: (x.sign() * (x.abs() + 0.5).floor()), "roundeven": torch.round}
    terms = [named.get(name, getattr(torch, name, None))(values[of]) for name in FUNCTIONS[of]]
    terms += [named.get(name, getattr(torch, name, None))(values[x], values[y])
              for name, x, y in PAIRS[of]]
    return s + sum(term.sin() if of == "q" else term / 4 for term in terms)


def region(kind, s, b, h, i, j, captured):
    """Scores and which of them are visible: the regions of cases.py."""
    if kind.startswith("softcap"):
        s = 20 * torch.tanh(s / 20)
    if kind == "rising":
        s = s + j * 0.0625
    if kind == "huge":
        s = s + torch.where(j < 50, 3e38, -3e38).double()
    if kind == "hidden":
        s = s + (i % 3 == 0).double() * -3.40282347e38
    if kind == "lowest":
        s = s + ((i + j) % 3 == 0).double() * -3.40282347e38
    if kind.startswith("table"):
        table = captured["table"][h].double()
        s = s + table[safe(i - j + captured["middle"].item(), len(table))]
    if kind.startswith("buckets"):
        apart = (i - j).abs()
        far = (16 + ((apart + 0.5) / 16).log().mul(7.6943).long()).clamp(max=31)
        s = s + captured["table"][h].double()[torch.where(apart < 16, apart, far) + 32 * (i < j)]
    if kind.startswith("weighted"):
        s = s / ((i - j).abs() + 1.0).sqrt()
    if kind.startswith("functions"):
        s = functions(kind[-1], s, (i - j) / 4)
    if kind.startswith("slopes"):
        s = s + captured["slopes"][h].double() * (j - i)
    if kind == "lookup":
        table = captured["table"][h].double()
        s = s + table[safe(captured["columns"][j], len(table))]
    visible = torch.ones_like(s, dtype=torch.bool)
    if "causal" in kind or kind == "documents-i64":
        visible = (j <= i).expand_as(s)
    if kind == "late":
        visible = ((j <= i) & (j >= 40)).expand_as(s)
    if kind == "window":
        visible = ((j <= i) & (i - j < 100)).expand_as(s)
    if kind.startswith("documents"):
        documents = captured["documents"]
        visible = visible & (documents[i] == documents[j])
    if kind == "prefix":
        visible = ((j < captured["prefixes"][b]) | (j <= i)).expand_as(s)
    if kind == "far":
        visible = (j < captured["limits"][b]).expand_as(s)
    if kind == "width":
        visible = (i - j < captured["width"].item()).expand_as(s)
    if kind == "bits":
        visible = captured["bits"][i, j]
    if kind == "edges":
        visible = ((j <= i) & ((i - j < 200) | (j < 150))).expand_as(s)
    if kind == "comparisons":
        visible = ((((i - j > 77) | (j + h >= i)) ^ (i - j == 31)) & (j + h != 77) & (i >= 31)
                   | (j == h)).expand_as(s)
    if kind == "squares":
        visible = ((i * 7 // 1000 + j * 5 // 1000) % 2 == 0).expand_as(s)
    if kind == "blocks":  # and the walk of cases.py
        t, n = i // 128, j // 64
        visible = ((j <= i) & ((n == 0) | ((t * 2 - 4 <= n) & (n < t * 2 + 2)))).expand_as(s)
    if kind == "chunks":
        visible = (i // 200 == j // 200).expand_as(s)
    if kind == "grid":
        y, x = (i // 24 - j // 24).abs(), (i % 24 - j % 24).abs()
        visible = ((y <= 3) & (x <= 3)).expand_as(s)
    return s, visible


def reference(case, inputs, lengths, captured):
    """Output and lse in f64, of all sequences; side by side if they are packed."""
    outs, lses = [], []
    sinks = inputs.sinks
    for n, (q, k, v) in enumerate(inputs.sequences):
        h, sq, d = q.shape
        keys = k.shape[1] if lengths is None else max(0, min(k.shape[1], lengths[n]))
        if case.fresh:
            k, v = (torch.cat([old[:, :keys], new[n]], 1)
                    for old, new in zip((k, v), inputs.fresh))
            keys += case.fresh
        i = torch.arange(sq, device=DEVICE)[:, None]
        j = torch.arange(keys, device=DEVICE)[None, :]
        out = torch.zeros(h, sq, v.shape[2], dtype=torch.float64, device=DEVICE)
        lse = torch.empty(h, sq, dtype=torch.float64, device=DEVICE)
        for m in range(h):
            hk = m * k.shape[0] // h
            s = q[m].double() @ k[hk, :keys].double().T * (case.scale or d**-0.5)
            s, visible = region(case.regions, s, n, m, i, j, captured)
            s = s.masked_fill(~visible, float("-inf"))
            if sinks is not None:
                s = torch.cat([s, sinks[m].double().expand(sq, 1)], 1)
            lse[m] = torch.logsumexp(s, 1) if s.shape[1] else float("-inf")
            # Not exp(s - lse): beside scores near the largest number lse's logarithm is lost.
            p = torch.softmax(s, 1)[:, :keys].masked_fill(~visible, 0.0)
            out[m] = p @ v[hk, :keys].double()
        outs.append(out)
        lses.append(lse)
    if case.packs_queries:
        return torch.cat(outs, 1), torch.cat(lses, 1)
    return torch.stack(outs), torch.stack(lses)


def cut(rows, sequences):
    """Row offsets of so many sequences: one without rows, one with a single row. The first
    and the last rows are in no sequence, if there are many."""
    ends = (2, rows - 3) if rows > 100 else (0, rows)
    offsets = torch.randint(ends[0], ends[1] + 1, (sequences + 1,)).sort().values
    offsets[0], offsets[-1] = ends
    if sequences > 3:
        offsets[2] = offsets[1]
        offsets[3] = min(offsets[2] + 1, ends[1])
        offsets = offsets.cummax(0).values
    return offsets.tolist()


def to_pages(case, content, lengths, transposed):
    """Keys or values of all sequences as pages in a random order among others, which hold
    NaN, and the table. Pages beyond a length have no number that exists."""
    b, heads, _, channels = content.shape
    each = content.shape[2] // case.page
    count = b * each + 3
    shape = (count, case.page, heads, channels) if transposed else (
        count, heads, case.page, channels)
    pool = torch.full(shape, float("nan"), device=DEVICE, dtype=content.dtype)
    pool = pool.transpose(1, 2) if transposed else pool
    table = torch.randperm(count, generator=torch.Generator().manual_seed(3))[:b * each].view(b, each)
    for n in range(b):
        for m in range(each):
            if lengths is not None and m * case.page >= lengths[n]:
                table[n, m] = (-1, count, 2**31 - 1, -(2**31))[m % 4]
            else:
                pool[table[n, m]] = content[n, :, m * case.page:(m + 1) * case.page]
    return pool, table.int().to(DEVICE)


class Inputs:
    """What is passed for a size; `transposed`: B, S, H, D in memory."""

    def __init__(self, case, size, transposed):
        b, h, hk, sq, skv = size
        self.lengths = LENGTHS[skv] if case.lengths else None
        tables = []
        self.rows = cut(sq, b) if case.packs_queries else None
        columns = cut(skv, b) if case.segment == "packed" else None
        if case.page:
            skv = -(-skv // case.page) * case.page

        def make(heads, rows, channels, packed):
            shape = (rows, heads, channels) if transposed else (heads, rows, channels)
            t = torch.randn(shape if packed else (b, *shape), device=DEVICE).to(TYPES[case.dtype])
            return t.transpose(-3, -2) if transposed else t

        q = make(h, sq, case.d, self.rows)
        if case.packed:
            self.passed = [q, make(hk, skv, case.d + case.dv, False)]
            k, v = self.passed[1].split((case.d, case.dv), dim=-1)
        else:
            self.passed = [q, make(hk, skv, case.d, columns), make(hk, skv, case.dv, columns)]
            k, v = self.passed[1:]
        for n, keys in enumerate(self.lengths or []):
            k[n, :, keys:] = float("nan")
            v[n, :, keys:] = float("nan")
        for offsets in (self.rows, columns):
            if offsets:
                tables.append(torch.tensor(offsets, dtype=torch.int32, device=DEVICE))
        if case.page:
            self.passed[1], table = to_pages(case, k, self.lengths, transposed)
            self.passed[2], _ = to_pages(case, v, self.lengths, transposed)
            tables.append(table)
        self.passed += tables

        def sequence(content, offsets, n):
            return content[:, offsets[n]:offsets[n + 1]] if offsets else content[n]

        self.sequences = [(sequence(q, self.rows, n), sequence(k, columns, n),
                           sequence(v, columns, n)) for n in range(b)]
        self.passed_lengths = self.sinks = None
        if case.lengths:
            self.passed_lengths = torch.tensor(
                self.lengths, dtype=torch.int32 if case.lengths == "i32" else torch.int64,
                device=DEVICE)
            self.passed.append(self.passed_lengths)
        self.fresh = [make(hk, case.fresh, n, False) for n in (case.d, case.dv)]
        if case.fresh:
            self.passed += self.fresh
        if case.sinks:
            self.sinks = torch.randn(h, device=DEVICE)
            self.sinks[0] = float("-inf")
            self.passed.append(self.sinks)

    def inside(self, output):
        """The rows of packed sequences."""
        return output[:, self.rows[0]:self.rows[-1]] if self.rows else output

    def outside(self, output):
        """The rows of no sequence."""
        if not self.rows:
            return output[:0]
        return torch.cat([output[:, :self.rows[0]], output[:, self.rows[-1]:]], 1)


def check(case, inputs, lengths, outputs, captured):
    """What is wrong, and the relative error."""
    want, want_lse = reference(case, inputs, lengths, captured)
    if not all(inputs.outside(o).isnan().all() for o in outputs):
        return "writes rows of no sequence", float("nan")
    got, *lse = map(inputs.inside, outputs)
    return compare(case, got, want, lse[0] if lse else None, want_lse)


def compare(case, got, want, lse, want_lse):
    """What is wrong, and the relative error."""
    if not got.numel():
        return "", 0.0
    least, worst = BOUNDS[case.operand or case.dtype]
    if case.operand:  # queries, keys and values are rounded too
        least, worst = 2 * least, 2 * worst
    if want.shape[:-1].numel() < 16:
        least *= 2  # Of so few rows roundings have no average: a weight's and the result's.
    got = got.double()
    if got.isnan().any():
        return "NaN in the output", float("nan")
    norm = want.norm()
    error = ((got - want).norm() / norm).item() if norm else got.norm().item()
    # Where values nearly cancel, as in some rows of few channels, what is rounded is larger
    # than what is left.
    length = want.norm(dim=-1)
    least_length = 0.25 * length.mean().item() if length.numel() else 0.0
    rows = (got - want).norm(dim=-1) / length.clamp_min(max(1e-3, least_length))
    if not error <= least:
        return f"error {error:.1e}", error
    if rows.numel() and not rows.max() <= worst:
        return f"error of a row {rows.max().item():.1e}", error
    if lse is not None:
        empty = want_lse == float("-inf")
        if not torch.equal(empty, lse.double() == float("-inf")):
            return "lse is -inf in other rows", error
        distance = ((lse.double() - want_lse).abs() / (1 + want_lse.abs())).masked_fill(empty, 0)
        bound = worst if case.operand else 1e-3 if case.approximate else 2e-5
        if not distance.max() <= bound:
            return f"error of lse {distance.max().item():.1e}", error
    return "", error


def run_size(case, library, size, repeats, transposed):
    """What is wrong, and the relative error."""
    inputs = Inputs(case, size, transposed)
    captured = make_captures(case, size, transposed)
    b, h, _, sq, _ = size
    batch = [] if case.packs_queries else [b]
    shape = (*batch, sq, h, case.dv) if transposed else (*batch, h, sq, case.dv)

    def outputs():
        made = [Output(shape, TYPES[case.result],
                       (lambda t: t.transpose(-3, -2)) if transposed else lambda t: t)]
        return made + ([Output((*batch, h, sq), torch.float32)] if case.lse else [])

    passed = inputs.passed + list(captured.values())
    twins = Twins(lambda made: library.bind(passed + made), outputs)
    problem, error = check(case, inputs, inputs.lengths, twins.first(), captured)
    problem = problem or twins.repeat(repeats)
    if not problem and case.lengths:
        problem = replay(case, twins.calls[0], twins.outputs[0], inputs, captured)
    return problem, error


def replay(case, call, outputs, inputs, captured):
    """Captures the call, then runs it with other lengths. Returns what is wrong."""
    passed = inputs.passed_lengths
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        call()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):
        call()
    lengths = [n // 2 for n in passed.tolist()]
    passed.copy_(torch.tensor(lengths, dtype=passed.dtype))
    for o in outputs:
        o.poison()
    torch.cuda.synchronize()
    graph.replay()
    torch.cuda.synchronize()
    problem, _ = check(case, inputs, lengths, [o.tensor for o in outputs], captured)
    return problem and f"replayed: {problem}"


def make_argument(argument, dims):
    """A tensor of random numbers for an argument of a random program."""
    shape, element = randoms.shape_of(argument, dims), randoms.parse_type(argument.type)[1]
    bounds, is_sorted = randoms.bounds_of(argument)
    if not bounds:
        value = torch.randn(shape, device=DEVICE)
    elif "f" in element:
        value = torch.empty(shape, device=DEVICE).uniform_(*bounds)
    else:
        low, high = map(int, bounds)
        value = torch.randint(low, high + 1, shape, device=DEVICE)
    if is_sorted:
        value = value.flatten().sort().values.view(shape)
    return value.to(TYPES[element])


def as_numpy(tensor):
    if tensor.dtype == torch.bool:
        return tensor.cpu().numpy()
    return tensor.to(torch.double if tensor.is_floating_point() else torch.int64).cpu().numpy()


def make_values(program):
    """What is passed, in order, and all values by name, as NumPy arrays."""
    tensors = {a.name: make_argument(a, program.dims) for a in program.parts["arguments"]}
    tensors = {name: t if t.dim() else t.cpu() for name, t in tensors.items()}
    views = dict(tensors)
    for name, whole, place in randoms.slices_of(program):
        views[name] = tensors[whole][place]
        if tensors[whole].is_floating_point():
            kept = views[name].clone()
            tensors[whole].fill_(float("nan"))
            views[name].copy_(kept)
    values = {name: as_numpy(t) for name, t in views.items()}
    # Content beyond the lengths is NaN.
    lengths = program.parts["lengths"]
    for operand, dims in zip(program.parts["operands"][1:], program.parts["maps"][1:3]):
        if not lengths or "b" not in dims:
            continue
        content = views[operand.name].movedim((dims.index("b"), dims.index("j")), (0, 1))
        for n, keys in enumerate(values[lengths.name].tolist()):
            content[n, max(0, keys):] = float("nan")
    return list(tensors.values()), values


def compare_random(program, outputs, wanted):
    """What is wrong, and the relative error."""
    types = {randoms.parse_type(o.type)[1] for o in program.parts["operands"]}
    types.add(randoms.parse_type(program.parts["outputs"][0].type)[1])
    # tanh.approx is off by 2^-11 of up to 50, the largest soft cap.
    loose = "math = approximate" in program.text and "math.tanh" in program.text
    least = 5e-2 if loose else 8e-3 if "bf16" in types else 1e-3
    errors = []
    for got, dims, want, order in zip(outputs, program.parts["maps"][3:], wanted, ("bhie", "bhi")):
        got = meaning.arrange(as_numpy(got), dims, order)
        finite = np.isfinite(want)
        if not (np.isfinite(got) == finite).all():
            return f"other elements of {order} are finite", float("nan")
        distance = np.linalg.norm(got[finite] - want[finite])
        norm = np.linalg.norm(want[finite])
        errors.append(float(distance / norm if norm > 1e-6 else distance))
        if not errors[-1] <= least:
            return f"error of {order} {errors[-1]:.1e}, at most {least:.0e}", errors[0]
    return "", errors[0]


def run_program(program, library, repeats):
    """What is wrong, and the relative error."""
    passed, values = make_values(program)
    dims = program.dims

    def outputs():
        return [Output(randoms.shape_of(o, dims), TYPES[randoms.parse_type(o.type)[1]])
                for o in program.parts["outputs"]]

    twins = Twins(lambda made: library.bind(passed + made), outputs)
    problem, error = compare_random(program, twins.first(), meaning.attention(program, values))
    return problem or twins.repeat(repeats), error


def run_randoms(runtime, built, options):
    """Runs the random programs that are built; how many, and how many failed."""
    count = failures = 0
    worst, begin = 0.0, time.time()
    for path in sorted(built.glob("random-*.mlir")):
        for program in randoms.read(path):
            if options.only and not re.search(options.only, f"random-{program.name}"):
                continue
            if program.parts["scores"] > options.most:
                continue
            try:
                library = Library(runtime, path.with_suffix(".so"), program.name)
                problem, error = run_program(program, library, options.repeats)
            except (OSError, RuntimeError) as wrong:
                problem, error = str(wrong), float("nan")
            count += 1
            worst = max(worst, error)
            if problem:
                failures += 1
                print(f"FAIL {program.name}: {problem}", flush=True)
    print(f"{count} random programs, {failures} failures, largest error {worst:.1e} "
          f"{time.time() - begin:.1f} s")
    return count, failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--built", type=pathlib.Path, default="build/gpu-tests")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--only", help="a regular expression of names")
    parser.add_argument("--most", type=int, default=2**62,
                        help="leave out sizes with more scores (for compute-sanitizer)")
    options = parser.parse_args()
    built = options.built.resolve()
    runtime = load_runtime(built)
    torch.manual_seed(0)
    torch.zeros(1, device=DEVICE)
    print(torch.cuda.get_device_name(), "torch", torch.__version__)
    failures = runs = 0
    for case in CASES:
        path = built / f"{case.name}.so"
        if options.only and not re.search(options.only, case.name):
            continue
        begin, before = time.time(), runs
        worst, problems = 0.0, []
        try:
            library = Library(runtime, path)
            for size in case.sizes:
                if size[0] * size[1] * size[3] * size[4] > options.most:
                    continue
                for transposed in (False, True):
                    problem, error = run_size(case, library, size, options.repeats, transposed)
                    worst = max(worst, error)
                    runs += 1
                    if problem:
                        layout = " transposed" if transposed else ""
                        problems.append(f"  {size}{layout}: {problem}")
        except (OSError, RuntimeError) as error:
            problems.append(f"  {error}")
        failures += len(problems)
        result = "FAIL" if problems else "ok" if runs > before else "none"
        print(f"{case.name:28} {result:4} error {worst:.1e} "
              f"{time.time() - begin:.1f} s", *problems, sep="\n" if problems else "", flush=True)
        if any("CUDA error" in p or "illegal" in p for p in problems):
            print("the context is lost")
            break
    for name, run in (("walks", run_walks), ("sums", run_sums), ("moves", run_moves)):
        if not options.only or re.search(options.only, name):
            count, failed = run(runtime, built, options.repeats)
            runs, failures = runs + count, failures + failed
    for count, failed in (run_examples(runtime, built, options.repeats, options.only),
                          run_randoms(runtime, built, options)):
        runs, failures = runs + count, failures + failed
    print(f"{runs} runs, {failures} failures")
    sys.exit(failures != 0 or runs == 0)


if __name__ == "__main__":
    main()
