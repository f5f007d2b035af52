/* handlers.h - the few operations that are code: each answers its exchange, now or later, and never
 * waits on the HTTP thread. */
#ifndef GATEWAY_HANDLERS_H
#define GATEWAY_HANDLERS_H
#include "gateway/gateway.h"

/* The handler that x-handler names; NULL: there is none. */
const struct operation_handler *handler_named(struct text name);

void handle_change_password(struct exchange *exchange); /* password_change.c */
void handle_prepare_factor(struct exchange *exchange);  /* two_factor.c, and the next four */
void handle_enable_factor(struct exchange *exchange);
void handle_disable_factor(struct exchange *exchange);
void handle_backup_codes(struct exchange *exchange);
void handle_oidc_providers(struct exchange *exchange); /* oidc.c, and the next two */
void handle_oidc_start(struct exchange *exchange);
void handle_oidc_callback(struct exchange *exchange);
void handle_complete_login(struct exchange *exchange);
void handle_login(struct exchange *exchange);          /* login.c */
void handle_create_api_key(struct exchange *exchange); /* api_key_create.c */
void handle_add_document(struct exchange *exchange);   /* kyc_document.c, and the next two */
void handle_remove_document(struct exchange *exchange);
void handle_document_content(struct exchange *exchange);
void handle_add_payment_method(struct exchange *exchange); /* payment_method.c */
void handle_payment_notice(struct exchange *exchange);     /* payment_notice.c */
void handle_refresh(struct exchange *exchange);            /* refresh.c */
void handle_csrf(struct exchange *exchange);               /* cookies.c */
void handle_market_stream(struct exchange *exchange);      /* stream_open.c, and the next */
void handle_own_stream(struct exchange *exchange);
void handle_health_live(struct exchange *exchange); /* health.c, and the next */
void handle_health_ready(struct exchange *exchange);
void handle_openapi(struct exchange *exchange); /* documents.c, and the next three */
void handle_asyncapi(struct exchange *exchange);
void handle_docs(struct exchange *exchange);
void handle_jwks(struct exchange *exchange);
void handle_push_key(struct exchange *exchange);
void handle_page_spans(struct exchange *exchange); /* page_spans.c */
void handle_subjects(struct exchange *exchange);   /* registry.c, and the next three */
void handle_subject_versions(struct exchange *exchange);
void handle_subject_version(struct exchange *exchange);
void handle_schema_by_id(struct exchange *exchange);

/* Answers /health and /metrics on the port that is for operators: http_server_options.handle. */
void handle_internal(void *context, struct http_request *request);

#endif
