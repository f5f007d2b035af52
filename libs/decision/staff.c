#include "decision/staff.h"

#include "base/seeded_bug.h"

#include <stdlib.h>
#include <string.h>

void staff_free(struct staff *staff)
{
    free(staff->members);
    *staff = (struct staff){.members = NULL};
}

/* Where a user is, or would be. */
static size_t place_of(const struct staff *staff, struct uuid user_id)
{
    size_t place = 0;
    while (place < staff->count && uuid_compare(staff->members[place].user_id, user_id) < 0)
        place++;
    return place;
}

static bool is_at(const struct staff *staff, size_t place, struct uuid user_id)
{
    return place < staff->count && uuid_equal(staff->members[place].user_id, user_id);
}

static void insert(struct staff *staff, size_t place, struct staff_member member)
{
    if (staff->count == staff->capacity) {
        staff->capacity = staff->capacity * 2 + 8;
        staff->members = realloc(staff->members, staff->capacity * sizeof *staff->members);
        CHECK(staff->members != NULL);
    }
    memmove(staff->members + place + 1, staff->members + place,
            (staff->count - place) * sizeof *staff->members);
    staff->members[place] = member;
    staff->count++;
}

static void remove_at(struct staff *staff, size_t place)
{
    staff->count--;
    memmove(staff->members + place, staff->members + place + 1,
            (staff->count - place) * sizeof *staff->members);
}

static void note_admins(struct staff *staff)
{
    size_t admins = 0;
    for (size_t i = 0; i < staff->count; i++)
        admins += (staff->members[i].roles & ROLE_BIT(ROLE_ADMIN)) != 0;
    staff->had_two_admins = staff->had_two_admins || admins > 1;
}

void staff_set(struct staff *staff, struct uuid user_id, uint32_t roles)
{
    size_t place = place_of(staff, user_id);
    bool known = is_at(staff, place, user_id);
    roles &= STAFF_ROLES;
    if (known && roles == 0)
        remove_at(staff, place);
    else if (known)
        staff->members[place].roles = roles;
    else if (roles != 0)
        insert(staff, place, (struct staff_member){user_id, roles});
    note_admins(staff);
}

uint32_t staff_roles(const struct staff *staff, struct uuid user_id)
{
    size_t place = place_of(staff, user_id);
    return is_at(staff, place, user_id) ? staff->members[place].roles : 0;
}

bool staff_may(const struct staff *staff, const struct command_meta *meta, uint32_t role_bits)
{
    if (SEEDED_BUG(ROLES_BELIEVED))
        return actor_has(meta->has_actor, &meta->actor, role_bits);
    return meta->has_actor &&
           (role_bits & role_bits_of(meta->actor.roles, meta->actor.roles_count) &
            staff_roles(staff, meta->actor.user_id)) != 0;
}

void staff_adopt(const struct event *cause, struct arena *arena, struct event *event)
{
    bool registered = cause->kind == EVENT_USER_REGISTERED;
    CHECK(registered || cause->kind == EVENT_USER_CHANGED);
    const struct user_changed *changed = &cause->user_changed;
    uint32_t roles =
        registered ? role_bits_of(cause->user_registered.roles, cause->user_registered.roles_count)
        : changed->status == USER_STATUS_ACTIVE ? role_bits_of(changed->roles, changed->roles_count)
                                                : 0;
    event->kind = EVENT_STAFF_ADOPTED;
    event->key = TEXT("staff"); /* it is about nothing that is kept here */
    event->staff_adopted.user_id = registered ? cause->user_registered.user_id : changed->user_id;
    event->staff_adopted.roles =
        roles_of_bits(roles & STAFF_ROLES, arena, &event->staff_adopted.roles_count);
}

void staff_touch(struct event *event, struct arena *arena)
{
    event_touch_all(event, arena, SERVICE_ACCOUNTS);
    event_touch_all(event, arena, SERVICE_ORDERS);
    event_touch_all(event, arena, SERVICE_SETTINGS);
    event_touch_all(event, arena, SERVICE_DESK);
}

void staff_save(const struct staff *staff, struct buffer *buffer)
{
    pack_u64(buffer, staff->had_two_admins);
    pack_u64(buffer, staff->count);
    for (size_t i = 0; i < staff->count; i++) {
        buffer_append(buffer, &staff->members[i].user_id, sizeof staff->members[i].user_id);
        pack_u64(buffer, staff->members[i].roles);
    }
}

void staff_load(struct staff *staff, struct pack_reader *reader)
{
    staff->had_two_admins = pack_read_u64(reader) != 0;
    uint64_t count = pack_read_u64(reader);
    for (uint64_t i = 0; i < count && !reader->failed; i++) {
        struct uuid user_id;
        pack_read(reader, &user_id, sizeof user_id);
        uint64_t roles = pack_read_u64(reader);
        reader->failed = reader->failed || roles == 0 || (roles & ~(uint64_t)STAFF_ROLES) != 0 ||
                         staff_roles(staff, user_id) != 0;
        if (!reader->failed)
            staff_set(staff, user_id, (uint32_t)roles);
    }
}
