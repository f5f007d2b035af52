-- What differs between `rules` (role, schema_name, tables, but, privileges, columns), which stands
-- before this, and what the database lets people do. A rule holds in its schema and in those beside
-- it; whoever may do something in a place may use it, and connect.
, roles AS (
    SELECT DISTINCT rules.role AS name, pg_roles.oid
    FROM rules LEFT JOIN pg_roles ON rolname = rules.role
), places AS (
    SELECT oid, nspname AS name, nspowner AS owner, nspacl AS acl FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
), relations AS (
    SELECT pg_class.oid, places.name AS place, relname AS name, relowner AS owner, relacl AS acl
    FROM places JOIN pg_class ON relnamespace = places.oid AND relkind IN ('r', 'p', 'v', 'm')
), holding AS (
    SELECT rules.*, places.name AS place
    FROM rules
    JOIN roles ON roles.name = rules.role AND roles.oid IS NOT NULL
    JOIN places ON places.name IN (schema_name, schema_name || '_next', schema_name || '_previous')
), due (who, place, relation, col, privilege) AS (
    SELECT name, NULL::name, NULL::name, NULL::name, 'CONNECT' FROM roles WHERE oid IS NOT NULL
    UNION
    SELECT role, place, NULL, NULL, 'USAGE' FROM holding
    UNION
    SELECT role, holding.place, relations.name, attname, privilege
    FROM holding
    JOIN relations ON relations.place = holding.place
     AND (tables = '*' OR relations.name = tables)
     AND relations.name::text <> ALL (string_to_array(coalesce(but, ''), ','))
    CROSS JOIN string_to_table(privileges, ',') AS privilege
    LEFT JOIN pg_attribute ON attrelid = relations.oid
     AND attname::text = ANY (string_to_array(columns, ','))
    WHERE columns IS NULL OR attname IS NOT NULL
), granted AS (
    SELECT grantee, NULL::name AS place, NULL::name AS relation, NULL::name AS col, privilege_type
    FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))
    WHERE datname = current_database() AND grantee <> datdba
    UNION
    SELECT grantee, name, NULL, NULL, privilege_type FROM places, aclexplode(acl)
    WHERE grantee <> owner
    UNION
    SELECT grantee, place, name, NULL, privilege_type FROM relations, aclexplode(acl)
    WHERE grantee <> owner
    UNION
    SELECT grantee, place, name, attname, privilege_type
    FROM relations JOIN pg_attribute ON attrelid = relations.oid, aclexplode(attacl)
    WHERE grantee <> owner
), found AS (
    SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee)::text END AS who,
           place, relation, col, privilege_type AS privilege
    FROM granted
), apart AS (
    (SELECT *, false AS extra FROM due EXCEPT SELECT *, false FROM found)
    UNION ALL
    (SELECT *, true FROM found EXCEPT SELECT *, true FROM due)
), judged AS (
    SELECT *, who = 'PUBLIC' OR who IN (SELECT name FROM roles) AS known FROM apart
)
SELECT who, privilege AS what,
       CASE WHEN place IS NULL THEN 'database ' || current_database()
            WHEN relation IS NULL THEN 'schema ' || place
            ELSE place || '.' || relation || coalesce(' (' || col || ')', '') END AS place, extra,
       CASE WHEN known THEN format(
           '%s %s%s ON %s %s %s', CASE WHEN extra THEN 'REVOKE' ELSE 'GRANT' END, privilege,
           CASE WHEN col IS NULL THEN '' ELSE format(' (%I)', col) END,
           CASE WHEN place IS NULL THEN format('DATABASE %I', current_database())
                WHEN relation IS NULL THEN format('SCHEMA %I', place)
                ELSE format('TABLE %I.%I', place, relation) END,
           CASE WHEN extra THEN 'FROM' ELSE 'TO' END,
           CASE WHEN who = 'PUBLIC' THEN who ELSE quote_ident(who) END) END AS statement
FROM judged
WHERE known OR privilege NOT IN ('SELECT', 'USAGE', 'CONNECT') -- others may read, if they are let
UNION ALL
SELECT name, 'LOGIN', 'database ' || current_database(), false, NULL FROM roles WHERE oid IS NULL
UNION ALL
SELECT rolname, 'ALL', 'the whole server', true, NULL
FROM pg_roles JOIN roles USING (oid)
WHERE rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
UNION ALL
SELECT name, 'MEMBER', 'role ' || pg_get_userbyid(roleid), true, NULL
FROM pg_auth_members JOIN roles ON roles.oid = member
UNION ALL
SELECT 'PUBLIC', 'ROWS OF OTHERS', place || '.' || name, true, NULL
FROM relations JOIN pg_class USING (oid)
WHERE place = 'bourse' AND name IN ('positions', 'snapshots') AND NOT relrowsecurity
ORDER BY 1, 3, 2
