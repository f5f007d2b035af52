#include "client.h"

#include "base/time.h"
#include "commands.h"
#include "sim.h"

#include <stdio.h>
#include <string.h>

enum {
    RETRY_MAX_US = 2000000,
    ASK_EVERY_US = 500000,
    GIVE_UP_US = 60000000, /* behind valid_until, by any clock that is nearly right */
    PROBE_EVERY = 12,      /* times that nobody knew */
    TRIES_MAX = 3          /* of what was answered that it should be tried again */
};

void client_init(struct client *client, struct sim *sim, int number)
{
    *client = (struct client){.sim = sim,
                              .number = number,
                              .says_shown = dice_below(&sim->dice, 2) == 0,
                              .session = number,
                              .request = EVIDENCE_NONE};
    buffer_init(&client->value, WIRE_VALUE_SIZE_MAX);
    buffer_init(&client->key, 4096);
}

void client_destroy(struct client *client)
{
    buffer_free(&client->value);
    buffer_free(&client->key);
}

struct text client_key(const struct client *client)
{
    return buffer_as_text(&client->key);
}

struct uuid client_session(const struct client *client)
{
    uint8_t rest[12] = {0};
    memcpy(rest + 8, &client->session, sizeof client->session); /* where a random id differs, too */
    return uuid_make(0, rest);
}

/* A key that nobody else has, and what is sent under it. */
static void make_key(struct client *client, struct command *command)
{
    struct sim *sim = client->sim;
    struct idempotency *idempotency = &command->meta.idempotency;
    command->meta.has_idempotency = true;
    memcpy(idempotency->key_hash.bytes, &(uint64_t[2]){++sim->keys_count, 77},
           sizeof idempotency->key_hash.bytes);
    memset(idempotency->body_hash.bytes, (int)dice_below(&sim->dice, 256),
           sizeof idempotency->body_hash.bytes);
}

void client_give(struct client *client, const struct command *original)
{
    struct sim *sim = client->sim;
    struct command command = *original;
    struct arena *arena = arena_new(4096);
    CHECK(client->state == CLIENT_IDLE);
    command.meta.has_idempotency = false;
    if (dice_below(&sim->dice, 2) == 0)
        make_key(client, &command);
    buffer_reset(&client->value);
    buffer_reset(&client->key);
    command_encode(&command, &client->value);
    buffer_text(&client->key, venue_key_of(&command, arena));
    arena_free(arena);
    client->service = venue_service_of(&command);
    client->kind = wire_message_name(command_message(&command));
    client->has_key = command.meta.has_idempotency;
    client->idempotency = command.meta.idempotency;
    client->wants_ticket = client->service != SERVICE_AUDIT && dice_below(&sim->dice, 3) == 0;
    client->again = client->has_key && dice_below(&sim->dice, 6) == 0;
    client->caller = command.meta.has_actor ? command.meta.actor.user_id : (struct uuid){{0}};
    client->command_id = command.meta.command_id;
    client->request = client->first_request = EVIDENCE_NONE;
    client->tries = 0;
    client->probes = false;
    client->next_us = 0;
    client->gate = (int)dice_below(&sim->dice, GATES);
    client->state = CLIENT_READY;
}

void client_meets(struct client *client, const struct gate *gate)
{
    if (client->says_shown || strcmp(client->gate_life, gate->instance) == 0)
        return;
    client->session += CLIENTS;
    snprintf(client->gate_life, sizeof client->gate_life, "%s", gate->instance);
}

void client_sent(struct client *client, const struct gate *gate)
{
    struct evidence_request request = {.client = client->session,
                                       .gateway = gate->number,
                                       .kind = client->kind,
                                       .command_id = client->command_id,
                                       .caller = client->caller,
                                       .has_key = client->has_key,
                                       .repeats = client->request,
                                       .sent_us = sim_now_us(client->sim)};
    memcpy(request.key_hash, client->idempotency.key_hash.bytes, sizeof request.key_hash);
    memcpy(request.body_hash, client->idempotency.body_hash.bytes, sizeof request.body_hash);
    client->request = evidence_send(client->sim->evidence, &request);
    client->sent_us = sim_now_us(client->sim);
    client->state = CLIENT_WAITING;
    client->sim->sent_count++;
}

/* Sends it again under its key, at any gateway, after a while. */
static void try_again(struct client *client)
{
    struct sim *sim = client->sim;
    client->gate = (int)dice_below(&sim->dice, GATES);
    client->next_us = sim_now_us(sim) + dice_span(&sim->dice, RETRY_MAX_US);
    client->state = CLIENT_READY;
}

/* Answers that ask to be asked again, and do not stick to a key. */
static bool is_passing(const char *code)
{
    return strcmp(code, "OVERLOADED") == 0 || strcmp(code, "COMMAND_EXPIRED") == 0;
}

static void take_answer(struct client *client, const struct told *told)
{
    struct sim *sim = client->sim;
    evidence_answer(sim->evidence, client->request, sim_now_us(sim), EVIDENCE_ANSWERED,
                    &told->answer, told->kind, told->code, told->replayed);
    if (client->says_shown)
        shown_add_all(&client->shown, &told->shown);
    if (told->replayed)
        sim_count(sim, COUNT_REPLAYED);
    if (!uuid_is_nil(told->approval_id))
        market_hear(&sim->market, told->approval_id);
    if (strncmp(told->code, "RISK_", strlen("RISK_")) == 0)
        sim_count(sim, COUNT_RISK_REFUSED);
    client->state = CLIENT_IDLE;
    if (!client->has_key || sim->fates.calm)
        return;
    if (is_passing(told->code) && ++client->tries < TRIES_MAX) {
        try_again(client);
    } else if (client->again) {
        client->again = false;
        try_again(client);
    }
}

void client_told(struct client *client, const struct told *told)
{
    struct sim *sim = client->sim;
    CHECK(client->state == CLIENT_WAITING);
    if (told != NULL && told->outcome == EVIDENCE_ANSWERED) {
        take_answer(client, told);
        return;
    }
    if (told != NULL)
        evidence_answer(sim->evidence, client->request, sim_now_us(sim), EVIDENCE_UNKNOWN, NULL,
                        NULL, NULL, false);
    sim_count(sim, told == NULL ? COUNT_CONNECTION_BROKEN : COUNT_OUTCOME_UNKNOWN);
    if (client->has_key)
        try_again(client);
    else
        client->state = told == NULL ? CLIENT_IDLE : CLIENT_ASKING;
}

/* Asks the service whether the command can still execute, as a gateway does where no journal shows
 * what became of it (R13). */
static void probe(struct client *client)
{
    const struct command command = {
        .kind = COMMAND_PROBE_COMMAND,
        .probe_command = {.probed_command_id = client->command_id,
                          .probed_valid_until = client->valid_until_us},
    };
    buffer_reset(&client->value);
    command_encode(&command, &client->value);
    client->kind = wire_message_name(command_message(&command));
    client->wants_ticket = false;
    client->probes = true;
    client->request = EVIDENCE_NONE;
    client->state = CLIENT_READY;
    sim_count(client->sim, COUNT_PROBED);
}

static void ask(struct client *client)
{
    struct sim *sim = client->sim;
    struct told told;
    struct gate *gate = &sim->gates[dice_below(&sim->dice, GATES)];
    client->next_us = sim_now_us(sim) + ASK_EVERY_US;
    if (gate_ask(gate, client, &told)) {
        sim_count(sim, COUNT_FOUND_LATER);
        take_answer(client, &told);
        if (strcmp(client->gate_life, gate->instance) != 0)
            client->gate_life[0] = 0; /* what the one has shown, the other does not know */
    } else if (!client->probes && dice_below(&sim->dice, PROBE_EVERY) == 0) {
        probe(client);
    } else if (sim_now_us(sim) > client->sent_us + GIVE_UP_US) {
        client->state = CLIENT_IDLE;
    }
}

void client_run(struct client *client)
{
    struct sim *sim = client->sim;
    if (sim_now_us(sim) < client->next_us)
        return;
    if (client->state == CLIENT_ASKING) {
        ask(client);
    } else if (client->state == CLIENT_READY) {
        if (gate_send(&sim->gates[client->gate], client) != OK && dice_below(&sim->dice, 8) == 0)
            client->gate = (int)dice_below(&sim->dice, GATES); /* it takes too long */
    }
}
