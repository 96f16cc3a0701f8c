// Register maps of the DesignWare PCIe core. This file: the internal address translation unit (iATU), unrolled layout, 16 outbound and
// 16 inbound regions of 64 KiB granularity (RK3588, four-lane controller). Maps only: who programs a region, and when, is not here.
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.DesignWare;

/// <summary>The iATU's registers.</summary>
/// <param name="Base">Address of the block: that of the DBI and <see cref="OffsetInDbi"/>.</param>
public readonly record struct Iatu(nint Base)
{
    /// <summary>Where the block begins, from the DBI.</summary>
    public const int OffsetInDbi = 0x30_0000;

    /// <summary>Regions in each direction.</summary>
    public const int RegionCount = 16;

    /// <summary>Base, limit and target of a region are multiples of this many bytes.</summary>
    public const uint GranularityBytes = 0x1_0000;

    private const int RegionStrideBytes = 0x200;
    private const int InboundOffsetBytes = 0x100;

    /// <summary>Outbound region 0 to 15: addresses of this SoC to the host's.</summary>
    public IatuOutboundRegion Outbound(int region) => new(Base + RegionOffset(region));

    /// <summary>Inbound region 0 to 15: addresses of the host, or BARs, to this SoC's memory.</summary>
    public IatuInboundRegion Inbound(int region) => new(Base + RegionOffset(region) + InboundOffsetBytes);

    private static int RegionOffset(int region)
    {
        Invariant.Check((uint)region < RegionCount, "a region that the iATU has");
        return region * RegionStrideBytes;
    }
}

/// <summary>One outbound region. Base and limit are addresses of the SoC, the target is a PCI address.</summary>
/// <param name="Base">Address of the region's registers.</param>
public readonly record struct IatuOutboundRegion(nint Base)
{
    /// <summary>What kind of TLP the region makes.</summary>
    public ReadWriteRegister<IatuControl1> Control1 => new(Base + 0x00);

    /// <summary>Enable, and how addresses match.</summary>
    public ReadWriteRegister<IatuOutboundControl2> Control2 => new(Base + 0x04);

    /// <summary>First address, low half; its low 16 bits read 0.</summary>
    public ReadWriteRegister<RegisterWord> LowerBase => new(Base + 0x08);

    /// <summary>First address, high half.</summary>
    public ReadWriteRegister<RegisterWord> UpperBase => new(Base + 0x0C);

    /// <summary>Last address, low half; its low 16 bits read 1.</summary>
    public ReadWriteRegister<RegisterWord> Limit => new(Base + 0x10);

    /// <summary>First target address, low half; its low 16 bits read 0.</summary>
    public ReadWriteRegister<RegisterWord> LowerTarget => new(Base + 0x14);

    /// <summary>First target address, high half.</summary>
    public ReadWriteRegister<RegisterWord> UpperTarget => new(Base + 0x18);

    /// <summary>Last address, high half; looked at with <see cref="IatuControl1.IncreaseRegionSize"/>.</summary>
    public ReadWriteRegister<RegisterWord> UpperLimit => new(Base + 0x20);
}

/// <summary>One inbound region. In BAR match mode base and limit are not used; the target is an address of the SoC.</summary>
/// <param name="Base">Address of the region's registers.</param>
public readonly record struct IatuInboundRegion(nint Base)
{
    /// <summary>What kind of TLP the region takes.</summary>
    public ReadWriteRegister<IatuControl1> Control1 => new(Base + 0x00);

    /// <summary>Enable, and how requests match.</summary>
    public ReadWriteRegister<IatuInboundControl2> Control2 => new(Base + 0x04);

    /// <summary>First PCI address, low half (address match mode).</summary>
    public ReadWriteRegister<RegisterWord> LowerBase => new(Base + 0x08);

    /// <summary>First PCI address, high half (address match mode).</summary>
    public ReadWriteRegister<RegisterWord> UpperBase => new(Base + 0x0C);

    /// <summary>Last PCI address, low half (address match mode).</summary>
    public ReadWriteRegister<RegisterWord> Limit => new(Base + 0x10);

    /// <summary>Target, low half: a multiple of 64 KiB and of the BAR's size.</summary>
    public ReadWriteRegister<RegisterWord> LowerTarget => new(Base + 0x14);

    /// <summary>Target, high half.</summary>
    public ReadWriteRegister<RegisterWord> UpperTarget => new(Base + 0x18);

    /// <summary>Last PCI address, high half (address match mode).</summary>
    public ReadWriteRegister<RegisterWord> UpperLimit => new(Base + 0x20);
}

/// <summary>Control 1 of a region, either direction.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct IatuControl1(uint Raw) : IRegisterFields<IatuControl1>
{
    /// <summary>TLP type: 0 memory, 2 I/O, 4 and 5 configuration, 10h and up messages.</summary>
    public uint TlpType { get => RegisterBits.Get(Raw, 0, 5); init => Raw = RegisterBits.With(Raw, 0, 5, value); }

    /// <summary>Traffic class.</summary>
    public uint TrafficClass { get => RegisterBits.Get(Raw, 5, 3); init => Raw = RegisterBits.With(Raw, 5, 3, value); }

    /// <summary>TLP digest.</summary>
    public bool TlpDigest { get => RegisterBits.Test(Raw, 8); init => Raw = RegisterBits.With(Raw, 8, value); }

    /// <summary>TLP attributes.</summary>
    public uint Attributes { get => RegisterBits.Get(Raw, 9, 2); init => Raw = RegisterBits.With(Raw, 9, 2, value); }

    /// <summary>The region is longer than 4 GiB or crosses a multiple of 4 GiB.</summary>
    public bool IncreaseRegionSize { get => RegisterBits.Test(Raw, 13); init => Raw = RegisterBits.With(Raw, 13, value); }

    /// <summary>Function number.</summary>
    public uint FunctionNumber { get => RegisterBits.Get(Raw, 20, 3); init => Raw = RegisterBits.With(Raw, 20, 3, value); }

    /// <inheritdoc/>
    public static IatuControl1 FromRaw(uint raw) => new(raw);
}

/// <summary>Control 2 of an outbound region.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct IatuOutboundControl2(uint Raw) : IRegisterFields<IatuOutboundControl2>
{
    /// <summary>Message code, for message TLPs.</summary>
    public uint MessageCode { get => RegisterBits.Get(Raw, 0, 8); init => Raw = RegisterBits.With(Raw, 0, 8, value); }

    /// <summary>Tag, where <see cref="TagSubstitute"/> is set.</summary>
    public uint Tag { get => RegisterBits.Get(Raw, 8, 8); init => Raw = RegisterBits.With(Raw, 8, 8, value); }

    /// <summary>Use <see cref="Tag"/>.</summary>
    public bool TagSubstitute { get => RegisterBits.Test(Raw, 16); init => Raw = RegisterBits.With(Raw, 16, value); }

    /// <summary>The function number comes from the request, not from control 1.</summary>
    public bool FunctionBypass { get => RegisterBits.Test(Raw, 19); init => Raw = RegisterBits.With(Raw, 19, value); }

    /// <summary>One non-posted request at a time.</summary>
    public bool SerializeNonPosted { get => RegisterBits.Test(Raw, 20); init => Raw = RegisterBits.With(Raw, 20, value); }

    /// <summary>Message TLPs without payload.</summary>
    public bool InhibitPayload { get => RegisterBits.Test(Raw, 22); init => Raw = RegisterBits.With(Raw, 22, value); }

    /// <summary>Substitute bytes 8 to 11 of the header.</summary>
    public bool HeaderSubstitute { get => RegisterBits.Test(Raw, 23); init => Raw = RegisterBits.With(Raw, 23, value); }

    /// <summary>The eDMA's requests pass by this region untranslated; without it a host address inside the region goes astray.</summary>
    public bool DmaBypass { get => RegisterBits.Test(Raw, 27); init => Raw = RegisterBits.With(Raw, 27, value); }

    /// <summary>Configuration request shift mode.</summary>
    public bool ConfigurationShift { get => RegisterBits.Test(Raw, 28); init => Raw = RegisterBits.With(Raw, 28, value); }

    /// <summary>Match outside of base to limit.</summary>
    public bool Invert { get => RegisterBits.Test(Raw, 29); init => Raw = RegisterBits.With(Raw, 29, value); }

    /// <summary>The region is on; reads 1 when it is in effect.</summary>
    public bool Enable { get => RegisterBits.Test(Raw, 31); init => Raw = RegisterBits.With(Raw, 31, value); }

    /// <inheritdoc/>
    public static IatuOutboundControl2 FromRaw(uint raw) => new(raw);
}

/// <summary>Control 2 of an inbound region.</summary>
/// <param name="Raw">All 32 bits.</param>
public readonly record struct IatuInboundControl2(uint Raw) : IRegisterFields<IatuInboundControl2>
{
    /// <summary>BAR in BAR match mode: 0 to 5, 6 is the ROM.</summary>
    public uint Bar { get => RegisterBits.Get(Raw, 8, 3); init => Raw = RegisterBits.With(Raw, 8, 3, value); }

    /// <summary>The message type has to match.</summary>
    public bool MessageTypeMatch { get => RegisterBits.Test(Raw, 13); init => Raw = RegisterBits.With(Raw, 13, value); }

    /// <summary>The traffic class has to match.</summary>
    public bool TrafficClassMatch { get => RegisterBits.Test(Raw, 14); init => Raw = RegisterBits.With(Raw, 14, value); }

    /// <summary>The TLP digest bit has to match.</summary>
    public bool TlpDigestMatch { get => RegisterBits.Test(Raw, 15); init => Raw = RegisterBits.With(Raw, 15, value); }

    /// <summary>The attributes have to match.</summary>
    public bool AttributesMatch { get => RegisterBits.Test(Raw, 16); init => Raw = RegisterBits.With(Raw, 16, value); }

    /// <summary>The function number has to match.</summary>
    public bool FunctionNumberMatch { get => RegisterBits.Test(Raw, 19); init => Raw = RegisterBits.With(Raw, 19, value); }

    /// <summary>The message code has to match.</summary>
    public bool MessageCodeMatch { get => RegisterBits.Test(Raw, 21); init => Raw = RegisterBits.With(Raw, 21, value); }

    /// <summary>Everything goes to one address.</summary>
    public bool SingleAddress { get => RegisterBits.Test(Raw, 23); init => Raw = RegisterBits.With(Raw, 23, value); }

    /// <summary>How a matching request is answered: 0 normally, 1 unsupported request, 2 completer abort.</summary>
    public uint ResponseCode { get => RegisterBits.Get(Raw, 24, 2); init => Raw = RegisterBits.With(Raw, 24, 2, value); }

    /// <summary>Memory and locked memory requests match alike.</summary>
    public bool FuzzyTypeMatch { get => RegisterBits.Test(Raw, 27); init => Raw = RegisterBits.With(Raw, 27, value); }

    /// <summary>Configuration request shift mode.</summary>
    public bool ConfigurationShift { get => RegisterBits.Test(Raw, 28); init => Raw = RegisterBits.With(Raw, 28, value); }

    /// <summary>Match outside of base to limit.</summary>
    public bool Invert { get => RegisterBits.Test(Raw, 29); init => Raw = RegisterBits.With(Raw, 29, value); }

    /// <summary>Match the BAR, not base to limit.</summary>
    public bool BarMatchMode { get => RegisterBits.Test(Raw, 30); init => Raw = RegisterBits.With(Raw, 30, value); }

    /// <summary>The region is on; reads 1 when it is in effect.</summary>
    public bool Enable { get => RegisterBits.Test(Raw, 31); init => Raw = RegisterBits.With(Raw, 31, value); }

    /// <inheritdoc/>
    public static IatuInboundControl2 FromRaw(uint raw) => new(raw);
}
