# Runs named steps one after the other, remembers which failed, and says so at the end. Sourced by the scripts beside it.
# shellcheck shell=bash

failed=()
began=$SECONDS

# step NAME COMMAND...: all of them run, whatever became of the ones before.
step() {
    local name=$1 start=$SECONDS
    shift
    printf '\n==> %s\n' "$name"
    if "$@"; then
        printf '<== %s: ok, %ds\n' "$name" $((SECONDS - start))
    else
        printf '<== %s: FAILED, %ds\n' "$name" $((SECONDS - start))
        failed+=("$name")
    fi
}

# The closing line; fails when a step did.
finish() {
    if [ ${#failed[@]} = 0 ]; then
        printf '%s: ok in %ds\n' "$1" $((SECONDS - began))
    else
        printf '%s: FAILED in %ds:%s\n' "$1" $((SECONDS - began)) "$(printf ' [%s]' "${failed[@]}")"
        return 1
    fi
}
