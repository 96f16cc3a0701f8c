// What the endpoint shows of itself: everything in configuration space and port logic that the host sees or that the link is made with.
// Written in full at the start and again after each reset of the link, as a bounded sequence of register accesses.

using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.Rk3588;

/// <summary>Configuration space of the one function.</summary>
internal sealed class FunctionConfiguration
{
    private const int ResizableBarUsualOffset = 0x2E8;
    private const int BarEntriesMax = 6;
    private const byte FastTrainingSequences = 255;
    private const byte OutboundFlushMilliseconds = 50;
    private const byte MsiCapabilityId = 0x05;
    private const byte PciExpressCapabilityId = 0x10;
    private const byte MsixCapabilityId = 0x11;

    private readonly Rk3588Options _options;
    private readonly FunctionIdentity _identity;
    private readonly Dbi _dbi;
    private readonly DbiShadow _shadow;
    private readonly PortLogic _port;
    private readonly ConfigurationWalk _walk;
    private nint _resizableBar;
    private int _resizableBarEntry;

    internal FunctionConfiguration(RegisterBlocks blocks, Rk3588Options options, FunctionIdentity identity)
    {
        _options = options;
        _identity = identity;
        _dbi = new Dbi(blocks.Dbi);
        _shadow = new DbiShadow(blocks.Dbi + (nint)SocAddresses.DbiShadowOffset);
        _port = new PortLogic(blocks.Dbi);
        _walk = new ConfigurationWalk(blocks.Dbi);
        if (options.Lanes is not (1 or 2 or 4))
        {
            throw new PlatformException($"rk3588: lanes={options.Lanes}; allowed: 1, 2, 4");
        }
    }

    /// <summary>The header.</summary>
    internal Dbi Header => _dbi;

    /// <summary>Port logic.</summary>
    internal PortLogic Port => _port;

    /// <summary>The MSI capability.</summary>
    internal MsiCapability Msi { get; private set; }

    /// <summary>The MSI-X capability.</summary>
    internal MsixCapability Msix { get; private set; }

    /// <summary>The PCI Express capability.</summary>
    internal PciExpressCapability PciExpress { get; private set; }

    /// <summary>Finds the capabilities; they stay where they are, hidden or not.</summary>
    /// <exception cref="PlatformException">One is missing, or nothing answers.</exception>
    internal void Discover()
    {
        uint identity = _dbi.Identity.Read().Raw;
        if (identity is uint.MaxValue or 0)
        {
            throw new PlatformException(
                $"rk3588: the controller does not answer: DBI {SocAddresses.Dbi:X}h reads {identity:X8}h instead of vendor and device ID; "
                + "it has no power or clocks, or the registers are not its own; allowed: bringup=cold, or a kernel that has set it up");
        }

        byte layout = _dbi.HeaderType.Read().Layout;
        if (layout != 0)
        {
            throw new PlatformException(
                $"rk3588: the controller is not an endpoint: header type at DBI 0Eh reads {layout} instead of 0 after endpoint mode was written to "
                + $"GENERAL_CON ({SocAddresses.Apb:X}h); is a root port's driver bound to it (device tree node pcie3x4)?");
        }

        Msi = new MsiCapability(_dbi.Base + Find(MsiCapabilityId, "MSI"));
        Msix = new MsixCapability(_dbi.Base + Find(MsixCapabilityId, "MSI-X"));
        PciExpress = new PciExpressCapability(_dbi.Base + Find(PciExpressCapabilityId, "PCI Express"));
        FindResizableBar();
    }

    /// <summary>Writes everything that is ours; what belongs to the host stays where a reset has left it.</summary>
    /// <param name="isLinkRunning">The link is up: its own registers are left alone.</param>
    internal void Write(bool isLinkRunning)
    {
        using DbiWriteAccess access = _port.AllowProtectedWrites();
        WriteHeader(access);
        WriteBars(access);
        WriteInterrupts(access);
        HideCapabilities(access);
        if (!isLinkRunning)
        {
            WriteLink(access);
        }

        WriteBridge();
    }

    private int Find(byte id, string name)
    {
        int offset = _walk.FindCapability(id);
        return offset != 0 ? offset : throw new PlatformException(
            $"rk3588: no {name} capability in the list from DBI 34h ({_dbi.CapabilitiesPointer.Read().Raw:X8}h); is this the 4-lane endpoint?");
    }

    private void FindResizableBar()
    {
        // The list does not lead to it any more where an earlier run has hidden it; the registers are still there.
        int offset = _walk.FindExtended(ExtendedCapabilityId.ResizableBar);
        if (offset == 0)
        {
            offset = _options.Switches.ResizableBarOffset != 0 ? _options.Switches.ResizableBarOffset : ResizableBarUsualOffset;
            ExtendedCapabilityHeader header = _walk.HeaderAt(offset).Read();
            if (header.CapabilityId != ExtendedCapabilityId.ResizableBar)
            {
                throw new PlatformException(
                    $"rk3588: no resizable BAR capability, neither in the list from DBI 100h nor at {offset:X}h (reads {header.Raw:X8}h); "
                    + "allowed: rebar_offset=HEX with its place");
            }
        }

        _resizableBar = _dbi.Base + offset;
        ResizableBarCapability capability = new(_resizableBar);
        int entries = Math.Min((int)capability.Control(0).Read().EntryCount, BarEntriesMax);
        for (_resizableBarEntry = 0; _resizableBarEntry < entries; _resizableBarEntry++)
        {
            if (capability.Control(_resizableBarEntry).Read().BarIndex == 0)
            {
                return;
            }
        }

        throw new PlatformException(
            $"rk3588: the resizable BAR capability at DBI {offset:X}h has no entry for BAR 0 "
            + $"(first control word {capability.Control(0).Read().Raw:X8}h)");
    }

    private void WriteHeader(in DbiWriteAccess access)
    {
        _dbi.Identity.Write(default(HeaderIdentity) with { VendorId = _identity.VendorId, DeviceId = _identity.DeviceId }, access);
        _dbi.ClassRevision.Write(default(ClassRevision) with { RevisionId = _identity.RevisionId, ClassCode = _identity.ClassCode }, access);
        _dbi.Subsystem.Write(
            default(SubsystemIdentity) with { SubsystemVendorId = _identity.SubsystemVendorId, SubsystemId = _identity.SubsystemId }, access);
        InterruptPinLine interrupt = _dbi.Interrupt.Read();
        _dbi.Interrupt.Write(interrupt with { Pin = (byte)(_options.Switches.LegacyInterrupt ? 1 : 0) }, access);
    }

    /// <summary>
    /// BAR 0 is 64 bits wide, not prefetchable, 1 MiB, the least that the controller can. All others go: BAR 4 would let the host write the
    /// address translation and the DMA engine.
    /// </summary>
    private void WriteBars(in DbiWriteAccess access)
    {
        BaseAddress type = default(BaseAddress) with { Is64Bit = true };
        BaseAddress bar0 = _dbi.Bar(0).Read();
        bool isTypeKept = bar0 with { AddressIn16Bytes = 0 } == type;
        _shadow.Mask(0).Write(default(BarMask) with { Enable = true }, access);
        if (!isTypeKept)
        {
            _dbi.Bar(0).Write(type with { AddressIn16Bytes = bar0.AddressIn16Bytes }, access);
        }

        _shadow.Mask(1).Write(default, access);
        if (!isTypeKept)
        {
            _dbi.Bar(1).Write(default, access);
        }

        ResizableBarCapability resizable = new(_resizableBar);
        ProtectedRegister<ResizableBarControl> control = resizable.Control(_resizableBarEntry);
        control.Write(control.Read() with { SizesFrom256Tib = 0 }, access);
        resizable.Sizes(_resizableBarEntry).Write(default(ResizableBarSizes) with { SizesFrom1Mib = 1 }, access);

        // Not every version of the controller takes the size over from the word before.
        control.Write(control.Read() with { SizeLog2Mib = 0 }, access);
        for (int index = 2; index < DesignWare.Dbi.BarCount; index++)
        {
            _shadow.Mask(index).Write(default, access);
            _dbi.Bar(index).Write(default, access);
        }

        _shadow.RomMask.Write(default, access);
        _dbi.ExpansionRomBar.Write(default, access);
    }

    private void WriteInterrupts(in DbiWriteAccess access)
    {
        // Enable bits and masks in these words are the host's: written only where something of ours differs.
        int vectors = Math.Min(_identity.MsiMessageCount > 0 ? _identity.MsiMessageCount : _identity.MsixVectorCount, 32);
        MsiControl msi = Msi.Control.Read();
        MsiControl msiWanted = msi with { VectorsOfferedLog2 = (byte)System.Numerics.BitOperations.Log2((uint)(vectors * 2) - 1) };
        if (msi != msiWanted)
        {
            Msi.Control.Write(msiWanted, access);
        }

        MsixControl msix = Msix.Control.Read();
        MsixControl msixWanted = msix with { TableSizeZeroBased = (ushort)(_identity.MsixVectorCount - 1) };
        if (msix != msixWanted)
        {
            Msix.Control.Write(msixWanted, access);
        }

        Msix.Table.Write(default(MsixTableLocation) with { Bar = 0, OffsetIn8Bytes = Bar0Layout.MsixTable / 8 }, access);
        Msix.PendingBits.Write(default(MsixPendingBitsLocation) with { Bar = 0, OffsetIn8Bytes = Bar0Layout.MsixPendingBits / 8 }, access);
    }

    private void HideCapabilities(in DbiWriteAccess access)
    {
        Rk3588Switches switches = _options.Switches;
        if (!switches.ShowAddressTranslation)
        {
            _ = _walk.Hide(ExtendedCapabilityId.AddressTranslationServices, access);
            _ = _walk.Hide(ExtendedCapabilityId.PageRequestInterface, access);
        }

        if (!switches.OfferPowerManagement)
        {
            _ = _walk.Hide(ExtendedCapabilityId.L1PowerSubstates, access);
        }

        if (!switches.ShowResizableBar)
        {
            _ = _walk.Hide(ExtendedCapabilityId.ResizableBar, access);
        }
    }

    private void WriteLink(in DbiWriteAccess access)
    {
        DeviceCapabilities device = PciExpress.DeviceCapabilities.Read();
        PciExpress.DeviceCapabilities.Write(device with { FunctionLevelReset = false }, access);
        LinkCapabilities link = PciExpress.LinkCapabilities.Read();
        byte aspm = (byte)(_options.Switches.OfferPowerManagement ? 3 : 0);
        PciExpress.LinkCapabilities.Write(
            link with { MaximumLinkSpeed = _options.LinkSpeed, MaximumLinkWidth = (byte)_options.Lanes, AspmSupport = aspm }, access);
        PciExpress.LinkControl2.Write(PciExpress.LinkControl2.Read() with { TargetLinkSpeed = _options.LinkSpeed });
        AckFrequency sequences = _port.AckFrequency.Read();
        _port.AckFrequency.Write(sequences with
        {
            FastTrainingSequences = FastTrainingSequences,
            CommonClockFastTrainingSequences = FastTrainingSequences,
        });
        _port.LinkControl.Write(_port.LinkControl.Read() with
        {
            FastLinkMode = false,
            DataLinkEnable = true,
            LinkCapable = (byte)((_options.Lanes * 2) - 1),
        });
        _port.WidthSpeed.Write(_port.WidthSpeed.Read() with { FastTrainingSequences = FastTrainingSequences, Lanes = (byte)_options.Lanes });
    }

    /// <summary>What the bus of the SoC gets for requests that the link cannot serve.</summary>
    private void WriteBridge()
    {
        _port.MiscControl1.Write(_port.MiscControl1.Read() with { DefaultTarget = false });
        if (_options.Switches.KeepOutboundErrorDefaults)
        {
            return;
        }

        _port.LinkFlush.Write(_port.LinkFlush.Read() with { AutoFlushEnable = true });
        _port.ErrorResponse.Write(_port.ErrorResponse.Read() with { ErrorsReachTheBus = false, VendorIdErrorsReachTheBus = false });
        _port.LinkTimeout.Write(
            _port.LinkTimeout.Read() with { TimeoutMilliseconds = OutboundFlushMilliseconds, FlushDisable = false });
    }
}
