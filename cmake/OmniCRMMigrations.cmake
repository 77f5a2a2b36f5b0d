# The migrations are SQL files (src/storage/migrations/<dialect>/*.sql) and travel inside the library. Run as
# a script (cmake -P) this file writes the .cpp that holds a dialect's; included, it adds those .cpp to a target.

if(CMAKE_SCRIPT_MODE_FILE)
  # Bytes as character literals: no limit on the length, nothing to escape.
  set(arrays "")
  set(table "")
  set(number 0)
  file(GLOB files "${FROM}/*.sql")
  list(SORT files)
  foreach(file IN LISTS files)
    file(READ "${file}" bytes HEX)
    string(REGEX REPLACE "(................................................)" "\\1\n    " bytes "${bytes}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
    get_filename_component(name "${file}" NAME_WE)
    string(APPEND arrays "constexpr char file_${number}[] = {\n    ${bytes}'\\0'};\n")
    string(APPEND table
      "    MigrationFile{\"${name}\", std::string_view(file_${number}, sizeof(file_${number}) - 1)},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  file(WRITE "${TO}.new"
    "// Generated from src/storage/migrations/${DIALECT}/*.sql by cmake/OmniCRMMigrations.cmake.\n"
    "#include \"storage/migrations.hpp\"\n\n#include <array>\n\n"
    "namespace omnicrm::storage {\nnamespace {\n${arrays}"
    "constexpr std::array<MigrationFile, ${number}> files{{\n${table}}};\n}  // namespace\n\n"
    "std::span<const MigrationFile> ${DIALECT}_migrations() { return files; }\n\n"
    "}  // namespace omnicrm::storage\n")
  file(RENAME "${TO}.new" "${TO}")
  return()
endif()

set(OMNICRM_MIGRATIONS_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")

# Every dialect's, whether its driver is built or not: a few kilobytes, and no question which function exists.
function(omnicrm_embed_migrations target)
  foreach(dialect IN ITEMS sqlite postgres)
    set(from "${PROJECT_SOURCE_DIR}/src/storage/migrations/${dialect}")
    set(to "${PROJECT_BINARY_DIR}/generated/${dialect}_migrations.cpp")
    file(GLOB files CONFIGURE_DEPENDS "${from}/*.sql")
    add_custom_command(OUTPUT "${to}"
      COMMAND ${CMAKE_COMMAND} -DFROM=${from} -DTO=${to} -DDIALECT=${dialect} -P "${OMNICRM_MIGRATIONS_SCRIPT}"
      DEPENDS ${files} "${OMNICRM_MIGRATIONS_SCRIPT}"
      COMMENT "Embedding the migrations for ${dialect}" VERBATIM)
    target_sources(${target} PRIVATE "${to}")
    set_source_files_properties("${to}" PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  endforeach()
endfunction()
