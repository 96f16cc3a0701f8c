using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.DesignWare;

/// <summary>
/// Follows the two lists of capabilities in the controller's configuration space. A list that does not end is left after as many steps as
/// there is room for capabilities.
/// </summary>
/// <param name="Dbi">First byte of the DBI space.</param>
public readonly record struct ConfigurationWalk(nint Dbi)
{
    private const int FirstExtended = 0x100;
    private const int EndOfHeader = 0x40;
    private const int EndOfStandard = 0x100;
    private const int EndOfExtended = 0x1000;
    private const int StandardStepsMax = (EndOfStandard - EndOfHeader) / 4;
    private const int ExtendedStepsMax = (EndOfExtended - FirstExtended) / 8;

    /// <summary>Offset of a capability of the first 256 bytes (PCI Code and ID Assignment: 01h PM, 05h MSI, 10h PCIe, 11h MSI-X); 0 for none.</summary>
    public int FindCapability(byte capabilityId)
    {
        int offset = new Dbi(Dbi).CapabilitiesPointer.Read().FirstOffset & 0xFC;
        for (int step = 0; step < StandardStepsMax && offset >= EndOfHeader; step++)
        {
            PowerManagementHeader header = new PowerManagementCapability(Dbi + offset).Header.Read();
            if (header.CapabilityId == capabilityId)
            {
                return offset;
            }

            offset = header.NextOffset & 0xFC;
        }

        return 0;
    }

    /// <summary>Offset of an extended capability that the list leads to; 0 for none.</summary>
    public int FindExtended(ExtendedCapabilityId id) => Find(id, out _);

    /// <summary>
    /// Takes an extended capability out of the list that the host follows: its predecessor points past it. The first of the list keeps its
    /// place and loses its identity. The registers stay where they are.
    /// </summary>
    /// <returns>True where there was one.</returns>
    public bool Hide(ExtendedCapabilityId id, in DbiWriteAccess access)
    {
        int offset = Find(id, out int previous);
        if (offset == 0)
        {
            return false;
        }

        ProtectedRegister<ExtendedCapabilityHeader> found = HeaderAt(offset);
        if (previous == 0)
        {
            found.Write(found.Read() with { CapabilityId = ExtendedCapabilityId.None, Version = 0 }, access);
            return true;
        }

        ProtectedRegister<ExtendedCapabilityHeader> before = HeaderAt(previous);
        before.Write(before.Read() with { NextOffset = found.Read().NextOffset }, access);
        return true;
    }

    /// <summary>Head of an extended capability at an offset.</summary>
    internal ProtectedRegister<ExtendedCapabilityHeader> HeaderAt(int offset) => new ExtendedCapability(Dbi + offset).Header;

    private int Find(ExtendedCapabilityId id, out int previous)
    {
        previous = 0;
        int offset = FirstExtended;
        for (int step = 0; step < ExtendedStepsMax && offset >= FirstExtended; step++)
        {
            ExtendedCapabilityHeader header = HeaderAt(offset).Read();
            if (header.CapabilityId == id)
            {
                return offset;
            }

            previous = offset;
            offset = header.NextOffset & 0xFFC;
        }

        previous = 0;
        return 0;
    }
}
