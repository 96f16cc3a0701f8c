using System.Runtime.InteropServices;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// DEVICE_GET_INFO, DEVICE_GET_REGION_INFO and DEVICE_GET_REGION_IO_FDS: what the device consists of. Requests may be longer than
/// their structure (SPDK pads them to 4064 bytes), and the size they say they can take may count the header or not.
/// </summary>
/// <remarks>Each method returns 0 and a filled reply, or an errno.</remarks>
internal sealed class DeviceMessages
{
    private readonly IServedFunction _function;

    /// <summary>Creates it for a function.</summary>
    internal DeviceMessages(IServedFunction function) => _function = function;

    /// <summary>Whether the client takes a descriptor with a reply; without one there is nothing to map.</summary>
    internal bool ClientTakesDescriptors { get; set; }

    /// <summary>DEVICE_GET_INFO.</summary>
    internal static int GetInfo(ReadOnlySpan<byte> payload, Reply reply)
    {
        if (!MemoryMarshal.TryRead(payload, out DeviceInfoPayload request) || request.ArgumentSizeBytes < DeviceInfoPayload.SizeBytes)
        {
            return Errno.EINVAL;
        }

        reply.Add(new DeviceInfoPayload
        {
            ArgumentSizeBytes = DeviceInfoPayload.SizeBytes,
            Flags = DeviceInfoPayload.FlagReset | DeviceInfoPayload.FlagPci,
            RegionCount = RegionIndex.Count,
            IrqCount = IrqIndex.Count,
        });
        return 0;
    }

    /// <summary>DEVICE_GET_REGION_INFO. A region that does not exist has size 0, which is no error.</summary>
    internal int GetRegionInfo(ReadOnlySpan<byte> payload, Reply reply)
    {
        if (!MemoryMarshal.TryRead(payload, out RegionInfoPayload request)
            || request.ArgumentSizeBytes < RegionInfoPayload.SizeBytes
            || request.Index >= RegionIndex.Count)
        {
            return Errno.EINVAL;
        }

        FunctionRegion region = _function.GetRegion(request.Index);
        RegionInfoPayload info = new()
        {
            ArgumentSizeBytes = RegionInfoPayload.SizeBytes,
            Flags = region.LengthBytes == 0 ? 0 : RegionInfoPayload.FlagRead | RegionInfoPayload.FlagWrite,
            Index = request.Index,
            LengthBytes = region.LengthBytes,
        };
        if (region.MapFile < 0 || !ClientTakesDescriptors)
        {
            reply.Add(info);
            return 0;
        }

        info.Flags |= RegionInfoPayload.FlagMap;
        info.ArgumentSizeBytes += SparseMapCapability.SizeBytes;
        if (request.ArgumentSizeBytes < info.ArgumentSizeBytes)
        {
            // The client comes again with room for the capability; only that reply has the descriptor.
            reply.Add(info);
            return 0;
        }

        info.Flags |= RegionInfoPayload.FlagCapabilities;
        info.CapabilityOffsetBytes = RegionInfoPayload.SizeBytes;
        reply.Add(info);
        reply.Add(new SparseMapCapability
        {
            Id = SparseMapCapability.CapabilityId,
            Version = SparseMapCapability.CapabilityVersion,
            AreaCount = 1,
            AreaOffsetBytes = region.MapOffsetBytes,
            AreaLengthBytes = region.MapLengthBytes,
        });
        reply.Descriptor = region.MapFile;
        return 0;
    }

    /// <summary>DEVICE_GET_REGION_IO_FDS: there are none.</summary>
    internal static int GetRegionIoFds(ReadOnlySpan<byte> payload, Reply reply)
    {
        if (!MemoryMarshal.TryRead(payload, out RegionIoFdsPayload request)
            || request.ArgumentSizeBytes < RegionIoFdsPayload.SizeBytes
            || request.Flags != 0
            || request.Count != 0
            || request.Index >= RegionIndex.Count)
        {
            return Errno.EINVAL;
        }

        reply.Add(new RegionIoFdsPayload { ArgumentSizeBytes = RegionIoFdsPayload.SizeBytes, Index = request.Index });
        return 0;
    }
}
