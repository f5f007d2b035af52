/* bourse feed: a file of prices becomes an instrument's marks or trades, as fast as they came. */
#include "cli/feed.h"

#include "seal/seal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A client of the settings' gateway that has signed in. NULL: what is wrong has been said. */
static struct client *sign_in(const struct config *config, const char *email, const char *password)
{
    struct client *client = client_new(config->url, config->authority);
    if (client_sign_in(client, email, password) == OK)
        return client;
    cli_fail("%s cannot sign in at %s: %s", email, config->url, client_problem(client));
    client_free(client);
    return NULL;
}

static int connect_marks(struct feed *feed, const struct config *config)
{
    if (config->admin_email == NULL || config->admin_password == NULL)
        return cli_fail("an operator feeds marks: set BOURSE_ADMIN_EMAIL and "
                        "BOURSE_ADMIN_PASSWORD_FILE");
    feed->venue.staff = sign_in(config, config->admin_email, config->admin_password);
    return feed->venue.staff != NULL ? CLI_OK : CLI_FAILED;
}

static int connect_trades(struct feed *feed, const struct config *config)
{
    if (config->feed_password == NULL)
        return cli_fail("set BOURSE_FEED_PASSWORD_FILE to a file with the password of %s and %s",
                        feed->options.maker, feed->options.client);
    feed->venue.maker = sign_in(config, feed->options.maker, config->feed_password);
    if (feed->venue.maker == NULL)
        return CLI_FAILED;
    feed->venue.taker = sign_in(config, feed->options.client, config->feed_password);
    return feed->venue.taker != NULL ? CLI_OK : CLI_FAILED;
}

static int connect_venue(struct feed *feed, const struct config *config)
{
    uint8_t random[4];
    seal_random(random, sizeof random);
    snprintf(feed->venue.run, sizeof feed->venue.run, "%02x%02x%02x%02x", random[0], random[1],
             random[2], random[3]);
    feed->venue.instrument = feed->options.instrument;
    feed->venue.quantity_e8 = feed->options.quantity_e8;
    int status = feed->options.trades ? connect_trades(feed, config) : connect_marks(feed, config);
    if (status != CLI_OK)
        return status;
    const char *problem = feed_venue_learn(&feed->venue, feed->options.trades ? feed->venue.maker
                                                                              : feed->venue.staff);
    return problem == NULL ? CLI_OK : cli_fail("%s", problem);
}

static int open_file(struct feed *feed)
{
    const char *path = feed->options.csv;
    feed->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    return feed->file != NULL ? CLI_OK : cli_fail("cannot read %s: %s", path, strerror(errno));
}

int cli_feed(int argc, char **argv)
{
    struct feed feed = {0};
    struct config config;
    int status = feed_options_parse(argc, argv, &feed.options);
    if (status != CLI_OK)
        return status;
    if (!cli_config(PROCESS_CALLER, &config))
        return CLI_FAILED;
    status = open_file(&feed);
    if (status == CLI_OK)
        status = connect_venue(&feed, &config);
    if (status == CLI_OK)
        status = feed_run(&feed);
    client_free(feed.venue.staff);
    client_free(feed.venue.maker);
    client_free(feed.venue.taker);
    if (feed.file != NULL && feed.file != stdin)
        fclose(feed.file);
    free(feed.line);
    config_free(&config);
    return status;
}
