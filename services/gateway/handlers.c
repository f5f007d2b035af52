#include "gateway/handlers.h"

#include "gateway/replay.h"

const struct operation_handler *handler_named(struct text name)
{
    static const struct operation_handler HANDLERS[] = {
        {"login", false, handle_login},
        {"complete_login", false, handle_complete_login},
        {"oidc_providers", false, handle_oidc_providers},
        {"oidc_start", false, handle_oidc_start},
        {"oidc_callback", true, handle_oidc_callback}, /* providers add parameters as they like */
        {"change_password", false, handle_change_password},
        {"prepare_factor", false, handle_prepare_factor},
        {"enable_factor", false, handle_enable_factor},
        {"disable_factor", false, handle_disable_factor},
        {"backup_codes", false, handle_backup_codes},
        {"create_api_key", false, handle_create_api_key},
        {"add_document", false, handle_add_document},
        {"remove_document", false, handle_remove_document},
        {"document_content", false, handle_document_content},
        {"add_payment_method", false, handle_add_payment_method},
        {"payment_notice", false, handle_payment_notice},
        {"refresh", false, handle_refresh},
        {"csrf", false, handle_csrf},
        {"commands", false, replay_command},
        {"market_stream", false, handle_market_stream},
        {"own_stream", false, handle_own_stream},
        {"health", true, handle_health_ready},
        {"health_live", true, handle_health_live},
        {"health_ready", true, handle_health_ready},
        {"health_startup", true, handle_health_ready},
        {"openapi", true, handle_openapi},
        {"asyncapi", true, handle_asyncapi},
        {"docs", true, handle_docs},
        {"jwks", true, handle_jwks},
        {"push_key", false, handle_push_key},
        {"page_spans", false, handle_page_spans},
        {"subjects", true, handle_subjects},
        {"subject_versions", true, handle_subject_versions},
        {"subject_version", true, handle_subject_version},
        {"schema_by_id", true, handle_schema_by_id},
    };
    for (size_t i = 0; i < COUNT_OF(HANDLERS); i++) {
        if (text_is(name, HANDLERS[i].name))
            return &HANDLERS[i];
    }
    return NULL;
}
