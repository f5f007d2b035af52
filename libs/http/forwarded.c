#include "http/forwarded.h"

#include <string.h>
#include <strings.h>

/* The entries of a header, from the last one of its last line to the first one of its first. */
struct entries {
    struct http_pairs headers;
    const char *name;
    size_t index;     /* of the line behind the one that is being read */
    struct text line; /* what is left of that one */
    bool in_line;
};

static bool is_space(char letter)
{
    return letter == ' ' || letter == '\t';
}

static struct text trim(struct text text)
{
    while (text.size > 0 && is_space(text.data[0]))
        text = (struct text){text.data + 1, text.size - 1};
    while (text.size > 0 && is_space(text.data[text.size - 1]))
        text.size--;
    return text;
}

static bool is_named(struct text name, const char *wanted)
{
    return name.size == strlen(wanted) && strncasecmp(name.data, wanted, name.size) == 0;
}

/* The next line of that name, further in front. False: there is none. */
static bool next_line(struct entries *entries)
{
    while (!entries->in_line && entries->index > 0) {
        const struct http_pair *row = &entries->headers.rows[--entries->index];
        entries->in_line = is_named(row->name, entries->name);
        entries->line = row->value;
    }
    return entries->in_line;
}

/* A comma separates even within quotes: no address has one, and so nothing that a client has opened
 * in front can swallow what a proxy wrote behind. */
static bool next_entry(struct entries *entries, struct text *ret_entry)
{
    if (!next_line(entries))
        return false;
    const struct text line = entries->line;
    const char *comma = memrchr(line.data, ',', line.size);
    size_t before = comma == NULL ? 0 : (size_t)(comma - line.data) + 1;
    *ret_entry = trim((struct text){line.data + before, line.size - before});
    entries->in_line = comma != NULL;
    if (entries->in_line)
        entries->line.size = before - 1;
    return true;
}

/* The value of a parameter of `for=192.0.2.1;proto=https`, its quotes taken off. False: there is
 * not exactly one, or something in the entry is no parameter. */
static bool find_parameter(struct text entry, const char *name, struct text *ret_value)
{
    size_t found = 0;
    while (entry.size > 0) {
        const char *semicolon = memchr(entry.data, ';', entry.size);
        size_t size = semicolon == NULL ? entry.size : (size_t)(semicolon - entry.data);
        const char *equals = memchr(entry.data, '=', size);
        if (equals == NULL)
            return false;
        struct text value = {equals + 1, (size_t)(entry.data + size - equals - 1)};
        if (is_named(trim((struct text){entry.data, (size_t)(equals - entry.data)}), name)) {
            *ret_value = trim(value);
            found++;
        }
        size += semicolon != NULL;
        entry = (struct text){entry.data + size, entry.size - size};
    }
    const bool quoted = found == 1 && ret_value->size >= 2 && ret_value->data[0] == '"' &&
                        ret_value->data[ret_value->size - 1] == '"';
    if (quoted)
        *ret_value = (struct text){ret_value->data + 1, ret_value->size - 2};
    return found == 1;
}

static bool is_port(struct text text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    }
    return text.size >= 1 && text.size <= 5;
}

/* The host of 192.0.2.1, 192.0.2.1:4711, 2001:db8::1, [2001:db8::1] or [2001:db8::1]:4711. False: a
 * bracket is missing, or what follows is no port. */
static bool take_host(struct text node, struct text *ret_host)
{
    const char *end = node.data + node.size;
    const char *last = memrchr(node.data, ':', node.size);
    const bool in_brackets = node.size > 0 && node.data[0] == '[';
    if (in_brackets)
        end = memchr(node.data, ']', node.size);
    else if (last != NULL && last == memchr(node.data, ':', node.size))
        end = last; /* more colons than one are those of an address */
    if (end == NULL)
        return false;
    const char *behind = end + in_brackets;
    const struct text rest = {behind, (size_t)(node.data + node.size - behind)};
    *ret_host = (struct text){node.data + in_brackets, (size_t)(end - node.data) - in_brackets};
    if (in_brackets && memchr(ret_host->data, ':', ret_host->size) == NULL)
        return false;
    return rest.size == 0 ||
           (rest.data[0] == ':' && is_port((struct text){rest.data + 1, rest.size - 1}));
}

static bool read_node(struct text node, struct network *ret_address)
{
    struct text host;
    return take_host(node, &host) && memchr(host.data, '/', host.size) == NULL &&
           network_parse(host, ret_address) == OK;
}

static bool read_entry(const struct http_proxies *proxies, struct text entry,
                       struct network *ret_address)
{
    struct text node = entry;
    if (proxies->header == HTTP_FORWARDED && !find_parameter(entry, "for", &node))
        return false;
    return read_node(node, ret_address);
}

/* What the proxy that is next to us says: of the connection that it was asked through. */
static struct text protocol(const struct http_proxies *proxies, struct http_pairs headers)
{
    const bool standard = proxies->header == HTTP_FORWARDED;
    struct entries entries = {.headers = headers,
                              .name = standard ? "Forwarded" : "X-Forwarded-Proto",
                              .index = headers.count};
    struct text entry, value = TEXT("");
    if (!next_entry(&entries, &entry))
        return value;
    if (!standard)
        return entry;
    return find_parameter(entry, "proto", &value) ? value : TEXT("");
}

static bool is_trusted(const struct http_proxies *proxies, const struct network *address)
{
    return network_is_in(address, proxies->networks, proxies->count);
}

bool http_proxies_trust(const struct http_proxies *proxies, struct text peer)
{
    struct network address;
    return proxies->count > 0 && network_parse(peer, &address) == OK &&
           is_trusted(proxies, &address);
}

struct http_client http_forwarded_client(const struct http_proxies *proxies, struct text peer,
                                         struct http_pairs headers, struct arena *arena)
{
    struct http_client client = {.address = peer, .by_proxy = http_proxies_trust(proxies, peer)};
    if (!client.by_proxy)
        return client;
    struct text said = protocol(proxies, headers);
    client.by_plain_http = said.size > 0 && !is_named(said, "https");
    const bool standard = proxies->header == HTTP_FORWARDED;
    struct entries entries = {.headers = headers,
                              .name = standard ? "Forwarded" : "X-Forwarded-For",
                              .index = headers.count};
    struct network address;
    struct text entry;
    bool any = false;
    while ((!any || is_trusted(proxies, &address)) && next_entry(&entries, &entry)) {
        if (!read_entry(proxies, entry, &address))
            return client;
        any = true;
    }
    if (any) {
        char *text = arena_alloc(arena, NETWORK_ADDRESS_SIZE);
        network_print(&address, text);
        client.address = text_of(text);
    }
    return client;
}
