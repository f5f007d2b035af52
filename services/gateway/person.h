/* person.h - a user as `GET auth/me` shows one, as an expression of SQL over settings.users, for
 * the handlers that answer with it.
 */
#ifndef GATEWAY_PERSON_H
#define GATEWAY_PERSON_H

#define PERSON_SQL                                                                                 \
    "json_build_object('id', users.id, 'email', users.email, 'full_name', users.full_name, "       \
    "'roles', users.roles, 'account_id', users.account_id, "                                       \
    "'email_verified', users.email_verified_at IS NOT NULL, "                                      \
    "'two_factor_enabled', EXISTS (SELECT FROM settings.two_factor_auth factor "                   \
    "WHERE factor.user_id = users.id AND factor.verified_at IS NOT NULL))"

#endif
