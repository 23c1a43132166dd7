#!/usr/bin/env bash
# What a Get costs the server: CPU time per call of a red line of about 1 KB, beside a bare tonic
# server (benches/bare.rs) that answers every call with the same bytes.
#
# 60,000 calls by h2load over 4 connections with 16 streams each; servers on core 0, h2load on
# core 1; CPU time from the schedstat of every thread of the server; five runs of each, taking
# turns; the medians and their ratio are printed. Exits 1 when the ratio is above 1.5.
# Needs h2load (Debian: nghttp2-client), taskset and two cores.
set -euo pipefail
cd "$(dirname "$0")/.."

calls=${CALLS:-60000}
runs=${RUNS:-5}
ratio_max=1.5

for tool in h2load taskset; do
    if ! command -v "$tool" >/dev/null; then
        echo "get.sh: $tool is missing (Debian: apt-get install nghttp2-client util-linux)" >&2
        exit 2
    fi
done
if [ "$(nproc)" -lt 2 ]; then
    echo "get.sh: one core is not enough: the server and h2load would share it" >&2
    exit 2
fi

work=$(mktemp -d)
servers=()
finish() {
    [ ${#servers[@]} -eq 0 ] || kill "${servers[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

# Waits until a file has a line that fits, and prints its last word.
line_of() {
    for _ in $(seq 200); do
        if grep -qE "$2" "$1" 2>/dev/null; then
            grep -E "$2" "$1" | head -n 1
            return
        fi
        sleep 0.05
    done
    echo "get.sh: \"$2\" did not come:" >&2
    cat "$1" >&2
    exit 1
}

echo "building ..."
cargo build --release --quiet --bins
bare=$(cargo bench --no-run --bench bare 2>&1 | sed -nE 's/.*Executable.*\((.*)\)/\1/p')
target=${CARGO_TARGET_DIR:-target}/release

cat > "$work/article.md" <<'ARTICLE'
# A strait, two navies and a tariff

| Red line | Northern stance | Implication for the talks |
| --- | --- | --- |
| Foreign warships inside the strait | Absolute rejection of any passage by foreign warships without notice given a month ahead, repeated by the ministry in three statements since the spring | Non-starter for every text that speaks of free transit, so that the drafts can only say how notice is given, to whom, and what happens when it is late |
ARTICLE

taskset -c 0 "$target/chanceryd" --data-dir "$work/data" --listen 127.0.0.1:0 --log warn \
    >"$work/chanceryd.out" 2>&1 &
chanceryd=$!
servers+=("$chanceryd")
address=$(line_of "$work/chanceryd.out" 'listens on' | sed 's/.* //')
export CHANCERY_ENDPOINT="http://$address"
"$target/chancery" import "$work/article.md" --id strait --publish >/dev/null 2>&1
name=$("$target/chancery" list red-lines -o name | head -n 1)
[ -n "$name" ] || { echo "get.sh: the article gave no red line" >&2; exit 1; }

taskset -c 0 "$bare" "$CHANCERY_ENDPOINT" "$name" "$work/request" >"$work/bare.out" 2>&1 &
constant=$!
servers+=("$constant")
read -r bare_address bytes <<<"$(line_of "$work/bare.out" '^[0-9.]+:[0-9]+ [0-9]+$')"
echo "$name: $bytes bytes"

# Nanoseconds on a CPU, over all threads of a process.
cpu() { cat /proc/"$1"/task/*/schedstat | awk '{ sum += $1 } END { printf "%.0f", sum }'; }

load() {
    taskset -c 1 h2load -n "$2" -c 4 -m 16 -t 1 -d "$work/request" \
        -H 'content-type: application/grpc' -H 'te: trailers' \
        "http://$1/chancery.v1.AssessmentService/GetRedLine" >"$work/load.out"
    local answered data
    answered=$(sed -nE 's/^status codes: ([0-9]+) 2xx.*/\1/p' "$work/load.out")
    data=$(sed -nE 's/^traffic: .*\(([0-9]+)\) data$/\1/p' "$work/load.out")
    # An error comes as 200 too, but without a message.
    if [ "${answered:-0}" != "$2" ] || [ "${data:-0}" -lt $(($2 * (bytes + 5))) ]; then
        echo "get.sh: not every call was answered:" >&2
        cat "$work/load.out" >&2
        exit 1
    fi
}

# One run: microseconds of CPU per call.
measure() {
    local before after
    before=$(cpu "$2")
    load "$1" "$calls"
    after=$(cpu "$2")
    awk -v d=$((after - before)) -v n="$calls" 'BEGIN { printf "%.2f\n", d / n / 1000 }'
}

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

load "$address" 5000
load "$bare_address" 5000
for run in $(seq "$runs"); do
    real=$(measure "$address" "$chanceryd")
    least=$(measure "$bare_address" "$constant")
    echo "$real" >>"$work/real"
    echo "$least" >>"$work/least"
    echo "run $run: chanceryd $real us, bare tonic $least us"
done
real=$(median "$work/real")
least=$(median "$work/least")
awk -v r="$real" -v l="$least" -v max="$ratio_max" 'BEGIN {
    printf "median: chanceryd %s us, bare tonic %s us, ratio %.2f (at most %s)\n", r, l, r / l, max
    exit r / l > max
}'
