#include "http/stream.h"
#include "server_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { BUFFER_MAX = 64 * 1024, PIECES_MAX = 100000 };

static char answer[RAW_SIZE_MAX];

/* Counts how often a connection is resumed, and keeps it from being so for a while. */
static atomic_int resumes;
static atomic_bool keeps_resumes;
static struct MHD_Connection *_Atomic kept;

void __real_MHD_resume_connection(struct MHD_Connection *connection);
void __wrap_MHD_resume_connection(struct MHD_Connection *connection);

void __wrap_MHD_resume_connection(struct MHD_Connection *connection)
{
    atomic_fetch_add(&resumes, 1);
    if (atomic_load(&keeps_resumes))
        atomic_store(&kept, connection);
    else
        __real_MHD_resume_connection(connection);
}

/* A client that asked, and the stream it is answered with. */
struct reader {
    int client;
    struct http_stream *stream;
};

static struct reader begin(struct http_server *server, bool whole)
{
    struct reader reader = {.client = raw_connect(http_server_port(server))};
    raw_send(reader.client, TEXT("GET /keep HTTP/1.1\r\n" HOST "Accept-Encoding: gzip\r\n\r\n"));
    reader.stream = http_respond_stream(
        fixture_take(),
        &(struct http_response){
            .status = 200, .content_type = TEXT("text/event-stream"), .whole = whole},
        BUFFER_MAX);
    return reader;
}

static struct reader reader_begin(struct http_server *server)
{
    return begin(server, false);
}

static void reader_end(struct reader *reader)
{
    http_stream_end(reader->stream);
    close(reader->client);
}

/* Whether somebody still reads. Waits 5 s at most for the answer to be no. */
static bool stays_read(struct reader *reader)
{
    int64_t until_ms = raw_now_ms() + 5000;
    while (raw_now_ms() < until_ms) {
        if (!http_stream_write(reader->stream, TEXT("")))
            return false;
        usleep(10000);
    }
    return true;
}

static void each_piece_arrives_when_it_is_written(void **state)
{
    struct reader reader = reader_begin(*state);
    assert_true(raw_until(reader.client, "\r\n\r\n", answer));
    assert_int_equal(raw_status(answer), 200);
    assert_non_null(strstr(answer, "Content-Type: text/event-stream\r\n"));
    assert_non_null(strstr(answer, "Transfer-Encoding: chunked\r\n"));
    assert_null(strstr(answer, "gzip"));
    assert_true(http_stream_write(reader.stream, TEXT("one\n\n")));
    assert_true(raw_until(reader.client, "one\n\n\r\n", answer));
    assert_true(http_stream_write(reader.stream, TEXT("two\n\n")));
    assert_true(raw_until(reader.client, "two\n\n\r\n", answer));
    http_stream_end(reader.stream);
    assert_true(raw_until(reader.client, "0\r\n\r\n", answer));
    close(reader.client);
}

static void what_was_written_before_the_end_is_read(void **state)
{
    struct reader reader = reader_begin(*state);
    for (int i = 0; i < 1000; i++)
        assert_true(http_stream_write(reader.stream, TEXT("a piece\n\n")));
    http_stream_end(reader.stream);
    assert_true(raw_until(reader.client, "0\r\n\r\n", answer));
    size_t pieces = 0;
    for (const char *at = answer; (at = strstr(at, "a pi")) != NULL; at++)
        pieces++;
    assert_in_range(pieces, 990, 1000); /* some are cut by the edge of a chunk */
    close(reader.client);
}

/* microhttpd keeps a resume that comes when it has taken one up already for the next suspension,
 * which then does not happen: a connection that nothing would wake any more. */
static void an_answer_and_its_first_piece_wake_the_connection_once(void **state)
{
    atomic_store(&resumes, 0);
    atomic_store(&keeps_resumes, true);
    struct reader reader = reader_begin(*state);
    assert_true(http_stream_write(reader.stream, TEXT("one\n\n")));
    int resumed = atomic_load(&resumes);
    atomic_store(&keeps_resumes, false);
    if (atomic_load(&kept) != NULL)
        __real_MHD_resume_connection(atomic_load(&kept));
    assert_in_range(resumed, 0, 1); /* 0: it did not sleep yet */
    assert_true(raw_until(reader.client, "one\n\n\r\n", answer));
    reader_end(&reader);
}

static void a_reader_who_hangs_up_is_noticed_in_silence(void **state)
{
    struct reader polite = reader_begin(*state);
    struct reader rude = reader_begin(*state);
    assert_true(raw_until(polite.client, "\r\n\r\n", answer));
    assert_true(raw_until(rude.client, "\r\n\r\n", answer));
    assert_true(http_stream_write(polite.stream, TEXT("")));
    close(polite.client);
    raw_abort(rude.client);
    assert_false(stays_read(&polite));
    assert_false(stays_read(&rude));
    http_stream_end(polite.stream);
    http_stream_end(rude.stream);
}

static void a_reader_who_falls_behind_is_cut_and_others_are_not(void **state)
{
    struct reader slow = reader_begin(*state);
    struct reader quick = reader_begin(*state);
    static char piece[8192];
    memset(piece, 'x', sizeof piece);
    int pieces = 0;
    while (http_stream_write(slow.stream, (struct text){piece, sizeof piece})) {
        assert_in_range(++pieces, 1, PIECES_MAX);
        assert_true(http_stream_write(quick.stream, TEXT("tick\n\n")));
    }
    assert_true(http_stream_write(quick.stream, TEXT("last\n\n")));
    assert_true(raw_until(quick.client, "last\n\n\r\n", answer));
    reader_end(&slow);
    reader_end(&quick);
}

/* What it leaves unread is less than a buffer, so only time tells. */
static void a_reader_who_takes_nothing_is_cut_at_the_deadline(void **state)
{
    struct reader reader = reader_begin(*state);
    static char piece[8192];
    memset(piece, 'x', sizeof piece);
    int64_t until_ms = raw_now_ms() + 5000;
    bool reads = true;
    for (int i = 0; reads && raw_now_ms() < until_ms; i++) {
        reads =
            http_stream_write(reader.stream, (struct text){piece, i % 2 == 0 ? sizeof piece : 0});
        usleep(2000);
    }
    assert_false(reads);
    reader_end(&reader);
}

static void a_server_that_stops_ends_its_streams(void **state)
{
    (void)state;
    struct http_server_options how = fixture_options();
    struct http_server *server = fixture_start(&how);
    struct reader reader = reader_begin(server);
    assert_true(http_stream_write(reader.stream, TEXT("farewell\n\n")));
    int64_t began_ms = raw_now_ms();
    http_server_stop(server);
    assert_in_range(raw_now_ms() - began_ms, 0, 1500);
    assert_true(raw_until(reader.client, "0\r\n\r\n", answer));
    assert_non_null(strstr(answer, "farewell\n\n"));
    assert_false(http_stream_write(reader.stream, TEXT("too late")));
    reader_end(&reader);
}

static void count(void *context)
{
    atomic_fetch_add((atomic_int *)context, 1);
}

/* Whether `count` comes to be, within 5 s. */
static bool comes_to(atomic_int *counter, int expected)
{
    int64_t until_ms = raw_now_ms() + 5000;
    while (atomic_load(counter) != expected && raw_now_ms() < until_ms)
        usleep(1000);
    return atomic_load(counter) == expected;
}

/* A reader who takes its time is waited for, and told of no more than the buffer holds. */
static void a_writer_is_told_once_when_all_was_taken(void **state)
{
    struct reader reader = begin(*state, true);
    static char piece[BUFFER_MAX];
    memset(piece, 'x', sizeof piece);
    atomic_int told = 0;
    for (int i = 1; i <= 20; i++) {
        assert_true(http_stream_write(reader.stream, (struct text){piece, sizeof piece}));
        http_stream_await(reader.stream, count, &told);
        for (size_t read = 0; read < sizeof piece;) {
            ssize_t got = recv(reader.client, answer, sizeof answer, 0);
            assert_true(got > 0);
            read += (size_t)got;
        }
        assert_true(comes_to(&told, i));
    }
    http_stream_await(reader.stream, count, &told); /* nothing waits: at once */
    assert_int_equal(atomic_load(&told), 21);
    http_stream_end(reader.stream);
    assert_true(raw_until(reader.client, "0\r\n\r\n", answer));
    close(reader.client);
}

static void a_writer_is_told_that_its_reader_is_gone(void **state)
{
    struct reader reader = begin(*state, true);
    static char piece[BUFFER_MAX];
    memset(piece, 'x', sizeof piece);
    assert_true(http_stream_write(reader.stream, (struct text){piece, sizeof piece}));
    atomic_int told = 0;
    raw_abort(reader.client);
    http_stream_await(reader.stream, count, &told);
    assert_true(comes_to(&told, 1));
    assert_false(stays_read(&reader));
    http_stream_abandon(reader.stream);
}

static bool ends_properly(struct reader *reader)
{
    bool whole = raw_until(reader->client, "0\r\n\r\n", answer);
    close(reader->client);
    return whole;
}

static void what_is_given_up_looks_broken_to_its_reader(void **state)
{
    struct reader reader = begin(*state, true);
    assert_true(http_stream_write(reader.stream, TEXT("a part\n\n")));
    assert_true(raw_until(reader.client, "a part\n\n\r\n", answer));
    http_stream_abandon(reader.stream);
    assert_false(ends_properly(&reader));
}

static void a_server_that_stops_does_not_pass_a_part_for_the_whole(void **state)
{
    (void)state;
    struct http_server_options how = fixture_options();
    struct http_server *server = fixture_start(&how);
    struct reader reader = begin(server, true);
    assert_true(http_stream_write(reader.stream, TEXT("a part\n\n")));
    atomic_int told = 0;
    assert_true(raw_until(reader.client, "a part\n\n\r\n", answer));
    http_server_stop(server);
    assert_false(ends_properly(&reader));
    http_stream_await(reader.stream, count, &told);
    assert_int_equal(atomic_load(&told), 1);
    assert_false(http_stream_write(reader.stream, TEXT("too late")));
    http_stream_abandon(reader.stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_piece_arrives_when_it_is_written),
        cmocka_unit_test(what_was_written_before_the_end_is_read),
        cmocka_unit_test(an_answer_and_its_first_piece_wake_the_connection_once),
        cmocka_unit_test(a_reader_who_hangs_up_is_noticed_in_silence),
        cmocka_unit_test(a_reader_who_falls_behind_is_cut_and_others_are_not),
        cmocka_unit_test(a_reader_who_takes_nothing_is_cut_at_the_deadline),
        cmocka_unit_test(a_server_that_stops_ends_its_streams),
        cmocka_unit_test(a_writer_is_told_once_when_all_was_taken),
        cmocka_unit_test(a_writer_is_told_that_its_reader_is_gone),
        cmocka_unit_test(what_is_given_up_looks_broken_to_its_reader),
        cmocka_unit_test(a_server_that_stops_does_not_pass_a_part_for_the_whole),
    };
    return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}
