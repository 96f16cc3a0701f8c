using System.Runtime.InteropServices;

namespace Nvmepf.Hal.VfioUser;

/// <summary>DMA_MAP.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeBytes)]
internal struct DmaMapPayload
{
    internal const int SizeBytes = 32;
    internal const uint FlagRead = 1;
    internal const uint FlagWrite = 2;

    internal uint ArgumentSizeBytes;
    internal uint Flags;
    internal ulong FileOffsetBytes;
    internal ulong Address;
    internal ulong LengthBytes;
}

/// <summary>DMA_UNMAP, request and reply.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeBytes)]
internal struct DmaUnmapPayload
{
    internal const int SizeBytes = 24;
    internal const uint FlagAll = 2;

    internal uint ArgumentSizeBytes;
    internal uint Flags;
    internal ulong Address;
    internal ulong LengthBytes;
}

/// <summary>DEVICE_GET_INFO, request and reply.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeBytes)]
internal struct DeviceInfoPayload
{
    internal const int SizeBytes = 16;
    internal const uint FlagReset = 1;
    internal const uint FlagPci = 2;

    internal uint ArgumentSizeBytes;
    internal uint Flags;
    internal uint RegionCount;
    internal uint IrqCount;
}

/// <summary>The regions of a PCI device, by index.</summary>
internal static class RegionIndex
{
    internal const uint Bar0 = 0;
    internal const uint Rom = 6;
    internal const uint Configuration = 7;
    internal const uint Vga = 8;
    internal const uint Count = 9;
}

/// <summary>DEVICE_GET_REGION_INFO, request and reply without capabilities.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeBytes)]
internal struct RegionInfoPayload
{
    internal const int SizeBytes = 32;
    internal const uint FlagRead = 1;
    internal const uint FlagWrite = 2;
    internal const uint FlagMap = 4;
    internal const uint FlagCapabilities = 8;

    internal uint ArgumentSizeBytes;
    internal uint Flags;
    internal uint Index;

    /// <summary>From the start of this structure; 0 without capabilities.</summary>
    internal uint CapabilityOffsetBytes;
    internal ulong LengthBytes;

    /// <summary>Where the region begins in the descriptor that comes with the reply.</summary>
    internal ulong FileOffsetBytes;
}

/// <summary>The capability that says which part of a region can be mapped: here always with exactly one area, which is what every client takes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeBytes)]
internal struct SparseMapCapability
{
    internal const int SizeBytes = 32;
    internal const ushort CapabilityId = 1;
    internal const ushort CapabilityVersion = 1;

    internal ushort Id;
    internal ushort Version;

    /// <summary>Offset of the next capability from the start of the region information; 0 ends the chain.</summary>
    internal uint NextBytes;
    internal uint AreaCount;
    internal uint Reserved;
    internal ulong AreaOffsetBytes;
    internal ulong AreaLengthBytes;
}

/// <summary>DEVICE_GET_REGION_IO_FDS, request and reply without entries.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeBytes)]
internal struct RegionIoFdsPayload
{
    internal const int SizeBytes = 16;

    internal uint ArgumentSizeBytes;
    internal uint Flags;
    internal uint Index;
    internal uint Count;
}

/// <summary>The interrupt kinds of a PCI device, by index.</summary>
internal static class IrqIndex
{
    internal const uint Intx = 0;
    internal const uint Msi = 1;
    internal const uint Msix = 2;
    internal const uint Error = 3;
    internal const uint Request = 4;
    internal const uint Count = 5;
}

/// <summary>DEVICE_GET_IRQ_INFO, request and reply.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeBytes)]
internal struct IrqInfoPayload
{
    internal const int SizeBytes = 16;
    internal const uint FlagEventFd = 1;
    internal const uint FlagMaskable = 2;
    internal const uint FlagAutoMasked = 4;

    internal uint ArgumentSizeBytes;
    internal uint Flags;
    internal uint Index;
    internal uint Count;
}

/// <summary>DEVICE_SET_IRQS without data.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeBytes)]
internal struct SetIrqsPayload
{
    internal const int SizeBytes = 20;
    internal const uint DataNone = 1;
    internal const uint DataBool = 2;
    internal const uint DataEventFd = 4;
    internal const uint DataMask = 7;
    internal const uint ActionMask = 8;
    internal const uint ActionUnmask = 0x10;
    internal const uint ActionTrigger = 0x20;
    internal const uint ActionsMask = 0x38;

    internal uint ArgumentSizeBytes;
    internal uint Flags;
    internal uint Index;
    internal uint Start;
    internal uint Count;
}

/// <summary>REGION_READ and REGION_WRITE: what stands before the data.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeBytes)]
internal struct RegionAccessPayload
{
    internal const int SizeBytes = 16;

    internal ulong OffsetBytes;
    internal uint Region;
    internal uint CountBytes;
}

/// <summary>One write of REGION_WRITE_MULTI; the message begins with their number as 64 bits.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeBytes)]
internal struct RegionMultiWrite
{
    internal const int SizeBytes = 24;
    internal const int CountFieldBytes = 8;

    /// <summary>The protocol's bound on writes in one message.</summary>
    internal const ulong WritesMax = 200;

    internal ulong OffsetBytes;
    internal uint Region;

    /// <summary>At most 8.</summary>
    internal uint CountBytes;
    internal ulong Data;
}

/// <summary>DMA_READ and DMA_WRITE: what stands before the data. (QEMU 10.1 to 10.2 has a 32-bit count here; see MessageDma.)</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeBytes)]
internal struct DmaAccessPayload
{
    internal const int SizeBytes = 16;

    internal ulong Address;
    internal ulong CountBytes;
}
