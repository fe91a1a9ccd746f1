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
  # initialized on the heap: no check of bools.
  add_compile_options(-fsanitize=address,undefined
                      -fno-sanitize=vptr,function,bool
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

# add_fovea_library(NAME sources... [LINK_LIBS other Fovea libraries]).
function(add_fovea_library name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_compile_options(${name} PRIVATE ${FOVEA_MLIR_FLAGS})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
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
  target_compile_options(${name} PRIVATE ${FOVEA_MLIR_FLAGS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS} MLIR LLVM)
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()
