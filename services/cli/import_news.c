/* bourse news import: the articles of an RSS or Atom file. */
#include "base/time.h"
#include "cli/import.h"
#include "syndication/rss.h"

#include <ctype.h>
#include <getopt.h>
#include <string.h>

enum {
    BODY_SIZE_MAX = 1 << 20,
    TITLE_MAX = 300,
    SUMMARY_MAX = 2000,
    TEXT_MAX = 50000,
    SOURCE_MAX = 200,
    CATEGORY_MAX = 40
};

struct options {
    const char *path;
    const char *category;
    const char *symbols; /* NULL: none */
};

static int parse_options(int argc, char **argv, struct options *ret_options)
{
    static const struct option OPTIONS[] = {{"category", required_argument, NULL, 'c'},
                                            {"symbols", required_argument, NULL, 's'},
                                            {NULL, 0, NULL, 0}};
    int option;
    *ret_options = (struct options){.category = "news"};
    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option == 'c')
            ret_options->category = optarg;
        else if (option == 's')
            ret_options->symbols = optarg;
        else
            return CLI_USAGE; /* getopt has said why */
    }
    if (optind + 1 != argc)
        return cli_usage("news import takes one file; -h says more");
    ret_options->path = argv[optind];
    return CLI_OK;
}

/* A category as ours are: "Carbon Markets" is carbon-markets. */
static void add_category(struct text category, const char *otherwise, struct buffer *body)
{
    char word[CATEGORY_MAX];
    size_t size = 0;
    for (size_t i = 0; i < category.size && size < sizeof word; i++) {
        unsigned char c = (unsigned char)category.data[i];
        if (isalnum(c))
            word[size++] = (char)tolower(c);
        else if (size > 0 && word[size - 1] != '-')
            word[size++] = '-';
    }
    buffer_string(body, "{\"category\":");
    buffer_json_string(body, size > 0 ? (struct text){word, size} : text_of(otherwise));
}

static void add_symbols(const char *symbols, struct buffer *body)
{
    if (symbols == NULL)
        return;
    buffer_string(body, ",\"symbols\":[");
    for (const char *rest = symbols;; rest++) {
        size_t size = strcspn(rest, ",");
        buffer_json_string(body, (struct text){rest, size});
        rest += size;
        if (*rest == '\0')
            break;
        buffer_byte(body, ',');
    }
    buffer_byte(body, ']');
}

/* What a clock that goes wrong says of tomorrow, is dated now. */
static void add_date(const struct rss_item *item, struct buffer *body)
{
    char date[TIME_TEXT_SIZE];
    if (!item->has_published || item->published_at_us > cli_now_us())
        return;
    time_print(item->published_at_us, date);
    import_member(body, "published_at", (struct text){date, sizeof date});
}

static void make_body(const struct rss_item *item, const struct options *options,
                      struct buffer *body)
{
    struct text text = item->body.size > 0      ? item->body
                       : item->summary.size > 0 ? item->summary
                                                : item->title;
    add_category(item->category, options->category, body);
    import_member(body, "title", import_cut(item->title, TITLE_MAX));
    if (item->body.size > 0)
        import_member(body, "summary", import_cut(item->summary, SUMMARY_MAX));
    import_member(body, "body", import_cut(text, TEXT_MAX));
    import_member(body, "source", import_cut(item->source, SOURCE_MAX));
    if (import_is_web_address(item->link))
        import_member(body, "source_url", item->link);
    add_symbols(options->symbols, body);
    add_date(item, body);
    buffer_byte(body, '}');
}

static int publish(struct import *import, const struct rss_item *items, size_t count,
                   const struct options *options)
{
    bool there = true;
    struct buffer body;
    buffer_init(&body, BODY_SIZE_MAX);
    for (size_t i = 0; i < count && there; i++) {
        const struct rss_item *item = &items[i];
        buffer_reset(&body);
        if (item->guid.size == 0 || item->title.size == 0) {
            import_refuse(import, item->title, "it has no guid, or no title");
            continue;
        }
        make_body(item, options, &body);
        there = import_post(import, "admin/news", item->guid, item->title, &body);
    }
    buffer_free(&body);
    return there ? CLI_OK : CLI_FAILED;
}

int cli_news_import(int argc, char **argv)
{
    struct import import;
    struct options options;
    struct rss_item *items = NULL;
    size_t count = 0;
    const char *problem = NULL;
    int status = parse_options(argc, argv, &options);
    if (status != CLI_OK)
        return status;
    status = import_begin(&import, options.path);
    if (status == CLI_OK && rss_parse(import.file, import.arena, &items, &count, &problem) != OK)
        status = cli_fail("%s is no feed: %s", options.path, problem);
    if (status == CLI_OK)
        status = publish(&import, items, count, &options);
    return import_end(&import, status);
}
