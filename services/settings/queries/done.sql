-- Nothing to tell but that it is done: once what was decided can be read.
-- shape: one
-- reads: settings
-- params:
SELECT json_build_object() AS item
