using System.Buffers.Binary;
using Nvmepf.Hal.VfioUser;

namespace Nvmepf.SocModel.Server;

/// <summary>
/// MSI-X at the host. A vfio-user client keeps the guest's MSI-X table to itself and hands over event descriptors instead, so the table in
/// the function's BAR, which the firmware reads, would stay empty. This writes entries of its own there: the address below, the vector's
/// number as data, unmasked while the vector has a descriptor. A memory write to that address becomes the descriptor's event again.
/// </summary>
/// <remarks>
/// An artifact of the rig: the firmware does with these entries what it does with a host's, but address and data are not the guest's. Mask
/// bits of the guest are seen as descriptors given and taken, with the client holding back what comes while a vector is masked.
/// </remarks>
internal sealed class HostInterrupts
{
    /// <summary>The address in every entry; where x86 hosts take interrupts, so that no memory of the guest's can be there.</summary>
    internal const ulong MessageAddress = 0xFEE0_0000;

    private const int CapabilityPointer = 0x34;
    private const int MsixCapabilityId = 0x11;
    private const int CapabilitiesMax = 48;
    private const int EntryBytes = 16;

    private readonly HostPort _port;
    private readonly InterruptVectors _vectors;
    private readonly bool[] _isUnmasked;

    /// <summary>Creates it for a port of the model and the vectors of its server.</summary>
    internal HostInterrupts(HostPort port, InterruptVectors vectors)
    {
        _port = port;
        _vectors = vectors;
        _isUnmasked = new bool[vectors.Count];
    }

    /// <summary>Interrupts so far.</summary>
    internal long Raised { get; private set; }

    /// <summary>Takes a memory write if it is one of the messages.</summary>
    internal bool TryRaise(ulong pciAddress, ReadOnlySpan<byte> data)
    {
        if (pciAddress != MessageAddress || data.Length != sizeof(uint))
        {
            return false;
        }

        uint vector = BinaryPrimitives.ReadUInt32LittleEndian(data);
        if (vector < (uint)_vectors.Count)
        {
            Raised++;
            _vectors.Raise((int)vector);
        }

        return true;
    }

    /// <summary>
    /// Writes what has changed in the table, or with <paramref name="all"/> every entry, as a host would. Without a link, or without the
    /// capability, nothing is written.
    /// </summary>
    internal void WriteTable(bool all)
    {
        int capability = _port.IsLinkUp ? FindCapability(_port) : 0;
        if (capability == 0)
        {
            return;
        }

        int count = Math.Min(_vectors.Count, (int)((Read32(_port, capability) >> 16) & 0x7ff) + 1);
        uint table = Read32(_port, capability + 4);
        for (int vector = 0; vector < count; vector++)
        {
            bool isUnmasked = _vectors.IsConnected(vector);
            if (all || isUnmasked != _isUnmasked[vector])
            {
                _isUnmasked[vector] = isUnmasked;
                WriteEntry((int)(table & 7), (table & ~7u) + (ulong)(vector * EntryBytes), vector, isUnmasked);
            }
        }
    }

    private void WriteEntry(int bar, ulong offset, int vector, bool isUnmasked)
    {
        Span<byte> entry = stackalloc byte[EntryBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(entry, MessageAddress);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], (uint)vector);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], isUnmasked ? 0u : 1u);

        // Word by word, the mask bit last, as hosts do it.
        for (int at = 0; at < EntryBytes; at += sizeof(uint))
        {
            _ = _port.BarWrite(bar, offset + (ulong)at, entry.Slice(at, sizeof(uint)));
        }
    }

    private static int FindCapability(HostPort port)
    {
        int at = (int)(Read32(port, CapabilityPointer) & 0xfc);
        for (int i = 0; i < CapabilitiesMax && at != 0; i++)
        {
            uint word = Read32(port, at);
            if ((word & 0xff) == MsixCapabilityId)
            {
                return at;
            }

            at = (int)((word >> 8) & 0xfc);
        }

        return 0;
    }

    private static uint Read32(HostPort port, int offset) =>
        port.ConfigRead(offset, sizeof(uint), out uint value) == TlpStatus.Success ? value : 0;
}
