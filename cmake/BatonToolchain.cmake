# Compiler and linker settings that every target shares.
option(BATON_ASAN "address and undefined-behaviour sanitizers" OFF)
option(BATON_TSAN "thread sanitizer" OFF)
option(BATON_COVERAGE "parsers tell tests/fuzz what an input reached; only that program can be linked then" OFF)

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
# Paths inside the binary do not depend on the checkout's place, so that the same commit gives the same binary.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
# Designated initialisers name what differs; the rest has its default member initialiser.
add_compile_options(-Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fcoroutines)
  # GCC 12 reports these inside its own coroutine frames, std::variant and inlined std::string (GCC bugs 99576, 105329, 105562,
  # 105651).
  add_compile_options(-Wno-maybe-uninitialized -Wno-mismatched-new-delete -Wno-restrict -Wno-array-bounds
                      -Wno-stringop-overflow -Wno-stringop-overread -Wno-free-nonheap-object -Wno-dangling-pointer)
  # Up to 1 GB (in KB here) the compiler does not look for memory that it could use again: a tenth less time, measured.
  add_compile_options(--param=ggc-min-heapsize=1048576)
endif()
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_VISIBILITY)

if(BATON_ASAN)
  # The three left out check every use of a pointer and double the time to compile: the address sanitizer reports a null
  # pointer too, x86 reads unaligned values, and vptr is about downcasts, of which there are none.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=null,alignment,vptr -fno-sanitize-recover=undefined
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(BATON_TSAN)
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
  # GCC 12 cannot follow atomic_thread_fence under the thread sanitizer.
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()

# A precompiled header that does not fit is a mistake here, not a reason to compile slowly.
add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Winvalid-pch>)

find_program(BATON_CCACHE ccache)
if(BATON_CCACHE)
  # Without it ccache cannot see what a precompiled header holds (its manual, "Precompiled headers").
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${BATON_CCACHE})
endif()
# Not lld: Debian's version 14 links programs in which some exceptions do not find their handler (codec_test, net_test).
find_program(BATON_MOLD mold)
if(BATON_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
