# The Debian packages, by `cpack` in a build with OMNICRM_PACKAGES (preset packages; `make packages`):
#
#   libomnicrm0.1     libomnicrm.so.0.1             named after the SONAME, as Debian does: a new ABI is a new
#   libomnicrm-c0     libomnicrm_c.so.0             package, and programs of both stay installable
#   libomnicrm-dev    headers, CMake package, pkg-config files
#   omnicrm           the command
#   python3-omnicrm   the module for Debian's python3
#
# Dependencies on other packages come from dpkg-shlibdeps; those on our own are exact, they are built together.

if(NOT BUILD_SHARED_LIBS OR NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr" OR NOT TARGET omnicrm_c)
  message(FATAL_ERROR "OMNICRM_PACKAGES needs BUILD_SHARED_LIBS, OMNICRM_BUILD_C and the prefix /usr")
endif()
find_program(OMNICRM_DPKG_SHLIBDEPS dpkg-shlibdeps)
if(NOT OMNICRM_DPKG_SHLIBDEPS)
  omnicrm_missing(dpkg-shlibdeps dpkg-dev)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME omnicrm)
set(CPACK_PACKAGE_VENDOR OmniCRM)
set(CPACK_PACKAGE_CONTACT "OmniCRM <dev@omnicrm.invalid>")
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${PROJECT_BINARY_DIR}/lib")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package says its own first line
set(CPACK_COMPONENTS_ALL "")

set(cxx_soname "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")
get_target_property(c_soname omnicrm_c SOVERSION)
set(here "(= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
set(description "An address book, a timeline fed from real mail and calendars, reviewed
and reversible imports, durable jobs and full-text search: in one SQLite
file, inside the program that uses it, or on a PostgreSQL server that many
machines share.")

# omnicrm_package_of(<package> <section> <one line> <depends> <component>...): the components make one package.
macro(omnicrm_package_of package section summary depends)
  string(MAKE_C_IDENTIFIER "${package}" group)
  string(TOUPPER "${group}" key)
  cpack_add_component_group(${group})
  foreach(component IN ITEMS ${ARGN})
    list(APPEND CPACK_COMPONENTS_ALL ${component})
    cpack_add_component(${component} GROUP ${group})
  endforeach()
  set(CPACK_DEBIAN_${key}_PACKAGE_NAME "${package}")
  set(CPACK_DEBIAN_${key}_PACKAGE_SECTION "${section}")
  set(CPACK_DEBIAN_${key}_PACKAGE_DEPENDS "${depends}")
  set(CPACK_DEBIAN_${key}_DESCRIPTION "${summary}\n${description}")
  install(FILES "${PROJECT_BINARY_DIR}/generated/copyright" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/${package}"
    COMPONENT ${ARGV4})
  install(FILES "${PROJECT_BINARY_DIR}/generated/changelog.Debian.gz"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/${package}" COMPONENT ${ARGV4})
endmacro()

# omnicrm_library_of(<package> <name> <SONAME's version>): programs linked with the library depend on the package, and the
# loader learns of the library when the package comes or goes.
macro(omnicrm_library_of package name soversion)
  string(MAKE_C_IDENTIFIER "${package}" key)
  string(TOUPPER "${key}" key)
  set(control "${PROJECT_BINARY_DIR}/generated/${package}")
  file(WRITE "${control}/shlibs" "${name} ${soversion} ${package} (>= ${PROJECT_VERSION})\n")
  file(WRITE "${control}/triggers" "activate-noawait ldconfig\n")
  set(CPACK_DEBIAN_${key}_PACKAGE_CONTROL_EXTRA "${control}/shlibs;${control}/triggers")
endmacro()

# --- what Debian wants in every package ------------------------------------------------------------

file(WRITE "${PROJECT_BINARY_DIR}/generated/copyright"
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: OmniCRM

Files: *
Copyright: 2026 The OmniCRM authors
License: Apache-2.0
 On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.
")
string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)  # SOURCE_DATE_EPOCH, where it is set
file(WRITE "${PROJECT_BINARY_DIR}/generated/changelog.Debian"
"omnicrm (${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * OmniCRM ${PROJECT_VERSION}; CHANGELOG.md of the source has the changes.

 -- ${CPACK_PACKAGE_CONTACT}  ${now}
")
find_program(OMNICRM_GZIP gzip REQUIRED)
execute_process(COMMAND "${OMNICRM_GZIP}" -9nf "${PROJECT_BINARY_DIR}/generated/changelog.Debian"
  COMMAND_ERROR_IS_FATAL ANY)

# --- the packages ----------------------------------------------------------------------------------

include(CPackComponent)
omnicrm_package_of(libomnicrm${cxx_soname} libs "embeddable CRM, the C++ library" "" cxx)
omnicrm_library_of(libomnicrm${cxx_soname} libomnicrm ${cxx_soname})
omnicrm_package_of(libomnicrm-c${c_soname} libs "embeddable CRM, the C library" "" c)
omnicrm_library_of(libomnicrm-c${c_soname} libomnicrm_c ${c_soname})
omnicrm_package_of(libomnicrm-dev libdevel "embeddable CRM, for building programs in C and C++"
  "libomnicrm${cxx_soname} ${here}, libomnicrm-c${c_soname} ${here}, libexpected-dev"
  headers cxx_development c_development)
if(TARGET omnicrm_cli)
  omnicrm_package_of(omnicrm utils "embeddable CRM, the command" "libomnicrm${cxx_soname} ${here}" command)
endif()
if(TARGET omnicrm_python)
  get_directory_property(python DIRECTORY "${PROJECT_SOURCE_DIR}/bindings/python" DEFINITION Python_VERSION_MAJOR)
  get_directory_property(minor DIRECTORY "${PROJECT_SOURCE_DIR}/bindings/python" DEFINITION Python_VERSION_MINOR)
  math(EXPR next "${minor} + 1")
  omnicrm_package_of(python3-omnicrm python "embeddable CRM, for Python 3"
    "python3 (>= ${python}.${minor}), python3 (<< ${python}.${next})"
    python)
endif()

include(CPack)
