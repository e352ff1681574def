# baton_embed(<target> <symbol> <file>)
#
# Puts the bytes of <file> into <target>; the code reads them through
#   extern "C" const char <symbol>_begin[], <symbol>_end[];
function(baton_embed target symbol file)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/embed_${symbol}.cpp)
  file(CONFIGURE OUTPUT ${generated} CONTENT [=[
// The bytes of @file@, put into the binary by the assembler.
asm(R"(
.section .rodata
.balign 16
.global @symbol@_begin
.global @symbol@_end
@symbol@_begin:
.incbin "@file@"
@symbol@_end:
.byte 0
.section .note.GNU-stack,"",@progbits
.text
)");
]=] @ONLY)
  set_source_files_properties(${generated} PROPERTIES OBJECT_DEPENDS ${file})
  target_sources(${target} PRIVATE ${generated})
endfunction()
