# One precompiled header for all libraries and one for all test programs: each takes as long as ten of our files and
# 250 MB. -pthread has to be the same everywhere, because the system's headers ask for it.
function(baton_precompiled target header)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${target}.cpp CONTENT "")
  add_library(${target} OBJECT ${CMAKE_BINARY_DIR}/${target}.cpp)
  target_link_libraries(${target} PRIVATE Threads::Threads ${ARGN})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cmake)
  target_precompile_headers(${target} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/${header})
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
  else()
    add_library(baton_${folder} INTERFACE)
    target_include_directories(baton_${folder} INTERFACE ${CMAKE_SOURCE_DIR})
    target_link_libraries(baton_${folder} INTERFACE ${uses} ${ARG_LINKS})
  endif()

  if(tests)
    add_executable(${folder}_test ${tests})
    target_precompile_headers(${folder}_test REUSE_FROM precompiled_test)
    target_link_libraries(${folder}_test PRIVATE baton_${folder} GTest::gtest_main GTest::gmock)
    add_dependencies(tests ${folder}_test)
  endif()
  if(pgtests)
    add_executable(${folder}_pgtest ${pgtests})
    target_precompile_headers(${folder}_pgtest REUSE_FROM precompiled_test)
    target_link_libraries(${folder}_pgtest PRIVATE baton_${folder} baton_testing GTest::gtest_main GTest::gmock)
    add_dependencies(tests ${folder}_pgtest)
  endif()
  if(benches)
    add_executable(${folder}_bench ${benches})
    target_link_libraries(${folder}_bench PRIVATE baton_${folder} baton_testing benchmark::benchmark_main)
  endif()
endfunction()
