namespace Nvmepf.Firmware.Transfer;

/// <summary>How far the walk over a command's data pointer has come. Lives in the command's slot, so that a walk can wait for DMA.</summary>
public struct WalkState
{
    /// <summary>Bytes of data not yet described by a segment.</summary>
    public ulong RemainingBytes;

    /// <summary>Host address of the list chunk that is read next, or being read.</summary>
    public ulong ListAddress;

    /// <summary>Bytes of <see cref="ListAddress"/>'s chunk.</summary>
    public uint ListChunkBytes;

    /// <summary>Bytes of the SGL segment not yet read, chunk excluded.</summary>
    public uint ListRemainingBytes;

    /// <summary>Descriptors looked at so far, against endless chains.</summary>
    public uint Visited;

    /// <summary>The walker's own step.</summary>
    public byte Step;

    /// <summary>True where the SGL segment under way is a last segment.</summary>
    public bool IsLastSegment;
}
