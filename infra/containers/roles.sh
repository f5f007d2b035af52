#!/bin/bash
# roles.sh - ROLES and the databases of a venue in infra/compose.yaml, made by Postgres's image when it
# makes the cluster. Their passwords are asked of nobody: the server trusts whom its network lets in.
set -euo pipefail
run=(psql -X -q -v ON_ERROR_STOP=1 -U postgres)
for role in $ROLES; do
    "${run[@]}" -v role="$role" -v password=none -f /bourse/role.sql
done
"${run[@]}" -f /bourse/databases.sql
