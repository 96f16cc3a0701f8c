using Nvmepf.Hal.Inspection;

namespace Nvmepf.Hal.DesignWare;

/// <summary>
/// The register maps of this folder as rows that can be shown: a property a row, grouped as the maps are. Registers that cannot be read
/// (doorbells) have none.
/// </summary>
public static class RegisterRows
{
    /// <summary>Header of configuration space, at 0.</summary>
    public static RegisterRow[] Header { get; } = MakeHeader(default);

    /// <summary>Power Management capability (01h).</summary>
    public static RegisterRow[] PowerManagement { get; } = MakePowerManagement(default);

    /// <summary>MSI capability (05h).</summary>
    public static RegisterRow[] Msi { get; } = MakeMsi(default);

    /// <summary>PCI Express capability (10h).</summary>
    public static RegisterRow[] PciExpress { get; } = MakePciExpress(default);

    /// <summary>MSI-X capability (11h).</summary>
    public static RegisterRow[] Msix { get; } = MakeMsix(default);

    /// <summary>Port logic, in the same block as the header.</summary>
    public static RegisterRow[] Port { get; } = MakePort(default);

    /// <summary>Address translation: 16 outbound and 16 inbound regions.</summary>
    public static RegisterRow[] Translation { get; } = MakeTranslation();

    /// <summary>DMA engine: both sides and their channels.</summary>
    public static RegisterRow[] DmaEngine { get; } = MakeDmaEngine();

    private static RegisterRow[] MakeHeader(Dbi map)
    {
        List<RegisterRow> rows =
        [
            RegisterRow.Of(map.Identity),
            RegisterRow.Of(map.CommandStatus),
            RegisterRow.Of(map.ClassRevision),
            RegisterRow.Of(map.HeaderType),
        ];
        for (int i = 0; i < 6; i++)
        {
            rows.Add(RegisterRow.Of(map.Bar(i), $"Bar{i}"));
        }

        rows.AddRange(
        [
            RegisterRow.Of(map.Subsystem),
            RegisterRow.Of(map.ExpansionRomBar),
            RegisterRow.Of(map.CapabilitiesPointer),
            RegisterRow.Of(map.Interrupt),
        ]);
        return [.. rows];
    }

    private static RegisterRow[] MakePowerManagement(PowerManagementCapability map) => [RegisterRow.Of(map.Header), RegisterRow.Of(map.ControlStatus)];

    private static RegisterRow[] MakeMsi(MsiCapability map) =>
    [
        RegisterRow.Of(map.Control),
        RegisterRow.Of(map.AddressLow),
        RegisterRow.Of(map.AddressHigh),
        RegisterRow.Of(map.Data),
        RegisterRow.Of(map.Mask),
        RegisterRow.Of(map.Pending),
    ];

    private static RegisterRow[] MakePciExpress(PciExpressCapability map) =>
    [
        RegisterRow.Of(map.Header),
        RegisterRow.Of(map.DeviceCapabilities),
        RegisterRow.Of(map.DeviceControl),
        RegisterRow.Of(map.LinkCapabilities),
        RegisterRow.Of(map.LinkControl),
        RegisterRow.Of(map.DeviceCapabilities2),
        RegisterRow.Of(map.DeviceControl2),
        RegisterRow.Of(map.LinkControl2),
    ];

    private static RegisterRow[] MakeMsix(MsixCapability map) => [RegisterRow.Of(map.Control), RegisterRow.Of(map.Table), RegisterRow.Of(map.PendingBits)];

    private static RegisterRow[] MakePort(PortLogic map) =>
    [
        RegisterRow.Of(map.PortForce),
        RegisterRow.Of(map.AckFrequency),
        RegisterRow.Of(map.LinkControl),
        RegisterRow.Of(map.LaneSkew),
        RegisterRow.Of(map.Debug0),
        RegisterRow.Of(map.Debug1),
        RegisterRow.Of(map.WidthSpeed),
        RegisterRow.Of(map.Gen3Related),
        RegisterRow.Of(map.Gen3Equalization),
        RegisterRow.Of(map.OrderRule),
        RegisterRow.Of(map.MiscControl1),
        RegisterRow.Of(map.MultiLane),
        RegisterRow.Of(map.LinkFlush),
        RegisterRow.Of(map.ErrorResponse),
        RegisterRow.Of(map.LinkTimeout),
        RegisterRow.Of(map.AmbaOrdering),
        RegisterRow.Of(map.Version),
        RegisterRow.Of(map.VersionType),
        RegisterRow.Of(map.IatuViewport),
        RegisterRow.Of(map.MsixAddressMatchLow),
        RegisterRow.Of(map.MsixAddressMatchHigh),
        RegisterRow.Of(map.AuxiliaryClock),
    ];

    private static RegisterRow[] MakeTranslation()
    {
        IatuOutboundRegion outbound = default;
        RegisterRow[] outboundRows =
        [
            RegisterRow.Of(outbound.Control1),
            RegisterRow.Of(outbound.Control2),
            RegisterRow.Of(outbound.LowerBase),
            RegisterRow.Of(outbound.UpperBase),
            RegisterRow.Of(outbound.Limit),
            RegisterRow.Of(outbound.LowerTarget),
            RegisterRow.Of(outbound.UpperTarget),
            RegisterRow.Of(outbound.UpperLimit),
        ];
        IatuInboundRegion inbound = default;
        RegisterRow[] inboundRows =
        [
            RegisterRow.Of(inbound.Control1),
            RegisterRow.Of(inbound.Control2),
            RegisterRow.Of(inbound.LowerBase),
            RegisterRow.Of(inbound.UpperBase),
            RegisterRow.Of(inbound.Limit),
            RegisterRow.Of(inbound.LowerTarget),
            RegisterRow.Of(inbound.UpperTarget),
            RegisterRow.Of(inbound.UpperLimit),
        ];
        List<RegisterRow> rows = [];
        Iatu map = default;
        for (int i = 0; i < Iatu.RegionCount; i++)
        {
            Add(rows, outboundRows, $"outbound{i}.", map.Outbound(i).Base);
        }

        for (int i = 0; i < Iatu.RegionCount; i++)
        {
            Add(rows, inboundRows, $"inbound{i}.", map.Inbound(i).Base);
        }

        return [.. rows];
    }

    private static RegisterRow[] MakeDmaEngine()
    {
        Edma map = default;
        List<RegisterRow> rows = [RegisterRow.Of(map.Arbitration), RegisterRow.Of(map.Control)];
        Add(rows, MakeSide(map.Write), "write.", 0);
        rows.Add(RegisterRow.Of(map.WriteErrorStatus));
        Add(rows, MakeSide(map.Read), "read.", 0);
        rows.AddRange([RegisterRow.Of(map.ReadErrorStatusLow), RegisterRow.Of(map.ReadErrorStatusHigh)]);
        RegisterRow[] channel = MakeChannel(default);
        for (int i = 0; i < Edma.ChannelCount; i++)
        {
            Add(rows, channel, $"write{i}.", map.WriteChannel(i).Base);
            Add(rows, channel, $"read{i}.", map.ReadChannel(i).Base);
        }

        return [.. rows];
    }

    private static RegisterRow[] MakeSide(EdmaSide map) =>
    [
        RegisterRow.Of(map.EngineEnable),
        RegisterRow.Of(map.ArbitrationWeightLow),
        RegisterRow.Of(map.ArbitrationWeightHigh),
        RegisterRow.Of(map.InterruptStatus),
        RegisterRow.Of(map.InterruptMask),
        RegisterRow.Of(map.DoneMessageAddressLow),
        RegisterRow.Of(map.DoneMessageAddressHigh),
        RegisterRow.Of(map.AbortMessageAddressLow),
        RegisterRow.Of(map.AbortMessageAddressHigh),
        RegisterRow.Of(map.MessageData01),
        RegisterRow.Of(map.ListErrorEnable),
        RegisterRow.Of(map.ChannelGroup),
        RegisterRow.Of(map.HandshakeCounter),
    ];

    private static RegisterRow[] MakeChannel(EdmaChannel map) =>
    [
        RegisterRow.Of(map.Control1),
        RegisterRow.Of(map.Control2),
        RegisterRow.Of(map.TransferSize),
        RegisterRow.Of(map.SourceLow),
        RegisterRow.Of(map.SourceHigh),
        RegisterRow.Of(map.DestinationLow),
        RegisterRow.Of(map.DestinationHigh),
        RegisterRow.Of(map.ListPointerLow),
        RegisterRow.Of(map.ListPointerHigh),
    ];

    private static void Add(List<RegisterRow> rows, RegisterRow[] kind, string prefix, nint offsetBytes)
    {
        foreach (RegisterRow row in kind)
        {
            rows.Add(row.At(prefix, offsetBytes));
        }
    }
}
