# cmake --install: headers, libraries, CMake package, pkg-config files. Nothing installed names the source or the
# build folder, so the tree can be moved as a whole.
#
# A prefix holds one kind of C++ library: the static one, or with BUILD_SHARED_LIBS the shared one. The rules of the
# other kind exist, too, for `cmake --install --component`: that is how the tests try both from one build.
#
#   component        holds
#   headers          all headers, the CMake package without its targets
#   cxx              libomnicrm.so.0.1            cxx_development    libomnicrm.so, targets, omnicrm.pc
#   cxx_static       libomnicrm.a, targets, omnicrm.pc, libomnicrm_c.a
#   c                libomnicrm_c.so.0            c_development      libomnicrm_c.so, targets, omnicrm-c.pc
#   command          bin/omnicrm
#   python           the Python package (for the .deb; everybody else takes the wheel)

include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/OmniCRM")
set(static_only "EXCLUDE_FROM_ALL")
set(shared_only "")
if(NOT BUILD_SHARED_LIBS)
  set(static_only "")
  set(shared_only "EXCLUDE_FROM_ALL")
endif()
# Who runs from a prefix finds the libraries beside itself; in /usr the system's loader does.
set(rpath "")
if(NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  file(RELATIVE_PATH rpath "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
  set(rpath "$ORIGIN/${rpath}")
endif()

# --- headers and the package's frame ---------------------------------------------------------------

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/omnicrm" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  COMPONENT headers FILES_MATCHING PATTERN "*.hpp")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/OmniCRMConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/OmniCRMConfig.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/OmniCRMConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/OmniCRMConfig.cmake" "${PROJECT_BINARY_DIR}/OmniCRMConfigVersion.cmake"
  DESTINATION "${package_dir}" COMPONENT headers)

# omnicrm_install_pc(<name> <static|shared> <component> [EXCLUDE_FROM_ALL])
function(omnicrm_install_pc name kind component)
  cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX
    BASE_DIRECTORY "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" OUTPUT_VARIABLE OMNICRM_PC_PREFIX)
  set(to "${PROJECT_BINARY_DIR}/generated/${kind}/${name}.pc")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/${name}.pc.in" "${to}" @ONLY)
  install(FILES "${to}" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT ${component} ${ARGN})
endfunction()

# --- C++ -------------------------------------------------------------------------------------------

install(TARGETS omnicrm EXPORT OmniCRM-cxx-static
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT cxx_static ${static_only})
install(TARGETS omnicrm_shared EXPORT OmniCRM-cxx-shared
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT cxx NAMELINK_COMPONENT cxx_development ${shared_only})
install(EXPORT OmniCRM-cxx-static NAMESPACE OmniCRM:: DESTINATION "${package_dir}"
  COMPONENT cxx_static ${static_only})
install(EXPORT OmniCRM-cxx-shared NAMESPACE OmniCRM:: DESTINATION "${package_dir}"
  COMPONENT cxx_development ${shared_only})
configure_file("${PROJECT_SOURCE_DIR}/cmake/OmniCRM-static-dependencies.cmake.in"
  "${PROJECT_BINARY_DIR}/OmniCRM-static-dependencies.cmake" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/OmniCRM-static-dependencies.cmake" DESTINATION "${package_dir}"
  COMPONENT cxx_static ${static_only})

# A static archive does not carry its dependencies, which are shared libraries themselves: everybody who links it
# needs them, and `pkg-config --static` would ask for theirs as archives, too. A shared library needs none named.
list(TRANSFORM OMNICRM_PKG_CONFIG_MODULES REPLACE "^[^=]*=" "" OUTPUT_VARIABLE OMNICRM_PC_REQUIRES)
list(APPEND OMNICRM_PC_REQUIRES fmt spdlog)
list(JOIN OMNICRM_PC_REQUIRES " " OMNICRM_PC_REQUIRES)
set(OMNICRM_PC_REQUIRES "Requires: ${OMNICRM_PC_REQUIRES}\n")
set(OMNICRM_PC_LIBS "-lomnicrm -lboost_json -ldate-tz -lpthread")
omnicrm_install_pc(omnicrm static cxx_static ${static_only})
set(OMNICRM_PC_REQUIRES "")
set(OMNICRM_PC_LIBS "-lomnicrm")
omnicrm_install_pc(omnicrm shared cxx_development ${shared_only})

# --- C ---------------------------------------------------------------------------------------------

if(TARGET omnicrm_c)
  install(FILES "${PROJECT_SOURCE_DIR}/capi/include/omnicrm.h" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    COMPONENT headers)
  install(TARGETS omnicrm_c EXPORT OmniCRM-c
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT c NAMELINK_COMPONENT c_development
    INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT OmniCRM-c NAMESPACE OmniCRM:: DESTINATION "${package_dir}" COMPONENT c_development)

  # What links the C library's archive: names for any linker, so that a C project has to find no C++ package.
  set(words "")
  foreach(pair IN LISTS OMNICRM_PKG_CONFIG_MODULES)
    string(REGEX REPLACE "=.*$" "" name "${pair}")
    list(APPEND words ${${name}_LDFLAGS})
  endforeach()
  list(FILTER words EXCLUDE REGEX "^-L/usr/lib")
  list(APPEND words -lfmt -lspdlog -lboost_json -ldate-tz -lpthread -lstdc++ -lm)
  list(REMOVE_DUPLICATES words)

  # The same objects as an archive, beside libomnicrm.a, which it needs.
  add_library(omnicrm_c_static STATIC $<TARGET_OBJECTS:omnicrm_c>)
  add_library(OmniCRM::c_static ALIAS omnicrm_c_static)
  target_link_libraries(omnicrm_c_static INTERFACE $<BUILD_INTERFACE:omnicrm>
    "$<INSTALL_INTERFACE:$<INSTALL_PREFIX>/${CMAKE_INSTALL_LIBDIR}/libomnicrm.a;${words}>")
  target_include_directories(omnicrm_c_static INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/capi/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  set_target_properties(omnicrm_c_static PROPERTIES
    OUTPUT_NAME omnicrm_c EXPORT_NAME c_static LINKER_LANGUAGE C EXCLUDE_FROM_ALL "${BUILD_SHARED_LIBS}")
  install(TARGETS omnicrm_c_static EXPORT OmniCRM-c_static
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT cxx_static ${static_only})
  install(EXPORT OmniCRM-c_static NAMESPACE OmniCRM:: DESTINATION "${package_dir}"
    COMPONENT cxx_static ${static_only})

  # Not as Requires.private: that would ask every C program for packages which only `--static` needs.
  set(OMNICRM_PC_LIBS_PRIVATE "")
  if(NOT BUILD_SHARED_LIBS)
    list(JOIN words " " OMNICRM_PC_LIBS_PRIVATE)
    set(OMNICRM_PC_LIBS_PRIVATE "Libs.private: -lomnicrm ${OMNICRM_PC_LIBS_PRIVATE}\n")
  endif()
  omnicrm_install_pc(omnicrm-c shared c_development)
endif()

# --- the command, Python ---------------------------------------------------------------------------

if(TARGET omnicrm_cli)
  set_target_properties(omnicrm_cli PROPERTIES INSTALL_RPATH "${rpath}")
  install(TARGETS omnicrm_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT command)
endif()

if(TARGET omnicrm_python)
  set(python_dir lib/python3/dist-packages)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/bindings/python/omnicrm" DESTINATION "${python_dir}"
    COMPONENT python EXCLUDE_FROM_ALL
    FILES_MATCHING PATTERN "*.py" PATTERN "*.pyi" PATTERN "py.typed" PATTERN "__pycache__" EXCLUDE)
  install(TARGETS omnicrm_python LIBRARY DESTINATION "${python_dir}/omnicrm" COMPONENT python EXCLUDE_FROM_ALL)
  file(WRITE "${PROJECT_BINARY_DIR}/generated/PKG-INFO" "Metadata-Version: 2.1\nName: omnicrm\n"
    "Version: ${PROJECT_VERSION}\nSummary: ${PROJECT_DESCRIPTION}\nLicense: Apache-2.0\n")
  install(FILES "${PROJECT_BINARY_DIR}/generated/PKG-INFO" COMPONENT python EXCLUDE_FROM_ALL
    DESTINATION "${python_dir}/omnicrm-${PROJECT_VERSION}.egg-info")
endif()

if(OMNICRM_PACKAGES)
  include(OmniCRMPackaging)
endif()
