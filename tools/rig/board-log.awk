# Judges an access log of nvmepf-soc: each time that link training is allowed, the endpoint must be fit for a host by then.
# Since power-on, or since the link was lost, these have to come before LTSSM enable or DLY2_DONE:
#   the inbound window of BAR 0 enabled, and BAR 4 off, which would show the host our own iATU.
# Prints one line of what it saw; ends with status 1 and the reason where something is wrong.

function fail(reason) { if (!failed) printf "board log: line %d: %s\n", NR, reason; failed = 1 }
function value() { return number_of($5) }
function number_of(text, n, i) {
  n = 0
  text = tolower(substr(text, 3))
  for (i = 1; i <= length(text); i++) n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
  return n
}
function bit(number, position) { return int(number / 2 ^ position) % 2 }

$2 == "!!" { fail("a violation: " $0) }
/BUS FAULT$/ { fail("a bus fault: " $0) }
/-- (board connected|board reset|link down)$/ { inbound = 0; bar4_off = 0 }
$2 == "W4" && $4 ~ /^IATU.INBOUND[0-9]+.CTRL2$/ { if (bit(value(), 31)) inbound = NR }
$2 == "W4" && $4 == "DBI2.BAR4" { if (value() == 0) bar4_off = NR }

# High-word masked: bit 2 and its mask for LTSSM enable, bit 3 and its mask for DLY2_DONE.
$2 == "W4" && $4 == "APB.GENERAL_CON" && bit(value(), 18) && bit(value(), 2) {
  trainings++
  if (!inbound) fail("LTSSM enabled without an inbound window")
  if (!bar4_off) fail("LTSSM enabled while BAR 4 shows the host our iATU")
}
$2 == "W4" && $4 == "APB.HOT_RESET_CTRL" && bit(value(), 19) && bit(value(), 3) {
  retrainings++
  if (!inbound) fail("DLY2_DONE before the inbound window was written again")
  if (!bar4_off) fail("DLY2_DONE while BAR 4 may show the host our iATU: it was not closed again")
}
/-- link up$/ {
  ups++
  if (!trainings) fail("a link without LTSSM enable")
}
/-- host: hot reset$/ { resets++ }
END {
  if (!ups) fail("the link never came up")
  printf "board log: %d lines, %d link trainings started, %d hot resets by the host, %d released, link up %d times\n",
    NR, trainings, resets, retrainings, ups
  exit failed
}
