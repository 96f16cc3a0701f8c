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
    // What a reply has room for. Clients read by 8 bytes, and configuration space at once; longer reads of large regions are refused.
    private const uint ReadBytesMax = ProtocolLimits.ReplyPayloadBytesMax - RegionAccessPayload.SizeBytes;

    private readonly IServedFunction _function;

    /// <summary>Creates it for a function.</summary>
    internal RegionMessages(IServedFunction function) => _function = function;

    /// <summary>Whether the writes of the last message asked for a function level reset.</summary>
    internal bool AsksForReset { get; private set; }

    /// <summary>REGION_READ: the reply repeats offset, region and count, and holds the data.</summary>
    internal int Read(ReadOnlySpan<byte> payload, Reply reply)
    {
        if (!MemoryMarshal.TryRead(payload, out RegionAccessPayload access) || !IsInside(access) || access.CountBytes > ReadBytesMax)
        {
            return Errno.EINVAL;
        }

        reply.Add(access);
        Span<byte> data = reply.Reserve((int)access.CountBytes);
        if (!data.IsEmpty)
        {
            _function.Read(access.Region, access.OffsetBytes, data);
        }

        return 0;
    }

    /// <summary>REGION_WRITE: the reply repeats offset, region and count.</summary>
    internal int Write(ReadOnlySpan<byte> payload, Reply reply)
    {
        AsksForReset = false;
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
        AsksForReset = false;
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

    private bool IsInside(in RegionAccessPayload access)
    {
        ulong length = access.Region < RegionIndex.Count ? _function.GetRegion(access.Region).LengthBytes : 0;
        return access.OffsetBytes < length && access.CountBytes <= length - access.OffsetBytes;
    }

    private void Apply(in RegionAccessPayload access, ReadOnlySpan<byte> data)
    {
        if (!data.IsEmpty)
        {
            AsksForReset |= _function.Write(access.Region, access.OffsetBytes, data);
        }
    }
}
