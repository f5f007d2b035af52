# embed_text(target file symbol): makes the ASCII text of a file, or of several one behind the other,
# `const char symbol[]` of `target`.
include_guard(GLOBAL)
function(embed_text target file symbol)
    set(digits)
    foreach(name IN LISTS file)
        get_filename_component(path ${name} ABSOLUTE)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
        file(READ ${path} more HEX)
        string(APPEND digits ${more})
    endforeach()
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${digits}")
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
    file(CONFIGURE OUTPUT ${source}
        CONTENT "extern const char ${symbol}[];\nconst char ${symbol}[] = {${bytes}0};\n" @ONLY)
    target_sources(${target} PRIVATE ${source})
endfunction()
