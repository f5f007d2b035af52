#include "syndication/html.h"

#include "base/buffer.h"

#include <libxml/HTMLparser.h>
#include <string.h>

enum { TEXT_SIZE_MAX = 16 << 20, DEPTH_MAX = 200 };

/* What begins a line. */
static bool is_block(const xmlNode *node)
{
    static const char *const NAMES[] = {"p",  "br", "div", "li", "ul", "ol", "tr",
                                        "h1", "h2", "h3",  "h4", "h5", "h6", "blockquote"};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strcmp((const char *)node->name, NAMES[i]) == 0)
            return true;
    }
    return false;
}

static bool is_silent(const xmlNode *node)
{
    return strcmp((const char *)node->name, "script") == 0 ||
           strcmp((const char *)node->name, "style") == 0;
}

static bool ends_with_space(const struct buffer *text)
{
    return text->size == 0 || text->data[text->size - 1] == ' ' ||
           text->data[text->size - 1] == '\n';
}

/* Runs of white space are one space. */
static void add_text(const char *words, struct buffer *text)
{
    for (; *words != '\0'; words++) {
        if (strchr(" \t\r\n", *words) == NULL)
            buffer_byte(text, (uint8_t)*words);
        else if (!ends_with_space(text))
            buffer_byte(text, ' ');
    }
}

static void begin_line(struct buffer *text)
{
    while (text->size > 0 && text->data[text->size - 1] == ' ')
        text->size--;
    if (text->size > 0 && text->data[text->size - 1] != '\n')
        buffer_byte(text, '\n');
}

static void collect(const xmlNode *node, int depth, struct buffer *text)
{
    for (; node != NULL && depth < DEPTH_MAX; node = node->next) {
        bool element = node->type == XML_ELEMENT_NODE;
        if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
            add_text((const char *)node->content, text);
        if (!element || is_silent(node))
            continue;
        if (is_block(node))
            begin_line(text);
        collect(node->children, depth + 1, text);
        if (is_block(node))
            begin_line(text);
    }
}

static struct text trimmed(const struct buffer *text, struct arena *arena)
{
    size_t size = text->size;
    while (size > 0 && strchr(" \n", text->data[size - 1]) != NULL)
        size--;
    return arena_text(arena, (struct text){(const char *)text->data, size});
}

struct text html_text(struct text html, struct arena *arena)
{
    if (html.size == 0)
        return TEXT("");
    struct buffer text;
    buffer_init(&text, TEXT_SIZE_MAX);
    htmlDocPtr document =
        htmlReadMemory(html.data, (int)html.size, NULL, "UTF-8",
                       HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
                           HTML_PARSE_NONET | HTML_PARSE_NODEFDTD);
    if (document != NULL)
        collect(xmlDocGetRootElement(document), 0, &text);
    xmlFreeDoc(document);
    struct text said = buffer_ok(&text) ? trimmed(&text, arena) : TEXT("");
    buffer_free(&text);
    return said;
}
