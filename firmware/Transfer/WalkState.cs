using Nvmepf.Hal;

namespace Nvmepf.Firmware.Transfer;

/// <summary>
/// How far <see cref="DataMapper"/> has come with a command's data pointer, and then <see cref="HostMover"/> with its data. Lives in the
/// command's slot, so that both can wait for DMA. Holds no memory of its own; what it says is meaningless between commands.
/// </summary>
public struct WalkState
{
    /// <summary>Bytes of data that no descriptor or entry has described yet.</summary>
    public ulong RemainingBytes;

    /// <summary>First address of the host range that is being gathered from neighbouring entries and has no segment yet.</summary>
    public ulong RunAddress;

    /// <summary>Bytes of the range at <see cref="RunAddress"/>; 0 for none.</summary>
    public ulong RunLengthBytes;

    /// <summary>Host address of the chunk of the list that is in the slot's list page, or on its way there.</summary>
    public ulong ListAddress;

    /// <summary>Bytes of the PRP list page or SGL segment from <see cref="ListAddress"/> on, the chunk included.</summary>
    public uint ListRemainingBytes;

    /// <summary>Bytes of the chunk.</summary>
    public uint ChunkBytes;

    /// <summary>How many of <see cref="ChunkBytes"/> are in the list page.</summary>
    public uint ChunkFilledBytes;

    /// <summary>SGL descriptors looked at so far, against endless chains.</summary>
    public uint Visited;

    /// <summary>Segment that the mover comes to next.</summary>
    public int NextSegment;

    /// <summary>Where in the buffer the data of <see cref="NextSegment"/> is.</summary>
    public uint BufferOffsetBytes;

    /// <summary>True where the list is an SGL, false where it is a PRP list.</summary>
    public bool IsSgl;

    /// <summary>True where the SGL segment under way was announced as the last one.</summary>
    public bool IsLastSegment;

    /// <summary>True where one of the mover's DMA requests failed while others are still out.</summary>
    public bool HasFailed;

    /// <summary>The one segment of a list read; stays here, in native memory, until its DMA completes.</summary>
    public HostSegment ListRead;
}
