# ===- compare.py - Compare two .npy files by error -----------------------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# ===-----------------------------------------------------------------------===#
#
# Compares an array A with the array B that it should equal:
#
#   relative L2 error   ||A - B|| / ||B||, 0 if A = B = 0
#   max abs error       max |A - B|
#
# both in float64. Exit status 0 if the relative L2 error is within the
# tolerance; 1 if not, or if the files cannot be compared; 2 for a wrong command
# line.
#
# ===-----------------------------------------------------------------------===#

"""Print the error between two .npy files, fail beyond a tolerance."""

import argparse
import math
import sys


def fail(message):
    """Print one diagnostic and exit with status 1."""
    sys.exit(f"compare.py: error: {message}")


try:
    import numpy as np
except ImportError:
    fail(
        "Python package 'numpy' is missing: "
        "run `pip install -r python/requirements.txt`"
    )


def load(path):
    """The array in `path` as float64; it must be floating point and finite."""
    try:
        # Mapped, not read: a wrong size in the header then costs no memory.
        array = np.lib.format.open_memmap(path, mode="r")
    except OSError as error:
        fail(f"cannot read '{path}': {error.strerror or error}")
    except Exception as error:  # The header parser raises many types.
        reason = str(error).splitlines() or [type(error).__name__]
        fail(f"'{path}' is not a complete .npy file: {reason[0]}")
    if array.dtype.kind != "f":
        fail(f"'{path}' holds {array.dtype}: floating point is needed")
    if array.size == 0:
        fail(f"'{path}' is empty: its shape is {array.shape}")
    array = array.astype(np.float64)
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        where, value = tuple(map(int, bad[0])), array[tuple(bad[0])]
        fail(f"'{path}' holds {len(bad)} NaN or infinite values: {value} at {where}")
    return array


def errors(a, b):
    """The relative L2 error and the max abs error of `a` against `b`."""
    difference = float(np.linalg.norm((a - b).ravel()))
    norm = float(np.linalg.norm(b.ravel()))
    relative = difference / norm if norm else math.inf if difference else 0.0
    return relative, float(np.abs(a - b).max())


def tolerance(text):
    """A finite number that is not negative, for argparse."""
    value = float(text)
    if not 0 <= value < math.inf:
        raise ValueError
    return value


def parse_arguments():
    """The command line: `a`, `b` and `tolerance`."""
    parser = argparse.ArgumentParser(
        description="Print the relative L2 and the max abs error of A against B.",
        epilog="example:\n  python examples/minilm/compare.py "
        "build/minilm/o.npy build/minilm/expected.npy --tolerance 1e-5",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("a", metavar="A.npy", help="the array to check")
    parser.add_argument("b", metavar="B.npy", help="the array it should equal")
    parser.add_argument(
        "--tolerance",
        type=tolerance,
        default=1e-5,
        metavar="T",
        help="largest relative L2 error accepted (default: 1e-5)",
    )
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    np.seterr(all="ignore")  # NaN and infinity are reported below.
    a, b = load(arguments.a), load(arguments.b)
    if a.shape != b.shape:
        fail(
            f"shapes differ: '{arguments.a}' is {a.shape}, "
            f"'{arguments.b}' is {b.shape}"
        )
    relative, maximum = errors(a, b)
    within = relative <= arguments.tolerance
    print(
        f"relative L2 {relative:9.3e}   max abs {maximum:9.3e}   "
        f"tolerance {arguments.tolerance:9.3e}   {'ok' if within else 'FAILED'}"
    )
    sys.exit(0 if within else 1)


if __name__ == "__main__":
    main()
