#!/bin/bash
# JavaScript's style and its own tests, where node is; the linter comes from npm's registry, once.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2> /dev/null; then
  echo "JavaScript is neither linted nor tested: no node 20 on this machine, or later (nodejs.org)"
  exit
fi
if make --silent node_modules/installed 2> /dev/null; then
  node_modules/.bin/biome check --error-on-warnings .
else
  echo "JavaScript is not linted: npm ci fails (no npm on this machine, or no registry within reach)"
fi
find tests -name '*.test.js' -exec node --test --test-reporter=spec {} +
