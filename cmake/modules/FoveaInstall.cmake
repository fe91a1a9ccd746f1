# cmake --install BUILD --prefix PREFIX: tools in bin, libFovea.so and the runtime
# in lib, headers and .td files in include, and what find_package(Fovea) reads in
# lib/cmake/Fovea.
include(CMakePackageConfigHelpers)

install(TARGETS fovea-compile fovea-lsp-server fovea-opt fovea-reduce fovea-run
        RUNTIME DESTINATION bin)
install(TARGETS Fovea fovea_runtime EXPORT FoveaTargets
        LIBRARY DESTINATION lib)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ ${PROJECT_BINARY_DIR}/include/
        DESTINATION include
        FILES_MATCHING PATTERN "*.h" PATTERN "*.td" PATTERN "*.inc" PATTERN "*.def"
        PATTERN CMakeFiles EXCLUDE)

install(EXPORT FoveaTargets NAMESPACE Fovea:: DESTINATION lib/cmake/Fovea)
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/FoveaConfig.cmake.in
  ${PROJECT_BINARY_DIR}/cmake/FoveaConfig.cmake
  INSTALL_DESTINATION lib/cmake/Fovea NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/cmake/FoveaConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cmake/FoveaConfig.cmake
              ${PROJECT_BINARY_DIR}/cmake/FoveaConfigVersion.cmake
        DESTINATION lib/cmake/Fovea)
