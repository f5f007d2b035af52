/* write.c - writes libs/eventlog/conformance anew: conformance_write FOLDER */
#include "corpus.h"

#include <stdio.h>

#include "seal/seal.h"

int main(int argc, char **argv)
{
    if (argc != 2 || seal_init() != OK) {
        fprintf(stderr, "usage: conformance_write FOLDER\n");
        return 2;
    }
    for (size_t i = 0; i < SCENARIOS_COUNT; i++) {
        char path[4096];
        struct buffer text;
        snprintf(path, sizeof path, "%s/%s.jsonl", argv[1], SCENARIOS[i].name);
        buffer_init(&text, CORPUS_FILE_MAX);
        corpus_print(&SCENARIOS[i], &text);
        FILE *file = fopen(path, "w");
        if (file == NULL || fwrite(text.data, 1, text.size, file) != text.size ||
            fclose(file) != 0) {
            perror(path);
            return 1;
        }
        buffer_free(&text);
    }
    return 0;
}
