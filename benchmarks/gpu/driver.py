# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Launches compiled kernels on PyTorch tensors by the CUDA driver's C API."""
import ctypes
import json
import math
import pathlib

import torch

cuda = ctypes.CDLL("libcuda.so.1")
DATA_TYPES = {"bf16": 9, "f16": 6, "f32": 7}
SWIZZLES = {0: 0, 32: 1, 64: 2, 128: 3}
MAX_DYNAMIC_SHARED = 8


def check(status, what):
    if status:
        text = ctypes.c_char_p()
        cuda.cuGetErrorString(status, ctypes.byref(text))
        raise RuntimeError(f"{what}: {text.value.decode() if text.value else status}")


def tensor_map(facts, tensors):
    """A CUtensorMap (128 bytes, aligned to 64) of the tensor that facts name."""
    tensor = tensors[facts["parameter"]]
    dims = facts["dims"]
    sizes = [tensor.shape[d] for d in dims]
    if "limit" in facts:
        parameter, dim = facts["limit"]
        sizes[1] = min(sizes[1], tensors[parameter].shape[dim])
    size = tensor.element_size()
    strides = [tensor.stride(d) * size for d in dims[1:]]
    rank = len(dims)
    buffer = ctypes.create_string_buffer(192)
    address = (ctypes.addressof(buffer) + 63) & ~63
    status = cuda.cuTensorMapEncodeTiled(
        ctypes.c_void_p(address), DATA_TYPES[facts["element"]], rank,
        ctypes.c_void_p(tensor.data_ptr()), (ctypes.c_uint64 * rank)(*sizes),
        (ctypes.c_uint64 * (rank - 1))(*strides), (ctypes.c_uint32 * rank)(*facts["box"]),
        (ctypes.c_uint32 * rank)(*([1] * rank)), 0, SWIZZLES[facts["swizzle"]], 3, 0)
    check(status, "cuTensorMapEncodeTiled")
    return buffer, address


class Kernel:
    """A kernel of benchmarks/gpu/build.py."""

    def __init__(self, base):
        base = pathlib.Path(base)
        torch.cuda.current_stream()
        self.facts = json.loads(base.with_suffix(".json").read_text())
        module, self.function = ctypes.c_void_p(), ctypes.c_void_p()
        image = base.with_suffix(".cubin").read_bytes()
        check(cuda.cuModuleLoadData(ctypes.byref(module), image), "cuModuleLoadData")
        check(cuda.cuModuleGetFunction(ctypes.byref(self.function), module,
                                       self.facts["kernel"].encode()), "cuModuleGetFunction")
        check(cuda.cuFuncSetAttribute(self.function, MAX_DYNAMIC_SHARED,
                                      self.facts["shared_bytes"]), "cuFuncSetAttribute")

    def bind(self, tensors, coordinates):
        """A function that launches on the current stream. `coordinates` are the
        extents of the grid's coordinates (b, h, m)."""
        keep, pointers = [], []
        for facts in self.facts["arguments"]:
            if facts["kind"] == "tensor_map":
                buffer, address = tensor_map(facts, tensors)
                keep.append(buffer)
                pointers.append(ctypes.c_void_p(address))
                continue
            if facts["kind"] == "workspace":
                counters = torch.zeros(facts["bytes"], dtype=torch.uint8, device="cuda")
                cell = ctypes.c_void_p(counters.data_ptr())
                keep += [counters, cell]
                pointers.append(ctypes.cast(ctypes.pointer(cell), ctypes.c_void_p))
                continue
            if facts["kind"] == "extent":
                value = coordinates[facts["coordinate"]]
            else:
                value = tensors[facts["parameter"]]
            if facts["kind"] == "dim":
                value = value.shape[facts["dim"]]
            cell = ctypes.c_int32(value) if isinstance(value, int) else ctypes.c_float(value)
            keep.append(cell)
            pointers.append(ctypes.cast(ctypes.pointer(cell), ctypes.c_void_p))
        arguments = (ctypes.c_void_p * len(pointers))(*pointers)
        grid = [coordinates[c] for c in self.facts["grid"]]
        if self.facts["persistent"]:
            processors = torch.cuda.get_device_properties(0).multi_processor_count
            grid = [min(processors, math.prod(grid))]
        grid += [1] * (3 - len(grid))

        def launch():
            stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
            check(cuda.cuLaunchKernel(self.function, *grid, self.facts["block"], 1, 1,
                                      self.facts["shared_bytes"], stream, arguments, None),
                  "cuLaunchKernel")

        launch.keep = keep
        return launch
