// Port logic: DesignWare's own registers behind the standard part of the DBI space.

using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.DesignWare;

/// <summary>The port logic registers; offsets count from the start of the DBI space.</summary>
/// <param name="Base">First byte of the DBI space (not of the port logic).</param>
public readonly record struct PortLogic(nint Base)
{
    /// <summary>708h: PORT_FORCE_OFF.</summary>
    public ReadWriteRegister<PortForce> PortForce => new(Base + 0x708);

    /// <summary>70Ch: ACK_F_ASPM_CTRL_OFF: acknowledge frequency and ASPM.</summary>
    public ReadWriteRegister<AckFrequency> AckFrequency => new(Base + 0x70C);

    /// <summary>710h: PORT_LINK_CTRL_OFF.</summary>
    public ReadWriteRegister<PortLinkControl> LinkControl => new(Base + 0x710);

    /// <summary>714h: LANE_SKEW_OFF.</summary>
    public ReadWriteRegister<LaneSkew> LaneSkew => new(Base + 0x714);

    /// <summary>728h: PL_DEBUG0_OFF.</summary>
    public ReadOnlyRegister<PortDebug0> Debug0 => new(Base + 0x728);

    /// <summary>72Ch: PL_DEBUG1_OFF.</summary>
    public ReadOnlyRegister<PortDebug1> Debug1 => new(Base + 0x72C);

    /// <summary>80Ch: GEN2_CTRL_OFF: link width and speed change control.</summary>
    public ReadWriteRegister<LinkWidthSpeed> WidthSpeed => new(Base + 0x80C);

    /// <summary>890h: GEN3_RELATED_OFF.</summary>
    public ReadWriteRegister<Gen3Related> Gen3Related => new(Base + 0x890);

    /// <summary>8A8h: GEN3_EQ_CONTROL_OFF.</summary>
    public ReadWriteRegister<Gen3Equalization> Gen3Equalization => new(Base + 0x8A8);

    /// <summary>8B4h: ORDER_RULE_CTRL_OFF.</summary>
    public ReadWriteRegister<OrderRule> OrderRule => new(Base + 0x8B4);

    /// <summary>8BCh: MISC_CONTROL_1_OFF; sticky.</summary>
    public ReadWriteRegister<MiscControl1> MiscControl1 => new(Base + 0x8BC);

    /// <summary>8C0h: MULTI_LANE_CONTROL_OFF.</summary>
    public ReadWriteRegister<MultiLane> MultiLane => new(Base + 0x8C0);

    /// <summary>8CCh: LINK_FLUSH_CONTROL_OFF.</summary>
    public ReadWriteRegister<LinkFlush> LinkFlush => new(Base + 0x8CC);

    /// <summary>8D0h: AMBA_ERROR_RESPONSE_DEFAULT_OFF.</summary>
    public ReadWriteRegister<AmbaErrorResponse> ErrorResponse => new(Base + 0x8D0);

    /// <summary>8D4h: AMBA_LINK_TIMEOUT_OFF.</summary>
    public ReadWriteRegister<AmbaLinkTimeout> LinkTimeout => new(Base + 0x8D4);

    /// <summary>8D8h: AMBA_ORDERING_CTRL_OFF.</summary>
    public ReadWriteRegister<AmbaOrdering> AmbaOrdering => new(Base + 0x8D8);

    /// <summary>8F8h: PCIE_VERSION_NUMBER_OFF.</summary>
    public ReadOnlyRegister<CoreVersion> Version => new(Base + 0x8F8);

    /// <summary>8FCh: PCIE_VERSION_TYPE_OFF.</summary>
    public ReadOnlyRegister<CoreVersionType> VersionType => new(Base + 0x8FC);

    /// <summary>900h: IATU_VIEWPORT_OFF: all ones where the regions have addresses of their own.</summary>
    public ReadOnlyRegister<IatuViewport> IatuViewport => new(Base + 0x900);

    /// <summary>940h: MSIX_ADDRESS_MATCH_LOW_OFF.</summary>
    public ReadWriteRegister<MsixAddressMatchLow> MsixAddressMatchLow => new(Base + 0x940);

    /// <summary>944h: MSIX_ADDRESS_MATCH_HIGH_OFF.</summary>
    public ReadWriteRegister<MsixAddressMatchHigh> MsixAddressMatchHigh => new(Base + 0x944);

    /// <summary>948h: MSIX_DOORBELL_OFF: sends a vector of the internal table.</summary>
    public WriteOnlyRegister<MsixDoorbell> MsixDoorbell => new(Base + 0x948);

    /// <summary>B40h: AUX_CLK_FREQ_OFF.</summary>
    public ReadWriteRegister<AuxiliaryClock> AuxiliaryClock => new(Base + 0xB40);

    /// <summary>Allows writes of read-only fields as long as the result lives.</summary>
    public DbiWriteAccess AllowProtectedWrites() => new(MiscControl1);
}

/// <summary>PORT_FORCE_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PortForce(uint Raw) : IRegisterFields<PortForce>
{
    /// <summary>Bit 23: deskew for separate clocks with spread spectrum.</summary>
    public bool DeskewForSris { get => RegisterBits.Test(Raw, 23); init => Raw = RegisterBits.With(Raw, 23, value); }

    /// <inheritdoc/>
    public static PortForce FromRaw(uint raw) => new(raw);
}

/// <summary>ACK_F_ASPM_CTRL_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct AckFrequency(uint Raw) : IRegisterFields<AckFrequency>
{
    /// <summary>Bits 15:8: N_FTS advertised.</summary>
    public byte FastTrainingSequences { get => (byte)RegisterBits.Get(Raw, 8, 8); init => Raw = RegisterBits.With(Raw, 8, 8, value); }

    /// <summary>Bits 23:16: N_FTS advertised with a common clock.</summary>
    public byte CommonClockFastTrainingSequences { get => (byte)RegisterBits.Get(Raw, 16, 8); init => Raw = RegisterBits.With(Raw, 16, 8, value); }

    /// <summary>Bits 26:24: code of the L0s entrance latency.</summary>
    public byte L0sEntranceLatency { get => (byte)RegisterBits.Get(Raw, 24, 3); init => Raw = RegisterBits.With(Raw, 24, 3, value); }

    /// <summary>Bits 29:27: code of the L1 entrance latency.</summary>
    public byte L1EntranceLatency { get => (byte)RegisterBits.Get(Raw, 27, 3); init => Raw = RegisterBits.With(Raw, 27, 3, value); }

    /// <summary>Bit 30: L1 may be entered from L0.</summary>
    public bool EnterL1WithoutL0s { get => RegisterBits.Test(Raw, 30); init => Raw = RegisterBits.With(Raw, 30, value); }

    /// <inheritdoc/>
    public static AckFrequency FromRaw(uint raw) => new(raw);
}

/// <summary>PORT_LINK_CTRL_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PortLinkControl(uint Raw) : IRegisterFields<PortLinkControl>
{
    /// <summary>Bit 5: the data link layer works.</summary>
    public bool DataLinkEnable { get => RegisterBits.Test(Raw, 5); init => Raw = RegisterBits.With(Raw, 5, value); }

    /// <summary>Bit 7: shortened timers, for simulation only.</summary>
    public bool FastLinkMode { get => RegisterBits.Test(Raw, 7); init => Raw = RegisterBits.With(Raw, 7, value); }

    /// <summary>Bits 21:16: 1 for one lane, 3 for two, 7 for four.</summary>
    public byte LinkCapable { get => (byte)RegisterBits.Get(Raw, 16, 6); init => Raw = RegisterBits.With(Raw, 16, 6, value); }

    /// <inheritdoc/>
    public static PortLinkControl FromRaw(uint raw) => new(raw);
}

/// <summary>LANE_SKEW_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct LaneSkew(uint Raw) : IRegisterFields<LaneSkew>
{
    /// <summary>Bits 23:0: skew inserted, for tests.</summary>
    public uint InsertSkew { get => RegisterBits.Get(Raw, 0, 24); init => Raw = RegisterBits.With(Raw, 0, 24, value); }

    /// <inheritdoc/>
    public static LaneSkew FromRaw(uint raw) => new(raw);
}

/// <summary>PL_DEBUG0_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PortDebug0(uint Raw) : IRegisterFields<PortDebug0>
{
    /// <summary>Bits 5:0: state of the link training.</summary>
    public LtssmState State { get => (LtssmState)RegisterBits.Get(Raw, 0, 6); init => Raw = RegisterBits.With(Raw, 0, 6, (uint)value); }

    /// <inheritdoc/>
    public static PortDebug0 FromRaw(uint raw) => new(raw);
}

/// <summary>PL_DEBUG1_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct PortDebug1(uint Raw) : IRegisterFields<PortDebug1>
{
    /// <summary>Bit 4: the link is up.</summary>
    public bool LinkUp { get => RegisterBits.Test(Raw, 4); init => Raw = RegisterBits.With(Raw, 4, value); }

    /// <summary>Bit 29: the link is being trained.</summary>
    public bool InTraining { get => RegisterBits.Test(Raw, 29); init => Raw = RegisterBits.With(Raw, 29, value); }

    /// <inheritdoc/>
    public static PortDebug1 FromRaw(uint raw) => new(raw);
}

/// <summary>GEN2_CTRL_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct LinkWidthSpeed(uint Raw) : IRegisterFields<LinkWidthSpeed>
{
    /// <summary>Bits 7:0: N_FTS advertised at 5 GT/s and more.</summary>
    public byte FastTrainingSequences { get => (byte)RegisterBits.Get(Raw, 0, 8); init => Raw = RegisterBits.With(Raw, 0, 8, value); }

    /// <summary>Bits 12:8: number of lanes.</summary>
    public byte Lanes { get => (byte)RegisterBits.Get(Raw, 8, 5); init => Raw = RegisterBits.With(Raw, 8, 5, value); }

    /// <summary>Bit 17: change the speed after training.</summary>
    public bool DirectSpeedChange { get => RegisterBits.Test(Raw, 17); init => Raw = RegisterBits.With(Raw, 17, value); }

    /// <inheritdoc/>
    public static LinkWidthSpeed FromRaw(uint raw) => new(raw);
}

/// <summary>GEN3_RELATED_OFF; no field of it is used.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct Gen3Related(uint Raw) : IRegisterFields<Gen3Related>
{
    /// <inheritdoc/>
    public static Gen3Related FromRaw(uint raw) => new(raw);
}

/// <summary>GEN3_EQ_CONTROL_OFF; no field of it is used.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct Gen3Equalization(uint Raw) : IRegisterFields<Gen3Equalization>
{
    /// <inheritdoc/>
    public static Gen3Equalization FromRaw(uint raw) => new(raw);
}

/// <summary>ORDER_RULE_CTRL_OFF; no field of it is used.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct OrderRule(uint Raw) : IRegisterFields<OrderRule>
{
    /// <inheritdoc/>
    public static OrderRule FromRaw(uint raw) => new(raw);
}

/// <summary>MISC_CONTROL_1_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MiscControl1(uint Raw) : IRegisterFields<MiscControl1>
{
    /// <summary>Bit 0: DBI_RO_WR_EN: fields that are read-only to the host can be written.</summary>
    public bool ReadOnlyWriteEnable { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <summary>Bit 1: DEFAULT_TARGET: 0 drops inbound requests that nothing matches, and answers UR to those that want an answer.</summary>
    public bool DefaultTarget { get => RegisterBits.Test(Raw, 1); init => Raw = RegisterBits.With(Raw, 1, value); }

    /// <summary>Bit 2: UR_CA_MASK_4_TRGT1.</summary>
    public bool UnsupportedRequestMask { get => RegisterBits.Test(Raw, 2); init => Raw = RegisterBits.With(Raw, 2, value); }

    /// <summary>Bit 3: SIMPLIFIED_REPLAY_TIMER.</summary>
    public bool SimplifiedReplayTimer { get => RegisterBits.Test(Raw, 3); init => Raw = RegisterBits.With(Raw, 3, value); }

    /// <summary>Bit 5: ARI_DEVICE_NUMBER.</summary>
    public bool AriDeviceNumber { get => RegisterBits.Test(Raw, 5); init => Raw = RegisterBits.With(Raw, 5, value); }

    /// <inheritdoc/>
    public static MiscControl1 FromRaw(uint raw) => new(raw);
}

/// <summary>MULTI_LANE_CONTROL_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MultiLane(uint Raw) : IRegisterFields<MultiLane>
{
    /// <summary>Bits 5:0: lanes wanted.</summary>
    public byte TargetLinkWidth { get => (byte)RegisterBits.Get(Raw, 0, 6); init => Raw = RegisterBits.With(Raw, 0, 6, value); }

    /// <summary>Bit 6: change the width now.</summary>
    public bool DirectWidthChange { get => RegisterBits.Test(Raw, 6); init => Raw = RegisterBits.With(Raw, 6, value); }

    /// <summary>Bit 7: the width may go up again.</summary>
    public bool UpconfigureSupport { get => RegisterBits.Test(Raw, 7); init => Raw = RegisterBits.With(Raw, 7, value); }

    /// <inheritdoc/>
    public static MultiLane FromRaw(uint raw) => new(raw);
}

/// <summary>LINK_FLUSH_CONTROL_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct LinkFlush(uint Raw) : IRegisterFields<LinkFlush>
{
    /// <summary>Bit 0: requests waiting in the bridge are flushed before a reset is asked for.</summary>
    public bool AutoFlushEnable { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <inheritdoc/>
    public static LinkFlush FromRaw(uint raw) => new(raw);
}

/// <summary>AMBA_ERROR_RESPONSE_DEFAULT_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct AmbaErrorResponse(uint Raw) : IRegisterFields<AmbaErrorResponse>
{
    /// <summary>Bit 0: a failed outbound read is an error on the bus; 0: it reads as all ones.</summary>
    public bool ErrorsReachTheBus { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <summary>Bit 2: the same for reads of a Vendor ID.</summary>
    public bool VendorIdErrorsReachTheBus { get => RegisterBits.Test(Raw, 2); init => Raw = RegisterBits.With(Raw, 2, value); }

    /// <summary>Bits 4:3: what Configuration Request Retry Status becomes.</summary>
    public byte ConfigurationRetry { get => (byte)RegisterBits.Get(Raw, 3, 2); init => Raw = RegisterBits.With(Raw, 3, 2, value); }

    /// <summary>Bits 15:10: which completion status becomes which bus error.</summary>
    public byte ErrorMap { get => (byte)RegisterBits.Get(Raw, 10, 6); init => Raw = RegisterBits.With(Raw, 10, 6, value); }

    /// <inheritdoc/>
    public static AmbaErrorResponse FromRaw(uint raw) => new(raw);
}

/// <summary>AMBA_LINK_TIMEOUT_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct AmbaLinkTimeout(uint Raw) : IRegisterFields<AmbaLinkTimeout>
{
    /// <summary>Bits 7:0: time after which outbound requests are flushed when the link does not send.</summary>
    public byte TimeoutMilliseconds { get => (byte)RegisterBits.Get(Raw, 0, 8); init => Raw = RegisterBits.With(Raw, 0, 8, value); }

    /// <summary>Bit 8: they are never flushed.</summary>
    public bool FlushDisable { get => RegisterBits.Test(Raw, 8); init => Raw = RegisterBits.With(Raw, 8, value); }

    /// <inheritdoc/>
    public static AmbaLinkTimeout FromRaw(uint raw) => new(raw);
}

/// <summary>AMBA_ORDERING_CTRL_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct AmbaOrdering(uint Raw) : IRegisterFields<AmbaOrdering>
{
    /// <summary>Bit 1: one outbound read at a time.</summary>
    public bool SerializeNonPosted { get => RegisterBits.Test(Raw, 1); init => Raw = RegisterBits.With(Raw, 1, value); }

    /// <summary>Bits 4:3: when a posted write counts as done; 0: at the bus response.</summary>
    public byte PostedCompleteEvent { get => (byte)RegisterBits.Get(Raw, 3, 2); init => Raw = RegisterBits.With(Raw, 3, 2, value); }

    /// <summary>Bit 7: reads of no byte are sent inbound.</summary>
    public bool ForwardZeroLengthReads { get => RegisterBits.Test(Raw, 7); init => Raw = RegisterBits.With(Raw, 7, value); }

    /// <inheritdoc/>
    public static AmbaOrdering FromRaw(uint raw) => new(raw);
}

/// <summary>PCIE_VERSION_NUMBER_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct CoreVersion(uint Raw) : IRegisterFields<CoreVersion>
{
    /// <summary>Bits 31:0: ASCII, most significant first, such as 3530302Ah for 5.00.</summary>
    public uint Characters { get => RegisterBits.Get(Raw, 0, 32); init => Raw = RegisterBits.With(Raw, 0, 32, value); }

    /// <inheritdoc/>
    public static CoreVersion FromRaw(uint raw) => new(raw);
}

/// <summary>PCIE_VERSION_TYPE_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct CoreVersionType(uint Raw) : IRegisterFields<CoreVersionType>
{
    /// <summary>Bits 31:0: ASCII, most significant first.</summary>
    public uint Characters { get => RegisterBits.Get(Raw, 0, 32); init => Raw = RegisterBits.With(Raw, 0, 32, value); }

    /// <inheritdoc/>
    public static CoreVersionType FromRaw(uint raw) => new(raw);
}

/// <summary>IATU_VIEWPORT_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct IatuViewport(uint Raw) : IRegisterFields<IatuViewport>
{
    /// <summary>Bits 31:0: all ones: no viewport.</summary>
    public uint Region { get => RegisterBits.Get(Raw, 0, 32); init => Raw = RegisterBits.With(Raw, 0, 32, value); }

    /// <inheritdoc/>
    public static IatuViewport FromRaw(uint raw) => new(raw);
}

/// <summary>MSIX_ADDRESS_MATCH_LOW_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MsixAddressMatchLow(uint Raw) : IRegisterFields<MsixAddressMatchLow>
{
    /// <summary>Bit 0: a local write to the address is a doorbell.</summary>
    public bool Enable { get => RegisterBits.Test(Raw, 0); init => Raw = RegisterBits.With(Raw, 0, value); }

    /// <summary>Bits 31:2: bits 31:2 of the address.</summary>
    public uint AddressIn4Bytes { get => RegisterBits.Get(Raw, 2, 30); init => Raw = RegisterBits.With(Raw, 2, 30, value); }

    /// <inheritdoc/>
    public static MsixAddressMatchLow FromRaw(uint raw) => new(raw);
}

/// <summary>MSIX_ADDRESS_MATCH_HIGH_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MsixAddressMatchHigh(uint Raw) : IRegisterFields<MsixAddressMatchHigh>
{
    /// <summary>Bits 31:0: bits 63:32 of the address.</summary>
    public uint Address { get => RegisterBits.Get(Raw, 0, 32); init => Raw = RegisterBits.With(Raw, 0, 32, value); }

    /// <inheritdoc/>
    public static MsixAddressMatchHigh FromRaw(uint raw) => new(raw);
}

/// <summary>MSIX_DOORBELL_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct MsixDoorbell(uint Raw) : IRegisterFields<MsixDoorbell>
{
    /// <summary>Bits 10:0: which vector.</summary>
    public ushort Vector { get => (ushort)RegisterBits.Get(Raw, 0, 11); init => Raw = RegisterBits.With(Raw, 0, 11, value); }

    /// <summary>Bits 14:12: traffic class.</summary>
    public byte TrafficClass { get => (byte)RegisterBits.Get(Raw, 12, 3); init => Raw = RegisterBits.With(Raw, 12, 3, value); }

    /// <summary>Bit 15: of a virtual function.</summary>
    public bool VirtualFunctionActive { get => RegisterBits.Test(Raw, 15); init => Raw = RegisterBits.With(Raw, 15, value); }

    /// <summary>Bits 23:16: which virtual function.</summary>
    public byte VirtualFunction { get => (byte)RegisterBits.Get(Raw, 16, 8); init => Raw = RegisterBits.With(Raw, 16, 8, value); }

    /// <summary>Bits 28:24: which function.</summary>
    public byte PhysicalFunction { get => (byte)RegisterBits.Get(Raw, 24, 5); init => Raw = RegisterBits.With(Raw, 24, 5, value); }

    /// <inheritdoc/>
    public static MsixDoorbell FromRaw(uint raw) => new(raw);
}

/// <summary>AUX_CLK_FREQ_OFF.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct AuxiliaryClock(uint Raw) : IRegisterFields<AuxiliaryClock>
{
    /// <summary>Bits 9:0: frequency of the auxiliary clock.</summary>
    public ushort FrequencyMegahertz { get => (ushort)RegisterBits.Get(Raw, 0, 10); init => Raw = RegisterBits.With(Raw, 0, 10, value); }

    /// <inheritdoc/>
    public static AuxiliaryClock FromRaw(uint raw) => new(raw);
}
