/* reload.h - settings that are read again while the gateway runs: the certificate and its key,
 * and the keys of access tokens.
 *
 * Their files are looked at every RELOAD_LOOK_MS, and at once after a SIGHUP. A pair that does not
 * fit, as while one file is replaced and the other not yet, changes nothing, and is tried again.
 *
 * Thread   one: main's.
 */
#ifndef GATEWAY_RELOAD_H
#define GATEWAY_RELOAD_H
#include "gateway/gateway.h"

enum { RELOAD_LOOK_MS = 5000 };

/* Tells the metrics when the certificate ends. */
void reload_register_metrics(struct gateway *gateway, struct http_server *server);
/* Reads the settings again and goes on with what is new of these. */
void reload_look(struct gateway *gateway, struct http_server *server);

#endif
