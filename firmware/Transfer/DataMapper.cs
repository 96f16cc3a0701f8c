using Nvmepf.Firmware.Commands;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Transfer;

/// <summary>Turns a command's data pointer (PRP or SGL) into segments of host memory. PLACEHOLDER, being written.</summary>
public sealed class DataMapper
{
    /// <summary>Creates a mapper over a platform's host memory.</summary>
    public DataMapper(IPlatform platform) => Platform = platform;

    /// <summary>The platform.</summary>
    public IPlatform Platform { get; }

    /// <summary>Memory page size in bytes: CC.MPS as the host set it (2^(12+MPS)).</summary>
    public uint PageBytes { get; set; } = 4096;

    /// <summary>
    /// Begins to map <c>slot.DataLengthBytes</c> bytes; fills Segments, SegmentCount and the AllDirect flag.
    /// </summary>
    public TransferOutcome Map(ref CommandSlot slot) => throw new NotSupportedException();

    /// <summary>Goes on after the DMA that Map or Resume waited for ended, or after a stall.</summary>
    public TransferOutcome Resume(ref CommandSlot slot, DmaStatus dmaStatus) => throw new NotSupportedException();
}
