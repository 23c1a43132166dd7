#!/usr/bin/env bash
# Questions to Chancery and to PostgreSQL on the same rows, taking turns, one asker each: mean times
# over RUNS rounds of SECONDS_EACH, and their ratio. Chancery answers over gRPC on the loopback,
# PostgreSQL over its own socket to prepared statements, with the composite, partial and GIN indices
# a good engineer would make, and after VACUUM ANALYZE.
#
# Needs PostgreSQL 15 (Debian: postgresql-15; or PGBIN=/path/to/bin). Without it, it says so and
# stops. It makes a cluster of its own in a folder that it removes. ELEMENTS is how many there are (a
# million), DIR where both keep their data. PostgreSQL does not run as root: OS_USER (postgres) does.
set -euo pipefail
cd "$(dirname "$0")/.."

elements=${ELEMENTS:-1000000}
runs=${RUNS:-3}
seconds=${SECONDS_EACH:-2}
bin=${PGBIN:-/usr/lib/postgresql/15/bin}

for tool in initdb pg_ctl psql pgbench; do
    if ! [ -x "$bin/$tool" ]; then
        echo "versus_postgres.sh: $bin/$tool is missing (Debian: postgresql-15, postgresql-contrib);" \
            "nothing measured"
        exit 0
    fi
done

work=$(mktemp -d "${DIR:-${TMPDIR:-/tmp}}/versus-postgres.XXXXXX")
as_user() { "$@"; }
if [ "$(id -u)" = 0 ]; then
    user=${OS_USER:-postgres}
    chmod 755 "$work"
    as_user() { runuser -u "$user" -- "$@"; }
fi
asker=
finish() {
    [ -z "$asker" ] || { exec 4>&-; wait "$asker" || true; } 2>/dev/null
    as_user "$bin/pg_ctl" -D "$work/pg/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT

echo "building ..."
questions=${BENCH:-$(cargo bench --no-run --bench versus_postgres 2>&1 |
    sed -nE 's/.*Executable.*\((.*)\)/\1/p')}

echo "writing $elements elements ..."
read -r head half < <("$questions" fill "$work" "$elements")

echo "loading them into PostgreSQL ..."
mkdir "$work/pg"
[ "$(id -u)" != 0 ] || chown "$user" "$work/pg"
as_user "$bin/initdb" -D "$work/pg/data" -U bench --auth trust --locale C -E UTF8 >/dev/null
as_user "$bin/pg_ctl" -D "$work/pg/data" -w -l "$work/pg/log" -o \
    "-c listen_addresses='' -c unix_socket_directories='$work/pg' -c shared_buffers=512MB \
     -c work_mem=64MB -c maintenance_work_mem=256MB -c max_wal_size=4GB" start >/dev/null
export PGHOST="$work/pg" PGUSER=bench PGDATABASE=postgres
"$bin/psql" -q -v ON_ERROR_STOP=1 <<SQL
create unlogged table element_rows (kind text, name text, assessment int, from_rev bigint,
    actor text, issue text, firmness int, posture int, rejected bool, links text[], body bytea);
create unlogged table assessment_rows (id int, from_rev bigint, state int, situation text);
\\copy element_rows from '$work/elements.tsv'
\\copy assessment_rows from '$work/assessments.tsv'
create table elements as
    select *, lead(from_rev) over (partition by name order by from_rev) as to_rev,
        case when firmness between 1 and 4 then firmness end as firmness_rank
    from element_rows;
create table assessments as
    select *, lead(from_rev) over (partition by id order by from_rev) as to_rev
    from assessment_rows;
drop table element_rows, assessment_rows;
create index on elements (kind, firmness, posture, from_rev desc, name) where to_rev is null;
create index on elements (kind, actor, firmness, from_rev desc, name) where to_rev is null;
create index on elements (kind, actor, issue, from_rev desc, name) where to_rev is null;
create index on elements (kind, firmness_rank desc nulls last, actor, name) where to_rev is null;
create index on elements (kind, firmness, posture, from_rev desc, name);
create index on elements (assessment, kind) where to_rev is null;
create index on elements using gin (links) where to_rev is null;
create index on assessments (id, from_rev desc);
create index on assessments (id) include (state) where to_rev is null;
create index on assessments (situation) where to_rev is null;
vacuum analyze;
SQL
rm "$work/elements.tsv" "$work/assessments.tsv"

mkfifo "$work/to" "$work/from"
"$questions" ask "$work" <"$work/to" >"$work/from" &
asker=$!
exec 4>"$work/to" 5<"$work/from"
read -r _ready <&5

# The middle of some numbers.
median() { sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

"$bin/psql" -At -c 'select version()' | cut -d, -f1
printf '%-28s %6s %6s  %12s %12s  %s\n' "$elements elements" items rows chancery postgresql ratio
number=0
while read -r name; do
    "$questions" sql "$number" "$half" >"$work/$number.sql"
    rows=$("$bin/psql" -At -f "$work/$number.sql" | wc -l)
    for _ in $(seq "$runs"); do
        echo "$number $half $seconds" >&4
        read -r mean items <&5
        echo "$mean" >>"$work/$number.ours"
        "$bin/pgbench" -n -M prepared -c 1 -T "$seconds" -f "$work/$number.sql" 2>/dev/null |
            sed -nE 's/^latency average = ([0-9.]+) ms$/\1/p' |
            awk '{ printf "%.0f\n", $1 * 1000 }' >>"$work/$number.theirs"
    done
    ours=$(median <"$work/$number.ours")
    theirs=$(median <"$work/$number.theirs")
    ratio=$(awk -v ours="$ours" -v theirs="$theirs" 'BEGIN { printf "%.2f", theirs / ours }')
    printf '%-28s %6s %6s  %9s us %9s us  %s\n' \
        "$name" "$items" "$rows" "$ours" "$theirs" "$ratio"
    [ "$items" = "$rows" ] || { echo "they do not answer the same" >&2; exit 1; }
    number=$((number + 1))
done < <("$questions" questions)
echo "ratio: how many times as long PostgreSQL takes; head at revision $head, half way at $half"
