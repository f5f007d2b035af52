/* Invariant 24: money comes and goes as it was asked for, once, by a way that its owner has proved
 * to be his and within what is allowed; what is to go is held from the first moment, and is free
 * again if it does not.
 */
#include "check_ledger.h"

#include <string.h>

#define SECOND_US INT64_C(1000000)
#define DAY_US    (INT64_C(86400) * SECOND_US)
enum { OPEN_MAX = 100, ATTEMPTS = 3, COOL_OFF_S = 86400 };

/* What a level allows of a transfer, a day and a month, in whole units. */
static const int64_t ALLOWED[][3] = {{1000, 2000, 5000},
                                     {10000, 20000, 100000},
                                     {100000, 200000, 1000000},
                                     {1000000, 2000000, 10000000}};

struct check_method {
    const struct check_item *about, *added;
};

struct check_transfer {
    const struct check_item *about; /* as it was asked for */
    const char *status;
    struct check_transfer *next; /* an older one of the partition */
};

static bool says(const struct check_ledger *ledger, const char *what)
{
    return check_says_at(ledger->run, 24, ledger->fact, "%s", what);
}

/* --- ways ------------------------------------------------------------------------------------- */

bool check_method_added(struct check_ledger *ledger)
{
    const struct check_item *body = ledger->fact->body, *about = GET(body, method);
    struct uuid id = UUID_OF(about, id);
    struct check_method *method = ARENA_NEW(ledger->run->arena, struct check_method, 1);
    *method = (struct check_method){about, body};
    if (!SAME_SYMBOL(about, status, "pending") || NUMBER(about, attempts_left) != ATTEMPTS)
        return says(ledger, "a payment method is there that nobody has proved to be his");
    check_map_put(&ledger->methods, id.bytes, method);
    return true;
}

static bool same_hash(const struct check_item *a, const struct check_item *b)
{
    return text_equal(check_text(a), check_text(b));
}

/* Both amounts, in either order. */
static bool are_named(const struct check_item *command, const struct check_item *added)
{
    const struct check_item *first = GET(command, first_hash), *second = GET(command, second_hash);
    const struct check_item *one = GET(added, first_hash), *other = GET(added, second_hash);
    return (same_hash(first, one) && same_hash(second, other)) ||
           (same_hash(first, other) && same_hash(second, one));
}

bool check_method_changed(struct check_ledger *ledger)
{
    const struct check_item *about = GET(ledger->fact->body, method);
    const struct check_item *command = ledger->fact->command;
    struct check_method *method = check_map_get(&ledger->methods, UUID_OF(about, id).bytes);
    if (method == NULL || SAME_SYMBOL(method->about, status, "removed"))
        return says(ledger, "there is no such payment method");
    const char *status = SYMBOL(method->about, status);
    int64_t left = NUMBER(method->about, attempts_left);
    bool removes = strcmp(command->shape->name, "RemovePaymentMethod") == 0;
    if (!removes && strcmp(status, "pending") == 0) {
        left--;
        status = are_named(command, method->added) ? "verified" : left == 0 ? "failed" : status;
    }
    method->about = about;
    return (SAME_SYMBOL(about, status, removes ? "removed" : status) &&
            NUMBER(about, attempts_left) == left) ||
           check_says_at(ledger->run, 24, ledger->fact,
                         "a payment method is %s with %lld attempts left; it must be %s with %lld",
                         SYMBOL(about, status), (long long)NUMBER(about, attempts_left), status,
                         (long long)left);
}

/* --- limits ----------------------------------------------------------------------------------- */

/* Of 1970-01-01: the first day of the month that a day is in. */
static int64_t month_of(int64_t time_us)
{
    int64_t day = time_us / DAY_US + 719468; /* since 0000-03-01, of a year that begins in March */
    int64_t era_day = day % 146097;
    int64_t year_of_era = (era_day - era_day / 1460 + era_day / 36524 - era_day / 146096) / 365;
    int64_t day_of_year = era_day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    return (day / 146097 * 400 + year_of_era) * 12 + (5 * day_of_year + 2) / 153;
}

static bool is_void(const struct check_transfer *transfer)
{
    return strcmp(transfer->status, "failed") == 0 || strcmp(transfer->status, "canceled") == 0;
}

/* What of the asset was asked for that way on the day, or in the month, of the event, and not given
 * back. */
static __int128 used_e8(const struct check_ledger *ledger, const struct check_item *asked,
                        bool month)
{
    __int128 used = 0;
    int64_t now_us = ledger->fact->occurred_at_us;
    for (const struct check_transfer *at = ledger->asked; at != NULL; at = at->next) {
        int64_t then_us = NUMBER(at->about, created_at);
        bool counts =
            month ? month_of(then_us) == month_of(now_us) : then_us / DAY_US == now_us / DAY_US;
        if (counts && !is_void(at) &&
            text_equal(TEXT_OF(at->about, asset), TEXT_OF(asked, asset)) &&
            text_equal(TEXT_OF(at->about, account_id), TEXT_OF(asked, account_id)) &&
            SAME_SYMBOL(asked, type, SYMBOL(at->about, type)))
            used += NUMBER(at->about, amount_e8);
    }
    return used;
}

static int64_t limit_e8(const struct check_person *person, enum check_field field, int which)
{
    int64_t otherwise = ALLOWED[person->level][which] * E8;
    return person->limits == NULL ? otherwise
                                  : check_number_or(check_get(person->limits, field), otherwise);
}

static size_t open_count(const struct check_ledger *ledger, struct text account_id)
{
    size_t count = 0;
    for (const struct check_transfer *at = ledger->asked; at != NULL; at = at->next) {
        bool open = strcmp(at->status, "pending") == 0 || strcmp(at->status, "processing") == 0;
        count += open && text_equal(TEXT_OF(at->about, account_id), account_id);
    }
    return count;
}

/* Whether it may be, as far as limits go. */
static bool is_within(struct check_ledger *ledger, const struct check_item *asked)
{
    const struct check_person *person = check_person_of(ledger, UUID_OF(asked, account_id));
    int64_t amount_e8 = NUMBER(asked, amount_e8);
    return open_count(ledger, TEXT_OF(asked, account_id)) < OPEN_MAX &&
           amount_e8 <= limit_e8(person, FIELD_max_transfer_e8, 0) &&
           used_e8(ledger, asked, false) + amount_e8 <= limit_e8(person, FIELD_max_day_e8, 1) &&
           used_e8(ledger, asked, true) + amount_e8 <= limit_e8(person, FIELD_max_month_e8, 2);
}

/* What the event says has been used of them is what has been. */
static bool check_use(struct check_ledger *ledger, const struct check_item *about)
{
    const struct check_item *use = GET(ledger->fact->body, use);
    return (NUMBER(use, day_e8) == used_e8(ledger, about, false) &&
            NUMBER(use, month_e8) == used_e8(ledger, about, true)) ||
           check_says_at(ledger->run, 24, ledger->fact,
                         "it says that %lld were asked for today, not %lld",
                         (long long)NUMBER(use, day_e8), (long long)used_e8(ledger, about, false));
}

void check_transfer_limits(struct check_ledger *ledger)
{
    const struct check_item *body = ledger->fact->body;
    check_person_of(ledger, UUID_OF(body, account_id))->limits = GET(body, limits);
}

/* --- asking ----------------------------------------------------------------------------------- */

static bool withdraws(const struct check_item *asked)
{
    return SAME_SYMBOL(asked, type, "withdrawal");
}

/* Its method, if that is verified and his; NULL: it is not. */
static const struct check_item *verified(const struct check_ledger *ledger,
                                         const struct check_item *asked)
{
    const struct check_method *method =
        check_map_get(&ledger->methods, UUID_OF(asked, payment_method_id).bytes);
    bool good = method != NULL && SAME_SYMBOL(method->about, status, "verified") &&
                text_equal(TEXT_OF(method->about, account_id), TEXT_OF(asked, account_id));
    return good ? method->about : NULL;
}

static bool has_cooled(struct check_ledger *ledger, const struct check_item *asked,
                       const struct check_item *method)
{
    const struct check_person *person = check_person_of(ledger, UUID_OF(asked, account_id));
    int64_t cool_off_s = person->limits == NULL
                             ? COOL_OFF_S
                             : check_number_or(GET(person->limits, cool_off_s), COOL_OFF_S);
    return ledger->fact->occurred_at_us >= NUMBER(method, verified_at) + cool_off_s * SECOND_US;
}

static bool status_allows(struct check_ledger *ledger, const struct check_item *asked)
{
    const char *status = check_person_of(ledger, UUID_OF(asked, account_id))->account_status;
    return strcmp(status, "active") == 0 ||
           (withdraws(asked) &&
            (strcmp(status, "restricted") == 0 || strcmp(status, "closed") == 0));
}

static bool check_allowed(struct check_ledger *ledger, const struct check_item *asked)
{
    const struct check_item *method = verified(ledger, asked);
    if (NUMBER(asked, amount_e8) <= 0 || !status_allows(ledger, asked))
        return says(ledger, "its account may not do that");
    if (method == NULL)
        return says(ledger, "it goes by what nobody has proved to be his");
    if (withdraws(asked) && !has_cooled(ledger, asked, method))
        return says(ledger, "it goes to a destination that is too new");
    return is_within(ledger, asked) || says(ledger, "it is above a limit");
}

bool check_transfer_requested(struct check_ledger *ledger)
{
    const struct check_item *body = ledger->fact->body, *about = GET(body, transfer);
    struct uuid id = UUID_OF(about, id);
    if (check_map_get(&ledger->transfers, id.bytes) != NULL)
        return says(ledger, "there was a transfer of that id before");
    if (!check_allowed(ledger, about))
        return false;
    struct check_transfer *transfer = ARENA_NEW(ledger->run->arena, struct check_transfer, 1);
    *transfer = (struct check_transfer){about, "pending", ledger->asked};
    check_map_put(&ledger->transfers, id.bytes, transfer);
    ledger->asked = transfer;
    ledger->run->tally->transfers++;
    if (withdraws(about))
        check_balance_at(ledger, BOOK_ACCOUNT, UUID_OF(about, account_id), TEXT_OF(about, asset))
            ->locked_e8 += NUMBER(about, amount_e8);
    return SAME_SYMBOL(about, status, "pending") && check_use(ledger, about);
}

/* Is what is refused for a reason to be refused for that reason? */
bool check_transfer_rejected(struct check_ledger *ledger)
{
    const struct check_item *asked = ledger->fact->command;
    struct text code = TEXT_OF(ledger->fact->body, code);
    if (asked == NULL || strcmp(asked->shape->name, "RequestTransfer") != 0)
        return true;
    const struct check_item *method = verified(ledger, asked);
    bool sound = true;
    if (text_is(code, "TRANSFER_LIMIT_EXCEEDED"))
        sound = !is_within(ledger, asked);
    else if (text_is(code, "PAYMENT_METHOD_UNVERIFIED"))
        sound = method == NULL;
    else if (text_is(code, "DESTINATION_COOLING_OFF"))
        sound = method != NULL && withdraws(asked) && !has_cooled(ledger, asked, method);
    else if (text_is(code, "INSUFFICIENT_FUNDS")) {
        const struct check_balance *balance = check_balance_at(
            ledger, BOOK_ACCOUNT, UUID_OF(asked, account_id), TEXT_OF(asked, asset));
        sound = NUMBER(asked, amount_e8) > balance->posted_e8 - balance->locked_e8;
    }
    ledger->run->tally->transfers_limited += text_is(code, "TRANSFER_LIMIT_EXCEEDED");
    return sound || check_says_at(ledger->run, 24, ledger->fact, "it is refused by %.*s, wrongly",
                                  (int)code.size, code.data);
}

/* --- what becomes of it ----------------------------------------------------------------------- */

static bool is_same(const struct check_item *a, const struct check_item *b)
{
    return text_equal(TEXT_OF(a, account_id), TEXT_OF(b, account_id)) &&
           text_equal(TEXT_OF(a, asset), TEXT_OF(b, asset)) &&
           NUMBER(a, amount_e8) == NUMBER(b, amount_e8) && SAME_SYMBOL(a, type, SYMBOL(b, type));
}

/* What may come behind what it was. */
static bool may_follow(const struct check_transfer *transfer, const char *status)
{
    bool pending = strcmp(transfer->status, "pending") == 0;
    if (strcmp(status, "processing") == 0 || strcmp(status, "canceled") == 0)
        return pending;
    return pending || strcmp(transfer->status, "processing") == 0;
}

/* Money passes the border once: what was held goes, or what is new comes; else nothing moves but
 * what was held is free. */
static bool move(struct check_ledger *ledger, const struct check_item *about, bool completed)
{
    const struct check_item *postings = GET(ledger->fact->body, postings);
    if (!completed && postings->count > 0)
        return says(ledger, "money moves, and it has not come to that");
    if (!completed && !withdraws(about))
        return true;
    int64_t amount_e8 = NUMBER(about, amount_e8);
    struct check_balance *balance =
        check_balance_at(ledger, BOOK_ACCOUNT, UUID_OF(about, account_id), TEXT_OF(about, asset));
    if (withdraws(about))
        balance->locked_e8 -= amount_e8;
    if (completed)
        balance->expected_e8 += withdraws(about) ? -amount_e8 : amount_e8;
    return true;
}

bool check_transfer_changed(struct check_ledger *ledger)
{
    const struct check_item *about = GET(ledger->fact->body, transfer);
    const char *status = SYMBOL(about, status);
    struct check_transfer *transfer = check_map_get(&ledger->transfers, UUID_OF(about, id).bytes);
    if (transfer == NULL || !is_same(about, transfer->about))
        return says(ledger, "it is not the transfer that was asked for");
    if (!may_follow(transfer, status))
        return check_says_at(ledger->run, 24, ledger->fact, "it is %s, and was %s", status,
                             transfer->status);
    bool completed = strcmp(status, "completed") == 0;
    transfer->status = status;
    ledger->run->tally->transfers_completed += completed;
    if (strcmp(status, "processing") == 0)
        return true;
    return move(ledger, about, completed) && (completed || check_use(ledger, about));
}
