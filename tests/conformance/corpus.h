/* corpus.h - a scenario as a file of libs/eventlog/conformance, and back (PROTOCOL.md). */
#ifndef CORPUS_H
#define CORPUS_H
#include "base/buffer.h"
#include "hostile.h"

enum { CORPUS_FILE_MAX = 1 << 18 };

/* Appends the file of a scenario. */
void corpus_print(const struct scenario *scenario, struct buffer *buffer);

/* A file as it was read; everything lies in the arena. */
struct corpus_case {
    struct log_record records[HOSTILE_RECORDS_MAX];
    size_t count;
    char verdicts[HOSTILE_RECORDS_MAX + 1]; /* letters, as in struct scenario */
    bool stops;
    struct fold_state final; /* where it does not stop */
};

/* Reads a file; CHECKs that it is one, for it is ours. */
struct corpus_case corpus_parse(struct text file, struct arena *arena) MUST_CHECK;

#endif
