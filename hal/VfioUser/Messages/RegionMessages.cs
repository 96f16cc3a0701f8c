using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// REGION_READ, REGION_WRITE and REGION_WRITE_MULTI: accesses of the guest that are not in mapped memory. Whatever lies inside a
/// region succeeds, as a bus access would: writes that mean nothing are dropped, because one client hangs on error replies.
/// </summary>
/// <remarks>Each method returns 0 or an errno.</remarks>
internal sealed class RegionMessages
{
    private readonly BarPages _bar;
    private readonly ConfigurationSpace _configuration;
    private readonly InterruptVectors _vectors;

    /// <summary>Creates it for the parts of a function.</summary>
    internal RegionMessages(BarPages bar, ConfigurationSpace configuration, InterruptVectors vectors)
    {
        _bar = bar;
        _configuration = configuration;
        _vectors = vectors;
    }

    /// <summary>Whom register writes go to; set before the first message.</summary>
    internal IFunctionHandler? Handler { get; set; }

    /// <summary>What the writes of the last message asked for beyond their bytes.</summary>
    internal ConfigurationEffects Effects { get; private set; }

    /// <summary>REGION_READ: the reply repeats offset, region and count, and holds the data.</summary>
    internal int Read(ReadOnlySpan<byte> payload, Reply reply)
    {
        if (!MemoryMarshal.TryRead(payload, out RegionAccessPayload access) || !IsInside(access))
        {
            return Errno.EINVAL;
        }

        reply.Add(access);
        Span<byte> data = reply.Reserve((int)access.CountBytes);
        if (access.Region == RegionIndex.Bar0)
        {
            _bar.Read((uint)access.OffsetBytes, data);
        }
        else
        {
            _configuration.Read((int)access.OffsetBytes, data);
        }

        return 0;
    }

    /// <summary>REGION_WRITE: the reply repeats offset, region and count.</summary>
    internal int Write(ReadOnlySpan<byte> payload, Reply reply)
    {
        Effects = ConfigurationEffects.None;
        if (!MemoryMarshal.TryRead(payload, out RegionAccessPayload access)
            || (uint)(payload.Length - RegionAccessPayload.SizeBytes) != access.CountBytes
            || !IsInside(access))
        {
            return Errno.EINVAL;
        }

        Apply(access, payload[RegionAccessPayload.SizeBytes..]);
        reply.Add(access);
        return 0;
    }

    /// <summary>REGION_WRITE_MULTI: nothing is written unless every write is good. The reply repeats their number.</summary>
    internal int WriteMulti(ReadOnlySpan<byte> payload, Reply reply)
    {
        Effects = ConfigurationEffects.None;
        if (!MemoryMarshal.TryRead(payload, out ulong count)
            || count > RegionMultiWrite.WritesMax
            || (ulong)(payload.Length - RegionMultiWrite.CountFieldBytes) != count * RegionMultiWrite.SizeBytes)
        {
            return Errno.EINVAL;
        }

        ReadOnlySpan<RegionMultiWrite> writes = MemoryMarshal.Cast<byte, RegionMultiWrite>(payload[RegionMultiWrite.CountFieldBytes..]);
        foreach (ref readonly RegionMultiWrite write in writes)
        {
            if (write.CountBytes > sizeof(ulong) || !IsInside(AccessOf(write)))
            {
                return Errno.EINVAL;
            }
        }

        Span<byte> data = stackalloc byte[sizeof(ulong)];
        foreach (ref readonly RegionMultiWrite write in writes)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(data, write.Data);
            Apply(AccessOf(write), data[..(int)write.CountBytes]);
        }

        reply.Add(count);
        return 0;
    }

    private static RegionAccessPayload AccessOf(in RegionMultiWrite write) =>
        new() { OffsetBytes = write.OffsetBytes, Region = write.Region, CountBytes = write.CountBytes };

    private static bool IsInside(in RegionAccessPayload access)
    {
        uint length = DeviceMessages.RegionLengthBytes(access.Region);
        return access.OffsetBytes < length && access.CountBytes <= length - access.OffsetBytes;
    }

    private void Apply(in RegionAccessPayload access, ReadOnlySpan<byte> data)
    {
        if (access.Region == RegionIndex.Configuration)
        {
            Effects |= _configuration.Write((int)access.OffsetBytes, data);
            return;
        }

        uint offset = (uint)access.OffsetBytes;
        bool isOneRegisterAccess = data.Length is 1 or 2 or 4 or 8 && offset + (uint)data.Length <= Bar0Layout.DoorbellBase;
        if (isOneRegisterAccess)
        {
            WriteRegister(offset, data);
            return;
        }

        // Anything else goes in as the aligned pieces that a bus would make of it.
        while (!data.IsEmpty)
        {
            int width = 8;
            while (width > data.Length || (offset & (uint)(width - 1)) != 0)
            {
                width >>= 1;
            }

            WriteAligned(offset, data[..width]);
            offset += (uint)width;
            data = data[width..];
        }
    }

    private void WriteAligned(uint offset, ReadOnlySpan<byte> data)
    {
        if (offset < Bar0Layout.DoorbellBase)
        {
            WriteRegister(offset, data);
            return;
        }

        // Doorbells and table entries are written in whole 32-bit words (NVMe 2.1 section 3.1.4, PCI 3.0 section 6.8.2).
        for (int at = 0; at + sizeof(uint) <= data.Length; at += sizeof(uint))
        {
            uint word = offset + (uint)at;
            uint value = BinaryPrimitives.ReadUInt32LittleEndian(data[at..]);
            if (word < Bar0Layout.MsixTable)
            {
                WriteDoorbell(word, value);
            }
            else if (word < Bar0Layout.MsixPendingBits)
            {
                _vectors.WriteTable(word - Bar0Layout.MsixTable, value);
            }
        }
    }

    // The word is aligned and inside the doorbell page.
    private unsafe void WriteDoorbell(uint offset, uint value) => Mmio.Mmio.Write32(_bar.Memory.Word32(offset), value);

    private void WriteRegister(uint offset, ReadOnlySpan<byte> data)
    {
        ulong value = 0;
        for (int i = 0; i < data.Length; i++)
        {
            value |= (ulong)data[i] << (i * 8);
        }

        Handler?.RegisterWrite(offset, value, data.Length);
    }
}
