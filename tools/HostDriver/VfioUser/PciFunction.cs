using Nvmepf.Hal.Linux;
using Nvmepf.HostDriver.Nvme;

namespace Nvmepf.HostDriver.VfioUser;

/// <summary>
/// The PCI side of the device: configuration space, its capabilities, function-level reset, and MSI-X vectors delivered to event
/// counters (PCI Express Base 5.0 chapter 7).
/// </summary>
public sealed class PciFunction : IDisposable
{
    /// <summary>Capability ID of PCI Power Management.</summary>
    public const byte PowerManagementCapability = 0x01;

    /// <summary>Capability ID of PCI Express.</summary>
    public const byte ExpressCapability = 0x10;

    /// <summary>Capability ID of MSI-X.</summary>
    public const byte MsixCapability = 0x11;

    private const int MsixInterruptIndex = 2;
    private const uint AssignEventDescriptors = 0x24;
    private const uint DisableIndex = 0x21;

    private readonly VfioUserClient _client;
    private int[] _vectorEvents = [];

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

    /// <summary>Vectors whose events are assigned.</summary>
    public int AssignedVectors => _vectorEvents.Length;

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

    /// <summary>Sets memory decode and bus master, and switches INTx off, in the command register.</summary>
    public void EnableBusMaster() => WriteConfiguration(0x04, 2, ReadConfiguration(0x04, 2) | 0x0406);

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

    /// <summary>Number of MSI-X vectors that the capability announces; 0 without the capability.</summary>
    public int MsixTableSize()
    {
        int msix = FindCapability(MsixCapability);
        return msix == 0 ? 0 : (int)(ReadConfiguration(msix + 2, 2) & 0x7FF) + 1;
    }

    /// <summary>Enables MSI-X and assigns an event counter to each of the first <paramref name="count"/> vectors.</summary>
    public void EnableMsix(int count)
    {
        DisableMsix();
        int msix = FindCapability(MsixCapability);
        if (msix == 0 || count > MsixTableSize())
        {
            throw new VfioUserException($"{count} MSI-X vectors wanted, the function has {MsixTableSize()}");
        }

        WriteConfiguration(msix + 2, 2, (ReadConfiguration(msix + 2, 2) & 0x3FFF) | 0x8000);
        _vectorEvents = new int[count];
        for (int i = 0; i < count; i++)
        {
            _vectorEvents[i] = VfioUserSocket.Checked(Events.Create(0, EventFlags.NonBlocking), "eventfd");
        }

        const int Batch = 8;
        for (int start = 0; start < count; start += Batch)
        {
            int batch = Math.Min(Batch, count - start);
            _client.SetInterrupts(MsixInterruptIndex, AssignEventDescriptors, start, batch, _vectorEvents.AsSpan(start, batch));
        }
    }

    /// <summary>Disables MSI-X and closes the event counters; nothing when it is not enabled.</summary>
    public void DisableMsix()
    {
        if (_vectorEvents.Length == 0)
        {
            return;
        }

        int msix = FindCapability(MsixCapability);
        WriteConfiguration(msix + 2, 2, ReadConfiguration(msix + 2, 2) & 0x3FFF);
        _client.SetInterrupts(MsixInterruptIndex, DisableIndex, 0, 0);
        Dispose();
    }

    /// <summary>Takes the count of a vector's interrupts since the last call; 0 when there was none.</summary>
    public ulong TakeInterrupts(int vector) => Events.Take(_vectorEvents[vector], out ulong count) == 0 ? count : 0;

    /// <summary>Waits for an interrupt on a vector. Returns the count taken, 0 when the deadline passed.</summary>
    public ulong WaitForInterrupt(int vector, Deadline deadline)
    {
        Span<PollDescriptor> wait = stackalloc PollDescriptor[1];
        wait[0] = new PollDescriptor { Fd = _vectorEvents[vector], Events = PollEvents.In };
        return Events.Poll(wait, deadline.RemainingMilliseconds * 1_000_000L) > 0 ? TakeInterrupts(vector) : 0;
    }

    /// <summary>Closes the event counters without telling the server, as a dying client does.</summary>
    public void Dispose()
    {
        foreach (int fd in _vectorEvents)
        {
            _ = Files.Close(fd);
        }

        _vectorEvents = [];
    }
}
