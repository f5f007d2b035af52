#include "gateway/payment.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

enum { IBAN_MIN = 15, IBAN_MAX = 34, CARD_MIN = 12, CARD_MAX = 19, WALLET_MIN = 20 };
enum { WALLET_MAX = 100, LAST_SHOWN = 4 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

struct text payment_compact(struct text number, struct arena *arena)
{
    char *compact = arena_alloc(arena, number.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < number.size; i++) {
        if (number.data[i] != ' ' && number.data[i] != '-')
            compact[size++] = (char)toupper((unsigned char)number.data[i]);
    }
    return (struct text){.data = compact, .size = size};
}

/* The number that a character stands for goes on with `remainder` before it, modulo 97. */
static int mod_97(int remainder, char c)
{
    if (is_digit(c))
        return (remainder * 10 + (c - '0')) % 97;
    return (remainder * 100 + (c - 'A' + 10)) % 97;
}

bool payment_iban_is_sound(struct text iban)
{
    if (iban.size < IBAN_MIN || iban.size > IBAN_MAX)
        return false;
    for (size_t i = 0; i < iban.size; i++) {
        bool fits = i < 2   ? is_letter(iban.data[i])
                    : i < 4 ? is_digit(iban.data[i])
                            : is_letter(iban.data[i]) || is_digit(iban.data[i]);
        if (!fits)
            return false;
    }
    int remainder = 0;
    for (size_t i = 0; i < iban.size; i++) /* country and check digits come last */
        remainder = mod_97(remainder, iban.data[(i + 4) % iban.size]);
    return remainder == 1;
}

bool payment_card_is_sound(struct text number)
{
    int sum = 0;
    if (number.size < CARD_MIN || number.size > CARD_MAX)
        return false;
    for (size_t i = 0; i < number.size; i++) {
        char c = number.data[number.size - 1 - i];
        if (!is_digit(c))
            return false;
        int digit = (c - '0') * (i % 2 == 0 ? 1 : 2);
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

bool payment_wallet_is_sound(struct text address)
{
    for (size_t i = 0; i < address.size; i++) {
        if (!isalnum((unsigned char)address.data[i]))
            return false;
    }
    return address.size >= WALLET_MIN && address.size <= WALLET_MAX;
}

struct text payment_masked(struct text number, size_t first, struct arena *arena)
{
    size_t shown = first + LAST_SHOWN < number.size ? first : 0;
    size_t last = number.size > LAST_SHOWN ? LAST_SHOWN : 0;
    return arena_printf(arena, "%.*s\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2%.*s",
                        (int)shown, number.data, (int)last, number.data + number.size - last);
}

void payment_amount_hash(const struct seal_key *key, struct uuid method_id, int64_t amount_e8,
                         uint8_t ret_hash[16])
{
    char id[UUID_TEXT_SIZE], named[128];
    uuid_print(method_id, id);
    int size = snprintf(named, sizeof named, "small deposit\n%.*s\n%" PRId64, UUID_TEXT_SIZE, id,
                        amount_e8);
    seal_keyed_hash16(key, named, (size_t)size, ret_hash);
}
