#include "geo/geo.h"

#include <maxminddb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct geo {
    MMDB_s database;
};

enum err geo_open(const char *path, struct geo **ret_geo, const char **ret_problem)
{
    struct geo *geo = calloc(1, sizeof *geo);
    CHECK(geo != NULL);
    int status = MMDB_open(path, MMDB_MODE_MMAP, &geo->database);
    if (status == MMDB_SUCCESS) {
        *ret_geo = geo;
        return OK;
    }
    free(geo);
    *ret_problem = MMDB_strerror(status);
    return ERR_CONFIG;
}

void geo_close(struct geo *geo)
{
    if (geo == NULL)
        return;
    MMDB_close(&geo->database);
    free(geo);
}

/* A text in an entry; empty: there is none. It stays the file's. */
static struct text text_at(MMDB_entry_s *entry, const char *const path[])
{
    MMDB_entry_data_s data;
    int status = MMDB_aget_value(entry, &data, path);
    bool is_text =
        status == MMDB_SUCCESS && data.has_data && data.type == MMDB_DATA_TYPE_UTF8_STRING;
    return is_text ? (struct text){data.utf8_string, data.data_size} : TEXT("");
}

static bool find_entry(const struct geo *geo, struct text address, MMDB_entry_s *ret_entry)
{
    char digits[INET6_ADDRSTRLEN];
    int resolved = 0, status = MMDB_SUCCESS;
    if (address.size == 0 || address.size >= sizeof digits)
        return false;
    memcpy(digits, address.data, address.size);
    digits[address.size] = 0;
    MMDB_lookup_result_s found = MMDB_lookup_string(&geo->database, digits, &resolved, &status);
    *ret_entry = found.entry;
    return resolved == 0 && status == MMDB_SUCCESS && found.found_entry;
}

bool geo_place(const struct geo *geo, struct text address, struct buffer *ret_place)
{
    MMDB_entry_s entry;
    if (!find_entry(geo, address, &entry))
        return false;
    struct text city = text_at(&entry, (const char *const[]){"city", "names", "en", NULL});
    struct text country = text_at(&entry, (const char *const[]){"country", "names", "en", NULL});
    if (country.size == 0)
        country = text_at(&entry, (const char *const[]){"country", "iso_code", NULL});
    buffer_text(ret_place, city);
    if (city.size > 0 && country.size > 0)
        buffer_string(ret_place, ", ");
    buffer_text(ret_place, country);
    return city.size + country.size > 0;
}
