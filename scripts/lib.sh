# Shared by the scripts here. Sourced, not run.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}
tools=$target/tools
mkdir -p "$tools"
export PATH="$tools/bin:$tools/venv/bin:$PATH:$HOME/.cargo/bin"
pilot=$target/debug/promptpilot

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# How tests are compiled, in `linted`: as_tests
# Clippy compiles the workspace's own crates, so that dependencies are compiled once for lints, build and
# tests. How it is told of warnings is how `cargo clippy` tells it.
as_tests() {
    export CLIPPY_ARGS=-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__
    # What is compiled once gains nothing from being compiled in pieces.
    export CARGO_INCREMENTAL=0
    linted=(--config 'build.rustc-workspace-wrapper="clippy-driver"' --workspace --locked)
}

# The process of the Prompt Pilot in the usual data directory; nothing where none runs.
up_process() {
    local data=${XDG_DATA_HOME:-$HOME/.local/share}/promptpilot
    [[ $EUID != 0 ]] || data=/var/lib/promptpilot
    grep -oE '"pid": [0-9]+' "${PROMPTPILOT_DATA:-$data}/up.json" 2>/dev/null | grep -oE '[0-9]+' || true
}

# Waits until the builder of a Prompt Pilot is warm: wait_until_warm PROCESS
# One that cannot be warmed says why, and would be waited for in vain.
wait_until_warm() {
    local patience=$((SECONDS + 1200))
    until "$pilot" status --json 2>/dev/null | grep -q '"builder_warm": true'; do
        kill -0 "$1" 2>/dev/null || die "Prompt Pilot ended"
        ((SECONDS < patience)) || die "the builder is not warm after 20 minutes"
        sleep 0.2
    done
}

# stage NAME COMMAND…: runs it and remembers how long it took.
stage_names=() stage_seconds=()
stage() {
    local name=$1 began=$EPOCHREALTIME status=0
    shift
    say "== $name"
    "$@" || status=$?
    stage_names+=("$name")
    stage_seconds+=("$(awk "BEGIN { print $EPOCHREALTIME - $began }")")
    return $status
}

# The table of all stages so far, in the unit `min` or `s`.
stage_table() {
    local unit=$1 divisor=1 i
    [[ $unit == min ]] && divisor=60
    printf '\n%-28s %8s\n' stage "$unit"
    for i in "${!stage_names[@]}"; do
        awk -v name="${stage_names[i]}" -v s="${stage_seconds[i]}" -v d=$divisor \
            'BEGIN { printf "%-28s %8.1f\n", name, s / d }'
    done
    awk -v s="$(total_seconds)" -v d=$divisor 'BEGIN { printf "%-28s %8.1f\n", "total", s / d }'
}

total_seconds() { printf '%s\n' "${stage_seconds[@]}" 0 | awk '{ sum += $1 } END { print sum }'; }
