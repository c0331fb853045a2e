#!/usr/bin/env bash
#
# AdaAct on a CUDA machine that has PyTorch 2.11's libraries and no Rust.
#
#   cuda-kit.sh build [RUNS]           here: makes the folder cuda-kit, to be carried over; its
#                                      plan leaves out the runs that are already in RUNS
#   cuda-kit.sh traces                 there: the corpus in float64 and float32
#   cuda-kit.sh bench                  there: what a step costs
#   cuda-kit.sh train DATA [SECONDS]   there: the plan's runs, each from where it stands, for at
#                                      most SECONDS (540); again and again until nothing is left
#   cuda-kit.sh judge RESULTS          here: holds traces against the oracle, runs against the paper
#
# There, everything goes into the folder results beside this script, and small enough to be carried
# back as results.tar.gz. TORCH_LIB names the folder of PyTorch's libraries, if python3 does not
# find torch. DEVICE=cpu rehearses it all without a GPU.

set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE RESULTS=$HERE/results DEVICE=${DEVICE:-cuda}

main() {
    local command=${1:-help}
    case $command in
    build | traces | bench | train | judge) "$@" ;;
    *)
        sed -n '3,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
        [[ $command == help ]] || exit 2
        ;;
    esac
}

# -------------------------------------------------------------------- here

build() {
    local runs=${1:-} kit binary step
    cd "$HERE/.."
    kit=cuda-kit
    rm -rf "$kit"
    mkdir "$kit"
    ADAACT_COMMIT=$(git describe --always --dirty)
    export ADAACT_COMMIT
    cargo build --locked -p tch-trace -p train --bins
    step=$(cargo build --locked -p gpu --bench step --message-format json |
        sed -n 's/.*"executable":"\([^"]*\/step-[^"]*\)".*/\1/p')
    for binary in cifar tch-trace; do
        strip -o "$kit/$binary" "${CARGO_TARGET_DIR:-target}/debug/$binary"
    done
    strip -o "$kit/step" "$step"
    cargo run --locked --quiet -p conformance --no-default-features -- \
        paper --plan --device "$DEVICE" ${runs:+--runs "$runs"} >"$kit/plan"
    cp -r fixtures/corpus "$kit/corpus"
    find "$kit/corpus" -name '*.bounds.json' -delete
    cp "${BASH_SOURCE[0]}" "$kit/"
    du -sh "$kit"
}

judge() {
    local results=$1 trace name case verdict=0
    results=$(cd "$results" && pwd)
    cd "$HERE/.."
    cargo build --quiet --locked -p conformance
    for trace in "$results"/traces/*/*.trace.json; do
        name=$(basename "$trace" .trace.json)
        case=$(find fixtures/corpus -name "$name.case.json")
        printf '%s ' "$(basename "$(dirname "$trace")")"
        conformance check --case "$case" --trace "$trace" | sed -n 1p || verdict=1
    done
    if [[ -d $results/runs ]]; then
        conformance paper --runs "$results/runs" || verdict=1
    fi
    return "$verdict"
}

conformance() {
    "${CARGO_TARGET_DIR:-target}/debug/conformance" "$@"
}

# ------------------------------------------------------------------- there

traces() {
    local dtype
    for dtype in float64 float32; do
        mkdir -p "$RESULTS/traces/$dtype"
        there ./tch-trace --corpus "$HERE/corpus" --dtype "$dtype" --device "$DEVICE" \
            --out "$RESULTS/traces/$dtype"
    done
    pack
}

bench() {
    local batch name
    mkdir -p "$RESULTS/bench"
    for batch in 128 1024; do
        for flags in "" "--channels-last --cudnn-benchmark" \
            "--channels-last --cudnn-benchmark --tf32"; do
            name=step-$batch${flags// --/-}
            name=${name/--/-}
            # shellcheck disable=SC2086  # flags are several words
            there ./step --bench --device "$DEVICE" --batch "$batch" --steps "${STEPS:-10}" \
                --pairs "${PAIRS:-60}" $flags --json "$RESULTS/bench/$name.json"
        done
    done
    pack
}

train() {
    local data=$1 end=$((SECONDS + ${2:-540})) plan command left status=0
    data=$(cd "$data" && pwd)
    mkdir -p "$RESULTS/runs"
    mapfile -t plan < <(sed -n 's/^cifar \(.*[^ ]\)  *#.*/\1/p' "$HERE/plan")
    for command in "${plan[@]}"; do
        left=$((end - SECONDS))
        if ((left <= 20)); then
            status=124
            break
        fi
        # shellcheck disable=SC2086  # the command is several words
        there timeout --signal INT --kill-after 60 "$left" ./cifar $command \
            --data_dir "$data" --out "$RESULTS/runs" && status=0 || status=$?
        # 1: the loss is not finite, which is a result.
        ((status == 0 || status == 1)) || break
    done
    pack
    case $status in
    0 | 1) echo "nothing is left of the plan" ;;
    124) echo "the time is over, some of the plan is left: the same command again goes on" ;;
    *) return "$status" ;;
    esac
}

# Runs a program of the kit beside PyTorch's libraries.
there() {
    local torch=${TORCH_LIB:-}
    if [[ -z $torch ]]; then
        torch=$(python3 -c 'import os, torch; print(os.path.join(torch.__path__[0], "lib"))')
    fi
    (cd "$HERE" && LD_LIBRARY_PATH=$torch${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$@")
}

# What is worth carrying back; of runs also what they go on from, if they are to.
pack() {
    tar --create --gzip --file "$HERE/results.tar.gz" --directory "$HERE" \
        --exclude best.safetensors --exclude .adaact-cache results
    ls -l "$HERE/results.tar.gz"
}

main "$@"
