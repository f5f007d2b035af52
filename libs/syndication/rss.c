#include "syndication/rss.h"

#include "base/time.h"
#include "syndication/html.h"

#include <libxml/parser.h>
#include <string.h>
#include <time.h>

#define ATOM    "http://www.w3.org/2005/Atom"
#define CONTENT "http://purl.org/rss/1.0/modules/content/"

/* --- XML --- */

/* A DOCTYPE may define entities, and those others; no feed needs one. */
static void refuse_doctype(void *opaque, const xmlChar *name, const xmlChar *external_id,
                           const xmlChar *system_id)
{
    (void)name, (void)external_id, (void)system_id;
    xmlParserCtxt *parser = opaque;
    *(bool *)parser->_private = true;
    xmlStopParser(parser);
}

static void say_nothing(void *opaque, xmlErrorPtr error)
{
    (void)opaque, (void)error;
}

/* NULL: *ret_problem says why. */
static xmlDoc *parse_xml(struct bytes file, const char **ret_problem)
{
    const int options = XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_COMPACT;
    bool has_doctype = false;
    xmlParserCtxt *parser = xmlNewParserCtxt();
    CHECK(parser != NULL);
    parser->_private = &has_doctype;
    parser->sax->internalSubset = refuse_doctype;
    parser->sax->serror = say_nothing;
    xmlDoc *document =
        xmlCtxtReadMemory(parser, (const char *)file.data, (int)file.size, NULL, NULL, options);
    if (has_doctype) {
        xmlFreeDoc(document);
        document = NULL;
    }
    if (document == NULL)
        *ret_problem =
            has_doctype ? "it has a DOCTYPE, which no feed needs" : "it is not well-formed XML";
    xmlFreeParserCtxt(parser);
    return document;
}

static bool is(const xmlNode *node, const char *name, const char *space)
{
    const char *found = node->ns != NULL ? (const char *)node->ns->href : "";
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0 &&
           strcmp(found, space) == 0;
}

/* The first child of that name; NULL: none. */
static const xmlNode *child(const xmlNode *node, const char *name, const char *space)
{
    for (node = node->children; node != NULL; node = node->next) {
        if (is(node, name, space))
            return node;
    }
    return NULL;
}

static struct text trimmed(struct text text)
{
    while (text.size > 0 && strchr(" \t\r\n", text.data[0]) != NULL) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && strchr(" \t\r\n", text.data[text.size - 1]) != NULL)
        text.size--;
    return text;
}

static struct text taken(xmlChar *content, struct arena *arena)
{
    if (content == NULL)
        return TEXT("");
    struct text text = arena_text(arena, trimmed(text_of((const char *)content)));
    xmlFree(content);
    return text;
}

/* What an element has between its tags; "" of none. */
static struct text content_of(const xmlNode *node, struct arena *arena)
{
    return node == NULL ? TEXT("") : taken(xmlNodeGetContent(node), arena);
}

static struct text child_text(const xmlNode *node, const char *name, const char *space,
                              struct arena *arena)
{
    return content_of(child(node, name, space), arena);
}

static struct text attribute(const xmlNode *node, const char *name, struct arena *arena)
{
    return node == NULL ? TEXT("") : taken(xmlGetNoNsProp(node, (const xmlChar *)name), arena);
}

/* --- dates --- */

/* RFC 822 with a year of four digits, as RSS has it; without a zone it is UTC. */
static bool parse_rfc822(struct text text, int64_t *ret_time_us)
{
    static const char *const FORMS[] = {"%d %b %Y %H:%M:%S", "%d %b %Y %H:%M"};
    const char *comma = memchr(text.data, ',', text.size);
    const char *start = comma != NULL ? comma + 1 : text.data;
    for (size_t i = 0; i < COUNT_OF(FORMS); i++) {
        struct tm parts = {0}, zone = {0};
        const char *end = strptime(start, FORMS[i], &parts);
        if (end == NULL)
            continue;
        long offset_s = strptime(end, " %z", &zone) != NULL ? zone.tm_gmtoff : 0;
        *ret_time_us = ((int64_t)timegm(&parts) - offset_s) * SECOND_US;
        return *ret_time_us >= 0 && *ret_time_us <= TIME_MAX_US;
    }
    return false;
}

static void set_published(struct text text, struct rss_item *item)
{
    item->has_published = text.size > 0 && (time_parse(text, &item->published_at_us) == OK ||
                                            parse_rfc822(text, &item->published_at_us));
}

/* --- items --- */

static void prefer(struct text *text, struct text instead)
{
    if (text->size == 0)
        *text = instead;
}

static struct rss_item item_of_rss(const xmlNode *node, struct arena *arena)
{
    struct rss_item item = {
        .guid = child_text(node, "guid", "", arena),
        .title = html_text(child_text(node, "title", "", arena), arena),
        .summary = html_text(child_text(node, "description", "", arena), arena),
        .body = html_text(child_text(node, "encoded", CONTENT, arena), arena),
        .link = child_text(node, "link", "", arena),
        .category = child_text(node, "category", "", arena),
    };
    prefer(&item.guid, item.link);
    set_published(child_text(node, "pubDate", "", arena), &item);
    return item;
}

/* Where to read it: the link without a relation, or with `alternate`. */
static struct text link_of_entry(const xmlNode *node, struct arena *arena)
{
    for (node = node->children; node != NULL; node = node->next) {
        if (!is(node, "link", ATOM))
            continue;
        struct text relation = attribute(node, "rel", arena);
        if (relation.size == 0 || text_is(relation, "alternate"))
            return attribute(node, "href", arena);
    }
    return TEXT("");
}

static struct rss_item item_of_atom(const xmlNode *node, struct arena *arena)
{
    struct rss_item item = {
        .guid = child_text(node, "id", ATOM, arena),
        .title = html_text(child_text(node, "title", ATOM, arena), arena),
        .summary = html_text(child_text(node, "summary", ATOM, arena), arena),
        .body = html_text(child_text(node, "content", ATOM, arena), arena),
        .link = link_of_entry(node, arena),
        .category = attribute(child(node, "category", ATOM), "term", arena),
    };
    prefer(&item.guid, item.link);
    struct text published = child_text(node, "published", ATOM, arena);
    prefer(&published, child_text(node, "updated", ATOM, arena));
    set_published(published, &item);
    return item;
}

/* The items of a channel or feed. ERR_INPUT: too many. */
static enum err read_items(const xmlNode *parent, bool atom, struct arena *arena,
                           struct rss_item *items, size_t *ret_count)
{
    const char *name = atom ? "entry" : "item", *space = atom ? ATOM : "";
    struct text source = html_text(child_text(parent, "title", space, arena), arena);
    for (const xmlNode *node = parent->children; node != NULL; node = node->next) {
        if (!is(node, name, space))
            continue;
        if (*ret_count == SYNDICATION_ITEMS_MAX)
            return ERR_INPUT;
        struct rss_item item = atom ? item_of_atom(node, arena) : item_of_rss(node, arena);
        item.source = source;
        items[(*ret_count)++] = item;
    }
    return OK;
}

enum err rss_parse(struct bytes file, struct arena *arena, struct rss_item **ret_items,
                   size_t *ret_count, const char **ret_problem)
{
    *ret_count = 0;
    *ret_problem = "it has more than 16 MB";
    if (file.size > SYNDICATION_FILE_MAX)
        return ERR_INPUT;
    xmlDoc *document = parse_xml(file, ret_problem);
    if (document == NULL)
        return ERR_INPUT;
    const xmlNode *root = xmlDocGetRootElement(document);
    bool atom = is(root, "feed", ATOM);
    const xmlNode *parent = atom ? root : is(root, "rss", "") ? child(root, "channel", "") : NULL;
    enum err err = ERR_INPUT;
    *ret_problem = "it is neither RSS 2.0 nor Atom";
    if (parent != NULL) {
        *ret_problem = "it has more than 10000 items";
        *ret_items = ARENA_NEW(arena, struct rss_item, SYNDICATION_ITEMS_MAX);
        err = read_items(parent, atom, arena, *ret_items, ret_count);
    }
    xmlFreeDoc(document);
    return err;
}
