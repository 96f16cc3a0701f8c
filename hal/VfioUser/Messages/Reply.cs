using System.Runtime.InteropServices;

namespace Nvmepf.Hal.VfioUser;

/// <summary>The payload of the reply that is being made; one for the life of the platform. It outlives a held-back reply.</summary>
internal sealed class Reply
{
    private readonly byte[] _payload = new byte[ProtocolLimits.ReplyPayloadBytesMax];
    private int _lengthBytes;

    /// <summary>What goes out.</summary>
    internal ReadOnlySpan<byte> Payload => _payload.AsSpan(0, _lengthBytes);

    /// <summary>Descriptor that goes with it, or -1; stays its owner's.</summary>
    internal int Descriptor { get; set; } = SendQueue.NoDescriptor;

    /// <summary>Begins an empty reply.</summary>
    internal void Clear()
    {
        _lengthBytes = 0;
        Descriptor = SendQueue.NoDescriptor;
    }

    /// <summary>Adds a structure.</summary>
    internal void Add<T>(in T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(_payload.AsSpan(_lengthBytes), in value);
        _lengthBytes += System.Runtime.CompilerServices.Unsafe.SizeOf<T>();
    }

    /// <summary>Adds room for data, zeroed, and returns it to be filled.</summary>
    internal Span<byte> Reserve(int lengthBytes)
    {
        Span<byte> room = _payload.AsSpan(_lengthBytes, lengthBytes);
        room.Clear();
        _lengthBytes += lengthBytes;
        return room;
    }
}
