// The configuration space's power-on contents and access rights, dword by dword (register reference 3.2, 3.3, 3.5). What the reference does not
// give (revision, AER details, subsystem, latencies) is a plausible constant here and nothing depends on it.

namespace Nvmepf.SocModel;

internal static class ConfigLayout
{
    internal const int Dwords = 1024;
    internal const int Command = 0x04;
    internal const int ClassRevision = 0x08;
    internal const int HeaderType = 0x0C;
    internal const int Bar0 = 0x10;
    internal const int Bar5 = 0x24;
    internal const int Rom = 0x30;
    internal const int CapabilityPointer = 0x34;
    internal const int Msi = 0x50;
    internal const int MsiAddressLow = 0x54;
    internal const int MsiAddressHigh = 0x58;
    internal const int MsiData = 0x5C;
    internal const int MsiMask = 0x60;
    internal const int MsiPending = 0x64;
    internal const int DeviceControl = 0x78;
    internal const int LinkCapabilities = 0x7C;
    internal const int LinkControl = 0x80;
    internal const int LinkControl2 = 0xA0;
    internal const int Msix = 0xB0;
    internal const int ExtendedFirst = 0x100;
    internal const int AtsId = 0x0F;
    internal const int RebarFirst = 0x2EC;
    internal const int RebarLast = 0x2EC + (6 * 8) - 4;
    internal const int PortLogic = 0x700;
    internal const int Debug0 = 0x728;
    internal const int Debug1 = 0x72C;
    internal const int MiscControl1 = 0x8BC;
    internal const int AmbaErrorResponse = 0x8D0;
    internal const int Viewport = 0x900;

    // Where an eDMA behind a viewport would have its number of channels. The register reference is silent; Linux takes the eDMA for unrolled, as it
    // does on boards, only where this reads all ones (or the controller is 5.40a or newer).
    internal const int EdmaViewportCtrl = 0x978;
    internal const int MsixDoorbell = 0x948;
    internal const int Elbi = 0xE00;

    private const uint All = 0xFFFF_FFFF;

    /// <summary>Value at power-on.</summary>
    internal static readonly uint[] s_powerOn = new uint[Dwords];

    /// <summary>Bits that the host may write.</summary>
    internal static readonly uint[] s_host = new uint[Dwords];

    /// <summary>Bits that local software may write at any time.</summary>
    internal static readonly uint[] s_local = new uint[Dwords];

    /// <summary>Bits that local software may write while DBI_RO_WR_EN is set.</summary>
    internal static readonly uint[] s_protected = new uint[Dwords];

    /// <summary>Bits that writing a one clears.</summary>
    internal static readonly uint[] s_oneToClear = new uint[Dwords];

    /// <summary>Bits that return to their power-on value at a hot reset or link loss.</summary>
    internal static readonly uint[] s_nonSticky = new uint[Dwords];

    static ConfigLayout()
    {
        Header();
        Capabilities();
        ExtendedCapabilities();
        ResizableBars();
        PortLogicRegisters();
    }

    private static void Set(int offset, uint powerOn, uint host = 0, uint guarded = 0, uint oneToClear = 0, uint nonSticky = 0, uint local = 0)
    {
        int i = offset / 4;
        s_powerOn[i] = powerOn;
        s_host[i] = host;
        s_local[i] = host | local;
        s_protected[i] = guarded;
        s_oneToClear[i] = oneToClear;
        s_nonSticky[i] = host | oneToClear | nonSticky;
    }

    private static void Header()
    {
        Set(0x00, 0x3588_1D87, guarded: All);
        Set(Command, 0x0010_0000, host: 0x0547, oneToClear: 0xF900_0000);
        Set(ClassRevision, 0x0580_0001, guarded: All);
        Set(HeaderType, 0, host: 0xFF);
        Set(0x2C, 0, guarded: All);
        Set(CapabilityPointer, 0x40, guarded: 0xFF);
        Set(0x3C, 0x0000_0100, host: 0xFF, guarded: 0xFF00);
    }

    private static void Capabilities()
    {
        // PM v3, D1, D2, PME from D0, D1, D3hot, D3cold.
        Set(0x40, 0xDE03_5001, guarded: All);
        Set(0x44, 0x0000_0008, host: 0x0103, oneToClear: 0x8000);
        // MSI: 32 vectors, 64-bit, mask.
        Set(Msi, 0x018A_7005, host: 0x0071_0000, guarded: 0x018E_FFFF);
        Set(MsiAddressLow, 0, host: 0xFFFF_FFFC);
        Set(MsiAddressHigh, 0, host: All);
        Set(MsiData, 0, host: 0xFFFF);
        Set(MsiMask, 0, host: All);
        Set(MsiPending, 0, local: All, nonSticky: All);
        // PCI Express endpoint: MaxPayload 256, extended tags, no FLR.
        Set(0x70, 0x0002_B010, guarded: All);
        Set(0x74, 0x0000_8021, guarded: All);
        Set(DeviceControl, 0x0000_2810, host: 0x7FFF, oneToClear: 0x000F_0000);
        Set(LinkCapabilities, 0x0006_EC43, guarded: All, nonSticky: 0x3FF);
        Set(LinkControl, 0, host: 0x01CB);
        Set(0x94, 0x0000_081F, guarded: All);
        Set(0x98, 0, host: 0x7FFF);
        Set(0x9C, 0x0000_000E, guarded: All);
        Set(LinkControl2, 0x0000_0003, host: 0xFFFF);
        // MSI-X: 128 vectors, table BAR 4 + 0x20000, PBA BAR 4 + 0x28000.
        Set(Msix, 0x007F_0011, host: 0xC000_0000, guarded: 0x07FF_FFFF);
        Set(0xB4, 0x0002_0004, guarded: All);
        Set(0xB8, 0x0002_8004, guarded: All);
    }

    private static void ExtendedCapabilities()
    {
        Extended(0x100, 0x01, 2, 0x148);
        Set(0x104, 0, oneToClear: 0x07FF_F030);
        Set(0x108, 0x0040_0000, host: 0x07FF_F030);
        Set(0x10C, 0x0046_2030, host: 0x07FF_F030);
        Set(0x110, 0, oneToClear: 0xF1C1);
        Set(0x114, 0x0000_6000, host: 0xF1C1);
        Set(0x118, 0x0000_00A0, host: 0x0140);
        Extended(0x148, 0x19, 1, 0x168);
        Extended(0x168, AtsId, 1, 0x178);
        Set(0x16C, 0x0000_0020, host: 0x801F_0000, guarded: 0xFFFF);
        Extended(0x178, 0x13, 1, 0x188);
        Set(0x17C, 0, host: 0x0003);
        Set(0x184, 0, host: All);
        Extended(0x188, 0x18, 1, 0x190);
        Set(0x18C, 0, host: 0x1FFF_1FFF);
        Extended(0x190, 0x1E, 1, 0x1A0);
        Set(0x194, 0x0028_281F, guarded: All);
        Set(0x198, 0, host: 0xE3FF_FF0F);
        Set(0x19C, 0x0000_0028, host: 0xFF);
        Extended(0x1A0, 0x16, 1, 0x1D0);
        Extended(0x1D0, 0x0B, 1, 0x2D0);
        Set(0x1D4, 0x1004_0002, guarded: All);
        Set(0x1D8, 0, local: All);
        Extended(0x2D0, 0x0B, 1, 0x2E8);
        Set(0x2D4, 0x0180_0006, guarded: All);
        Extended(0x2E8, 0x15, 1, 0);
    }

    private static void Extended(int offset, uint id, uint version, uint next) => Set(offset, id | (version << 16) | (next << 20), guarded: All);

    // Entry i belongs to BAR i; all sizes from 1 MiB to 512 GiB are supported and 1 MiB is selected. The list's edits are sticky, the selected
    // size is not.
    private static void ResizableBars()
    {
        for (uint bar = 0; bar < 6; bar++)
        {
            Set(RebarFirst + (8 * (int)bar), 0x00FF_FFF0, guarded: All);
            Set(RebarFirst + 4 + (8 * (int)bar), bar | (6 << 5), host: 0x3F00, guarded: 0xFFFF_0000, nonSticky: 0xFFFF_0000);
        }
    }

    private static void PortLogicRegisters()
    {
        for (int offset = PortLogic; offset < 0x1000; offset += 4)
        {
            Set(offset, 0, local: All);
        }

        Set(0x70C, 0x1BD2_D200, local: All, nonSticky: All);
        Set(0x710, 0x0007_0120, local: All, nonSticky: All);
        Set(0x714, 0, local: All, nonSticky: All);
        Set(0x80C, 0x0000_04D2, local: All, nonSticky: All);
        Set(0x8C0, 0x0000_0084, local: All, nonSticky: All);
        Set(Debug0, 0);
        Set(Debug1, 0);
        Set(0x8CC, 1, local: All);
        Set(0x8D4, 0x32, local: All);
        Set(0x8F8, 0x3532_302A);
        Set(0x8FC, 0x6761_2A2A);
        Set(Viewport, All);
        Set(EdmaViewportCtrl, All);
        Set(MsixDoorbell, 0);
        Set(0xB40, 24, local: 0x3FF);
    }
}
