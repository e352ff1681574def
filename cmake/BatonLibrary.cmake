# One precompiled header for all libraries and one for all test programs: each takes as long as ten of our files and
# 250 MB. -pthread has to be the same everywhere, because the system's headers ask for it.
function(baton_precompiled target header)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${target}.cpp CONTENT "")
  add_library(${target} OBJECT ${CMAKE_BINARY_DIR}/${target}.cpp)
  target_link_libraries(${target} PRIVATE Threads::Threads ${ARGN})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cmake)
  target_precompile_headers(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/${header})
endfunction()

# Test programs of the release build: their own code is compiled for them alone and runs once. -O2 takes half as long again.
# Their precompiled header needs the same options: with others the compiler crashes.
set(BATON_TEST_OPTIONS $<$<CONFIG:RelWithDebInfo>:-Og>)

# baton_test_program(<target> <library>...): one of the programs that `tests` builds.
function(baton_test_program target)
  target_precompile_headers(${target} REUSE_FROM precompiled_test)
  target_compile_options(${target} PRIVATE ${BATON_TEST_OPTIONS})
  target_link_libraries(${target} PRIVATE ${ARGN} GTest::gtest_main GTest::gmock)
  add_dependencies(tests ${target})
endfunction()

# baton_library(<folder> [USES <folder>...] [LINKS <system target>...])
#
# Makes of the sources in the current folder
#   baton_<folder>           every *.cpp but the ones below
#   <folder>_test            *_test.cpp    needs nothing outside the process
#   <folder>_pgtest          *_pgtest.cpp  needs PostgreSQL (BATON_TEST_DATABASE_URL)
#   <folder>_bench           *_bench.cpp
# Sub-folders belong to the library of the folder.
function(baton_library folder)
  cmake_parse_arguments(ARG "" "" "USES;LINKS" ${ARGN})
  file(GLOB_RECURSE all CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${all})
  set(pgtests ${all})
  set(benches ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER pgtests INCLUDE REGEX "_pgtest\\.cpp$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
  list(FILTER all EXCLUDE REGEX "_(test|pgtest|bench)\\.cpp$")

  set(uses "")
  foreach(dependency ${ARG_USES})
    list(APPEND uses baton_${dependency})
  endforeach()

  if(all)
    add_library(baton_${folder} STATIC ${all})
    target_include_directories(baton_${folder} PUBLIC ${CMAKE_SOURCE_DIR})
    target_link_libraries(baton_${folder} PUBLIC ${uses} ${ARG_LINKS})
    target_precompile_headers(baton_${folder} REUSE_FROM precompiled)
    if(BATON_COVERAGE AND folder MATCHES "^(base|codec|pipeline)$")
      target_compile_options(baton_${folder} PRIVATE -fsanitize-coverage=trace-pc)
    endif()
  else()
    add_library(baton_${folder} INTERFACE)
    target_include_directories(baton_${folder} INTERFACE ${CMAKE_SOURCE_DIR})
    target_link_libraries(baton_${folder} INTERFACE ${uses} ${ARG_LINKS})
  endif()

  if(tests)
    add_executable(${folder}_test ${tests})
    baton_test_program(${folder}_test baton_${folder})
  endif()
  if(pgtests)
    add_executable(${folder}_pgtest ${pgtests})
    baton_test_program(${folder}_pgtest baton_${folder} baton_testing)
  endif()
  if(benches)
    add_executable(${folder}_bench ${benches})
    target_link_libraries(${folder}_bench PRIVATE baton_${folder} baton_testing benchmark::benchmark_main)
  endif()
endfunction()
