using Nvmepf.Hal;

namespace Nvmepf.SocModel.Server;

/// <summary>
/// A machine's memory, as its QEMU shares it: bytes at the machine's physical addresses. Memory that is not shared (ROMs, other devices)
/// is not there.
/// </summary>
internal sealed unsafe class ClientMemory
{
    private readonly HostMemoryMap _map;

    /// <summary>The memory in a map.</summary>
    internal ClientMemory(HostMemoryMap map) => _map = map;

    /// <summary>Reads; false where not all of the range is memory, and then nothing useful was read.</summary>
    internal bool TryRead(ulong address, Span<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (!TryFind(address, data.Length, HostAccess.Read, out byte* pointer, out int length))
            {
                return false;
            }

            // The map's pointers are valid for the bytes that it says, until the next message of the client is handled.
            new ReadOnlySpan<byte>(pointer, length).CopyTo(data);
            data = data[length..];
            address += (ulong)length;
        }

        return true;
    }

    /// <summary>Writes; false where not all of the range is memory, and then it may be written in part.</summary>
    internal bool TryWrite(ulong address, ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (!TryFind(address, data.Length, HostAccess.Write, out byte* pointer, out int length))
            {
                return false;
            }

            Store(pointer, data[..length]);
            data = data[length..];
            address += (ulong)length;
        }

        return true;
    }

    // A word that somebody polls (a doorbell, a completion's phase) is stored at once, not byte by byte.
    private static void Store(byte* pointer, ReadOnlySpan<byte> data)
    {
        switch (data.Length)
        {
            case 4 when ((nuint)pointer & 3) == 0:
                Volatile.Write(ref *(uint*)pointer, BitConverter.ToUInt32(data));
                break;
            case 8 when ((nuint)pointer & 7) == 0:
                Volatile.Write(ref *(ulong*)pointer, BitConverter.ToUInt64(data));
                break;
            default:
                data.CopyTo(new Span<byte>(pointer, data.Length));
                break;
        }
    }

    private bool TryFind(ulong address, int wanted, HostAccess access, out byte* pointer, out int length)
    {
        HostMemoryKind kind = _map.Resolve(address, (ulong)wanted, access, out pointer, out ulong contiguous);
        length = (int)contiguous;
        return kind == HostMemoryKind.Direct;
    }
}

/// <summary>The board's memory for the model.</summary>
internal sealed class BoardMemory : IBoardMemory
{
    /// <summary>The board's client; nothing is there before it is set.</summary>
    internal ClientMemory? Client { get; set; }

    /// <inheritdoc/>
    public bool TryRead(ulong physical, Span<byte> data) => Client is not null && Client.TryRead(physical, data);

    /// <inheritdoc/>
    public bool TryWrite(ulong physical, ReadOnlySpan<byte> data) => Client is not null && Client.TryWrite(physical, data);
}

/// <summary>The host's memory for the model, and where message-signalled interrupts arrive.</summary>
internal sealed class HostFabric : IHostFabric
{
    /// <summary>The host's client; nothing is there before it is set.</summary>
    internal ClientMemory? Client { get; set; }

    /// <summary>Where interrupts go.</summary>
    internal HostInterrupts? Interrupts { get; set; }

    /// <summary>Writes that nobody took: on a real bus an error of the host's, here only counted.</summary>
    internal long WritesLost { get; private set; }

    /// <inheritdoc/>
    public TlpStatus Read(ulong pciAddress, Span<byte> data) =>
        Client is not null && Client.TryRead(pciAddress, data) ? TlpStatus.Success : TlpStatus.UnsupportedRequest;

    /// <inheritdoc/>
    public void Write(ulong pciAddress, ReadOnlySpan<byte> data)
    {
        if (Interrupts is not null && Interrupts.TryRaise(pciAddress, data))
        {
            return;
        }

        if (Client is null || !Client.TryWrite(pciAddress, data))
        {
            WritesLost++;
        }
    }
}
