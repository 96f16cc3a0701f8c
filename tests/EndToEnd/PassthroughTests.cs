using Xunit;
using Xunit.Abstractions;

namespace Nvmepf.Tests.EndToEnd;

/// <summary>Passthrough to real controllers of a Linux kernel (tools/rig/passthrough.sh): what the guest asserts is in tools/rig/guest.</summary>
[Collection(GuestRig.Collection)]
public sealed class PassthroughTests(GuestRig rig, ITestOutputHelper log)
{
    [GuestFact]
    public void A_drive_is_passed_through_and_may_be_removed_and_come_back() => rig.RunPassthrough(log, "drive");

    [GuestFact]
    public void An_nvme_tcp_volume_is_passed_through_and_may_go_away_and_come_back() => rig.RunPassthrough(log, "tcp");
}
