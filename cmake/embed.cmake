# embed_text(target file symbol): makes the ASCII text of a file `const char symbol[]` of `target`.
include_guard(GLOBAL)
function(embed_text target file symbol)
    set(path ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    file(READ ${path} digits HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${digits}")
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
    file(CONFIGURE OUTPUT ${source}
        CONTENT "extern const char ${symbol}[];\nconst char ${symbol}[] = {${bytes}0};\n" @ONLY)
    target_sources(${target} PRIVATE ${source})
endfunction()
