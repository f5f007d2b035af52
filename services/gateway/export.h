/* export.h - a list as a file: streamed as CSV, page after page.
 *
 * A thread that may wait reads a page and hands it to the stream; when the reader has taken all of
 * it the next page is queued behind whatever else waits. So an export holds one page of memory, and
 * between two pages neither a thread nor a connection, however slow its reader is.
 */
#ifndef GATEWAY_EXPORT_H
#define GATEWAY_EXPORT_H
#include "gateway/gateway.h"

/* Answers with the operation's query, or with its document where it has one and the client does not
 * prefer CSV. What fails at the first page is a problem; later the
 * connection breaks, so that nobody takes a part for the whole. */
void export_begin(struct exchange *exchange, struct db *db);

#endif
