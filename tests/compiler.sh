#!/bin/sh
# A C compiler's words -> what it builds, which it builds only once for all processes of a test run (conftest.py).
# $NAKO_TESTS_CC is the compiler, $NAKO_TESTS_BUILT where that is kept.
set -eu

output='' source='' flags='' previous=''
for word in "$@"; do
    if [ "$previous" = -o ]; then
        output=$word
    elif [ "${word%.c}" != "$word" ]; then
        source=$word
    else
        flags="$flags $word"
    fi
    previous=$word
done
if [ -z "$source" ] || [ -z "$output" ]; then eval "exec $NAKO_TESTS_CC \"\$@\""; fi

kept=$NAKO_TESTS_BUILT/$({ printf '%s\n' "$flags" && cat "$source"; } | sha256sum | cut -c 1-32)
if [ ! -f "$kept" ]; then
    eval "$NAKO_TESTS_CC \"\$@\""
    cp "$output" "$kept.$$" && mv "$kept.$$" "$kept" # another process may be building it too
fi
cp "$kept" "$output"
