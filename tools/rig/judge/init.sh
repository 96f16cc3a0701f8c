#!/bin/busybox sh
# The judge's first and only process: loads the PHY driver, which is what the endpoint driver still waits for, and says what became of it; then starts
# the link in the place of an endpoint function, and lets the driver handle the link coming up and a hot reset by the host.
# Reads of the GPIO block, which no driver here touches, mark in the model's access log where a part begins and ends.
# It decides nothing but what only this machine knows; judge.sh reads the rest off the console and the log.

export PATH=/bin
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin

driver=/sys/bus/platform/drivers/rockchip-dw-pcie/10000000.pcie-ep
# Where judge.sh and board.dts put the APB client block.
general_con=0x10400000 misc_status=0x10400010 ltssm_status=0x10400300

failed() { echo "JUDGE-FAILED $*"; }

# mark NUMBER: GPIO4 (BAR1 + 0x40000): 0 DR_L, 1 DR_H, 2 DDR_L, 3 DDR_H.
mark() { devmem $((0x10440000 + 4 * $1)) 32 >/dev/null || failed "GPIO4 cannot be read"; }

# wait_for MASK VALUE REGISTER: until the bits have the value; half a minute at most, for a busy machine.
wait_for() {
  i=0
  while [ $(($(devmem $3 32) & $1)) -ne $(($2)) ]; do
    i=$((i + 1))
    [ $i -le 300 ] || return 1
    sleep 0.1
  done
}

# The controller's sys interrupt, as board.dts numbers it: SPI 207, which is bit 15 of the distributor's GICD_ISPENDR7. No line leads from the model
# to it, so it is made pending where the line would have done so; then its handler has to take what is latched: the bits of the argument.
sys_interrupt() {
  devmem 0x0800021c 32 0x8000
  wait_for $1 0 $misc_status || failed "the handler left $(devmem $misc_status 32) in INTR_STATUS_MISC"
}

bring_up() {
  [ ! -e $driver ] || failed "the endpoint driver was bound before its PHY"
  mark 0
  insmod /lib/phy-rockchip-snps-pcie3.ko || failed "the PHY driver does not load"
  # The kernel probes the waiting endpoint again by itself, some time; this sees to it that the probe has begun. Setting a device's power control
  # (to what it is) waits for the device's lock, which a probe holds to its end.
  echo 10000000.pcie-ep >/sys/bus/platform/drivers_probe || failed "the probe failed"
  echo auto >/sys/devices/platform/soc/10000000.pcie-ep/power/control
  mark 1
  if [ -e $driver ]; then echo "JUDGE-BOUND"; else failed "the endpoint driver is not bound"; fi
  if [ -e /sys/class/pci_epc/10000000.pcie-ep ]; then echo "JUDGE-CONTROLLER"; else failed "there is no endpoint controller"; fi
}

# Debian's kernel has no endpoint function and no way to bind one, so app_ltssm_enable is written here, as the driver's start_link would.
link() {
  devmem $general_con 32 0x00040004
  wait_for 0x30000 0x30000 $ltssm_status || failed "the link does not come up: LTSSM_STATUS $(devmem $ltssm_status 32)"
  wait_for 0x2 0x2 $misc_status || failed "no link event: INTR_STATUS_MISC $(devmem $misc_status 32)"
  sys_interrupt 0xffff
  # judge.sh resets the link from the host's side when it reads this.
  echo "JUDGE-LINK"
  wait_for 0x4 0x4 $misc_status || failed "no reset event: INTR_STATUS_MISC $(devmem $misc_status 32)"
  [ $(($(devmem $ltssm_status 32) & 0x30000)) -ne $((0x30000)) ] || failed "the link is up while a hot reset is held"
  mark 2
  sys_interrupt 0x4
  wait_for 0x30000 0x30000 $ltssm_status || failed "the link does not come back: LTSSM_STATUS $(devmem $ltssm_status 32)"
  mark 3
  sys_interrupt 0xffff
  echo "JUDGE-LINK-AGAIN"
}

# The firmware, where judge.sh has put it, takes the endpoint over from the driver, which stays bound; it ends when its host has been and gone, which
# is a hot reset and a link again.
firmware() {
  mount -t tmpfs tmp /tmp
  echo 64 >/proc/sys/vm/nr_hugepages
  LD_LIBRARY_PATH=/lib /sbin/nvmepf --platform rk3588 --registers pci:0000:00:01.0 --bringup takeover --bar-memory hugepages \
    --buffer-memory hugepages --rk3588 event_poll_us=1000 --namespace file:/tmp/disk,size=64M --queues 2 &
  pid=$!
  wait_for 0x30000 0x30000 $ltssm_status || failed "the firmware's link does not come up: LTSSM_STATUS $(devmem $ltssm_status 32)"
  # judge.sh starts the host when it reads this. Bus Master Enable in the Command register (BAR0 + 4) is the host's, and a reset ends it.
  echo "JUDGE-LINK"
  wait_for 0x4 0x4 0x10000004 || failed "the host did not enable bus mastering"
  i=0
  while [ $(($(devmem 0x10000004 32) & 4)) -ne 0 ] && [ $i -lt 150 ]; do i=$((i + 1)); sleep 1; done
  wait_for 0x30000 0x30000 $ltssm_status || failed "the link does not come back: LTSSM_STATUS $(devmem $ltssm_status 32)"
  echo "JUDGE-LINK-AGAIN"
  kill -TERM $pid
  wait $pid || failed "the firmware ended with status $?"
}

bring_up
if [ -e /sbin/nvmepf ]; then firmware; else link; fi
echo "JUDGE-END"
poweroff -f
