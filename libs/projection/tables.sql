-- What every projection shares. Run again it changes nothing.
CREATE SCHEMA IF NOT EXISTS bourse;

-- How far the tables of a service have followed each partition of its event topic. Moved in the
-- transaction of the rows, from exactly the old value to the new.
CREATE TABLE IF NOT EXISTS bourse.positions (
    service      text NOT NULL,
    partition    int NOT NULL,
    generation   bigint NOT NULL,          -- of the tables: one more at each rebuild
    schema_hash  text NOT NULL,            -- of the schema.sql that the tables were made by
    next_offset  bigint NOT NULL,          -- behind the last record read
    incarnation  uuid,                     -- this and what follows: null before the first record
    record_hash  bytea,                    -- of the record before next_offset
    epoch        bigint,                   -- from here the state of the fold, behind that record
    nonce        bytea,
    wseq         bigint,
    head         bytea,
    poisoned     boolean,
    sources      jsonb NOT NULL DEFAULT '{}', -- "topic/partition": last offset answered
    events_count bigint NOT NULL DEFAULT 0,   -- valid events projected
    updated_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (service, partition)
);

-- When which tables were put in the place of the live ones. Whoever reads them in more than one
-- statement holds this table (ACCESS SHARE): nobody switches meanwhile.
CREATE TABLE IF NOT EXISTS bourse.switches (
    service     text NOT NULL,
    generation  bigint NOT NULL,      -- of the tables that came
    switched_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (service, generation)
);

-- States of partitions in parts, each with the size of the whole.
CREATE TABLE IF NOT EXISTS bourse.snapshots (
    service     text NOT NULL,
    partition   int NOT NULL,
    next_offset bigint NOT NULL,
    part        int NOT NULL,
    size        bigint NOT NULL,
    bytes       bytea NOT NULL,
    taken_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (service, partition, next_offset, part)
);
-- States hardly shrink, and trying took a tenth of what the database did.
DO $$ BEGIN
    IF (SELECT attstorage <> 'e' FROM pg_attribute
        WHERE attrelid = 'bourse.snapshots'::regclass AND attname = 'bytes') THEN
        ALTER TABLE bourse.snapshots ALTER COLUMN bytes SET STORAGE EXTERNAL,
            DROP COLUMN IF EXISTS checksum; -- the bytes have their own
    END IF;
END $$;

-- A role that is called as its service, or begins so, has to do with the rows of that alone.
DO $$ BEGIN
    IF NOT (SELECT relrowsecurity FROM pg_class WHERE oid = 'bourse.positions'::regclass) THEN
        ALTER TABLE bourse.positions ENABLE ROW LEVEL SECURITY;
        CREATE POLICY seen ON bourse.positions FOR SELECT USING (true);
        CREATE POLICY own ON bourse.positions
            USING (service = split_part(current_user, '-', 1));
        ALTER TABLE bourse.snapshots ENABLE ROW LEVEL SECURITY;
        CREATE POLICY own ON bourse.snapshots
            USING (service = split_part(current_user, '-', 1));
    END IF;
END $$;

-- Decimals as JSON shows them: at least two places, otherwise as short as can be. Null is null without
-- STRICT, with which none of these would become part of the statement that it stands in: a call costs
-- twelve times as much.
CREATE OR REPLACE FUNCTION bourse.decimal(value numeric) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN round(value, greatest(min_scale(value), 2))::text;

-- An exact quotient of what is not negative, rounded half even to 8 places as averages are; null by 0. That
-- null makes it null follows from its parts: STRICT would keep it from becoming part of a query.
CREATE OR REPLACE FUNCTION bourse.divide(value numeric, by numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN by > 0
                THEN (div(value * 200000000 + by, by * 2)
                      - CASE WHEN mod(value * 200000000 + by, by * 2) = 0
                                  AND mod(div(value * 200000000 + by, by * 2), 2) = 1
                             THEN 1 ELSE 0 END) * 0.00000001 END;

-- Times as JSON shows them: RFC 3339 in UTC with microseconds.
CREATE OR REPLACE FUNCTION bourse.time(value timestamptz) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    RETURN to_char(value AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- A text as a cell of CSV (RFC 4180). What a spreadsheet would take for a formula begins with an
-- apostrophe, which makes a text of it.
CREATE OR REPLACE FUNCTION bourse.csv(value text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN value ~ '^[-=+@\t\r\n]' THEN '"''' || replace(value, '"', '""') || '"'
                WHEN value ~ '[",\r\n]' THEN '"' || replace(value, '"', '""') || '"'
                ELSE coalesce(value, '') END;

-- Times as the places of rows begin (17 digits of microseconds), to compare places with. Strict and
-- immutable are all of its parts, as greatest() is not, so that it becomes part of what it is used in.
CREATE OR REPLACE FUNCTION bourse.place(value timestamptz) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN lpad((extract(epoch FROM timestamptz_larger(value, '1970-01-01 00:00+00') AT TIME ZONE 'UTC')
                 * 1000000)::bigint::text, 17, '0');

-- CRC-32 as zlib has it, a nibble at a time.
CREATE OR REPLACE FUNCTION bourse.crc32(value text) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    remainders CONSTANT bigint[] := ARRAY[
        0, 498536548, 997073096, 651767980, 1994146192, 1802195444, 1303535960, 1342533948,
        3988292384, 4027552580, 3604390888, 3412177804, 2607071920, 2262029012, 2685067896,
        3183342108];
    bytes CONSTANT bytea := convert_to(value, 'UTF8');
    crc bigint := 4294967295;
BEGIN
    FOR i IN 0 .. length(bytes) - 1 LOOP
        crc := crc # get_byte(bytes, i);
        crc := crc >> 4 # remainders[(crc & 15) + 1];
        crc := crc >> 4 # remainders[(crc & 15) + 1];
    END LOOP;
    RETURN crc # 4294967295;
END $$;
