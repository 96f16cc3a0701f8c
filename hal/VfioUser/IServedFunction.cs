namespace Nvmepf.Hal.VfioUser;

/// <summary>
/// What a vfio-user server asks of the PCI function that it serves. The protocol (messages, clients, host memory, event descriptors)
/// is the server's; what registers mean is the function's. The firmware's own platform is one implementation, a tool may bring another.
/// </summary>
/// <remarks>
/// Called from inside <see cref="VfioUserServer.Poll"/> only, at most a few times for each message: never on the path of an NVMe command.
/// Implementations never throw and never block. Regions have the indexes of the protocol: 0 to 5 the BARs, 7 configuration space.
/// </remarks>
public interface IServedFunction
{
    /// <summary>The MSI-X vectors; a function without interrupts has an object with none.</summary>
    InterruptVectors Vectors { get; }

    /// <summary>The MSI messages; null for a function without MSI.</summary>
    InterruptVectors? Messages => null;

    /// <summary>The INTx pin; null for a function without.</summary>
    InterruptLine? Line => null;

    /// <summary>True when no reset and no lost link is still waiting for commands of the earlier life; the answer to a reset waits for it.</summary>
    bool IsQuiescent { get; }

    /// <summary>
    /// Asked before anything of the function or of its memory changes, and before it is looked at whether memory is in use. False where other
    /// threads of the function have to be stopped first: asked again in the next poll.
    /// </summary>
    bool TryHold() => true;

    /// <summary>Describes a region. One that does not exist has length 0. The same for a client's whole life.</summary>
    FunctionRegion GetRegion(uint index);

    /// <summary>Reads a range that lies inside a region; every byte of <paramref name="destination"/> (1 or more) is written.</summary>
    void Read(uint region, ulong offsetBytes, Span<byte> destination);

    /// <summary>
    /// Applies one write, of 1 or more bytes, that lies inside a region. What means nothing is dropped, as on a bus.
    /// </summary>
    /// <returns>True where it asks for a function level reset, which the server then does by <see cref="Reset"/>.</returns>
    bool Write(uint region, ulong offsetBytes, ReadOnlySpan<byte> data);

    /// <summary>A client has connected: everything is as after a reset, and what the last client could map is its no more.</summary>
    /// <returns>0, or a negated errno: the client is turned away.</returns>
    int Connect();

    /// <summary>The client speaks our version; messages follow.</summary>
    void LinkUp();

    /// <summary>The client is gone after <see cref="LinkUp"/>. Its memory stays mapped until <see cref="IsQuiescent"/>.</summary>
    void LinkDown();

    /// <summary>The client resets the function. The server answers when it <see cref="IsQuiescent"/>.</summary>
    void Reset(ResetKind kind);

    /// <summary>The client gave event descriptors to vectors, messages or the pin, or took some away.</summary>
    void InterruptsChanged();

    /// <summary>True while something in flight may still touch the host range, which the server has already taken out of the map.</summary>
    bool IsHostMemoryInUse(ulong address, ulong lengthBytes);
}

/// <summary>One region of a served function.</summary>
/// <param name="LengthBytes">Its length; 0 for one that does not exist.</param>
public readonly record struct FunctionRegion(ulong LengthBytes)
{
    /// <summary>File of the one area that a client may map, whose offsets are the region's; -1 for none. The function's to close.</summary>
    public int MapFile { get; init; } = -1;

    /// <summary>Where that area begins, a multiple of the page.</summary>
    public ulong MapOffsetBytes { get; init; }

    /// <summary>Its length, a multiple of the page.</summary>
    public ulong MapLengthBytes { get; init; }
}
