# Thin wrappers that keep one rule in one place: executables and shared objects
# link the shared libMLIR and libLLVM and no static MLIR component, so that each
# TypeID exists once in a process.

find_program(FOVEA_CCACHE ccache)
if(FOVEA_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${FOVEA_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FOVEA_CCACHE})
endif()

if(FOVEA_ENABLE_ASSERTIONS)
  foreach(flags CMAKE_CXX_FLAGS_RELEASE CMAKE_CXX_FLAGS_RELWITHDEBINFO)
    string(REPLACE "-DNDEBUG" "" ${flags} "${${flags}}")
  endforeach()
endif()
if(FOVEA_ENABLE_SANITIZERS)
  # libMLIR.so is not instrumented and holds LLVM's containers, so container
  # overflow checks and vptr checks across the boundary would be wrong. LLVM's
  # statistics, which count in our passes, start with a flag that is not
  # initialized on the heap: no check of bools. Sizes of objects are known nowhere
  # in code like this, and looking for them takes a sixth of a build. A null pointer
  # traps without a check of each.
  add_compile_options(-fsanitize=address,undefined
                      -fno-sanitize=vptr,function,bool,object-size,null
                      -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
endif()
add_link_options(-fuse-ld=lld)

# Flags for code that links MLIR.
set(FOVEA_MLIR_FLAGS -fno-rtti -fno-exceptions -Wall -Wextra
    -Wno-unused-parameter)

# add_fovea_tablegen(TARGET TD DIALECT-ARGS...): kind=file pairs, for example
#   add_fovea_tablegen(FoveaAttnOpsIncGen AttnOps.td
#                      -gen-op-decls AttnOps.h.inc -gen-op-defs AttnOps.cpp.inc)
function(add_fovea_tablegen target td)
  set(LLVM_TARGET_DEFINITIONS ${td})
  set(arguments ${ARGN})
  while(arguments)
    list(POP_FRONT arguments generator output)
    set(extra "")
    string(REPLACE "," ";" generator "${generator}")
    mlir_tablegen(${output} ${generator})
  endwhile()
  add_public_tablegen_target(${target})
  set_property(GLOBAL APPEND PROPERTY FOVEA_TABLEGEN_TARGETS ${target})
endfunction()

# FOVEA_PRECOMPILE_HEADERS parses MLIR's commonest headers once for all libraries,
# tools and tests, which takes more than half off a build from nothing. A source must
# still include what it uses: a build with -DFOVEA_PRECOMPILE_HEADERS=OFF shows it.
if(FOVEA_PRECOMPILE_HEADERS)
  # ccache keeps objects made with a precompiled header only if it may trust that the
  # header's contents, and not its time, say whether it is the same.
  if(FOVEA_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
        CCACHE_SLOPPINESS=pch_defines,time_macros ${FOVEA_CCACHE})
  endif()
  file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/FoveaHeaders.cpp CONTENT "")
  add_library(FoveaHeaders OBJECT ${PROJECT_BINARY_DIR}/FoveaHeaders.cpp)
  target_compile_options(FoveaHeaders PRIVATE ${FOVEA_MLIR_FLAGS}
    "SHELL:-Xclang -fno-pch-timestamp")
  set_target_properties(FoveaHeaders PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_precompile_headers(FoveaHeaders PRIVATE
    <mlir/Conversion/LLVMCommon/TypeConverter.h>
    <mlir/Dialect/Affine/IR/AffineOps.h>
    <mlir/Dialect/Arith/IR/Arith.h>
    <mlir/Dialect/ControlFlow/IR/ControlFlowOps.h>
    <mlir/Dialect/Func/IR/FuncOps.h>
    <mlir/Dialect/GPU/IR/GPUDialect.h>
    <mlir/Dialect/LLVMIR/LLVMDialect.h>
    <mlir/Dialect/LLVMIR/NVVMDialect.h>
    <mlir/Dialect/Linalg/IR/Linalg.h>
    <mlir/Dialect/Math/IR/Math.h>
    <mlir/Dialect/MemRef/IR/MemRef.h>
    <mlir/Dialect/SCF/IR/SCF.h>
    <mlir/Dialect/Tensor/IR/Tensor.h>
    <mlir/Dialect/Vector/IR/VectorOps.h>
    <mlir/Pass/PassManager.h>
    <mlir/Transforms/DialectConversion.h>
    <mlir/Transforms/GreedyPatternRewriteDriver.h>)
endif()

# Sets what all code that links MLIR is compiled with.
function(fovea_compile_with_mlir target)
  target_compile_options(${target} PRIVATE ${FOVEA_MLIR_FLAGS})
  if(FOVEA_PRECOMPILE_HEADERS)
    target_precompile_headers(${target} REUSE_FROM FoveaHeaders)
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()

# add_fovea_library(NAME sources... [LINK_LIBS other Fovea libraries] [NO_MLIR]).
# NO_MLIR: what links it need not link MLIR.
function(add_fovea_library name)
  cmake_parse_arguments(ARG "NO_MLIR" "" "LINK_LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  if(ARG_NO_MLIR)
    target_compile_options(${name} PRIVATE ${FOVEA_MLIR_FLAGS})
  else()
    fovea_compile_with_mlir(${name})
  endif()
  get_property(tablegen GLOBAL PROPERTY FOVEA_TABLEGEN_TARGETS)
  if(tablegen)
    add_dependencies(${name} ${tablegen})
  endif()
  if(ARG_LINK_LIBS)
    target_link_libraries(${name} PUBLIC ${ARG_LINK_LIBS})
  endif()
  set_property(GLOBAL APPEND PROPERTY FOVEA_LIBRARIES ${name})
endfunction()

# add_fovea_tool(NAME sources... LINK_LIBS Fovea libraries).
function(add_fovea_tool name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  fovea_compile_with_mlir(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS} MLIR LLVM)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()
