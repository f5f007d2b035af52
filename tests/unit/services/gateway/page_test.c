/* The page is what its folder had at the start: files by their paths, index.html for its views. */
#include "gateway/page.h"

#include "gateway/share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char DOCUMENT[] =
    "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"t\",\"version\":\"1\"},\"paths\":{"
    "\"/api/v1/things\":{\"get\":{\"operationId\":\"a\",\"responses\":{}}},"
    "\"/docs\":{\"get\":{\"operationId\":\"b\",\"responses\":{}}}}}";

struct world {
    char folder[64];
    struct arena *arena;
    struct http_router *router;
    struct page *page;
    struct text problem;
};

static void write_file(const struct world *world, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", world->folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int set_up(void **state)
{
    static struct world world;
    char reason[HTTP_ROUTER_REASON_SIZE];
    world = (struct world){.folder = "/tmp/bourse-page-test.XXXXXX", .arena = arena_new(16 << 20)};
    assert_non_null(mkdtemp(world.folder));
    assert_int_equal(http_router_load(text_of(DOCUMENT), &world.router, reason), OK);
    char assets[128];
    snprintf(assets, sizeof assets, "%s/assets", world.folder);
    assert_int_equal(mkdir(assets, 0700), 0);
    write_file(&world, "index.html", "<p>page</p>");
    write_file(&world, "assets/index-1a2b.js", "script");
    write_file(&world, "assets/index-1a2b.js.br", "brotli");
    write_file(&world, "assets/index-1a2b.js.gz", "gzip");
    write_file(&world, ".hidden", "not for everybody");
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    static const char *const NAMES[] = {"index.html",
                                        "assets/index-1a2b.js",
                                        "assets/index-1a2b.js.br",
                                        "assets/index-1a2b.js.gz",
                                        ".hidden",
                                        "assets",
                                        "."};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", world->folder, NAMES[i]);
        remove(path);
    }
    rmdir(world->folder);
    http_router_free(world->router);
    arena_free(world->arena);
    return 0;
}

static enum err load(struct world *world)
{
    return page_load(world->folder, world->router, world->arena, &world->page, &world->problem);
}

static void a_file_is_found_by_its_path_with_its_twins(void **state)
{
    struct world *world = *state;
    assert_int_equal(load(world), OK);
    const struct page_file *file = page_find(world->page, TEXT("/assets/index-1a2b.js"), false);
    assert_non_null(file);
    assert_true(text_is(file->bytes[PAGE_PLAIN], "script"));
    assert_true(text_is(file->bytes[PAGE_BROTLI], "brotli"));
    assert_true(text_is(file->bytes[PAGE_GZIP], "gzip"));
    assert_string_equal(file->type, "text/javascript; charset=utf-8");
    assert_true(file->hashed);
    const struct page_file *index = page_find(world->page, TEXT("/index.html"), false);
    assert_false(index->hashed);
    assert_false(text_equal(index->etag, file->etag));
    assert_null(page_find(world->page, TEXT("/assets/index-1a2b.js.br"), false));
}

static void a_view_of_the_page_gets_its_index(void **state)
{
    struct world *world = *state;
    assert_int_equal(load(world), OK);
    const struct page_file *index = page_find(world->page, TEXT("/index.html"), false);
    assert_ptr_equal(page_find(world->page, TEXT("/"), true), index);
    assert_ptr_equal(page_find(world->page, TEXT("/admin/market-makers"), true), index);
    assert_ptr_equal(page_find(world->page, TEXT("/apiary"), true), index);
    assert_null(page_find(world->page, TEXT("/admin/market-makers"), false));
}

static void what_lies_where_operations_do_is_none_of_the_page(void **state)
{
    struct world *world = *state;
    assert_int_equal(load(world), OK);
    assert_null(page_find(world->page, TEXT("/api"), true));
    assert_null(page_find(world->page, TEXT("/api/v1/nothing"), true));
    assert_null(page_find(world->page, TEXT("/docs/nothing"), true));
}

static void no_path_leads_out_of_the_folder(void **state)
{
    struct world *world = *state;
    static const char *const PATHS[] = {"/../etc/passwd",
                                        "/assets/../../etc/passwd",
                                        "/%2e%2e/etc/passwd",
                                        "//etc/passwd",
                                        "/.hidden",
                                        "",
                                        "*"};
    assert_int_equal(load(world), OK);
    for (size_t i = 0; i < COUNT_OF(PATHS); i++)
        assert_null(page_find(world->page, text_of(PATHS[i]), false));
}

static void a_folder_that_holds_no_page_is_named(void **state)
{
    struct world *world = *state;
    char path[128];
    snprintf(path, sizeof path, "%s/index.html", world->folder);
    remove(path);
    assert_int_equal(load(world), ERR_CONFIG);
    assert_non_null(strstr(world->problem.data, "has no index.html"));
    struct page *page;
    assert_int_equal(page_load("/nowhere", world->router, world->arena, &page, &world->problem),
                     ERR_CONFIG);
    assert_non_null(strstr(world->problem.data, "/nowhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_found_by_its_path_with_its_twins, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_view_of_the_page_gets_its_index, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_lies_where_operations_do_is_none_of_the_page, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(no_path_leads_out_of_the_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_holds_no_page_is_named, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
