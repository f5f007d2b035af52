#include "fate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { MILLION = 1000000 };

static const struct {
    const char *name, *text;
    uint32_t rate;
} ROWS[FATES] = {
#define FATE_ROW(name, rate, text) [FATE_##name] = {#name, text, rate},
    FATE_MAP(FATE_ROW)
#undef FATE_ROW
};

uint64_t dice_next(struct dice *dice)
{
    uint64_t mixed = dice->state += UINT64_C(0x9E3779B97F4A7C15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ mixed >> 31;
}

uint32_t dice_below(struct dice *dice, uint32_t bound)
{
    return (uint32_t)((dice_next(dice) >> 32) * bound >> 32);
}

int64_t dice_span(struct dice *dice, int64_t most)
{
    int64_t part = most >> dice_below(dice, 8);
    return (int64_t)(dice_next(dice) >> 1) % (part + 1);
}

void fates_init(struct fates *fates, uint64_t seed, const bool *left_out, size_t left_out_count)
{
    static const uint32_t QUARTERS[] = {0, 0, 1, 4, 4, 4, 8, 16}; /* of the usual rate */
    struct dice dice = {seed};
    *fates = (struct fates){.left_out = left_out, .left_out_count = left_out_count};
    for (int i = 0; i < FATES; i++) {
        fates->rates[i] = ROWS[i].rate * QUARTERS[dice_below(&dice, COUNT_OF(QUARTERS))] / 4;
        fates->streams[i].state = dice_next(&dice);
    }
}

void fates_free(struct fates *fates)
{
    free(fates->struck);
    fates->struck = NULL;
}

static void record(struct fates *fates, enum fate fate)
{
    if (fates->struck_count == fates->struck_max) {
        fates->struck_max = 2 * fates->struck_max + 64;
        fates->struck = realloc(fates->struck, fates->struck_max * sizeof *fates->struck);
        CHECK(fates->struck != NULL);
    }
    fates->struck[fates->struck_count++] = (struct fate_struck){.fate = fate, .step = fates->step};
    if (fates->ret_count != NULL)
        *fates->ret_count = fates->struck_count;
}

bool fate_strikes(struct fates *fates, enum fate fate)
{
    if (fates->calm || dice_below(&fates->streams[fate], MILLION) >= fates->rates[fate])
        return false;
    size_t number = fates->struck_count;
    record(fates, fate);
    if (number < fates->left_out_count && fates->left_out[number])
        return false;
    fates->counts[fate]++;
    return true;
}

void fate_struck(struct fates *fates, const char *format, ...)
{
    struct fate_struck *last = &fates->struck[fates->struck_count - 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(last->what, sizeof last->what, format, arguments);
    va_end(arguments);
}

const char *fate_name(enum fate fate)
{
    return ROWS[fate].name;
}

const char *fate_text(enum fate fate)
{
    return ROWS[fate].text;
}
