#===- regions.py - Random score and mask regions --------------------------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===------------------------------------------------------------------------===#

"""Random score and mask regions as MLIR text."""

import itertools
from dataclasses import dataclass

# Magnitude beyond which a score is scaled down.
LIMIT = 30.0


@dataclass
class Value:
    """An SSA value in a region; `bound` is at least its magnitude."""

    name: str
    bound: float


class Region:
    """Builds the body of a score or mask region, one op after another."""

    def __init__(self, maker, has_score):
        self.maker, self.random = maker, maker.random
        self.lines, self.captures = [], {}
        self.numbers = itertools.count()
        sizes = {**maker.sizes, "j": maker.key_bound()}
        origin = maker.origin or (0, 0, 0, 0)
        self.coordinates = [
            Value(f"%{name}", abs(first) + sizes[name])
            for name, first in zip("bhij", origin)
        ]
        self.score = Value("%s", maker.score_bound) if has_score else None

    # Ops ----------------------------------------------------------------------

    def op(self, text, bound=0.0):
        """Appends `%n = text`."""
        name = f"%{next(self.numbers)}"
        self.lines.append(f"{name} = {text}")
        return Value(name, bound)

    def integer(self, value):
        return self.op(f"arith.constant {value} : index", abs(value))

    def number(self, value):
        return self.op(f"arith.constant {value!r} : f32", abs(value))

    def binary(self, op, a, b, type, bound):
        return self.op(f"{op} {a.name}, {b.name} : {type}", bound)

    def unary(self, op, a, type, bound):
        return self.op(f"{op} {a.name} : {type}", bound)

    def capture(self, operand, type):
        """The region's name of an outer value."""
        if operand not in self.captures:
            self.captures[operand] = (f"%c{len(self.captures)}", type)
        return self.captures[operand][0]

    def chance(self, probability):
        return self.random.random() < probability

    # Integers -----------------------------------------------------------------

    def coordinate(self):
        return self.random.choice(self.coordinates)

    def index_leaf(self):
        pick = self.random.random()
        if pick < 0.72:
            return self.coordinate()
        if pick < 0.82:
            return self.integer(self.random.randint(-8, 70))
        if pick < 0.87 and self.maker.has("scalars"):
            operand, type, bound = self.maker.outer_index()
            return self.to_index(Value(self.capture(operand, type), bound), type)
        return self.read_index(0)

    def read_index(self, depth):
        """An element of an integer table, as an index."""
        table = self.maker.table("integer")
        return self.to_index(self.read(table, depth), table.element)

    def to_index(self, value, type):
        """An integer of any type, as an index."""
        if type == "index":
            return value
        text = f"arith.index_cast {value.name} : {type} to index"
        return self.op(text, value.bound)

    def index(self, depth):
        """A random integer of type index."""
        if depth == 0 or self.chance(0.2):
            return self.index_leaf()
        if self.maker.has("integers") and self.chance(0.15):
            a, b = self.index(depth - 1), self.index(depth - 1)
            make = self.random.choice([self.fixed_width, self.bitwise, self.unsigned])
            return make(a, b)
        pick = self.random.randrange(10)
        if pick < 3:
            a, b = self.index(depth - 1), self.index(depth - 1)
            return self.sum(self.random.choice(["add", "sub"]), a, b)
        if pick < 5:
            return self.divide(self.index(depth - 1))
        if pick == 5:
            factor = self.random.choice([-3, -1, 2, 3, 5])
            return self.times(self.index(depth - 1), factor)
        if pick == 6:
            a, b = self.index(depth - 1), self.index(depth - 1)
            op = self.random.choice(["arith.maxsi", "arith.minsi"])
            return self.binary(op, a, b, "index", max(a.bound, b.bound))
        if pick == 7:
            return self.absolute(self.index(depth - 1))
        if pick == 8:
            return self.choose(depth, self.index, "index")
        return self.read_index(depth - 1)

    def sum(self, op, a, b):
        bound = a.bound + b.bound
        if self.maker.has("index") and self.chance(0.15):
            return self.op(f"index.{op} {a.name}, {b.name}", bound)
        return self.binary(f"arith.{op}i", a, b, "index", bound)

    def divide(self, a):
        """A quotient or remainder by a positive constant."""
        divisor = self.random.choice([2, 3, 4, 7, 8, 16, 32])
        by = self.integer(divisor)
        if self.maker.has("index") and self.chance(0.1):
            return self.op(f"index.floordivs {a.name}, {by.name}", a.bound)
        op = self.random.choice(["floordivsi", "remsi", "divsi", "ceildivsi"])
        bound = divisor if op == "remsi" else a.bound
        return self.binary(f"arith.{op}", a, by, "index", bound)

    def times(self, a, factor):
        bound = abs(factor) * a.bound
        product = self.binary("arith.muli", a, self.integer(factor), "index", bound)
        if bound < 10000:
            return product
        return self.binary("arith.remsi", product, self.integer(97), "index", 97)

    def fixed_width(self, a, b):
        """A sum, difference, least or greatest, computed in i32 or i64."""
        type = self.random.choice(["i32", "i64"])
        x, y = (
            self.op(f"arith.index_cast {v.name} : index to {type}", v.bound)
            for v in (a, b)
        )
        op = self.random.choice(["addi", "subi", "maxsi", "minsi"])
        value = self.binary(f"arith.{op}", x, y, type, a.bound + b.bound)
        return self.to_index(value, type)

    def bitwise(self, a, b):
        """And, or, exclusive or, or a shift by a constant."""
        op = self.random.choice(["andi", "ori", "xori", "shli", "shrsi"])
        bound = 2 * max(a.bound, b.bound, 1)
        if op in ("shli", "shrsi"):
            b, bound = self.integer(self.random.randint(0, 3)), 8 * a.bound
        return self.binary(f"arith.{op}", a, b, "index", bound)

    def unsigned(self, a, b):
        """An unsigned op on numbers that aren't negative."""
        a, b = self.absolute(a), self.absolute(b)
        op = self.random.choice(["divui", "remui", "ceildivui", "maxui", "minui"])
        if op not in ("maxui", "minui"):
            b = self.integer(self.random.choice([1, 2, 3, 7, 16]))
        return self.binary(f"arith.{op}", a, b, "index", max(a.bound, b.bound))

    def absolute(self, a):
        """|a|, computed in i32 or i64."""
        type = self.random.choice(["i32", "i64"])
        cast = self.op(f"arith.index_cast {a.name} : index to {type}")
        value = self.unary("math.absi", cast, type, a.bound)
        return self.op(f"arith.index_cast {value.name} : {type} to index", a.bound)

    def choose(self, depth, make, type):
        """A select between two values."""
        condition = self.condition(depth - 1)
        a, b = make(depth - 1), make(depth - 1)
        bound = max(a.bound, b.bound)
        text = f"arith.select {condition.name}, {a.name}, {b.name} : {type}"
        return self.op(text, bound)

    def read(self, table, depth):
        """An element of a table, at any indices at all."""
        name = self.capture(table.argument.name, table.argument.type)
        indices = ", ".join(self.index(depth).name for _ in range(table.rank))
        text = f"tensor.extract {name}[{indices}] : {table.argument.type}"
        return self.op(text, table.bound)

    # Conditions ---------------------------------------------------------------

    def compare(self, a, b, predicate=None, type="index"):
        if predicate is None:
            predicates = ["eq", "ne", "slt", "sle", "sgt", "sge"]
            if self.maker.has("integers") and self.chance(0.1):
                predicates = ["ult", "ule", "ugt", "uge"]
            predicate = self.random.choice(predicates)
        if type == "index" and self.maker.has("index") and self.chance(0.08):
            return self.op(f"index.cmp {predicate}({a.name}, {b.name})")
        return self.op(f"arith.cmpi {predicate}, {a.name}, {b.name} : {type}")

    def both(self, op, a, b):
        return self.binary(f"arith.{op}", a, b, "i1", 1)

    def negation(self, a):
        return self.both("xori", a, self.op("arith.constant true"))

    def condition_leaf(self, depth):
        pick = self.random.random()
        if pick < 0.8:
            return self.compare(self.index(depth), self.index(depth))
        if pick < 0.92:
            table = self.maker.table("float")
            value = self.to_float(self.read(table, depth), table.element)
            predicate = self.random.choice(["olt", "oge", "ogt", "ole"])
            limit = self.number(self.random.choice([-0.5, 0.0, 0.25, 1.0]))
            return self.op(f"arith.cmpf {predicate}, {value.name}, {limit.name} : f32")
        if pick < 0.98 and self.maker.has("types"):
            return self.read(self.maker.table("i1"), depth)
        return self.op(f"arith.constant {self.random.choice(['true', 'false'])}")

    def condition(self, depth):
        """A random i1."""
        if depth <= 1 or self.chance(0.25):
            return self.condition_leaf(max(depth, 0))
        pick = self.random.random()
        if pick < 0.15:
            return self.negation(self.condition(depth - 1))
        if pick < 0.22:
            return self.choose(depth, self.condition, "i1")
        op = self.random.choice(["andi", "andi", "ori", "ori", "xori"])
        return self.both(op, self.condition(depth - 1), self.condition(depth - 1))

    def mask_atom(self):
        """A condition as masks in use have it."""
        b, h, i, j = self.coordinates
        constant = self.integer(self.random.randint(-4, 80))
        kind = self.random.randrange(8)
        if kind < 2:
            return self.compare(j, i, "sle")
        if kind == 2:
            shifted = self.sum("add", i, constant)
            return self.compare(j, shifted, self.random.choice(["sle", "slt", "sge"]))
        if kind == 3:
            distance = self.sum("sub", i, j)
            return self.compare(distance, constant, self.random.choice(["slt", "sge"]))
        if kind == 4:
            return self.compare(j, constant, self.random.choice(["slt", "sge"]))
        if kind == 5:
            size = self.integer(self.random.choice([3, 8, 16, 20, 32]))
            x, y = (
                self.binary("arith.floordivsi", v, size, "index", v.bound)
                for v in (i, j)
            )
            return self.compare(x, y, self.random.choice(["eq", "sge"]))
        if kind == 6:
            step = self.integer(self.random.choice([2, 3, 5]))
            distance = self.sum("sub", i, j)
            rest = self.binary("arith.remsi", distance, step, "index", 5)
            return self.compare(rest, self.integer(0), "eq")
        return self.table_atom(b, h, i, j)

    def table_atom(self, b, h, i, j):
        """documents[i] == documents[j], or j < lengths[b] or lengths[h]."""
        table = self.maker.table("integer", rank=1)
        name = self.capture(table.argument.name, table.argument.type)

        def element(at):
            return self.op(f"tensor.extract {name}[{at.name}] : {table.argument.type}")

        if self.chance(0.5):
            return self.compare(element(i), element(j), "eq", table.element)
        length = element(self.random.choice([b, h]))
        if table.element != "index":
            text = f"arith.index_cast {length.name} : {table.element} to index"
            length = self.op(text)
        return self.compare(j, length, "slt")

    def mask(self):
        """The value of a mask region."""
        if self.chance(0.35):
            value = self.condition(self.random.randint(1, 4))
            # Keeps masks without a true element few.
            return self.both("ori", value, self.mask_atom())
        value = self.mask_atom()
        for _ in range(self.random.choice([0, 0, 1, 1, 2])):
            op = self.random.choice(["andi", "ori"])
            value = self.both(op, value, self.mask_atom())
        return value

    # Scores -------------------------------------------------------------------

    def limited(self, value):
        """`value`, scaled down if it may be large."""
        if value.bound <= LIMIT:
            return value
        factor = self.number(round(LIMIT / 2 / value.bound, 6))
        return self.binary("arith.mulf", value, factor, "f32", LIMIT / 2)

    def to_float(self, value, type):
        """A float of any type, as f32."""
        if type == "f32":
            return value
        text = f"arith.extf {value.name} : {type} to f32"
        return self.op(text, value.bound)

    def float_of_index(self, value):
        """An index as f32."""
        type = self.random.choice(["i32", "i64"])
        cast = self.op(f"arith.index_cast {value.name} : index to {type}")
        number = self.op(f"arith.sitofp {cast.name} : {type} to f32", value.bound)
        return self.limited(number)

    def float_leaf(self, depth):
        pick = self.random.random()
        if pick < 0.45:
            return self.score
        if pick < 0.55:
            return self.number(round(self.random.uniform(-2, 2), 3))
        if pick < 0.7:
            return self.float_of_index(self.index(depth))
        if pick < 0.75 and self.maker.has("scalars"):
            operand, type, bound = self.maker.outer_float()
            return self.to_float(Value(self.capture(operand, type), bound), type)
        table = self.maker.table("float")
        return self.to_float(self.read(table, depth), table.element)

    def float(self, depth):
        """A random f32."""
        if depth == 0 or self.chance(0.15):
            return self.float_leaf(self.random.randint(0, 2))
        pick = self.random.random()
        if pick < 0.4:
            return self.limited(self.float_binary(depth))
        if pick < 0.8:
            return self.function(self.float(depth - 1))
        if pick < 0.9:
            a, b, c = (self.float(depth - 1) for _ in range(3))
            bound = a.bound * b.bound + c.bound
            text = f"math.fma {a.name}, {b.name}, {c.name} : f32"
            return self.limited(self.op(text, bound))
        return self.choose(depth, self.float, "f32")

    def float_binary(self, depth):
        a, b = self.float(depth - 1), self.float(depth - 1)
        op = self.random.choice(
            ["addf", "subf", "mulf", "maximumf", "minimumf", "maxnumf", "minnumf"]
        )
        bounds = {"addf": a.bound + b.bound, "subf": a.bound + b.bound}
        bounds["mulf"] = a.bound * b.bound
        bound = bounds.get(op, max(a.bound, b.bound))
        return self.binary(f"arith.{op}", a, b, "f32", bound)

    def function(self, a):
        """A function of one float, kept from its poles."""
        names = ["negf", "absf", "tanh", "exp", "sqrt", "divf"]
        if self.maker.has("math"):
            names += ["exp2", "log", "log2", "sin", "cos", "atan", "erf", "expm1"]
            names += ["rsqrt", "log1p"]
        name = self.random.choice(names)
        if name == "negf":
            return self.unary("arith.negf", a, "f32", a.bound)
        if name in ("tanh", "sin", "cos", "atan", "erf"):
            return self.unary(f"math.{name}", a, "f32", 1.6)
        size = self.unary("math.absf", a, "f32", a.bound)
        if name == "absf":
            return size
        if name == "log1p":
            return self.unary("math.log1p", size, "f32", a.bound)
        if name in ("exp", "exp2", "expm1"):
            below = self.unary("arith.negf", size, "f32", a.bound)
            return self.unary(f"math.{name}", below, "f32", 1.0)
        above = self.binary("arith.addf", size, self.number(0.5), "f32", a.bound + 0.5)
        if name == "divf":
            return self.binary("arith.divf", a, above, "f32", 1.0)
        return self.unary(f"math.{name}", above, "f32", a.bound + 1.5)

    def usual_score(self):
        """A score as models in use have it."""
        b, h, i, j = self.coordinates
        kind = self.random.randrange(4)
        if kind == 3:
            return self.sum_of_terms()
        distance = self.sum("sub", j, i)
        if kind == 0:
            cap = self.random.choice([2.0, 10.0, 50.0])
            x = self.binary("arith.divf", self.score, self.number(cap), "f32", LIMIT)
            y = self.unary("math.tanh", x, "f32", 1.0)
            return self.binary("arith.mulf", y, self.number(cap), "f32", cap)
        if kind == 1:
            table = self.maker.table("float", rank=1)
            name = self.capture(table.argument.name, table.argument.type)
            text = f"tensor.extract {name}[{h.name}] : {table.argument.type}"
            slope = self.to_float(self.op(text, table.bound), table.element)
            x = self.float_of_index(distance)
            text = f"math.fma {x.name}, {slope.name}, {self.score.name} : f32"
            return self.op(text, x.bound * slope.bound + self.score.bound)
        table = self.maker.table("float", rank=2)
        name = self.capture(table.argument.name, table.argument.type)
        middle = self.integer(self.random.randint(0, 70))
        at = self.sum("add", distance, middle)
        text = f"tensor.extract {name}[{h.name}, {at.name}] : {table.argument.type}"
        bias = self.to_float(self.op(text, table.bound), table.element)
        bound = bias.bound + self.score.bound
        return self.binary("arith.addf", self.score, bias, "f32", bound)

    def sum_of_terms(self):
        """The score and terms, or products, of one coordinate each, in any order."""
        value = self.score
        for _ in range(self.random.randint(1, 3)):
            term = self.float_of_coordinate()
            if self.chance(0.3):
                factor = self.float_of_coordinate()
                bound = term.bound * factor.bound
                term = self.limited(self.binary("arith.mulf", term, factor, "f32", bound))
            a, b = (value, term) if self.chance(0.7) else (term, value)
            op = self.random.choice(["arith.addf", "arith.subf"])
            value = self.binary(op, a, b, "f32", a.bound + b.bound)
        return value

    def float_of_coordinate(self):
        """A number that depends on one coordinate."""
        at = self.coordinate()
        if self.chance(0.5):
            value = self.float_of_index(at)
        else:
            kind = self.random.choice(["float", "integer"])
            table = self.maker.table(kind, rank=1)
            name = self.capture(table.argument.name, table.argument.type)
            text = f"tensor.extract {name}[{at.name}] : {table.argument.type}"
            value = self.op(text, table.bound)
            if kind == "float":
                value = self.to_float(value, table.element)
            else:
                value = self.float_of_index(self.to_index(value, table.element))
        return self.function(value) if self.chance(0.4) else value

    def score_value(self):
        """The value of a score region."""
        if self.chance(0.45):
            value = self.usual_score()
        else:
            value = self.float(self.random.randint(1, 4))
        value = self.limited(value)
        if self.maker.has("infinite") and self.chance(0.12):
            lowest = self.random.choice(["0xFF800000", "-3.40282347E+38"])
            bias = self.op(f"arith.constant {lowest} : f32")
            kept = self.mask()
            zero = self.number(0.0)
            text = f"arith.select {kept.name}, {zero.name}, {bias.name} : f32"
            value = self.binary("arith.addf", value, self.op(text), "f32", LIMIT)
        return value

    # Text ---------------------------------------------------------------------

    def text(self, keyword, value):
        """The region in the op's syntax."""
        type = "f32" if self.score else "i1"
        arguments = (["%s"] if self.score else []) + ["%b", "%h", "%i", "%j"]
        arguments += [
            f"{name} = {operand} : {captured}"
            for operand, (name, captured) in self.captures.items()
        ]
        body = [*self.lines, f"attn.yield {value.name} : {type}"]
        lines = [f"      {keyword}({', '.join(arguments)}) {{"]
        return lines + [f"        {line}" for line in body] + ["      }"]
