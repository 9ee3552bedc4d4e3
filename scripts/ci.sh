#!/usr/bin/env bash
# What CI does with a change, and what can be done before: scripts/ci.sh [BASE [HEAD]]
#
# Lints, type-checks and tests what the change affects, holds the workspace against its own rules, and says with SQL what
# the change will do to databases: in the summary of a GitHub Actions job, or else on standard output. FINOVA_CI_EXCLUDE names
# packages to leave out, such as attack,bench.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

base=$(git merge-base "${1:-${NX_BASE:-origin/main}}" "${2:-HEAD}")
head=$(git rev-parse "${2:-HEAD}")

npx nx affected -t lint typecheck migration-lint migration-test test --base "$base" --head "$head" --parallel=2 --outputStyle=static ${FINOVA_CI_EXCLUDE:+--exclude=$FINOVA_CI_EXCLUDE}
npx vitest run test/conformance/conformance.test.ts

# 0: nothing is pending; 2: something is. Anything else failed, and has said why.
code=0
plan=$(npx finova-db plan --since "$base" --sql) || code=$?
if [ "$code" != 0 ] && [ "$code" != 2 ]; then exit "$code"; fi
{
  printf '## What this change does to databases\n\n'
  if [ "$code" = 2 ]; then printf '```sql\n%s\n```\n' "$plan"; else printf 'Nothing.\n'; fi
} >>"${GITHUB_STEP_SUMMARY:-/dev/stdout}"
