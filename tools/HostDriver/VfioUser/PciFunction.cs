using Nvmepf.Hal.Linux;
using Nvmepf.HostDriver.Nvme;

namespace Nvmepf.HostDriver.VfioUser;

/// <summary>
/// The PCI side of the device: configuration space, its capabilities and function-level reset (PCI Express Base 5.0 chapter 7). Interrupts are
/// in PciFunction.Interrupts.cs.
/// </summary>
public sealed partial class PciFunction : IDisposable
{
    /// <summary>Capability ID of PCI Power Management.</summary>
    public const byte PowerManagementCapability = 0x01;

    /// <summary>Capability ID of PCI Express.</summary>
    public const byte ExpressCapability = 0x10;

    /// <summary>Capability ID of MSI-X.</summary>
    public const byte MsixCapability = 0x11;

    private readonly VfioUserClient _client;

    /// <summary>The function behind a connection.</summary>
    public PciFunction(VfioUserClient client) => _client = client;

    /// <summary>Vendor ID.</summary>
    public ushort VendorId => (ushort)ReadConfiguration(0x00, 2);

    /// <summary>Device ID.</summary>
    public ushort DeviceId => (ushort)ReadConfiguration(0x02, 2);

    /// <summary>Subsystem vendor ID.</summary>
    public ushort SubsystemVendorId => (ushort)ReadConfiguration(0x2C, 2);

    /// <summary>Class code, 24 bits: 010802h for an NVMe I/O controller.</summary>
    public uint ClassCode => ReadConfiguration(0x08, 4) >> 8;

    /// <summary>Reads 1, 2 or 4 bytes of configuration space.</summary>
    public uint ReadConfiguration(int offset, int widthBytes)
    {
        Span<byte> bytes = stackalloc byte[4];
        bytes.Clear();
        _client.ReadRegion(RegionInfo.ConfigurationSpace, (ulong)offset, bytes[..widthBytes]);
        return BitConverter.ToUInt32(bytes);
    }

    /// <summary>Writes 1, 2 or 4 bytes of configuration space.</summary>
    public void WriteConfiguration(int offset, int widthBytes, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        _ = BitConverter.TryWriteBytes(bytes, value);
        _client.WriteRegion(RegionInfo.ConfigurationSpace, (ulong)offset, bytes[..widthBytes]);
    }

    /// <summary>Offset of a capability, 0 when the function has none of that ID. A list that loops ends the search.</summary>
    public int FindCapability(byte capabilityId)
    {
        int offset = (int)ReadConfiguration(0x34, 1) & ~3;
        for (int links = 0; offset >= 0x40 && links < 48; links++)
        {
            uint header = ReadConfiguration(offset, 2);
            if ((byte)header == capabilityId)
            {
                return offset;
            }

            offset = (int)(header >> 8) & ~3;
        }

        return 0;
    }

    /// <summary>Sets memory decode and bus master, and switches INTx off unless it is what this host takes, in the command register.</summary>
    public void EnableBusMaster()
    {
        uint others = ReadConfiguration(0x04, 2) & ~InterruptDisable;
        WriteConfiguration(0x04, 2, others | 0x0006 | (Kind == InterruptKind.Intx ? 0 : InterruptDisable));
    }

    /// <summary>Clears bus master: the function may not touch host memory any more.</summary>
    public void DisableBusMaster() => WriteConfiguration(0x04, 2, ReadConfiguration(0x04, 2) & ~0x0004u);

    /// <summary>Resets the function by Initiate Function Level Reset (PCIe 5.0, 6.6.2). Throws when it does not offer that.</summary>
    public void FunctionLevelReset()
    {
        int express = FindCapability(ExpressCapability);
        if (express == 0 || (ReadConfiguration(express + 4, 4) & (1u << 28)) == 0)
        {
            throw new VfioUserException("the function does not announce Function Level Reset in its PCI Express capability");
        }

        WriteConfiguration(express + 8, 2, ReadConfiguration(express + 8, 2) | 0x8000);
    }
}
