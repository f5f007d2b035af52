#include "config/config.h"
#include "config/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SEAL_KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define PEM      "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"

enum { VARIABLES_MAX = 64 };

static char folder[64];
static char *environment[VARIABLES_MAX + 1];
static struct config config;
static struct buffer problem;

/* Where NAME=value is, or would be, in the environment under test. */
static char **slot_of(const char *name)
{
    size_t size = strlen(name);
    char **slot = environment;
    while (*slot != NULL && !(strncmp(*slot, name, size) == 0 && (*slot)[size] == '='))
        slot++;
    assert_true(slot < environment + VARIABLES_MAX);
    return slot;
}

/* Takes out what was set, its file too; the last one comes in its place. */
static void unset(const char *name)
{
    char **slot = slot_of(name), **last = slot;
    while (last[1] != NULL)
        last++;
    (void)unlink(strchr(*slot, '=') + 1);
    free(*slot);
    *slot = last == slot ? NULL : *last;
    *last = NULL;
}

/* Sets NAME=value, over what it was. */
static void set(const char *name, const char *value)
{
    char **slot = slot_of(name);
    free(*slot);
    assert_true(asprintf(slot, "%s=%s", name, value) > 0);
}

/* Writes a file of this mode and sets the variable to its path. */
static void set_file(const char *name, const char *contents, size_t size, mode_t mode)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(contents, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
    set(name, path);
}

static void set_secret(const char *name, const char *contents)
{
    set_file(name, contents, strlen(contents), 0600);
}

/* An environment in which every process starts. */
static int good_environment(void **state)
{
    (void)state;
    buffer_init(&problem, 65536);
    snprintf(folder, sizeof folder, "/tmp/config_test.XXXXXX");
    assert_non_null(mkdtemp(folder));
    set("PATH", "/usr/bin");
    set("BOURSE_KAFKA", "localhost:9092");
    set("BOURSE_PG", "dbname=bourse");
    set("BOURSE_VAULT_PG", "postgresql://bourse@localhost:5432/bourse_vault?sslmode=disable");
    set_secret("BOURSE_SEAL_KEY_FILE", SEAL_KEY "\n");
    set_secret("BOURSE_TOKEN_KEY_FILE", PEM);
    set_secret("BOURSE_TLS_KEY_FILE", PEM);
    set_file("BOURSE_TLS_CERT_FILE", PEM, strlen(PEM), 0644);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    for (char **variable = environment; *variable != NULL; variable++) {
        const char *path = strchr(*variable, '=') + 1;
        if (strncmp(path, folder, strlen(folder)) == 0)
            (void)unlink(path);
        free(*variable);
        *variable = NULL;
    }
    (void)rmdir(folder);
    config_free(&config);
    buffer_free(&problem);
    return 0;
}

static void assert_loads(enum process process)
{
    if (config_load(process, environment, &config, &problem) != OK)
        fail_msg("%.*s", (int)problem.size, (const char *)problem.data);
}

static void assert_refused(enum process process, const char *expected)
{
    assert_int_equal(config_load(process, environment, &config, &problem), ERR_CONFIG);
    assert_null(config.kafka);
    buffer_byte(&problem, '\0');
    assert_string_equal((const char *)problem.data, expected);
    buffer_reset(&problem);
}

/* Somewhere in the problem. */
static void assert_refused_with(enum process process, const char *part)
{
    assert_int_equal(config_load(process, environment, &config, &problem), ERR_CONFIG);
    buffer_byte(&problem, '\0');
    if (strstr((const char *)problem.data, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, (const char *)problem.data);
    buffer_reset(&problem);
}

static void defaults_hold_where_nothing_is_set(void **state)
{
    (void)state;
    assert_loads(PROCESS_GATEWAY);
    assert_string_equal(config.kafka, "localhost:9092");
    assert_int_equal(config.https_port, 8443);
    assert_int_equal(config.access_ttl_ms, 30 * 60 * 1000);
    assert_int_equal(config.refresh_ttl_ms, INT64_C(7) * 86400 * 1000);
    assert_int_equal(config.limit_register.count, 5);
    assert_int_equal(config.limit_register.window_ms, 3600000);
    assert_int_equal(config.venue_mode, VENUE_MODE_LIVE);
    assert_int_equal(config.log_level, LOG_LEVEL_INFO);
    assert_string_equal(config.seal_key, SEAL_KEY);
    assert_string_equal(config.token_key, "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE "
                                          "KEY-----");
    assert_true(strlen(config.instance) > 0);
    assert_null(config.public_url);
    assert_null(config.admin_email); /* for `bourse init` */
}

static void the_environment_wins_over_defaults(void **state)
{
    (void)state;
    set("BOURSE_HTTPS_PORT", "65535");
    set("BOURSE_METRICS_PORT", "0");
    set("BOURSE_LIMIT_LOGIN", "off");
    set("BOURSE_LIMIT_READ", "200000/500ms");
    set("BOURSE_ACCESS_TTL", "90s");
    set("BOURSE_VENUE_MODE", "paper");
    set("BOURSE_LOG_LEVEL", "error");
    set("BOURSE_INSTANCE", "gateway-1");
    assert_loads(PROCESS_GATEWAY);
    assert_int_equal(config.https_port, 65535);
    assert_int_equal(config.metrics_port, 0);
    assert_int_equal(config.limit_login.count, 0);
    assert_int_equal(config.limit_read.count, 200000);
    assert_int_equal(config.limit_read.window_ms, 500);
    assert_int_equal(config.access_ttl_ms, 90000);
    assert_int_equal(config.venue_mode, VENUE_MODE_PAPER);
    assert_int_equal(config.log_level, LOG_LEVEL_ERROR);
    assert_string_equal(config.instance, "gateway-1");
}

static void an_unknown_setting_is_refused_with_the_one_meant(void **state)
{
    (void)state;
    set("BOURSE_HTTP_PROT", "8080");
    assert_refused(PROCESS_GATEWAY, "BOURSE_HTTP_PROT is not a setting of Bourse: did you mean "
                                    "BOURSE_HTTP_PORT?\n");
}

static void an_unknown_setting_like_no_other_is_refused_too(void **state)
{
    (void)state;
    set("BOURSE_FLUX_CAPACITOR", "1");
    assert_refused(PROCESS_SERVICE, "BOURSE_FLUX_CAPACITOR is not a setting of Bourse: unset it "
                                    "(--check-config lists all there are)\n");
    char longest[300];
    memset(longest, 'X', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    memcpy(longest, "BOURSE_", 7);
    set(longest, "1");
    assert_refused_with(PROCESS_SERVICE, "XXX is not a setting of Bourse: unset it");
}

static void what_others_read_is_known_but_not_looked_at(void **state)
{
    (void)state;
    set("BOURSE_URL", "whatever");
    set("BOURSE_HTTPS_PORT", "none");
    assert_loads(PROCESS_SERVICE);
}

static void a_missing_setting_is_named_and_explained(void **state)
{
    (void)state;
    char *const nothing[] = {NULL};
    assert_int_equal(config_load(PROCESS_CLI, nothing, &config, &problem), ERR_CONFIG);
    buffer_byte(&problem, '\0');
    assert_string_equal(
        (const char *)problem.data,
        "BOURSE_KAFKA is not set: the Kafka brokers to begin with, as host:port,host:port. "
        "Example: BOURSE_KAFKA=localhost:9092\n"
        "BOURSE_PG is not set: the database of the projections, as a libpq connection string. "
        "Example: BOURSE_PG=host=/run/postgresql dbname=bourse user=bourse\n");
}

/* Names a setting that is to be there, and nothing else. */
static void assert_wanted(const char *name)
{
    assert_int_equal(config_load(PROCESS_GATEWAY, environment, &config, &problem), ERR_CONFIG);
    buffer_byte(&problem, '\0');
    const char *line = (const char *)problem.data;
    assert_memory_equal(line, name, strlen(name));
    assert_non_null(strstr(line, " is not set: "));
    assert_ptr_equal(strchr(line, '\n') + 1, line + problem.size - 1);
    buffer_reset(&problem);
}

static void what_a_gateway_needs_depends_on_who_ends_tls(void **state)
{
    (void)state;
    unset("BOURSE_TLS_CERT_FILE");
    assert_wanted("BOURSE_TLS_CERT_FILE");
    unset("BOURSE_TLS_KEY_FILE");
    set("BOURSE_TLS", "off");
    set("BOURSE_PUBLIC_URL", "https://bourse.example.org");
    assert_wanted("BOURSE_TRUSTED_PROXIES");
    set("BOURSE_TRUSTED_PROXIES", "10.0.0.0/8,fd00::/8");
    assert_loads(PROCESS_GATEWAY);
    assert_int_equal(config.tls, TLS_OFF);
    assert_int_equal(config.proxy_header, PROXY_X_FORWARDED);
    config_free(&config);
    unset("BOURSE_PUBLIC_URL");
    assert_wanted("BOURSE_PUBLIC_URL");
}

static void a_wrong_value_is_shown_with_its_range_and_an_example(void **state)
{
    (void)state;
    set("BOURSE_HTTPS_PORT", "65536");
    assert_refused(
        PROCESS_GATEWAY,
        "BOURSE_HTTPS_PORT is \"65536\", which is not a whole number from 1 to 65535. It "
        "is the port of the API and the page. Example: BOURSE_HTTPS_PORT=8443\n");
}

static void wrong_values_of_every_kind_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
    } ROWS[] = {
        {"BOURSE_KAFKA", ""},
        {"BOURSE_KAFKA", "localhost"},
        {"BOURSE_KAFKA", "localhost:"},
        {"BOURSE_KAFKA", ":9092"},
        {"BOURSE_KAFKA", "a:1,,b:2"},
        {"BOURSE_KAFKA", "a:1,"},
        {"BOURSE_KAFKA", "a:1 b:2"},
        {"BOURSE_PG", "bourse"},
        {"BOURSE_PG", "dbname=bourse password = secret"},
        {"BOURSE_PG", "postgresql://bourse:secret@localhost/bourse"},
        {"BOURSE_INSTANCE", "a b"},
        {"BOURSE_HTTP_ADDRESS", "localhost"},
        {"BOURSE_HTTP_PORT", "0"},
        {"BOURSE_HTTP_PORT", "+1"},
        {"BOURSE_HTTP_PORT", "8080 "},
        {"BOURSE_HTTP_PORT", "99999999999999999999"},
        {"BOURSE_ACCESS_TTL", "30"},
        {"BOURSE_ACCESS_TTL", "59s"},
        {"BOURSE_ACCESS_TTL", "25h"},
        {"BOURSE_ACCESS_TTL", "9223372036854775807d"},
        {"BOURSE_LIMIT_LOGIN", "0/60s"},
        {"BOURSE_LIMIT_LOGIN", "10"},
        {"BOURSE_LIMIT_LOGIN", "10/0s"},
        {"BOURSE_LIMIT_LOGIN", "10/2d"},
        {"BOURSE_LIMIT_LOGIN", "OFF"},
        {"BOURSE_VENUE_MODE", "Live"},
        {"BOURSE_VENUE_MODE", "live|paper"},
        {"BOURSE_PUBLIC_URL", "http://localhost"},
        {"BOURSE_PUBLIC_URL", "https://localhost/"},
        {"BOURSE_CORS_ORIGINS", "http://app.example"},
        {"BOURSE_CORS_ORIGINS", "https://app.example/path"},
        {"BOURSE_CORS_ORIGINS", "https://app.example,"},
        {"BOURSE_CORS_ORIGINS", "*"},
        {"BOURSE_TLS", "maybe"},
        {"BOURSE_TRUSTED_PROXIES", "10.0.0.1/8"},
        {"BOURSE_TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8"},
        {"BOURSE_TRUSTED_PROXIES", "ingress.example.org"},
        {"BOURSE_PROXY_HEADER", "x-real-ip"},
        {"BOURSE_TLS_CERT_FILE", "/nowhere/tls.crt"},
        {"BOURSE_TLS_CERT_FILE", "/tmp"},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        set(ROWS[i].name, ROWS[i].value);
        assert_refused_with(PROCESS_GATEWAY, ROWS[i].name);
        clean(NULL);
        good_environment(NULL);
    }
}

static void a_secret_that_others_can_read_is_refused(void **state)
{
    (void)state;
    set_file("BOURSE_SEAL_KEY_FILE", SEAL_KEY, strlen(SEAL_KEY), 0640);
    assert_refused_with(PROCESS_PROJECTOR, "others than its owner can reach (mode 640): chmod 600");
    set_file("BOURSE_SEAL_KEY_FILE", SEAL_KEY, strlen(SEAL_KEY), 0400);
    assert_loads(PROCESS_PROJECTOR);
}

/* Kubernetes leaves a secret to root, and lets the group of the pod read it. */
static void a_secret_of_roots_may_be_read_by_its_group(void **state)
{
    (void)state;
    enum { NOBODY = 65534 };
    static const struct {
        mode_t mode;
        bool good;
    } ROWS[] = {{0440, true}, {0640, true}, {0444, false}, {0660, false}, {0450, false}};
    if (geteuid() != 0)
        skip(); /* who is not root makes no file of root's */
    assert_int_equal(chmod(folder, 0711), 0);
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        set_file("BOURSE_SEAL_KEY_FILE", SEAL_KEY, strlen(SEAL_KEY), ROWS[i].mode);
        const char *path = strchr(*slot_of("BOURSE_SEAL_KEY_FILE"), '=') + 1;
        assert_int_equal(chown(path, 0, NOBODY), 0);
        assert_int_equal(setegid(NOBODY) | seteuid(NOBODY), 0);
        enum err err = config_load(PROCESS_PROJECTOR, environment, &config, &problem);
        assert_int_equal(seteuid(0) | setegid(0), 0);
        assert_int_equal(err, ROWS[i].good ? OK : ERR_CONFIG);
        config_free(&config);
        buffer_reset(&problem);
    }
}

static void an_identity_is_a_folder_with_two_certificates_and_a_key_that_is_secret(void **state)
{
    (void)state;
    set("BOURSE_KAFKA_TLS_DIR", folder);
    assert_refused_with(PROCESS_SERVICE, "/ca.crt, which cannot be opened");
    set_file("ca.crt", PEM, strlen(PEM), 0644);
    assert_refused_with(PROCESS_SERVICE, "/user.crt, which cannot be opened");
    set_file("user.crt", "PEM", 3, 0644);
    assert_refused_with(PROCESS_SERVICE, "/user.crt, which is not PEM");
    set_file("user.crt", PEM, strlen(PEM), 0644);
    set_file("user.key", PEM, strlen(PEM), 0640);
    assert_refused_with(PROCESS_SERVICE, "others than its owner can reach (mode 640): chmod 600");
    set_secret("user.key", PEM);
    assert_loads(PROCESS_SERVICE);
    assert_string_equal(config.kafka_identity, folder);
}

static void a_weak_secret_is_refused_and_never_shown(void **state)
{
    (void)state;
    static const char *WEAK[] = {
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "short", SEAL_KEY "0",
        SEAL_KEY "\n\n", "00010203040506070809aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaag"};
    for (size_t i = 0; i < COUNT_OF(WEAK); i++) {
        set_secret("BOURSE_SEAL_KEY_FILE", WEAK[i]);
        assert_int_equal(config_load(PROCESS_GATEWAY, environment, &config, &problem), ERR_CONFIG);
        buffer_byte(&problem, '\0');
        assert_non_null(strstr((const char *)problem.data, "(openssl rand -hex 32)"));
        assert_null(strstr((const char *)problem.data, WEAK[i]));
        buffer_reset(&problem);
    }
}

static void an_empty_oversized_or_binary_file_is_refused(void **state)
{
    (void)state;
    static char large[65537];
    memset(large, 'x', sizeof large);
    set_file("BOURSE_TLS_KEY_FILE", large, sizeof large, 0600);
    assert_refused_with(PROCESS_GATEWAY, "is larger than 64 KiB");
    set_secret("BOURSE_TLS_KEY_FILE", "\n");
    assert_refused_with(PROCESS_GATEWAY, "is empty");
    set_file("BOURSE_TLS_KEY_FILE", "a\0b", 3, 0600);
    assert_refused_with(PROCESS_GATEWAY, "has a zero byte in it");
}

static void a_short_admin_password_is_refused(void **state)
{
    (void)state;
    set_secret("BOURSE_ADMIN_PASSWORD_FILE", "123456789\n");
    assert_refused_with(PROCESS_INIT, "shorter than 10 characters");
    set_secret("BOURSE_ADMIN_PASSWORD_FILE", "1234567890\n");
    assert_loads(PROCESS_INIT);
    assert_string_equal(config.admin_password, "1234567890");
}

static void printing_says_value_and_origin_and_keeps_secrets(void **state)
{
    (void)state;
    set("BOURSE_LIMIT_READ", "2000/1000ms");
    assert_loads(PROCESS_GATEWAY);
    struct buffer text;
    buffer_init(&text, 65536);
    config_print(&config, PROCESS_GATEWAY, environment, &text);
    buffer_byte(&text, '\0');
    const char *printed = (const char *)text.data;
    assert_non_null(strstr(printed, "# how many reading requests, by user or key; off = no limit "
                                    "(environment)\nBOURSE_LIMIT_READ=2000/1s\n"));
    assert_non_null(strstr(printed, "(default)\nBOURSE_REFRESH_TTL=7d\n"));
    assert_non_null(strstr(printed, "(default)\nBOURSE_VENUE_MODE=live\n"));
    assert_non_null(strstr(printed, "BOURSE_SEAL_KEY_FILE=/tmp/"));
    assert_null(strstr(printed, SEAL_KEY));
    assert_null(strstr(printed, "BEGIN"));
    assert_null(strstr(printed, "BOURSE_PARTITIONS"));
    buffer_free(&text);
}

static void a_password_in_a_connection_string_is_for_commands_only_and_never_shown(void **state)
{
    (void)state;
    set("BOURSE_PG", "postgresql://reader:opensesame@localhost/bourse");
    assert_int_equal(config_load(PROCESS_SERVICE, environment, &config, &problem), ERR_CONFIG);
    buffer_byte(&problem, '\0');
    assert_non_null(strstr((const char *)problem.data, "BOURSE_PG holds a password"));
    assert_null(strstr((const char *)problem.data, "opensesame"));
    buffer_reset(&problem);
    assert_loads(PROCESS_CLI);
    config_print(&config, PROCESS_CLI, environment, &problem);
    buffer_byte(&problem, '\0');
    assert_non_null(
        strstr((const char *)problem.data, "BOURSE_PG=(not shown: it holds a password)"));
    assert_null(strstr((const char *)problem.data, "opensesame"));
}

/* The table itself: each default and example must pass the row's own check. */
static void every_default_and_example_of_the_table_is_right(void **state)
{
    (void)state;
    for (size_t i = 0; i < CONFIG_ROWS_COUNT; i++) {
        const struct config_row *row = &CONFIG_ROWS[i];
        assert_true(row->read_by != 0 && (row->required_by & ~row->read_by) == 0);
        assert_true(row->required_by == 0 || row->default_value == NULL);
        assert_true(row->example != NULL || row->kind == CONFIG_OTHER);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(row->name, CONFIG_ROWS[j].name);
        if (row->kind == CONFIG_FILE || row->kind == CONFIG_SECRET ||
            row->kind == CONFIG_IDENTITY || row->kind == CONFIG_OTHER)
            continue;
        struct config some = {0};
        assert_true(config_read_value(row, row->example, &some, &problem));
        config_free(&some);
        if (row->default_value != NULL)
            assert_true(config_read_value(row, row->default_value, &some, &problem));
        config_free(&some);
    }
}

#define CONFIG_TEST(name) cmocka_unit_test_setup_teardown(name, good_environment, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(defaults_hold_where_nothing_is_set),
        CONFIG_TEST(the_environment_wins_over_defaults),
        CONFIG_TEST(an_unknown_setting_is_refused_with_the_one_meant),
        CONFIG_TEST(an_unknown_setting_like_no_other_is_refused_too),
        CONFIG_TEST(what_others_read_is_known_but_not_looked_at),
        CONFIG_TEST(a_missing_setting_is_named_and_explained),
        CONFIG_TEST(what_a_gateway_needs_depends_on_who_ends_tls),
        CONFIG_TEST(a_wrong_value_is_shown_with_its_range_and_an_example),
        CONFIG_TEST(wrong_values_of_every_kind_are_refused),
        CONFIG_TEST(a_secret_that_others_can_read_is_refused),
        CONFIG_TEST(a_secret_of_roots_may_be_read_by_its_group),
        CONFIG_TEST(an_identity_is_a_folder_with_two_certificates_and_a_key_that_is_secret),
        CONFIG_TEST(a_weak_secret_is_refused_and_never_shown),
        CONFIG_TEST(an_empty_oversized_or_binary_file_is_refused),
        CONFIG_TEST(a_short_admin_password_is_refused),
        CONFIG_TEST(printing_says_value_and_origin_and_keeps_secrets),
        CONFIG_TEST(a_password_in_a_connection_string_is_for_commands_only_and_never_shown),
        CONFIG_TEST(every_default_and_example_of_the_table_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
