namespace Nvmepf.Firmware.Transfer;

/// <summary>What a step of mapping or moving data ended in.</summary>
public enum TransferOutcome : byte
{
    /// <summary>Complete.</summary>
    Done,

    /// <summary>DMA is under way; call the resume method when its completion came.</summary>
    Pending,

    /// <summary>The DMA queue is full; call again next turn, nothing was lost.</summary>
    Stalled,

    /// <summary>Ended with <c>slot.Status</c>.</summary>
    Failed,
}
