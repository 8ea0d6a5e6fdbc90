#!/bin/sh
# Chromium and w3m for the browser tests: the system's, installed if they are missing and
# may be.
missing="w3m"
command -v w3m >/dev/null 2>&1 && missing=""
chromium=""
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && chromium="$name"
done
[ -n "$chromium" ] || missing="$missing chromium fonts-noto-cjk fonts-noto-color-emoji"
[ -z "$missing" ] && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing what the browser tests need from the system's packages (once) …"
    # shellcheck disable=SC2086  # A list of names.
    if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
        --no-install-recommends $missing >/dev/null; then
        exit 0
    fi
fi
if [ -n "$chromium" ]; then
    echo "engawa: the test with a text browser needs w3m and is left out (on Debian: sudo apt install w3m)" >&2
    exit 0
fi
echo "engawa: the browser tests need Chromium; install it (on Debian: sudo apt install chromium)" >&2
exit 1
