# Finds what the library is built from. A missing required library stops here with its Debian package
# name; a missing optional one leaves its part out and says so.

find_package(PkgConfig REQUIRED)

function(omnicrm_missing what package)
  message(FATAL_ERROR "OmniCRM needs ${what}: apt-get install ${package} (or run scripts/bootstrap)")
endfunction()

set(OMNICRM_PKG_CONFIG_MODULES "")  # for the installed package: what a static library needs again

# omnicrm_pkg_config(<imported target's name> <pkg-config module> <Debian package>)
macro(omnicrm_pkg_config name module package)
  pkg_check_modules(${name} QUIET IMPORTED_TARGET GLOBAL ${module})
  if(NOT ${name}_FOUND)
    omnicrm_missing(${module} ${package})
  endif()
  list(APPEND OMNICRM_PKG_CONFIG_MODULES "${name}=${module}")
endmacro()

omnicrm_pkg_config(OMNICRM_SQLITE sqlite3 libsqlite3-dev)
omnicrm_pkg_config(OMNICRM_CRYPTO libcrypto libssl-dev)
omnicrm_pkg_config(OMNICRM_ZSTD libzstd libzstd-dev)
omnicrm_pkg_config(OMNICRM_UTF8PROC libutf8proc libutf8proc-dev)
omnicrm_pkg_config(OMNICRM_PSL libpsl libpsl-dev)
omnicrm_pkg_config(OMNICRM_IDN2 libidn2 libidn2-dev)
omnicrm_pkg_config(OMNICRM_GUMBO gumbo libgumbo-dev)
omnicrm_pkg_config(OMNICRM_SIMDJSON simdjson libsimdjson-dev)

# omnicrm_package(<find_package arguments> DEBIAN <Debian package>)
macro(omnicrm_package name package)
  find_package(${name} ${ARGN} QUIET)
  if(NOT ${name}_FOUND)
    omnicrm_missing(${name} "${package}")
  endif()
endmacro()

find_package(Threads REQUIRED)
omnicrm_package(tl-expected libexpected-dev)
omnicrm_package(fmt libfmt-dev)
omnicrm_package(spdlog libspdlog-dev)
omnicrm_package(date libhowardhinnant-date-dev)
omnicrm_package(Boost "libboost1.81-dev libboost-json1.81-dev" 1.81 COMPONENTS json)

set(OMNICRM_PRIVATE_LIBS
  PkgConfig::OMNICRM_SQLITE PkgConfig::OMNICRM_CRYPTO PkgConfig::OMNICRM_ZSTD PkgConfig::OMNICRM_UTF8PROC
  PkgConfig::OMNICRM_PSL PkgConfig::OMNICRM_IDN2 PkgConfig::OMNICRM_GUMBO PkgConfig::OMNICRM_SIMDJSON
  fmt::fmt spdlog::spdlog date::date date::date-tz Boost::headers Boost::json Threads::Threads)

# omnicrm_optional(<GMIME|ICAL|POSTGRES> <pkg-config module> <Debian package> <what is left out without it>)
# OMNICRM_WITH_<part> is AUTO (built when the library is found), ON (has to be found) or OFF.
macro(omnicrm_optional part module package what)
  set(OMNICRM_HAVE_${part} 0)
  if(NOT OMNICRM_WITH_${part})
    message(STATUS "OmniCRM: without ${what} (OMNICRM_WITH_${part}=OFF)")
  else()
    pkg_check_modules(OMNICRM_${part} QUIET IMPORTED_TARGET GLOBAL ${module})
    if(OMNICRM_${part}_FOUND)
      set(OMNICRM_HAVE_${part} 1)
      list(APPEND OMNICRM_PRIVATE_LIBS PkgConfig::OMNICRM_${part})
      list(APPEND OMNICRM_PKG_CONFIG_MODULES "OMNICRM_${part}=${module}")
      message(STATUS "OmniCRM: with ${what} (${module} ${OMNICRM_${part}_VERSION})")
    elseif(OMNICRM_WITH_${part} STREQUAL "AUTO")
      message(STATUS "OmniCRM: without ${what}: ${module} not found (apt-get install ${package})")
    else()
      omnicrm_missing("${module} for ${what} (OMNICRM_WITH_${part}=${OMNICRM_WITH_${part}})" ${package})
    endif()
  endif()
endmacro()

omnicrm_optional(GMIME gmime-3.0 libgmime-3.0-dev "mail files")
omnicrm_optional(ICAL libical libical-dev "calendar files")
omnicrm_optional(POSTGRES libpq libpq-dev "PostgreSQL")

set(OMNICRM_PRIVATE_DEFINITIONS
  OMNICRM_HAVE_GMIME=${OMNICRM_HAVE_GMIME} OMNICRM_HAVE_ICAL=${OMNICRM_HAVE_ICAL}
  OMNICRM_HAVE_POSTGRES=${OMNICRM_HAVE_POSTGRES}
  OMNICRM_VERSION="${PROJECT_VERSION}")

# Takes the files of parts that are not built out of a list of sources or of tests.
function(omnicrm_leave_out_optional_parts list_name)
  set(files ${${list_name}})
  if(NOT OMNICRM_HAVE_GMIME)
    list(FILTER files EXCLUDE REGEX "/providers/(files/)?(test_)?(mail_[^/]*|mailbox_reader|gmime_[^/]*)\\.cpp$")
    list(FILTER files EXCLUDE REGEX "/fuzz_mime\\.cpp$")
  endif()
  if(NOT OMNICRM_HAVE_ICAL)
    list(FILTER files EXCLUDE REGEX "/providers/(files/)?(test_)?(calendar|recurrence)[^/]*\\.cpp$")
    list(FILTER files EXCLUDE REGEX "/fuzz_icalendar\\.cpp$")
  endif()
  if(OMNICRM_HAVE_POSTGRES)
    list(FILTER files EXCLUDE REGEX "/storage/no_postgres\\.cpp$")
  else()
    list(FILTER files EXCLUDE REGEX "/storage/postgres/[^/]*\\.cpp$")
    list(FILTER files EXCLUDE REGEX "/tests/.*/test_(pg_|row_security|[^/]*postgres)[^/]*\\.cpp$")
    list(FILTER files EXCLUDE REGEX "/tests/(parts/(postgres_|cutting_proxy)[^/]*|benchmarks/bench_storage)\\.cpp$")
  endif()
  set(${list_name} ${files} PARENT_SCOPE)
endfunction()
