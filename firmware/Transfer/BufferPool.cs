namespace Nvmepf.Firmware.Transfer;

/// <summary>Preallocated page-aligned transfer buffers of one size. PLACEHOLDER, being written.</summary>
public sealed unsafe class BufferPool
{
    /// <summary>Allocates <paramref name="count"/> buffers of <paramref name="bufferLengthBytes"/> (rounded up to pages) at once.</summary>
    public BufferPool(int count, uint bufferLengthBytes) => BufferLengthBytes = bufferLengthBytes;

    /// <summary>Length of each buffer.</summary>
    public uint BufferLengthBytes { get; }

    /// <summary>Takes a buffer; -1 when there is none. Contents are whatever the last user left.</summary>
    public int TryTake() => throw new NotSupportedException();

    /// <summary>First byte of a buffer.</summary>
    public byte* this[int index] => throw new NotSupportedException();

    /// <summary>Gives a buffer back.</summary>
    public void Return(int index) => throw new NotSupportedException();
}
