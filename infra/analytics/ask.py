#!/usr/bin/env python3
"""ask.py - a question to exported events, in DuckDB's SQL.

    infra/analytics/ask.py FOLDER SQL [--csv]

FOLDER is what export.py filled. Each type of event is a table: OrderEntered, of all topics that have
it; `meta` is a struct, what is listed is a list (unnest). Where OrderEntered is there, so is `trades`,
a row each. Decimals are exact.
"""
import collections
import csv
import pathlib
import sys

import duckdb

TRADES = """CREATE VIEW trades AS
SELECT instrument, fill.trade_id, fill.price, fill.quantity, side AS taker_side,
       account_id AS taker_account_id, maker.account_id AS maker_account_id,
       fill.fee AS taker_fee, maker.fee AS maker_fee, occurred_at AS executed_at
FROM (SELECT "order".instrument, "order".side, "order".account_id, meta.occurred_at,
             unnest(fills) AS fill, unnest(resting) AS maker
      FROM OrderEntered)"""


def tables(folder):
    """{type: its files}"""
    found = collections.defaultdict(list)
    for path in sorted(pathlib.Path(folder).glob("*/*.parquet")):
        found[path.stem].append(str(path))
    return found


def ask(folder, sql):
    """The answer, as a relation."""
    connection = duckdb.connect()
    connection.sql("SET TimeZone = 'UTC'")
    found = tables(folder)
    for name, files in found.items():
        connection.read_parquet(files, union_by_name=True).create_view(name)
    if "OrderEntered" in found:
        connection.sql(TRADES)
    return connection, connection.sql(sql)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--csv"]
    if len(arguments) != 2:
        sys.exit(__doc__)
    try:
        _, answer = ask(*arguments)
        if "--csv" in sys.argv:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(answer.columns)
            writer.writerows(answer.fetchall())
        else:
            answer.show(max_rows=100)
    except duckdb.Error as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
