-- How far each service's tables have followed its log, held against what this gateway has read of it.
-- shape: list
-- reads: audit
-- params: log_ends:json, limit:int, cursor:text
WITH parts AS (
    SELECT split_part(ends.key, '/', 1) AS service,
           split_part(ends.key, '/', 2)::int AS partition,
           ends.value::bigint AS log_end,
           coalesce(known.next_offset, 0) AS position,
           greatest(ends.value::bigint - coalesce(known.next_offset, 0), 0) AS lag,
           coalesce(known.events_count, 0) AS events,
           coalesce(known.generation, 0) AS generation,
           known.updated_at
    FROM jsonb_each_text($1::jsonb) ends
    LEFT JOIN bourse.positions known ON known.service || '/' || known.partition = ends.key
)
SELECT json_build_object(
           'service', service,
           'lag', sum(lag),
           'events', sum(events),
           'rows', (SELECT coalesce(sum(n_live_tup), 0)
                    FROM pg_stat_user_tables WHERE schemaname = service),
           'generation', max(generation),
           'updated_at', bourse.time(max(updated_at)),
           'partitions', json_agg(json_build_object(
               'partition', partition,
               'position', position,
               'log_end', log_end,
               'lag', lag,
               'events', events,
               'updated_at', bourse.time(updated_at)) ORDER BY partition)) AS item,
       service AS cursor
FROM parts
WHERE $3::text IS NULL OR service > $3::text
GROUP BY service
ORDER BY service
LIMIT $2::int
