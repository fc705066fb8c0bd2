# -> a Chromium for the tests of the pages.  Sourced by test.sh, after setup.sh, for `find_browser` and `need_browser`.
# shellcheck shell=bash

find_browser() { # prints the one that tests/browser would take; fails where there is none
    if [ -n "${NAKO_CHROMIUM:-}" ]; then
        printf '%s\n' "$NAKO_CHROMIUM"
        return
    fi
    command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable
}

need_browser() { # with CI=true it is installed, since there a skipped browser test is a failure; else it is said how
    if find_browser >/dev/null; then return; fi
    if [ "${CI:-}" != true ]; then
        say "Chromium이 없어서 브라우저 테스트를 건너뜁니다. Debian/Ubuntu: sudo apt-get install chromium. 다른 곳에서는 Chrome이나 Chromium을 설치하거나, 있는 곳을 NAKO_CHROMIUM=/경로/chrome 으로 알려 주세요." \
            "No Chromium: the browser tests are skipped. Debian/Ubuntu: sudo apt-get install chromium. Elsewhere install Chrome or Chromium, or name one: NAKO_CHROMIUM=/path/to/chrome."
        return
    fi
    say "브라우저 테스트를 위해 Chromium을 설치합니다." "Installing Chromium for the browser tests."
    local as_root=""
    if [ "$(id -u)" -ne 0 ]; then as_root=sudo; fi
    $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends chromium \
        || fail "Chromium을 설치하지 못했습니다. CI에서는 브라우저 테스트를 건너뛸 수 없습니다." \
            "Chromium could not be installed, and in CI the browser tests cannot be skipped."
}
