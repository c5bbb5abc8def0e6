# Runs named steps one after the other, remembers which failed, and says so at the end. Sourced by the scripts beside it.
# shellcheck shell=bash

failed=()
began=$SECONDS
steps=$(mktemp -d)
trap 'rm -rf "$steps"' EXIT

# step NAME COMMAND...: all of them run, whatever became of the ones before.
step() {
    local name=$1 start=$SECONDS
    shift
    printf '\n==> %s\n' "$name"
    if "$@" 2>&1 | tee "$steps/said"; then
        printf '<== %s: ok, %ds\n' "$name" $((SECONDS - start))
    else
        printf '<== %s: FAILED, %ds\n' "$name" $((SECONDS - start))
        failed+=("$name")
        { printf '\n==> the end of %s, once more\n' "$name"; tail -n 40 "$steps/said"; } >>"$steps/failed"
    fi
}

# The closing line, after what the steps that failed have said: a long run has them far above. Fails when a step did.
finish() {
    [ ! -s "$steps/failed" ] || cat "$steps/failed"
    if [ ${#failed[@]} = 0 ]; then
        printf '%s: ok in %ds\n' "$1" $((SECONDS - began))
    else
        printf '%s: FAILED in %ds:%s\n' "$1" $((SECONDS - began)) "$(printf ' [%s]' "${failed[@]}")"
        return 1
    fi
}
