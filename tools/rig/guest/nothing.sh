# Boots and powers off: the probe of an accelerator.
# shellcheck shell=busybox
exit 0
