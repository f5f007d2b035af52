-- Roles, databases and rights of a stack. Run as the superuser; may be run again at any time.
-- The caller sets bourse_password and reader_password.
SELECT format('CREATE ROLE %I LOGIN', role) FROM unnest(ARRAY['bourse', 'bourse_reader']) AS role
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec
ALTER ROLE bourse PASSWORD :'bourse_password';
ALTER ROLE bourse_reader PASSWORD :'reader_password';
ALTER ROLE bourse_reader SET default_transaction_read_only = on;

SELECT format('CREATE DATABASE %I OWNER bourse', name)
  FROM unnest(ARRAY['bourse', 'bourse_vault']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec
REVOKE ALL ON DATABASE bourse, bourse_vault, postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE bourse TO bourse_reader;

-- Whatever the services make in the projections later, the reader may read.
\connect bourse
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE bourse GRANT USAGE ON SCHEMAS TO bourse_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE bourse GRANT SELECT ON TABLES TO bourse_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE bourse GRANT SELECT ON SEQUENCES TO bourse_reader;
