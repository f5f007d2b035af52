/* stream.h - an answer that goes on: its body is written piece by piece, by whoever has something
 * to say, until one of both sides ends it.
 *
 *     http_respond_stream() --http_stream_write()...--> http_stream_end()
 *
 * Bounds   a reader may be `buffer_max` bytes behind. One that falls further back, or takes none of
 *          what waits for write_timeout_ms, is cut; other connections do not notice. Nothing is
 *          compressed, so that each piece arrives when it is written.
 * Gone     a reader who hangs up is noticed within a second, even while there is nothing to say.
 *          http_stream_write() then answers false; nobody is called back.
 * Stop     http_server_stop() ends all streams first. What should be said before that has to be
 *          written before. A stream that is `whole` (response.h) is cut instead: its reader must
 *          not take a part for all of it.
 * Thread   a stream has one writer at a time, on any thread. Writing never waits for the client.
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H
#include "http/response.h"

struct http_stream; /* laid out in stream.c only */

/* Begins an answer with status, content type and headers of `response`, which has no body, and
 * gives the request up as http_respond() does. The stream is the caller's until http_stream_end().
 */
struct http_stream *http_respond_stream(struct http_request *request,
                                        const struct http_response *response,
                                        size_t buffer_max) MUST_CHECK;
/* Appends `text`, which may be empty. False: nobody reads any more, or the reader was too far
 * behind and is cut. */
bool http_stream_write(struct http_stream *stream, struct text text) MUST_CHECK;
/* Calls `ready` once, when the reader has taken all that waits, or is gone: on another thread,
 * which it must not hold up, and perhaps before this returns. Until then the stream is not its
 * writer's.
 */
void http_stream_await(struct http_stream *stream, void (*ready)(void *context), void *context);
/* Ends the answer behind what was written, and gives the stream up. NULL does nothing. */
void http_stream_end(struct http_stream *stream);
/* Gives the stream up unfinished: the reader sees a connection that broke. */
void http_stream_abandon(struct http_stream *stream);

#endif
