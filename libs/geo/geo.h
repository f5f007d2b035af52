/* geo.h - where in the world an address is, as a MaxMind DB file says.
 *
 * File     GeoIP2, GeoLite2, DB-IP, or whatever else has `city.names.en`, `country.names.en` and
 *          `country.iso_code`. It is mapped: one that takes its place by a rename is read with the
 *          next start.
 * Thread   any.
 */
#ifndef GEO_H
#define GEO_H
#include "base/base.h"
#include "base/buffer.h"

struct geo; /* laid out in geo.c only */

/* Opens a file. ERR_CONFIG: it is not there or no such database; *ret_problem then says why. */
enum err geo_open(const char *path, struct geo **ret_geo, const char **ret_problem) MUST_CHECK;
/* NULL does nothing. */
void geo_close(struct geo *geo);

/* Appends the place of an address, "Prague, Czechia", or its country alone. False: the file does
 * not know it, or it is no address; nothing is appended. */
bool geo_place(const struct geo *geo, struct text address, struct buffer *ret_place) MUST_CHECK;

#endif
