#!/bin/busybox sh
# The judge's first and only process: loads the PHY driver, which is what the endpoint driver still waits for, and says what became of it.
# Two reads of the GPIO block, which no driver here touches, mark in the model's access log where the endpoint's bring-up begins and ends.
# It decides nothing but what only this machine knows; judge.sh reads the rest off the console and the log.

export PATH=/bin
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin

# BAR1 + 0x40000: GPIO4; EXT_PORT before, VERSION after.
begin=0x10440070
end=0x10440078

endpoint=/sys/bus/platform/drivers/rockchip-dw-pcie/10000000.pcie-ep
[ ! -e $endpoint ] || echo "JUDGE-FAILED the endpoint driver was bound before its PHY"
devmem $begin 32 >/dev/null || echo "JUDGE-FAILED GPIO4 cannot be read"
insmod /lib/phy-rockchip-snps-pcie3.ko || echo "JUDGE-FAILED the PHY driver does not load"
# The kernel probes the waiting endpoint again by itself, some time; this sees to it that the probe has begun. Setting a device's power control
# (to what it is) waits for the device's lock, which a probe holds to its end.
echo 10000000.pcie-ep >/sys/bus/platform/drivers_probe || echo "JUDGE-FAILED the probe failed"
echo auto >/sys/devices/platform/soc/10000000.pcie-ep/power/control
devmem $end 32 >/dev/null
if [ -e $endpoint ]; then echo "JUDGE-BOUND"; else echo "JUDGE-FAILED the endpoint driver is not bound"; fi
if [ -e /sys/class/pci_epc/10000000.pcie-ep ]; then echo "JUDGE-CONTROLLER"; else echo "JUDGE-FAILED there is no endpoint controller"; fi
echo "JUDGE-END"
poweroff -f
