# ===- lit.cfg.py - How the unit tests run --------------------------------===#
#
# Part of the Fovea Project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# ===-----------------------------------------------------------------------===#
#
# Every executable of the build whose name ends in Tests is a GoogleTest
# program, and each of its tests counts as one.
#
# ===-----------------------------------------------------------------------===#

import lit.formats

config.name = "Fovea-Unit"
config.test_format = lit.formats.GoogleTest(".", "Tests")
config.test_source_root = config.fovea_unittests_dir
config.test_exec_root = config.fovea_unittests_dir
config.suffixes = []
config.excludes = ["CMakeFiles"]
if config.fovea_sanitizers:
    # libMLIR is not instrumented: its globals and arenas are no errors of ours.
    config.environment["ASAN_OPTIONS"] = "detect_leaks=0:allow_user_poisoning=0"
    config.environment["UBSAN_OPTIONS"] = "print_stacktrace=1"
