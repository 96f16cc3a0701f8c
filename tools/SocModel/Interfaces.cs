// What the model is connected to: the board's memory on one side, the host's on the other. Both are called synchronously, on the thread
// that moves the model's time.

namespace Nvmepf.SocModel;

/// <summary>How a request on PCIe ended (PCIe 5 section 2.2.9 and 2.8).</summary>
public enum TlpStatus
{
    /// <summary>Answered, or (a posted write) handed over.</summary>
    Success,

    /// <summary>Unsupported Request: nobody claims the address.</summary>
    UnsupportedRequest,

    /// <summary>Completer Abort.</summary>
    CompleterAbort,

    /// <summary>No completion came.</summary>
    Timeout,

    /// <summary>The completion's data is marked as bad.</summary>
    Poisoned,
}

/// <summary>The board's memory as devices see it, by SoC physical address: what DMA, the host and carve-out accesses reach.</summary>
public interface IBoardMemory
{
    /// <summary>A device's read; false where there is no memory in the whole range.</summary>
    bool TryRead(ulong physical, Span<byte> data);

    /// <summary>A device's write; false where there is no memory in the whole range.</summary>
    bool TryWrite(ulong physical, ReadOnlySpan<byte> data);
}

/// <summary>The host's memory as it is seen from the link. Message-signalled interrupts arrive as writes too.</summary>
public interface IHostFabric
{
    /// <summary>A memory read request; at most 4096 bytes, inside one 4 KiB page. Data is undefined unless the status is Success.</summary>
    TlpStatus Read(ulong pciAddress, Span<byte> data);

    /// <summary>A posted memory write; at most 4096 bytes, inside one 4 KiB page.</summary>
    void Write(ulong pciAddress, ReadOnlySpan<byte> data);
}
