#!/bin/sh
# Make sure that there is a Chromium for the browser tests: the system's own, Debian's package, or Playwright's build.
set -eu
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium && exit 0
fi
exec .venv/bin/python -m playwright install chromium
