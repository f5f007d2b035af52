/* document.h - a list as a PDF: the lines of a document (libs/pdf), which its query gives as JSON
 * arrays of what each is and its cells.
 */
#ifndef GATEWAY_DOCUMENT_H
#define GATEWAY_DOCUMENT_H
#include "gateway/gateway.h"

/* Answers with the operation's x-document. Gives the exchange up. */
void document_respond(struct exchange *exchange, struct db *db);

#endif
