/* whole.c - small answers in one piece. microhttpd writes the head of an answer and its body apart:
 * over TLS that is two records, system calls and segments, on either side. So GnuTLS keeps both
 * back until the answer is complete, and sends them as one. */
#include "http/internal.h"

#include <linux/sockios.h> /* SIOCOUTQ */
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { BODY_SIZE_MAX = 8192 }; /* with the head, of one record */

/* NULL: it is plain HTTP. */
static gnutls_session_t session_of(const struct http_request *request)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(request->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info == NULL ? NULL : info->tls_session;
}

void http_whole_hold(struct http_request *request, size_t body_size)
{
    int unsent = 0;
    gnutls_session_t session = session_of(request);
    if (session == NULL || body_size > BODY_SIZE_MAX)
        return;
    /* Of what the socket does not take microhttpd would not know: it is to be empty. */
    if (ioctl(request->connection->socket, SIOCOUTQ, &unsent) != 0 || unsent > 0)
        return;
    gnutls_record_cork(session);
    request->held = true;
}

void http_whole_send(struct http_request *request)
{
    if (!request->held)
        return;
    request->held = false;
    if (gnutls_record_uncork(session_of(request), 0) < 0)
        shutdown(request->connection->socket, SHUT_RDWR); /* the rest would never be sent */
}
