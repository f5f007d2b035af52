-- The databases of a stack, which are their owner's alone: what others may do in them they are given
-- with the tables. Run as the superuser, when there are the roles; may be run again at any time.
SELECT format('CREATE DATABASE %I OWNER bourse', name)
  FROM unnest(ARRAY['bourse', 'bourse_vault']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name) \gexec
REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;
ALTER ROLE bourse_reader SET default_transaction_read_only = on;
