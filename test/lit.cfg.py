# ===- lit.cfg.py - How the tests in test/ and examples/ run ---------------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# ===-----------------------------------------------------------------------===#
#
# Tools on PATH: those of the build, and FileCheck, not, split-file of LLVM.
#
# Features, found by probing:
#   avx2, avx512   what kernels for cpu:avx2 and cpu:avx512 need of this machine
#   amx            what those for cpu:amx need of it
#   ptxas          NVIDIA's assembler is there; %ptxas is its path
#   openmp         the compiler has an OpenMP runtime
#   asan           the tools are built with sanitizers
#
# With FOVEA_VERIFY_ROUNDTRIP=1 in the environment, fovea-opt also writes its
# input as text and as bytecode, reads it back and compares (--verify-roundtrip).
#
# ===-----------------------------------------------------------------------===#

import os
import shutil

import lit.formats

config.name = config.fovea_suite
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "Unit", "CMakeLists.txt"]


def cpu_flags():
    """The features of this machine's CPU, as the kernel names them."""
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("flags"):
                    return set(line.split(":", 1)[1].split())
    except OSError:
        pass
    return set()


def find_ptxas():
    """NVIDIA's assembler in CUDA_HOME, CUDA's usual folder or PATH, or None."""
    for home in (os.environ.get("CUDA_HOME"), "/usr/local/cuda"):
        path = home and shutil.which(os.path.join(home, "bin", "ptxas"))
        if path:
            return path
    return shutil.which("ptxas")


flags = cpu_flags()
if {"avx2", "fma", "f16c", "bmi1", "bmi2"} <= flags:
    config.available_features.add("avx2")
    if {"avx512f", "avx512bw", "avx512vl", "avx512dq", "avx512cd"} <= flags:
        config.available_features.add("avx512")
        if {"avx512_bf16", "amx_tile", "amx_bf16"} <= flags:
            config.available_features.add("amx")

ptxas = find_ptxas()
if ptxas:
    config.available_features.add("ptxas")
    config.substitutions.append(("%ptxas", ptxas))

if os.path.exists(os.path.join(config.llvm_tools_dir, "..", "lib", "libomp.so")):
    config.available_features.add("openmp")

# A program that loads instrumented libraries brings their run-time library.
instrument = " -fsanitize=address,undefined" if config.fovea_sanitizers else ""
config.substitutions += [
    ("%cc", config.c_compiler + instrument),
    ("%clang", config.c_compiler),
    ("%leak_sanitizer", "" if config.fovea_sanitizers else "-fsanitize=leak"),
    # A new build folder with the build's compilers: %cmake_configure -S ... -B ...
    ("%cmake_configure", f"{config.cmake} -G Ninja "
     f"-DCMAKE_C_COMPILER={config.c_compiler} "
     f"-DCMAKE_CXX_COMPILER={config.cxx_compiler}"),
    ("%cmake", config.cmake),
    ("%fovea_build", config.fovea_build_dir),
    ("%fovea_bin", config.fovea_tools_dir),
    ("%fovea_include", config.fovea_include_dir),
    ("%fovea_lib", config.fovea_lib_dir),
    ("%llvm_lib", os.path.join(os.path.dirname(config.llvm_tools_dir), "lib")),
    # Compiled kernels are not instrumented: a few programs show the tools' code.
    ("%fuzz_programs", "20" if config.fovea_sanitizers else "250"),
    # Names of what is compiled for a GPU: all, and with sanitizers about half.
    ("%gpu_cases", "'^(l|m|o|p|v|example-d)'" if config.fovea_sanitizers else "''"),
]

environment = config.environment
environment["PATH"] = os.pathsep.join(
    [config.fovea_tools_dir, config.llvm_tools_dir, environment["PATH"]]
)
# Scripts beside the tests leave no cache in the source tree.
environment["PYTHONDONTWRITEBYTECODE"] = "1"

if config.fovea_sanitizers:
    config.available_features.add("asan")
    # libMLIR is not instrumented: its globals and arenas are no errors of ours.
    environment["ASAN_OPTIONS"] = "detect_leaks=0:allow_user_poisoning=0"
    environment["UBSAN_OPTIONS"] = "print_stacktrace=1"

if os.environ.get("FOVEA_VERIFY_ROUNDTRIP", "0") not in ("", "0"):
    config.name += "-Roundtrip"
    word = r"(?<![-/.=\w])fovea-opt(?![-/.\w])(?! --verify-roundtrip)"
    config.substitutions.append((word, "fovea-opt --verify-roundtrip"))
