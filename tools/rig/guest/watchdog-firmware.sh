#!/usr/bin/sh
# What init runs for ever; the firmware in place of itself, with a line for each start.
# shellcheck shell=busybox
. /rig/settings
echo start >>/tmp/starts
exec /usr/sbin/nvmepf --vfio-user /run/nvmepf --namespace ram:16M --console none --lock-memory --ready-file /run/nvmepf.pid \
  --watchdog "/dev/watchdog,timeout=$RIG_TIMEOUT" >>/tmp/firmware.log 2>&1
