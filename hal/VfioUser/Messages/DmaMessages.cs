using System.Runtime.InteropServices;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>DMA_MAP and DMA_UNMAP: the checks that need only the message. Each method returns 0 or an errno.</summary>
internal sealed class DmaMessages
{
    private readonly DmaRegions _regions;

    /// <summary>Creates it for a set of regions.</summary>
    internal DmaMessages(DmaRegions regions) => _regions = regions;

    /// <summary>Whether the last unmap took memory away, which commands in flight may be using.</summary>
    internal bool HasRemoved { get; private set; }

    /// <summary>First address of the last unmap.</summary>
    internal ulong First { get; private set; }

    /// <summary>Last address of the last unmap, inclusive.</summary>
    internal ulong Last { get; private set; }

    /// <summary>DMA_MAP; the reply has no payload.</summary>
    internal int Map(Connection message)
    {
        if (!MemoryMarshal.TryRead(message.Payload, out DmaMapPayload request)
            || request.ArgumentSizeBytes < DmaMapPayload.SizeBytes
            || message.DescriptorCount > 1)
        {
            return Errno.EINVAL;
        }

        return _regions.TryMap(request, message.DescriptorCount == 1 ? message.PeekDescriptor(0) : -1);
    }

    /// <summary>DMA_UNMAP; the reply repeats the request. What was never mapped is unmapped with success.</summary>
    internal int Unmap(ReadOnlySpan<byte> payload, Reply reply)
    {
        const ulong PageMask = ProtocolLimits.DmaPageBytes - 1;
        HasRemoved = false;
        if (!MemoryMarshal.TryRead(payload, out DmaUnmapPayload request) || request.ArgumentSizeBytes < DmaUnmapPayload.SizeBytes)
        {
            return Errno.EINVAL;
        }

        if (request.Flags == DmaUnmapPayload.FlagAll)
        {
            if (request.Address != 0 || request.LengthBytes != 0)
            {
                return Errno.EINVAL;
            }

            First = 0;
            Last = ulong.MaxValue;
        }
        else
        {
            // A range may end at 2^64 exactly, so it is its last byte that must not wrap.
            First = request.Address;
            Last = request.Address + (request.LengthBytes - 1);
            if (request.Flags != 0 || request.LengthBytes == 0 || Last < First || ((request.Address | request.LengthBytes) & PageMask) != 0)
            {
                return Errno.EINVAL;
            }
        }

        int result = _regions.TryUnmap(First, Last, out bool removed);
        if (result == 0)
        {
            HasRemoved = removed;
            reply.Add(request);
        }

        return result;
    }
}
