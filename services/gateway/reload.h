/* reload.h - settings that are read again while the gateway runs (config/reread.h): the certificate
 * and its key, the keys of access tokens, the vault's master keys, and what is agreed upon with the
 * OpenID and the payment provider.
 *
 * Their files are looked at every REREAD_LOOK_MS, and at once after a SIGHUP. A pair that does not
 * fit, as while one file is replaced and the other not yet, changes nothing, and is tried again.
 *
 * Thread   one: main's.
 */
#ifndef GATEWAY_RELOAD_H
#define GATEWAY_RELOAD_H
#include "config/reread.h"
#include "gateway/gateway.h"

/* What the takers of new settings work on. */
struct reload {
    struct gateway *gateway;
    struct http_server *server;
    struct metrics_gauge *certificate_end;
};

/* Fills in *ret_reload, which outlives what is given back, and tells the metrics when the
 * certificate ends. For the caller to look with, and to free. */
struct reread *reload_start(struct gateway *gateway, struct http_server *server,
                            struct reload *ret_reload) MUST_CHECK;

#endif
