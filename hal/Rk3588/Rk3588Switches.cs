using Nvmepf.Hal.DesignWare;

namespace Nvmepf.Hal.Rk3588;

/// <summary>
/// One choice for each thing that sources disagree on or that nobody has confirmed on this SoC. The defaults are the safe ones;
/// docs/hardware-bring-up.md says what to try, and what tells.
/// </summary>
public sealed record Rk3588Switches
{
    /// <summary>
    /// The host and the board have reference clocks of their own (SRNS): the receivers must not trust a common one. False for a shared clock.
    /// </summary>
    public bool SeparateReferenceClock { get; init; } = true;

    /// <summary>A cold start opens all clock gates of the words it touches, as Rockchip's boot loader does, not only those that Linux opens.</summary>
    public bool OpenAllClockGates { get; init; }

    /// <summary>The PHY's reference is made by a PLL of the SoC instead of coming from the board's clock generator.</summary>
    public bool PhyReferenceFromPll { get; init; }

    /// <summary>Wait until all four bits of the PHY's STATUS1 are set, not only sram_init_done.</summary>
    public bool WaitForAllPhyStatus { get; init; }

    /// <summary>How the PHY's four lanes are shared.</summary>
    public PhyLaneMode LaneMode { get; init; } = PhyLaneMode.Aggregated;

    /// <summary>Set link_req_rst_grt together with the start of link training, as downstream code does.</summary>
    public bool GrantLinkReset { get; init; }

    /// <summary>Set Memory Space and Bus Master Enable ourselves instead of leaving the Command register to the host.</summary>
    public bool EnableCommandLocally { get; init; }

    /// <summary>Where the resizable BAR capability is where the list of capabilities does not lead to it; 0 for the known place, 2E8h.</summary>
    public int ResizableBarOffset { get; init; }

    /// <summary>Leave the resizable BAR capability visible to the host.</summary>
    public bool ShowResizableBar { get; init; }

    /// <summary>Leave ATS and the page request interface visible: hosts with an IOMMU then wait for invalidations that never complete.</summary>
    public bool ShowAddressTranslation { get; init; }

    /// <summary>Offer ASPM (L0s, L1) and leave L1 substates visible.</summary>
    public bool OfferPowerManagement { get; init; }

    /// <summary>Leave error response and flush timeout of outbound accesses as they are after reset, instead of all ones and 50 ms.</summary>
    public bool KeepOutboundErrorDefaults { get; init; }

    /// <summary>
    /// Let eDMA requests pass by the outbound regions (CTRL2 bit 27), so that host memory at the window's addresses is reached too.
    /// </summary>
    public bool DmaBypass { get; init; } = true;

    /// <summary>Program the inbound and outbound regions again after a reset of the link. False: only those that are off then.</summary>
    public bool RewriteTranslationAfterReset { get; init; } = true;

    /// <summary>
    /// Write completion queue entries by DMA, behind their data in the same engine, instead of by the CPU through outbound windows. For a
    /// controller that lets the CPU's stores overtake what the eDMA has written: data has to be there before its completion. Interrupt messages
    /// are the CPU's stores still.
    /// </summary>
    public bool CompletionsByDma { get; init; }

    /// <summary>
    /// After a reset wait up to 10 ms until the link training state is Detect before it is allowed again, as downstream code does. Mainline code
    /// does not.
    /// </summary>
    public bool WaitForDetectBeforeRelease { get; init; }

    /// <summary>Send MSI by the APB register instead of an outbound window.</summary>
    public bool MsiByApb { get; init; }

    /// <summary>Offer INTx, raised by the APB register. False: interrupt pin 0.</summary>
    public bool LegacyInterrupt { get; init; } = true;

    /// <summary>
    /// A link that is up when the firmware starts (after a crash) is kept, with the host's assignments. False: it is dropped and trained again,
    /// and the host has to remove and rescan the device.
    /// </summary>
    public bool KeepRunningLink { get; init; } = true;
}
