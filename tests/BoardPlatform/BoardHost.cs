// The host as the SoC model sees it: a few ranges of memory that can be read and written, a range where interrupt messages arrive, and
// addresses that answer badly in a way the test chooses.
using System.Buffers.Binary;
using Nvmepf.SocModel;

namespace Nvmepf.Tests.BoardPlatform;

internal sealed class BoardHost : IHostFabric
{
    internal const ulong MemoryAddress = 0x1_0000_0000;
    internal const int MemoryBytes = 8 << 20;

    /// <summary>Memory at the very addresses of the SoC's outbound window.</summary>
    internal const ulong ApertureMemoryAddress = 0x9_0010_0000;
    internal const int ApertureMemoryBytes = 1 << 20;

    internal const ulong MessageAddress = 0xFEE0_0000;
    internal const ulong MessageBytes = 0x10_0000;

    private readonly List<(ulong Address, ulong LengthBytes, TlpStatus Status)> _badRanges = [];

    internal byte[] Memory { get; } = new byte[MemoryBytes];

    internal byte[] ApertureMemory { get; } = new byte[ApertureMemoryBytes];

    /// <summary>Interrupt messages in the order of their arrival.</summary>
    internal List<(ulong Address, uint Data)> Messages { get; } = new(1024);

    /// <summary>Writes that no memory took.</summary>
    internal int StrayWrites { get; private set; }

    /// <summary>Length of the message log when the last write to memory came: what came before what.</summary>
    internal int MessagesAtLastWrite { get; private set; }

    internal void AnswerBadly(ulong address, ulong lengthBytes, TlpStatus status) => _badRanges.Add((address, lengthBytes, status));

    internal void AnswerWell() => _badRanges.Clear();

    public TlpStatus Read(ulong pciAddress, Span<byte> data)
    {
        foreach ((ulong address, ulong lengthBytes, TlpStatus status) in _badRanges)
        {
            if (pciAddress < address + lengthBytes && pciAddress + (ulong)data.Length > address)
            {
                return status;
            }
        }

        if (!TryFind(pciAddress, data.Length, out Span<byte> memory))
        {
            return TlpStatus.UnsupportedRequest;
        }

        memory.CopyTo(data);
        return TlpStatus.Success;
    }

    public void Write(ulong pciAddress, ReadOnlySpan<byte> data)
    {
        if (pciAddress - MessageAddress < MessageBytes && data.Length == 4)
        {
            Messages.Add((pciAddress, BinaryPrimitives.ReadUInt32LittleEndian(data)));
        }
        else if (TryFind(pciAddress, data.Length, out Span<byte> memory))
        {
            data.CopyTo(memory);
            MessagesAtLastWrite = Messages.Count;
        }
        else
        {
            StrayWrites++;
        }
    }

    private bool TryFind(ulong address, int lengthBytes, out Span<byte> memory)
    {
        if (address - MemoryAddress <= (ulong)(MemoryBytes - lengthBytes))
        {
            memory = Memory.AsSpan((int)(address - MemoryAddress), lengthBytes);
            return true;
        }

        if (address - ApertureMemoryAddress <= (ulong)(ApertureMemoryBytes - lengthBytes))
        {
            memory = ApertureMemory.AsSpan((int)(address - ApertureMemoryAddress), lengthBytes);
            return true;
        }

        memory = default;
        return false;
    }
}
