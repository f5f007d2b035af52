/* html.h - what HTML says, for rss.c only. */
#ifndef SYNDICATION_HTML_H
#define SYNDICATION_HTML_H
#include "base/arena.h"
#include "base/base.h"

/* The text of HTML, or of what was none: entities as their characters, blocks on lines of their
 * own, no scripts. In the arena. */
struct text html_text(struct text html, struct arena *arena);

#endif
