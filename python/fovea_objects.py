# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls functions of compiled objects with PyTorch tensors, through the C ABI
(include/fovea-runtime/Runtime.h)."""
import ctypes

import torch

CODES = {torch.bfloat16: (4, 16), torch.float16: (2, 16), torch.float32: (2, 32),
         torch.int8: (0, 8), torch.int32: (0, 32), torch.int64: (0, 64), torch.bool: (6, 8)}


class Tensor(ctypes.Structure):
    """fovea_tensor_t."""
    _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32),
                ("device_id", ctypes.c_int32), ("ndim", ctypes.c_int32),
                ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16),
                ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64)), ("byte_offset", ctypes.c_uint64)]


def load_runtime(folder):
    """libfovea_runtime.so of a folder, which objects loaded afterwards find."""
    runtime = ctypes.CDLL(str(folder / "libfovea_runtime.so"), mode=ctypes.RTLD_GLOBAL)
    runtime.fovea_last_error.restype = ctypes.c_char_p
    return runtime


class Library:
    """A function of a shared object."""

    def __init__(self, runtime, path, name="attention"):
        self.runtime = runtime
        self.function = getattr(ctypes.CDLL(str(path)), name)
        self.function.argtypes = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p]

    def bind(self, tensors):
        """A call with these tensors on the current stream; an error is raised."""
        keep = []
        for t in tensors:
            dims = (ctypes.c_int64 * t.dim())(*t.shape)
            strides = (ctypes.c_int64 * t.dim())(*t.stride())
            code, bits = CODES[t.dtype]
            kind = 2 if t.is_cuda else 1
            keep.append(Tensor(t.data_ptr(), kind, 0, t.dim(), code, bits, 1, dims, strides, 0))
        pointers = (ctypes.POINTER(Tensor) * len(keep))(*map(ctypes.pointer, keep))

        def call():
            stream = torch.cuda.current_stream().cuda_stream
            if self.function(pointers, len(keep), stream):
                raise RuntimeError(self.runtime.fovea_last_error().decode())

        call.keep = keep, tensors
        return call
