#!/usr/bin/env bash
# Durable writes beside etcd: one node each, the same disk, records of the same size, taking turns.
#
# For 1, 16 and 64 clients: writes per second, median and 99th percentile, and the server's CPU per
# write, as medians of RUNS runs and as ratios. Exits 1 when a gate is missed: 1.1 times etcd's
# writes per second (1.5 times at 64 clients) for at most half its CPU per write. The goals are 1.3
# and 2 times.
# Needs etcd (Debian: etcd-server; or ETCD=/path/to/etcd). Without it, it says so and stops.
# DIR is where both keep their data, SECONDS_EACH how long a run lasts, BYTES the size of a record.
set -euo pipefail
cd "$(dirname "$0")/.."

etcd=${ETCD:-etcd}
runs=${RUNS:-3}
seconds=${SECONDS_EACH:-5}
bytes=${BYTES:-1000}

if ! command -v "$etcd" >/dev/null; then
    echo "versus_etcd.sh: etcd is missing (Debian: apt-get install etcd-server); nothing measured"
    exit 0
fi

work=$(mktemp -d "${DIR:-${TMPDIR:-/tmp}}/versus-etcd.XXXXXX")
servers=()
finish() {
    [ ${#servers[@]} -eq 0 ] || kill "${servers[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

echo "building ..."
cargo build --release --quiet --bins
durable=$(cargo bench --no-run --bench durable 2>&1 | sed -nE 's/.*Executable.*\((.*)\)/\1/p')
target=${CARGO_TARGET_DIR:-target}/release

"$target/chanceryd" --data-dir "$work/chancery" --listen 127.0.0.1:0 --log warn \
    >"$work/chanceryd.out" 2>&1 &
chanceryd=$!
servers+=("$chanceryd")
etcd_port=${ETCD_PORT:-23790}
ETCD_LOG_LEVEL=error "$etcd" --data-dir "$work/etcd" --logger zap --log-outputs "$work/etcd.out" \
    --listen-client-urls "http://127.0.0.1:$etcd_port" \
    --advertise-client-urls "http://127.0.0.1:$etcd_port" \
    --listen-peer-urls "http://127.0.0.1:$((etcd_port + 1))" \
    --initial-advertise-peer-urls "http://127.0.0.1:$((etcd_port + 1))" \
    --initial-cluster "default=http://127.0.0.1:$((etcd_port + 1))" \
    >"$work/etcd.std" 2>&1 &
etcd_pid=$!
servers+=("$etcd_pid")

# Waits until a command succeeds.
until_ready() {
    for _ in $(seq 200); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.05
    done
    echo "versus_etcd.sh: \"$*\" did not come to succeed" >&2
    tail -n 20 "$work"/*.out "$work"/*.std >&2
    exit 1
}
until_ready grep -q 'listens on' "$work/chanceryd.out"
address=$(sed -nE 's/.*listens on +//p' "$work/chanceryd.out")
until_ready "$durable" etcd "127.0.0.1:$etcd_port" 1 0 100

# Nanoseconds on a CPU, over all threads of a process, ended ones included.
cpu() { awk -v hz="$(getconf CLK_TCK)" '{ printf "%.0f", ($14 + $15) * 1e9 / hz }' "/proc/$1/stat"; }

# One run; appends "ops p50 p99 cpu_us" to a file.
measure() {
    local before after line
    before=$(cpu "$3")
    line=$("$durable" "$1" "$2" "$4" "$seconds" "$bytes")
    after=$(cpu "$3")
    echo "$line $before $after" |
        awk '{ printf "%s %s %s %.1f\n", $1, $2, $3, ($6 - $5) / $4 / 1000 }' >>"$work/$1.$4"
}

# The median of a column.
median() { awk -v c="$2" '{ print $c }' "$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

missed=0
echo "$bytes bytes a record, $runs runs of $seconds s each, medians"
echo "clients  server    writes/s    p50 us    p99 us  CPU us/write"
for clients in 1 16 64; do
    for _ in $(seq "$runs"); do
        measure chancery "$address" "$chanceryd" "$clients"
        measure etcd "127.0.0.1:$etcd_port" "$etcd_pid" "$clients"
    done
    for server in chancery etcd; do
        file=$work/$server.$clients
        printf '%7s  %-8s  %8s  %8s  %8s  %12s\n' "$clients" "$server" "$(median "$file" 1)" \
            "$(median "$file" 2)" "$(median "$file" 3)" "$(median "$file" 4)"
    done
    gate=1.1 goal=1.3
    [ "$clients" -lt 64 ] || { gate=1.5 goal=2.0; }
    awk -v o="$(median "$work/chancery.$clients" 1)" -v e="$(median "$work/etcd.$clients" 1)" \
        -v oc="$(median "$work/chancery.$clients" 4)" -v ec="$(median "$work/etcd.$clients" 4)" \
        -v gate="$gate" -v goal="$goal" 'BEGIN {
            speed = o / e; work = oc / ec
            said = speed >= goal ? "goal reached" : speed >= gate ? "gate passed" : "GATE MISSED"
            spent = work <= 0.5 ? "gate passed" : "GATE MISSED"
            printf "         ratio     %.2f writes/s (gate %s, goal %s: %s), %.2f CPU (gate 0.5: %s)\n",
                speed, gate, goal, said, work, spent
            exit speed < gate || work > 0.5
        }' || missed=1
done
exit $missed
