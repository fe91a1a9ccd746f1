# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The examples of the project on a GPU: with queries, keys, values and results of bf16, against
what fovea-run computes of the same numbers in f32 on a CPU, where it checks that against f64."""
import array
import math
import pathlib
import random
import re
import subprocess

EXAMPLES = sorted((pathlib.Path(__file__).parents[3] / "examples").glob("*.mlir"))
ARGUMENT = re.compile(r"(%\w+): (tensor<[^>]*>|\w+)\s*(\{[^}]*\})?")
CODES = {"f32": ("f", "<f4"), "i32": ("i", "<i4"), "i64": ("q", "<i8")}


class Example:
    """One of them, and its arguments in order."""

    def __init__(self, path):
        self.name, self.text = path.stem, path.read_text()
        self.entry, signature = re.search(r"func.func @(\w+)\((.*?)\)\s*->", self.text, re.S).groups()
        dims = re.search(r"module attributes \{fovea.dims = \{([^}]*)\}", self.text)
        self.dims = {n: int(v) for n, v in re.findall(r"(\w+) = (\d+)", dims[1] if dims else "")}
        outs = " ".join(re.findall(r"outs\(([^:]*):", self.text))
        self.arguments = ARGUMENT.findall(signature)
        self.inputs = [a for a in self.arguments if not re.search(rf"{a[0]}\b", outs)]
        outputs = self.arguments[len(self.inputs):]
        # What the call itself reads comes first: a walk.
        self.walk = [a for a in outputs if "f" not in self.shape(a)[1]]
        self.results = outputs[len(self.walk):]

    def on_gpu(self):
        """Tensors of four dimensions; tables stay f32."""
        return self.with_elements("f32", "bf16")

    def with_elements(self, those, others):
        return re.sub(rf"(tensor<(?:[?0-9]+x){{4}}){those}>", rf"\1{others}>", self.text)

    def shape(self, argument):
        """The extents, and the element type on a GPU."""
        *extents, element = re.match(r"(?:tensor<)?([^>]*)", argument[1])[1].split("x")
        names = re.findall(r'"(\w*)"', argument[2].partition("fovea.dims")[2])
        shape = [self.dims[name] if e == "?" else int(e)
                 for e, name in zip(extents, names or extents)]
        return shape, "bf16" if element == "f32" and len(shape) == 4 else element

    def numbers(self):
        """A list for each input, the same on each machine; those of bf16 are bf16 exactly."""
        generator = random.Random(self.name)
        for argument in self.inputs:
            shape, element = self.shape(argument)
            number, draw = ((float, generator.uniform) if "f" in element else
                            (int, generator.randint))
            low, high = (number(argument[2].partition(f"fovea.{name} = ")[2].split(" ")[0] or least)
                         for name, least in (("low", -2), ("high", 2)))
            found = [draw(low, high) for _ in range(math.prod(shape))]
            if element == "bf16":
                bits = array.array("I", array.array("f", found).tobytes())
                found = array.array("f", array.array("I", [b & 0xFFFF0000 for b in bits]).tobytes())
            yield sorted(found) if "fovea.sorted" in argument[2] else list(found)


def write_npy(path, numbers, shape, code, name):
    header = f"{{'descr': '{name}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
                     + array.array(code, numbers).tobytes())


def write(folder, fovea_run, only):
    """Writes a module and example-NAME-N.npy, its results that are no walk, for each; the
    modules' files."""
    if not EXAMPLES:
        raise RuntimeError("there are no examples")
    for example in map(Example, EXAMPLES):
        if not re.search(only, f"example-{example.name}"):
            continue
        files = []
        for n, (argument, numbers) in enumerate(zip(example.inputs, example.numbers())):
            shape, element = example.shape(argument)
            files.append(folder / f"input-{n}.npy")
            write_npy(files[-1], numbers, shape, *CODES[element.replace("bf16", "f32")])
        path = folder / f"example-{example.name}.mlir"
        path.write_text(example.with_elements("bf16", "f32"))
        results = [folder / f"example-{example.name}-{n}.npy" for n in range(len(example.results))]
        lists = [",".join(map(str, paths)) for paths in (files, results)]
        subprocess.run([fovea_run, path, "--check", "--in", lists[0], "--out", lists[1]],
                       check=True, stdout=subprocess.DEVNULL)
        for file in files:
            file.unlink()
        path.write_text(example.on_gpu())
        yield path


def run_examples(runtime, built, repeats, only):
    """Runs those whose names, as example-NAME, match; how many runs, and how many failed."""
    import numpy as np
    import torch
    from fovea_objects import Library
    from launches import DEVICE, Output, Twins, judge, run_functions

    types = {"bf16": torch.bfloat16, "f32": torch.float32, "i32": torch.int32,
             "i64": torch.int64, "index": torch.int64}

    def run(name):
        example = next(e for e in map(Example, EXAMPLES) if e.name == name)

        def run_size(_):
            library = Library(runtime, built / f"example-{name}.so", example.entry)
            passed = []
            for argument, numbers in zip(example.inputs, example.numbers()):
                shape, element = example.shape(argument)
                passed.append(torch.tensor(numbers, dtype=types[element], device=DEVICE).view(shape))
            def make(arguments, how):
                return [how(shape, types[element]) for shape, element in map(example.shape, arguments)]

            twins = Twins(lambda outputs: library.bind(
                passed + make(example.walk, lambda s, d: torch.full(s, -1, dtype=d, device=DEVICE))
                + outputs), lambda: make(example.results, Output))
            errors = []
            for n, got in enumerate(twins.first()):
                want = torch.from_numpy(np.load(built / f"example-{name}-{n}.npy")).to(got.device)
                errors.append(((got.double() - want).norm() / want.norm()).item())
            return judge(twins, max(errors), not any(map(math.isnan, errors)), repeats)
        return run_size
    names = [e.stem for e in EXAMPLES if re.search(only or "", f"example-{e.stem}")]
    return run_functions("example", names, [()], run)
