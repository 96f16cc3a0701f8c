# demo: what a person wants to see first - the tour, a file system, a short fio with verification. Asserts what its parts assert.
# Settings: those of its parts.
# shellcheck shell=busybox
# shellcheck source=tools/rig/guest/prelude.sh
. /rig/prelude.sh

RIG_FIO=quick
export RIG_FIO
for part in tour filesystem fio-verify; do
  printf '\n=========== %s ===========\n' "$part"
  sh -eu "/rig/$part.sh" || fail "$part"
done
