using Nvmepf.Firmware.Commands;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Transfer;

/// <summary>Moves bytes between a command's host segments and its buffer, by pointer or by DMA. PLACEHOLDER, being written.</summary>
public sealed class HostMover
{
    /// <summary>Creates a mover over a platform's host memory.</summary>
    public HostMover(IPlatform platform) => Platform = platform;

    /// <summary>The platform.</summary>
    public IPlatform Platform { get; }

    /// <summary>Moves <c>slot.DataLengthBytes</c> bytes between host and <c>slot.Buffer</c>, in the slot's direction. Uses <c>slot.PendingDma</c>.</summary>
    public TransferOutcome Move(ref CommandSlot slot) => throw new NotSupportedException();

    /// <summary>One of the slot's DMA requests ended, or a stall is over.</summary>
    public TransferOutcome Resume(ref CommandSlot slot, DmaStatus dmaStatus) => throw new NotSupportedException();
}
