/* config.c - an environment of anything, a variable a line behind the byte that says which process
 * reads it: it is refused in words, or printed back. Files are left out: their names are ours. */
#include "config/config.h"

#include "config/table.h"
#include "fuzz.h"

enum { VARIABLES_MAX = 64, TEXT_MAX = 1 << 20, ARENA_SIZE = 1 << 20 };

static bool names_a_file(struct text line)
{
    static const char MARK[] = "_FILE=";
    return memmem(line.data, line.size, MARK, sizeof MARK - 1) != NULL;
}

/* Each row by itself too, for a process starts only with files. */
static void read_rows(char *const *environment)
{
    struct buffer text;
    struct config config = {0};
    buffer_init(&text, TEXT_MAX);
    for (size_t i = 0; i < CONFIG_ROWS_COUNT; i++) {
        const struct config_row *row = &CONFIG_ROWS[i];
        const char *value = config_environment(environment, row->name);
        if (value == NULL || row->kind == CONFIG_FILE || row->kind == CONFIG_SECRET ||
            row->kind == CONFIG_OTHER)
            continue;
        if (config_read_value(row, value, &config, &text))
            config_print_value(row, &config, &text);
        config_has_password(text_of(value));
    }
    config_free(&config);
    buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    enum process process = 1U << (fuzz_byte(&input) % 5);
    char *environment[VARIABLES_MAX + 1] = {NULL};
    size_t count = 0;
    if (size > TEXT_MAX / 16)
        return 0;
    struct arena *arena = arena_new(ARENA_SIZE);
    while (input.size > 0 && count < VARIABLES_MAX) {
        struct text line = fuzz_until(&input, '\n');
        if (!names_a_file(line))
            environment[count++] = (char *)(uintptr_t)arena_text(arena, line).data;
    }
    struct config config;
    struct buffer text;
    buffer_init(&text, TEXT_MAX);
    if (config_load(process, environment, &config, &text) == OK) {
        config_print(&config, process, environment, &text);
        config_free(&config);
    } else {
        CHECK(text.size > 0);
    }
    read_rows(environment);
    buffer_free(&text);
    arena_free(arena);
    return 0;
}
