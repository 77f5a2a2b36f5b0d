# cmake --install: headers, library, CMake package, pkg-config file. Nothing installed names the source or
# the build folder, so the tree can be moved as a whole.

include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/OmniCRM")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/omnicrm" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING PATTERN "*.hpp")
install(TARGETS omnicrm EXPORT OmniCRMTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT OmniCRMTargets NAMESPACE OmniCRM:: DESTINATION "${package_dir}")
if(TARGET omnicrm_cli)
  install(TARGETS omnicrm_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/OmniCRMConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/OmniCRMConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/OmniCRMConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/OmniCRMConfig.cmake" "${PROJECT_BINARY_DIR}/OmniCRMConfigVersion.cmake"
  DESTINATION "${package_dir}")

list(TRANSFORM OMNICRM_PKG_CONFIG_MODULES REPLACE "^[^=]*=" "" OUTPUT_VARIABLE OMNICRM_PC_REQUIRES)
list(APPEND OMNICRM_PC_REQUIRES fmt spdlog)
list(JOIN OMNICRM_PC_REQUIRES " " OMNICRM_PC_REQUIRES)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX
  BASE_DIRECTORY "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" OUTPUT_VARIABLE OMNICRM_PC_PREFIX)
# A static archive does not carry its dependencies, which are shared libraries themselves: everybody who links it
# needs them, and `pkg-config --static` would ask for theirs as archives, too. A shared library needs none named.
set(OMNICRM_PC_PRIVATE "")
set(OMNICRM_PC_LIBS " -lboost_json -ldate-tz -lpthread")
if(BUILD_SHARED_LIBS)
  set(OMNICRM_PC_PRIVATE ".private")
  set(OMNICRM_PC_LIBS "")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/omnicrm.pc.in" "${PROJECT_BINARY_DIR}/omnicrm.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/omnicrm.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
