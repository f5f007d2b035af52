#include "accounts/project_statements.h"

#include "base/buffer.h"
#include "decimal/decimal.h"
#include "wire/wire.h"

enum { JSON_SIZE_MAX = 1 << 20 };

/* {"EUR": "12.5", ...} */
static void rows_totals(struct rows *rows, const struct account_statement *statement)
{
    struct buffer json;
    char amount[DECIMAL_TEXT_SIZE];
    buffer_init(&json, JSON_SIZE_MAX);
    buffer_byte(&json, '{');
    for (size_t i = 0; i < statement->totals_count; i++) {
        decimal_print(statement->totals[i].total_e8, 0, amount);
        buffer_string(&json, i > 0 ? "," : "");
        buffer_json_string(&json, statement->totals[i].asset);
        buffer_printf(&json, ":\"%s\"", amount);
    }
    buffer_byte(&json, '}');
    CHECK(buffer_ok(&json));
    rows_text(rows, buffer_as_text(&json));
    buffer_free(&json);
}

void accounts_project_statements(const struct event *event, int statements, int tax_documents,
                                 struct rows *rows)
{
    const struct statements_issued *issued = &event->statements_issued;
    for (size_t i = 0; i < issued->statements_count; i++) {
        const struct account_statement *statement = &issued->statements[i];
        rows_begin(rows, statement->has_form ? tax_documents : statements);
        rows_uuid(rows, statement->id);
        rows_uuid(rows, statement->account_id);
        if (statement->has_form)
            rows_symbol(rows, &WIRE_TAX_FORM, statement->form);
        else
            rows_symbol(rows, &WIRE_STATEMENT_KIND, issued->kind);
        rows_time(rows, issued->from);
        rows_time(rows, issued->to);
        rows_int(rows, rows_partition(rows));
        rows_int(rows, rows_offset(rows));
        rows_totals(rows, statement);
        rows_time(rows, event->meta.occurred_at);
    }
}
