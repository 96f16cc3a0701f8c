// hal/Rk3588: the PCIe endpoint platform of the RK3588. The maps of the SoC's blocks are files named after them; the rest finds those
// blocks, brings the endpoint up, watches the link and moves data. It knows nothing of NVMe.

using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.Rk3588;

/// <summary>Rockchip's registers around the 4-lane controller ("client" block).</summary>
/// <param name="Base">First byte of the block, FE15_0000h on the board.</param>
public readonly record struct ApbClient(nint Base)
{
    /// <summary>000h: mode and link training.</summary>
    public HighWordMaskRegister<GeneralControl> GeneralControl => new(Base);

    /// <summary>004h: messages received.</summary>
    public ReadOnlyRegister<MessageStatus> MessageStatus => new(Base + 0x004);

    /// <summary>008h: INTx, for a root port.</summary>
    public ReadOnlyRegister<LegacyStatus> LegacyStatus => new(Base + 0x008);

    /// <summary>00Ch: errors.</summary>
    public ReadOnlyRegister<ErrorStatus> ErrorStatus => new(Base + 0x00C);

    /// <summary>010h: link events.</summary>
    public WriteOneToClearRegister<MiscStatus> MiscStatus => new(Base + 0x010);

    /// <summary>014h: power management events; the name is not confirmed.</summary>
    public ReadOnlyRegister<PowerStatus> PowerStatus => new(Base + 0x014);

    /// <summary>018h: 1 masks a bit of the messages received.</summary>
    public HighWordMaskRegister<MessageMask> MessageMask => new(Base + 0x018);

    /// <summary>01Ch: 1 masks an INTx.</summary>
    public HighWordMaskRegister<LegacyMask> LegacyMask => new(Base + 0x01C);

    /// <summary>020h: 1 masks an error.</summary>
    public HighWordMaskRegister<ErrorMask> ErrorMask => new(Base + 0x020);

    /// <summary>024h: 1 masks a link event's interrupt; the status shows it all the same.</summary>
    public HighWordMaskRegister<MiscMask> MiscMask => new(Base + 0x024);

    /// <summary>028h: 1 masks a power management event.</summary>
    public HighWordMaskRegister<PowerMask> PowerMask => new(Base + 0x028);

    /// <summary>02Ch: clock request and L2/L3.</summary>
    public HighWordMaskRegister<PowerControl> PowerControl => new(Base + 0x02C);

    /// <summary>034h: INTx of an endpoint, PME_Turn_Off of a root port.</summary>
    public HighWordMaskRegister<MessageGeneration> MessageGeneration => new(Base + 0x034);

    /// <summary>038h: sends MSI vectors with what the MSI capability says.</summary>
    public WriteOnlyRegister<MsiGeneration> MsiGeneration => new(Base + 0x038);

    /// <summary>104h: debugging.</summary>
    public ReadWriteRegister<GeneralDebug> GeneralDebug => new(Base + 0x104);

    /// <summary>154h: L1 substates.</summary>
    public ReadOnlyRegister<RasDesInfo> RasDesInfo => new(Base + 0x154);

    /// <summary>180h: what happens at a hot reset.</summary>
    public HighWordMaskRegister<HotResetControl> HotResetControl => new(Base + 0x180);

    /// <summary>270h: internal MSI-X table in place of the address translation.</summary>
    public HighWordMaskRegister<MsixRamWindow> MsixRamWindow => new(Base + 0x270);

    /// <summary>300h: state of the link.</summary>
    public ReadOnlyRegister<LtssmStatus> LtssmStatus => new(Base + 0x300);

    /// <summary>310h: recording of the link's states.</summary>
    public HighWordMaskRegister<DebugFifoMode> DebugFifoMode => new(Base + 0x310);

    /// <summary>320h: pattern 0 of the recording.</summary>
    public HighWordMaskRegister<DebugFifoPatternHit0> DebugFifoPatternHit0 => new(Base + 0x320);

    /// <summary>324h: pattern 1 of the recording.</summary>
    public HighWordMaskRegister<DebugFifoPatternHit1> DebugFifoPatternHit1 => new(Base + 0x324);

    /// <summary>328h: transition 0 of the recording.</summary>
    public HighWordMaskRegister<DebugFifoTransitionHit0> DebugFifoTransitionHit0 => new(Base + 0x328);

    /// <summary>32Ch: transition 1 of the recording.</summary>
    public HighWordMaskRegister<DebugFifoTransitionHit1> DebugFifoTransitionHit1 => new(Base + 0x32C);

    /// <summary>350h: the recording; each read takes an entry, up to 64.</summary>
    public ReadOnlyRegister<DebugFifoStatus> DebugFifoStatus => new(Base + 0x350);
}

/// <summary>Mode and link training.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct GeneralControl(uint Raw) : IRegisterFields<GeneralControl>
{
    /// <summary>Bit 2: app_ltssm_enable.</summary>
    public bool LinkTrainingEnable { get => RegisterBits.Test(Raw, 2); init => Raw = RegisterBits.With(Raw, 2, value); }

    /// <summary>Bit 3: link_req_rst_grt: the controller's request to be reset is granted.</summary>
    public bool LinkResetGrant { get => RegisterBits.Test(Raw, 3); init => Raw = RegisterBits.With(Raw, 3, value); }

    /// <summary>Bits 7:4: endpoint or root port.</summary>
    public ControllerMode DeviceType { get => (ControllerMode)RegisterBits.Get(Raw, 4, 4); init => Raw = RegisterBits.With(Raw, 4, 4, (uint)value); }

    /// <inheritdoc/>
    public static GeneralControl FromRaw(uint raw) => new(raw);
}

/// <summary>What the controller is.</summary>
public enum ControllerMode : byte
{
    /// <summary>An endpoint.</summary>
    Endpoint = 0,

    /// <summary>A root port.</summary>
    RootComplex = 4,
}

/// <summary>Messages received.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MessageStatus(uint Raw) : IRegisterFields<MessageStatus>
{
    /// <summary>Bit 9: PME_TO_Ack, for a root port.</summary>
    public bool PmeToAck { get => RegisterBits.Test(Raw, 9); init => Raw = RegisterBits.With(Raw, 9, value); }

    /// <summary>Bit 10: PME_Turn_Off, for an endpoint.</summary>
    public bool PmTurnOff { get => RegisterBits.Test(Raw, 10); init => Raw = RegisterBits.With(Raw, 10, value); }

    /// <inheritdoc/>
    public static MessageStatus FromRaw(uint raw) => new(raw);
}

/// <summary>INTx, for a root port.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct LegacyStatus(uint Raw) : IRegisterFields<LegacyStatus>
{
    /// <inheritdoc/>
    public static LegacyStatus FromRaw(uint raw) => new(raw);
}

/// <summary>Errors.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct ErrorStatus(uint Raw) : IRegisterFields<ErrorStatus>
{
    /// <inheritdoc/>
    public static ErrorStatus FromRaw(uint raw) => new(raw);
}

/// <summary>Link events.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MiscStatus(uint Raw) : IRegisterFields<MiscStatus>
{
    /// <summary>Bit 0: the physical link came up or went down.</summary>
    public bool PhysicalLinkChanged { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <summary>Bit 1: the data link came up or went down.</summary>
    public bool DataLinkChanged { get => RegisterBits.Test(Raw, 1); init => Raw = RegisterBits.With(Raw, 1, value); }

    /// <summary>Bit 2: hot reset, or the link went down: training waits for APP_DLY2_DONE.</summary>
    public bool LinkReset { get => RegisterBits.Test(Raw, 2); init => Raw = RegisterBits.With(Raw, 2, value); }

    /// <summary>Bit 10: a DMA write channel (not confirmed on hardware).</summary>
    public bool DmaWrite { get => RegisterBits.Test(Raw, 10); init => Raw = RegisterBits.With(Raw, 10, value); }

    /// <summary>Bit 11: a DMA read channel (not confirmed on hardware).</summary>
    public bool DmaRead { get => RegisterBits.Test(Raw, 11); init => Raw = RegisterBits.With(Raw, 11, value); }

    /// <summary>Bit 15: the host wrote an ELBI doorbell.</summary>
    public bool HostDoorbell { get => RegisterBits.Test(Raw, 15); init => Raw = RegisterBits.With(Raw, 15, value); }

    /// <inheritdoc/>
    public static MiscStatus FromRaw(uint raw) => new(raw);
}

/// <summary>Power management events.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PowerStatus(uint Raw) : IRegisterFields<PowerStatus>
{
    /// <inheritdoc/>
    public static PowerStatus FromRaw(uint raw) => new(raw);
}

/// <summary>Masks of the messages received.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MessageMask(uint Raw) : IRegisterFields<MessageMask>
{
    /// <summary>Bit 9: PME_TO_Ack.</summary>
    public bool PmeToAck { get => RegisterBits.Test(Raw, 9); init => Raw = RegisterBits.With(Raw, 9, value); }

    /// <summary>Bit 10: PME_Turn_Off.</summary>
    public bool PmTurnOff { get => RegisterBits.Test(Raw, 10); init => Raw = RegisterBits.With(Raw, 10, value); }

    /// <inheritdoc/>
    public static MessageMask FromRaw(uint raw) => new(raw);
}

/// <summary>Masks of INTx.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct LegacyMask(uint Raw) : IRegisterFields<LegacyMask>
{
    /// <summary>Bits 7:0: one bit for each.</summary>
    public byte Lines { get => (byte)RegisterBits.Get(Raw, 0, 8); init => Raw = RegisterBits.With(Raw, 0, 8, value); }

    /// <inheritdoc/>
    public static LegacyMask FromRaw(uint raw) => new(raw);
}

/// <summary>Masks of errors.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct ErrorMask(uint Raw) : IRegisterFields<ErrorMask>
{
    /// <inheritdoc/>
    public static ErrorMask FromRaw(uint raw) => new(raw);
}

/// <summary>Masks of the link events.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MiscMask(uint Raw) : IRegisterFields<MiscMask>
{
    /// <summary>Bit 0: masks: the physical link came up or went down.</summary>
    public bool PhysicalLinkChanged { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <summary>Bit 1: masks: the data link came up or went down.</summary>
    public bool DataLinkChanged { get => RegisterBits.Test(Raw, 1); init => Raw = RegisterBits.With(Raw, 1, value); }

    /// <summary>Bit 2: masks: hot reset, or the link went down: training waits for APP_DLY2_DONE.</summary>
    public bool LinkReset { get => RegisterBits.Test(Raw, 2); init => Raw = RegisterBits.With(Raw, 2, value); }

    /// <summary>Bit 10: masks: a DMA write channel (not confirmed on hardware).</summary>
    public bool DmaWrite { get => RegisterBits.Test(Raw, 10); init => Raw = RegisterBits.With(Raw, 10, value); }

    /// <summary>Bit 11: masks: a DMA read channel (not confirmed on hardware).</summary>
    public bool DmaRead { get => RegisterBits.Test(Raw, 11); init => Raw = RegisterBits.With(Raw, 11, value); }

    /// <summary>Bit 15: masks: the host wrote an ELBI doorbell.</summary>
    public bool HostDoorbell { get => RegisterBits.Test(Raw, 15); init => Raw = RegisterBits.With(Raw, 15, value); }

    /// <inheritdoc/>
    public static MiscMask FromRaw(uint raw) => new(raw);
}

/// <summary>Masks of power management events.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PowerMask(uint Raw) : IRegisterFields<PowerMask>
{
    /// <inheritdoc/>
    public static PowerMask FromRaw(uint raw) => new(raw);
}

/// <summary>Clock request and L2/L3.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PowerControl(uint Raw) : IRegisterFields<PowerControl>
{
    /// <summary>Bit 0: app_clk_req_n.</summary>
    public bool ClockRequestReady { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <summary>Bit 3: L2/L3 may be entered.</summary>
    public bool ReadyToEnterL23 { get => RegisterBits.Test(Raw, 3); init => Raw = RegisterBits.With(Raw, 3, value); }

    /// <summary>Bits 13:12: 1: CLKREQ# is pulled down.</summary>
    public byte ClockRequestPull { get => (byte)RegisterBits.Get(Raw, 12, 2); init => Raw = RegisterBits.With(Raw, 12, 2, value); }

    /// <inheritdoc/>
    public static PowerControl FromRaw(uint raw) => new(raw);
}

/// <summary>INTx and PME_Turn_Off.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MessageGeneration(uint Raw) : IRegisterFields<MessageGeneration>
{
    /// <summary>Bit 1: level of INTx.</summary>
    public bool LegacyInterrupt { get => RegisterBits.Test(Raw, 1); init => Raw = RegisterBits.With(Raw, 1, value); }

    /// <summary>Bit 4: sends PME_Turn_Off.</summary>
    public bool PmeTurnOff { get => RegisterBits.Test(Raw, 4); init => Raw = RegisterBits.With(Raw, 4, value); }

    /// <inheritdoc/>
    public static MessageGeneration FromRaw(uint raw) => new(raw);
}

/// <summary>Vectors to send.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MsiGeneration(uint Raw) : IRegisterFields<MsiGeneration>
{
    /// <summary>Bits 31:0: bit n: vector n.</summary>
    public uint Vectors { get => RegisterBits.Get(Raw, 0, 32); init => Raw = RegisterBits.With(Raw, 0, 32, value); }

    /// <inheritdoc/>
    public static MsiGeneration FromRaw(uint raw) => new(raw);
}

/// <summary>Debugging.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct GeneralDebug(uint Raw) : IRegisterFields<GeneralDebug>
{
    /// <inheritdoc/>
    public static GeneralDebug FromRaw(uint raw) => new(raw);
}

/// <summary>L1 substates.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct RasDesInfo(uint Raw) : IRegisterFields<RasDesInfo>
{
    /// <summary>Bit 4: the link is in L1.1.</summary>
    public bool InL11 { get => RegisterBits.Test(Raw, 4); init => Raw = RegisterBits.With(Raw, 4, value); }

    /// <summary>Bit 5: the link is in L1.2.</summary>
    public bool InL12 { get => RegisterBits.Test(Raw, 5); init => Raw = RegisterBits.With(Raw, 5, value); }

    /// <inheritdoc/>
    public static RasDesInfo FromRaw(uint raw) => new(raw);
}

/// <summary>What happens at a hot reset or when the link goes down.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct HotResetControl(uint Raw) : IRegisterFields<HotResetControl>
{
    /// <summary>Bit 0: DLY1_EN.</summary>
    public bool Delay1Enable { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <summary>Bit 1: APP_DLY2_EN: training waits for Delay2Done.</summary>
    public bool Delay2Enable { get => RegisterBits.Test(Raw, 1); init => Raw = RegisterBits.With(Raw, 1, value); }

    /// <summary>Bit 2: DLY1_DONE.</summary>
    public bool Delay1Done { get => RegisterBits.Test(Raw, 2); init => Raw = RegisterBits.With(Raw, 2, value); }

    /// <summary>Bit 3: APP_DLY2_DONE: training goes on.</summary>
    public bool Delay2Done { get => RegisterBits.Test(Raw, 3); init => Raw = RegisterBits.With(Raw, 3, value); }

    /// <summary>Bit 4: LTSSM_ENABLE_ENHANCE.</summary>
    public bool LinkTrainingEnhance { get => RegisterBits.Test(Raw, 4); init => Raw = RegisterBits.With(Raw, 4, value); }

    /// <inheritdoc/>
    public static HotResetControl FromRaw(uint raw) => new(raw);
}

/// <summary>Internal MSI-X table in place of the address translation.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MsixRamWindow(uint Raw) : IRegisterFields<MsixRamWindow>
{
    /// <summary>Bit 0: DBI + 300000h shows the MSI-X table; the address translation is out of reach.</summary>
    public bool Enable { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <inheritdoc/>
    public static MsixRamWindow FromRaw(uint raw) => new(raw);
}

/// <summary>State of the link.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct LtssmStatus(uint Raw) : IRegisterFields<LtssmStatus>
{
    /// <summary>Bits 5:0: state of the link training.</summary>
    public LtssmState State { get => (LtssmState)RegisterBits.Get(Raw, 0, 6); init => Raw = RegisterBits.With(Raw, 0, 6, (uint)value); }

    /// <summary>Bit 16: smlh_link_up.</summary>
    public bool PhysicalLinkUp { get => RegisterBits.Test(Raw, 16); init => Raw = RegisterBits.With(Raw, 16, value); }

    /// <summary>Bit 17: rdlh_link_up.</summary>
    public bool DataLinkUp { get => RegisterBits.Test(Raw, 17); init => Raw = RegisterBits.With(Raw, 17, value); }

    /// <summary>Bits 21:20: 0 is 2.5 GT/s, 1 is 5 GT/s, 2 is 8 GT/s (inferred from samples).</summary>
    public byte RateZeroBased { get => (byte)RegisterBits.Get(Raw, 20, 2); init => Raw = RegisterBits.With(Raw, 20, 2, value); }

    /// <summary>Both layers are up: requests can be sent and received.</summary>
    public bool IsLinkUp => PhysicalLinkUp && DataLinkUp;

    /// <inheritdoc/>
    public static LtssmStatus FromRaw(uint raw) => new(raw);
}

/// <summary>Recording of the link's states.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct DebugFifoMode(uint Raw) : IRegisterFields<DebugFifoMode>
{
    /// <summary>Bits 2:0: 7: on, 0: off.</summary>
    public byte Enable { get => (byte)RegisterBits.Get(Raw, 0, 3); init => Raw = RegisterBits.With(Raw, 0, 3, value); }

    /// <inheritdoc/>
    public static DebugFifoMode FromRaw(uint raw) => new(raw);
}

/// <summary>Pattern 0.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct DebugFifoPatternHit0(uint Raw) : IRegisterFields<DebugFifoPatternHit0>
{
    /// <inheritdoc/>
    public static DebugFifoPatternHit0 FromRaw(uint raw) => new(raw);
}

/// <summary>Pattern 1.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct DebugFifoPatternHit1(uint Raw) : IRegisterFields<DebugFifoPatternHit1>
{
    /// <inheritdoc/>
    public static DebugFifoPatternHit1 FromRaw(uint raw) => new(raw);
}

/// <summary>Transition 0.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct DebugFifoTransitionHit0(uint Raw) : IRegisterFields<DebugFifoTransitionHit0>
{
    /// <inheritdoc/>
    public static DebugFifoTransitionHit0 FromRaw(uint raw) => new(raw);
}

/// <summary>Transition 1.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct DebugFifoTransitionHit1(uint Raw) : IRegisterFields<DebugFifoTransitionHit1>
{
    /// <inheritdoc/>
    public static DebugFifoTransitionHit1 FromRaw(uint raw) => new(raw);
}

/// <summary>An entry of the recording.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct DebugFifoStatus(uint Raw) : IRegisterFields<DebugFifoStatus>
{
    /// <summary>Bits 5:0: state of the link training.</summary>
    public LtssmState State { get => (LtssmState)RegisterBits.Get(Raw, 0, 6); init => Raw = RegisterBits.With(Raw, 0, 6, (uint)value); }

    /// <summary>Bits 10:8: L1 substate.</summary>
    public byte L1Substate { get => (byte)RegisterBits.Get(Raw, 8, 3); init => Raw = RegisterBits.With(Raw, 8, 3, value); }

    /// <summary>Bits 22:20: speed as in LtssmStatus.</summary>
    public byte RateZeroBased { get => (byte)RegisterBits.Get(Raw, 20, 3); init => Raw = RegisterBits.With(Raw, 20, 3, value); }

    /// <inheritdoc/>
    public static DebugFifoStatus FromRaw(uint raw) => new(raw);
}
