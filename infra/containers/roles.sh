#!/bin/bash
# roles.sh - the roles and databases of a venue in infra/compose.yaml, made by Postgres's image when it
# makes the cluster. The passwords are asked of nobody: its server trusts whom its network lets in.
set -euo pipefail
psql -X -q -v ON_ERROR_STOP=1 -U postgres -v bourse_password=none -v reader_password=none \
    -f /bourse/roles.sql
