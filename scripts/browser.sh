#!/bin/sh
# Chromium for the browser tests: the system's, installed if it is missing and may be.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing Chromium from the system's packages (once) …"
    if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
        --no-install-recommends chromium fonts-noto-cjk fonts-noto-color-emoji >/dev/null; then
        exit 0
    fi
fi
echo "engawa: the browser tests need Chromium; install it (on Debian: sudo apt install chromium)" >&2
exit 1
