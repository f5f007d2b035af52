#include "seal/password.h"

#include <string.h>
#include <strings.h>

/* The common ones that are long enough to pass otherwise, without regard to case. */
static const char *const COMMON[] = {
    "0000000000",     "0123456789",       "0987654321",   "1029384756",   "1111111111",
    "1122334455",     "1231231231",       "123123123123", "1234512345",   "123456123456",
    "1234567890",     "12345678900",      "12345678901",  "123456789a",   "1234567891",
    "12345678910",    "123456789abc",     "123456789q",   "123qweasdzxc", "147258369",
    "1357924680",     "1472583690",       "1q2w3e4r5t",   "1q2w3e4r5t6y", "1qaz2wsx3edc",
    "1qazxsw23edc",   "2222222222",       "7777777777",   "8888888888",   "9876543210",
    "9999999999",     "aaaaaaaaaa",       "abc1234567",   "abcd123456",   "abcde12345",
    "abcdefghij",     "abcdefghijk",      "admin12345",   "admin123456",  "adminadmin",
    "administrator",  "asdfasdfasdf",     "asdfghjkl1",   "asdfghjkl;",   "asdfghjkl;'",
    "basketball",     "baseball123",      "bourse1234",   "bourse12345",  "bourse123456",
    "bullshit123",    "changeme12",       "changeme123",  "changeme1234", "charlie123",
    "chocolate1",     "christopher",      "dragon1234",   "elizabeth1",   "football12",
    "football123",    "fuckyou123",       "hello12345",   "hello123456",  "helloworld",
    "iloveyou12",     "iloveyou123",      "iloveyou1234", "india12345",   "internet123",
    "jennifer12",     "jordan2323",       "justinbieber", "letmein123",   "letmein1234",
    "liverpool1",     "manchester",       "master1234",   "metallica1",   "michael123",
    "monkey1234",     "mypassword",       "password00",   "password01",   "password1!",
    "password12",     "password123",      "password123!", "password1234", "password12345",
    "password123456", "password2024",     "password2025", "password2026", "passwordpassword",
    "princess12",     "princess123",      "q1w2e3r4t5",   "q1w2e3r4t5y6", "qazwsxedcrfv",
    "qweasdzxc1",     "qweasdzxc123",     "qwer1234qwer", "qwerty1234",   "qwerty12345",
    "qwerty123456",   "qwertyqwerty",     "qwertyuiop",   "qwertyuiop1",  "qwertyuiop123",
    "qwertyuiop[]",   "samsung123",       "secret1234",   "spiderman1",   "starwars123",
    "summer2024",     "summer2025",       "summer2026",   "sunshine12",   "sunshine123",
    "superman12",     "superman123",      "temporary1",   "test123456",   "testtest12",
    "testtest123",    "trustno1trustno1", "unbelievable", "vanessa123",   "welcome123",
    "welcome1234",    "whatever12",       "whatever123",  "william123",   "winter2025",
    "yourpassword",   "zaq12wsxcde3",     "zxcvbnm123",   "zxcvbnm,./",   "zxcvbnmzxcvbnm",
};

static size_t characters(struct text text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += ((unsigned char)text.data[i] & 0xC0) != 0x80; /* UTF-8: not a following byte */
    return count;
}

const char *password_weakness(struct text password)
{
    if (characters(password) < PASSWORD_CHARACTERS_MIN)
        return "the password is too short: take at least 10 characters";
    if (password.size > PASSWORD_BYTES_MAX)
        return "the password is too long: take at most 1024 bytes";
    for (size_t i = 0; i < COUNT_OF(COMMON); i++) {
        if (password.size == strlen(COMMON[i]) &&
            strncasecmp(password.data, COMMON[i], password.size) == 0)
            return "the password is among the most common ones: take another";
    }
    return NULL;
}
