#!/bin/sh
# Make sure that there is a Chromium for the browser tests: its headless shell, which takes half the time, from Debian or from
# Playwright; else whatever the system has.
set -eu
if command -v chromium-headless-shell >/dev/null 2>&1; then exit 0; fi
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium-headless-shell && exit 0
fi
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
exec .venv/bin/python -m playwright install --only-shell chromium
