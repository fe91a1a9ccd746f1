# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Outputs between guards, launches that are repeated, and functions that run in several sizes."""
import math
import time

import torch

DEVICE = "cuda"
GUARD = 4096


class Output:
    """A tensor between two guards."""

    def __init__(self, shape, dtype, view=lambda t: t):
        size = math.prod(shape)
        self.bits = torch.int32 if dtype == torch.float32 else torch.int16
        self.memory = torch.empty(size + 2 * GUARD, dtype=dtype, device=DEVICE)
        self.tensor = view(self.memory[GUARD:GUARD + size].view(shape))
        self.poison()

    def poison(self):
        self.memory.fill_(float("nan"))

    def guarded(self):
        ends = torch.cat([self.memory[:GUARD], self.memory[-GUARD:]])
        return bool(ends.isnan().all())

    def same(self, other):
        return torch.equal(self.memory.view(self.bits), other.view(self.bits))


class Twins:
    """Two calls with outputs of their own."""

    def __init__(self, bind, make_outputs):
        self.outputs = make_outputs(), make_outputs()
        self.calls = [bind([o.tensor for o in made]) for made in self.outputs]

    def first(self):
        """Runs one of them; its tensors."""
        self.calls[0]()
        torch.cuda.synchronize()
        return [o.tensor for o in self.outputs[0]]

    def repeat(self, repeats):
        """What is wrong with the guards, or in repeats on two streams at once."""
        if not all(o.guarded() for o in self.outputs[0]):
            return "writes beyond an output"
        kept = [o.memory.clone() for o in self.outputs[0]]
        streams = [torch.cuda.Stream(), torch.cuda.Stream()]
        for _ in range(repeats):
            for made in self.outputs:
                for o in made:
                    o.poison()
            torch.cuda.synchronize()
            for stream, call in zip(streams, self.calls):
                with torch.cuda.stream(stream):
                    call()
            torch.cuda.synchronize()
            for made in self.outputs:
                if not all(o.same(k) for o, k in zip(made, kept)):
                    return "repeats differ"
        return ""


def judge(twins, error, finite, repeats, limit=4e-3):
    """What is wrong with a first result, or in repeats; and its relative error."""
    if not finite or not error < limit:
        return f"relative error {error:.1e}, at most {limit:.0e}", error
    return twins.repeat(repeats), error


def run_functions(title, names, sizes, run):
    """Has `run(name)` give a function of a size, which gives what is wrong and the relative
    error, and prints a line for each name. How many runs, and how many failed."""
    runs = failures = 0
    for name in names:
        begin, worst, problems = time.time(), 0.0, []
        run_size = run(name)
        for size in sizes:
            problem, error = run_size(size)
            worst = max(worst, error)
            runs += 1
            if problem:
                problems.append(f"  {size}: {problem}")
        failures += len(problems)
        print(f"{title} {name:{27 - len(title)}} {'FAIL' if problems else 'ok':4} "
              f"error {worst:.1e} {time.time() - begin:.1f} s", *problems,
              sep="\n" if problems else "", flush=True)
    return runs, failures
