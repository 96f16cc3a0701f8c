#!/usr/bin/sh
# Before the firmware: the watchdog's driver, as a board has it built in.
# shellcheck shell=busybox
stty -onlcr -echo </dev/ttyS1 2>/dev/null
stty -onlcr </dev/console 2>/dev/null
echo "RIG-BOOT" >/dev/ttyS1
modprobe -q nvme 2>/dev/null
for module in /etc/*.ko; do insmod "$module" >/dev/console 2>&1; done
mkdir -p /run/nvmepf
