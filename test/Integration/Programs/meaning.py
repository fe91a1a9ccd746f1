#===- meaning.py - What a random program computes --------------------------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===------------------------------------------------------------------------===#

"""What a program of programs.py computes, in f64 with NumPy: for machines without
fovea-run's reference."""

import re

import numpy as np

UNSIGNED = np.iinfo(np.int64).min

OPS = {
    "addi": np.add, "add": np.add, "addf": np.add,
    "subi": np.subtract, "sub": np.subtract, "subf": np.subtract,
    "muli": np.multiply, "mulf": np.multiply, "divf": np.divide,
    "floordivsi": np.floor_divide, "floordivs": np.floor_divide,
    "ceildivsi": lambda a, b: -(-a // b), "ceildivui": lambda a, b: -(-a // b),
    "divsi": lambda a, b: np.sign(a) * (abs(a) // b), "divui": np.floor_divide,
    "remsi": np.fmod, "remui": np.fmod,
    "maxsi": np.maximum, "maxui": np.maximum, "minsi": np.minimum, "minui": np.minimum,
    "maximumf": np.maximum, "maxnumf": np.maximum,
    "minimumf": np.minimum, "minnumf": np.minimum,
    "andi": np.bitwise_and, "ori": np.bitwise_or, "xori": np.bitwise_xor,
    "shli": np.left_shift, "shrsi": np.right_shift,
    "select": np.where, "negf": np.negative, "absf": np.abs, "absi": np.abs,
    "fma": lambda a, b, c: a * b + c,
    "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log": np.log, "log2": np.log2,
    "log1p": np.log1p, "sqrt": np.sqrt, "rsqrt": lambda a: a**-0.5, "tanh": np.tanh,
    "sin": np.sin, "cos": np.cos, "atan": np.arctan,
    "index_cast": lambda a: a, "extf": lambda a: a, "sitofp": lambda a: a * 1.0,
}  # fmt: skip
# The divisors of unsigned divisions are positive, and so are the dividends.

PREDICATES = {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal,
    "gt": np.greater, "ge": np.greater_equal,
}  # fmt: skip


def constant(text, type):
    if text in ("true", "false"):
        return np.bool_(text == "true")
    if "f" not in type:
        return np.int64(text)
    return np.float64("-inf" if text == "0xFF800000" else text)


def extract(table, indices):
    """From the end where an index is negative, then the nearest that exists."""
    safe = [
        np.clip(np.where(i < 0, i + n, i), 0, n - 1) for i, n in zip(indices, table.shape)
    ]
    return table[tuple(np.broadcast_arrays(*safe))]


def run(line, values):
    """Runs one op; its operands and its result are in `values`."""
    result, op, rest = re.match(r"(%\w+) = (?:arith|math|index|tensor)\.(\w+) (.*)", line).groups()
    rest, _, type = rest.partition(" : ")
    operands = [values[name] for name in re.findall(r"%\w+", rest)]
    if op == "constant":
        values[result] = constant(rest, type)
    elif op == "extract":
        values[result] = extract(operands[0], operands[1:])
    elif op in ("cmpi", "cmp", "cmpf"):
        predicate = re.match(r"\w+", rest)[0]
        if predicate[0] == "u":
            operands = [np.bitwise_xor(x, UNSIGNED) for x in operands]
        values[result] = PREDICATES[predicate[-2:]](*operands)
    else:
        values[result] = OPS[op](*operands)


def run_region(region, value, values, arguments):
    """What a region yields."""
    local = dict(arguments)
    for operand, (name, _) in region.captures.items():
        local[name] = values[operand]
    for line in region.lines:
        run(line, local)
    return local[value.name]


def arrange(array, dims, order):
    """The dimensions in that order; those that are missing have one element."""
    array = array.transpose([dims.index(d) for d in order if d in dims])
    return np.expand_dims(array, [n for n, d in enumerate(order) if d not in dims])


def attention(program, values):
    """The output as (b, h, i, e) and lse as (b, h, i); `values` has the operands and
    what regions capture, by name."""
    parts = program.parts
    values = dict(values)
    for line in parts["setup"]:
        if "extract_slice" not in line:
            run(line, values)
    maps = ["".join(m) for m in parts["maps"]]
    q, k, v = (
        arrange(values[operand.name], dims, order)
        for operand, dims, order in zip(parts["operands"], maps, ("bhid", "bhjd", "bhje"))
    )
    heads, length = q.shape[1], k.shape[2]
    k, v = (x if x.shape[1] == 1 else np.repeat(x, heads // x.shape[1], 1) for x in (k, v))
    exists = np.ones((q.shape[0], 1, 1, length), bool)
    if parts["lengths"]:
        lengths = values[parts["lengths"].name][:, None, None, None]
        exists = np.arange(length) < lengths
    # What does not exist may be NaN.
    k, v = (np.where(exists.swapaxes(2, 3), x, 0.0) for x in (k, v))

    scale = q.shape[3] ** -0.5 if parts["scale"] is None else parts["scale"]
    s = q @ k.swapaxes(2, 3) * scale
    if parts["factors"]:
        f, g = (
            arrange(values[factor.name], dims, order)
            for factor, dims, order in zip(parts["factors"], maps, ("bhid", "bhjd"))
        )
        g = g if g.shape[1] == 1 else np.repeat(g, heads // g.shape[1], 1)
        s = s + f @ g.swapaxes(2, 3)
    firsts = np.add(parts["origin"], (0, 0, 0, parts["start"]))
    coordinates = {
        f"%{name}": np.expand_dims(first + np.arange(size), [n for n in range(4) if n != axis])
        for axis, (name, first, size) in enumerate(zip("bhij", firsts, s.shape))
    }
    with np.errstate(all="ignore"):
        visible = np.broadcast_to(exists, s.shape)
        for keyword, (region, value) in parts["regions"].items():
            result = run_region(region, value, values, {"%s": s, **coordinates})
            if keyword == "score":
                s = np.broadcast_to(result, s.shape)
            else:
                visible = visible & result
        s = np.where(visible, s, -np.inf)
        top = s.max(3, initial=-np.inf)
        sink = np.full((1, heads, 1), -np.inf)
        if parts["sinks"]:
            sink = values[parts["sinks"].name][None, :, None]
        top = np.maximum(top, sink)
        base = np.where(np.isinf(top), 0.0, top)
        p = np.exp(s - base[..., None])
        total = p.sum(3) + np.exp(sink - base)
        out = p @ v / np.where(total == 0, 1.0, total)[..., None]
        return out, np.where(total == 0, -np.inf, base + np.log(total))
