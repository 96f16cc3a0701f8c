namespace Nvmepf.SocModel;

/// <summary>
/// Every hazard of the register reference (sections 3 to 6) and every unsure point (section 11) as a switch. All are off at first, apart from
/// what a test asks for. Probabilities are per million and drawn from the model's seed. May be changed at any time.
/// </summary>
public sealed class SocFaults
{
    /// <summary>Device type at reset is root complex, so that the header type reads 1 until endpoint mode is written.</summary>
    public bool ResetsAsRootComplex { get; set; }

    /// <summary>No reference clock: sram_init_done never comes.</summary>
    public bool NoReferenceClock { get; set; }

    /// <summary>The link never leaves detection.</summary>
    public bool LinkNeverTrains { get; set; }

    /// <summary>Host and board have clocks of their own: the link does not hold while the PHY's receivers use the common one (section 7.3).</summary>
    public bool SeparateReferenceClocks { get; set; }

    /// <summary>How long a link that is up stays up after LTSSM enable was taken back.</summary>
    public int LinkDownDelayNanoseconds { get; set; }

    /// <summary>Stores and loads through the window while the link is down are bus faults, not dropped (unsure point 9).</summary>
    public bool WindowWithoutLinkFaults { get; set; }

    /// <summary>The link drops at the TLP of this number from now, in either direction; 0 = never. Counts down.</summary>
    public int DropLinkAfterTlps { get; set; }

    /// <summary>Hot reset and link loss empty the iATU's targets while ENABLE stays set (unsure point 2).</summary>
    public bool IatuLosesTargets { get; set; }

    /// <summary>Hot reset and link loss return BAR masks, BAR enables and the ROM to their power-on state.</summary>
    public bool BarMasksLost { get; set; }

    /// <summary>Hot reset and link loss return IDs and class code to their power-on values.</summary>
    public bool HeaderLost { get; set; }

    /// <summary>Hot reset and link loss return the eDMA's registers to their power-on values.</summary>
    public bool EdmaRegistersLost { get; set; }

    /// <summary>Writing a resizable BAR's CAP does not update its CTRL size (not in every core version).</summary>
    public bool RebarCapDoesNotSelect { get; set; }

    /// <summary>ENABLE of an iATU region reads 0, and the region matches nothing, for this long after it was set.</summary>
    public int IatuEnableDelayNanoseconds { get; set; }

    /// <summary>Stores that wait in the bridge are translated when they leave: a rewritten region sends them to the wrong place.</summary>
    public bool LateTranslation { get; set; }

    /// <summary>DMA_BYPASS does not exist: reads 0, does nothing (unsure point 1).</summary>
    public bool NoDmaBypass { get; set; }

    /// <summary>Posted writes to the host wait in the SoC, each up to this long.</summary>
    public int PostedDelayNanoseconds { get; set; }

    /// <summary>Posted writes of different sources (window, each eDMA channel, APB MSI) overtake each other this often.</summary>
    public int PostedReorderPerMillion { get; set; }

    /// <summary>The host's posted writes wait up to this long on their way into board memory.</summary>
    public int InboundDelayNanoseconds { get; set; }

    /// <summary>An eDMA or window read of host memory ends as Unsupported Request.</summary>
    public int UnsupportedRequestPerMillion { get; set; }

    /// <summary>An eDMA or window read of host memory ends as Completer Abort.</summary>
    public int CompleterAbortPerMillion { get; set; }

    /// <summary>An eDMA or window read of host memory is never answered.</summary>
    public int TimeoutPerMillion { get; set; }

    /// <summary>An eDMA or window read of host memory comes back poisoned.</summary>
    public int PoisonPerMillion { get; set; }

    /// <summary>The host answers nothing: every read times out, writes are lost.</summary>
    public bool HostNeverAnswers { get; set; }

    /// <summary>How long a read waits until it has timed out.</summary>
    public int CompletionTimeoutNanoseconds { get; set; } = 10_000_000;

    /// <summary>An eDMA access to local memory ends as an AXI error.</summary>
    public int LocalErrorPerMillion { get; set; }

    /// <summary>A list element's fetch ends as an error.</summary>
    public int FetchErrorPerMillion { get; set; }

    /// <summary>A channel stops moving without a word, at a TLP; only a soft reset helps.</summary>
    public int StallPerMillion { get; set; }

    /// <summary>The data of a read element arrives in an order of the seed's.</summary>
    public bool ReadsOutOfOrder { get; set; }

    /// <summary>Done is latched before the engine has fetched the element at which it stops.</summary>
    public bool DoneBeforeStop { get; set; }

    /// <summary>Abort is latched only where LINKED_LIST_ERR_EN asks for it; CS tells in any case.</summary>
    public bool AbortNeedsErrorEnable { get; set; }

    /// <summary>How long ENGINE_EN reads 1 after a 0 was written.</summary>
    public int SoftResetNanoseconds { get; set; } = 2_000;

    /// <summary>TRANSFER_SIZE does not count down while the transfer runs.</summary>
    public bool TransferSizeUpdatesAtEnd { get; set; }

    /// <summary>MSI by the APB register is sent although the vector is masked (unsure point 3).</summary>
    public bool ApbMsiIgnoresMask { get; set; }

    /// <summary>The MSI-X doorbell register does nothing (unsure point 4).</summary>
    public bool NoMsixDoorbell { get; set; }

    /// <summary>INTx by the APB register does nothing (unsure point 5).</summary>
    public bool NoIntx { get; set; }

    /// <summary>The IOMMU in front of the controller is driven by a kernel and blocks it: inbound accesses and local DMA accesses fail.</summary>
    public bool IommuBlocks { get; set; }

    /// <summary>A doorbell with list stores or cache maintenance after the last barrier is a violation.</summary>
    public bool WatchBarriers { get; set; } = true;

    /// <summary>All switches to off.</summary>
    public void Clear()
    {
        ResetsAsRootComplex = NoReferenceClock = SeparateReferenceClocks = LinkNeverTrains = WindowWithoutLinkFaults = false;
        IatuLosesTargets = BarMasksLost = HeaderLost = EdmaRegistersLost = RebarCapDoesNotSelect = false;
        LateTranslation = NoDmaBypass = HostNeverAnswers = ReadsOutOfOrder = DoneBeforeStop = AbortNeedsErrorEnable = false;
        TransferSizeUpdatesAtEnd = ApbMsiIgnoresMask = NoMsixDoorbell = NoIntx = IommuBlocks = false;
        LinkDownDelayNanoseconds = 0;
        DropLinkAfterTlps = IatuEnableDelayNanoseconds = PostedDelayNanoseconds = PostedReorderPerMillion = InboundDelayNanoseconds = 0;
        UnsupportedRequestPerMillion = CompleterAbortPerMillion = TimeoutPerMillion = PoisonPerMillion = 0;
        LocalErrorPerMillion = FetchErrorPerMillion = StallPerMillion = 0;
        CompletionTimeoutNanoseconds = 10_000_000;
        SoftResetNanoseconds = 2_000;
        WatchBarriers = true;
    }
}
