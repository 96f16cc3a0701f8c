#!/usr/bin/sh
# What init runs at the shutdown after it has ended the firmware, and before it kills what is left: the firmware must be gone, in order.
# shellcheck shell=busybox
exec </dev/null >/dev/console 2>&1
status=0
pidof nvmepf && status=1
grep 'Reactor ran' /tmp/firmware.log || status=1
[ ! -e /run/nvmepf.pid ] || status=1
if [ "$status" = 0 ]; then echo 'ok: it has ended in order'; else echo 'FAILED: the firmware has not ended in order'; fi
sync
echo "RIG-EXIT $status" >/dev/ttyS1
