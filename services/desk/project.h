/* project.h - the read model of the desk: news_articles, economic_events, earnings_calendar,
 * faq_items, support_tickets, support_messages (schema.sql). */
#ifndef DESK_PROJECT_H
#define DESK_PROJECT_H
#include "projection/projection.h"

extern const struct projection DESK_PROJECTION;

#endif
