using System.Buffers.Binary;
using Nvmepf.SocModel;
using Nvmepf.Spec;

namespace Nvmepf.BoardBench;

/// <summary>What the reference does next for a command.</summary>
internal enum ReferenceStep
{
    FetchList,
    Move,
    Complete,
}

/// <summary>One DMA of the reference's, which somebody waits for.</summary>
/// <param name="Command">For what.</param>
/// <param name="HostAddress">PCI address.</param>
/// <param name="LocalAddress">Physical address on the board.</param>
/// <param name="LengthBytes">Length.</param>
/// <param name="IsEntry">It brings the command's submission queue entry.</param>
internal sealed record ReferenceTransfer(ReferenceCommand Command, ulong HostAddress, ulong LocalAddress, uint LengthBytes, bool IsEntry = false);

/// <summary>A command on its way.</summary>
internal sealed class ReferenceCommand
{
    internal required ReferenceQueue Queue { get; init; }

    internal int Number { get; set; }

    internal SubmissionQueueEntry Entry { get; set; }

    internal int MovedBytes { get; set; }

    internal ReferenceStep Step { get; set; }
}

/// <summary>A queue pair as the board sees it.</summary>
internal sealed class ReferenceQueue
{
    internal int Identifier { get; init; }

    internal nint Window { get; init; }

    internal uint Head { get; set; }

    internal int Fetched { get; set; }

    internal int Tail { get; set; }

    internal bool Phase { get; set; } = true;
}

/// <summary>One channel of the engine by bare registers: a list of one element for each transfer, one after the other.</summary>
internal sealed class ReferenceChannel(BenchBoard board, bool isRead)
{
    private const ulong Edma = SocMap.Dbi + 0x38_0000;
    private const uint ListElementControl = 0x9; // cycle bit, interrupt
    private const uint LinkControl = 0x6; // link, toggle
    private const uint StartControl = 0x300; // list mode, cycle state 1
    private const int ElementBytes = 24;

    private readonly ulong _channel = Edma + (isRead ? 0x300u : 0x200u);
    private readonly ulong _doorbell = Edma + (isRead ? 0x30u : 0x10u);
    private readonly ulong _status = Edma + (isRead ? 0xA0u : 0x4Cu);
    private readonly ulong _mask = Edma + (isRead ? 0xA8u : 0x54u);
    private readonly ulong _clear = Edma + (isRead ? 0xACu : 0x58u);
    private readonly ulong _list = BenchBoard.Scratch + (isRead ? 0x1000u : 0);
    private readonly int _interrupt = isRead ? 2 : 0;
    private readonly byte[] _elements = new byte[2 * ElementBytes];
    private readonly Queue<ReferenceTransfer> _waiting = new();
    private ReferenceTransfer? _running;

    /// <summary>The channel's interrupt on.</summary>
    internal void SetUp() => Write(_mask, 0);

    internal void Submit(ReferenceTransfer transfer) => _waiting.Enqueue(transfer);

    /// <summary>Takes the interrupt of a transfer that has ended, and starts the next.</summary>
    /// <returns>The one that has ended, or null.</returns>
    internal ReferenceTransfer? Run()
    {
        ReferenceTransfer? ended = null;
        if (_running is not null && board.Soc.DmaInterrupt(_interrupt))
        {
            if (!board.Soc.CpuRead(_status, 4, out ulong status) || (status & 1) == 0)
            {
                throw new InvalidOperationException("board bench: a DMA of the reference's way has failed");
            }

            Write(_clear, 1);
            ended = _running;
            _running = null;
        }

        if (_running is null && _waiting.TryDequeue(out ReferenceTransfer? next))
        {
            Start(next);
        }

        return ended;
    }

    private void Start(ReferenceTransfer transfer)
    {
        _running = transfer;
        Span<byte> element = _elements;
        BinaryPrimitives.WriteUInt32LittleEndian(element, ListElementControl);
        BinaryPrimitives.WriteUInt32LittleEndian(element[4..], transfer.LengthBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(element[8..], isRead ? transfer.HostAddress : transfer.LocalAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(element[16..], isRead ? transfer.LocalAddress : transfer.HostAddress);
        BinaryPrimitives.WriteUInt32LittleEndian(element[ElementBytes..], LinkControl);
        BinaryPrimitives.WriteUInt64LittleEndian(element[(ElementBytes + 8)..], _list);
        _ = board.Dram.TryWrite(_list, element);
        Write(_channel, StartControl);
        Write(_channel + 0x1C, (uint)_list);
        Write(_channel + 0x20, (uint)(_list >> 32));
        Write(_doorbell, 0);
    }

    private void Write(ulong address, uint value) => _ = board.Soc.CpuWrite(address, 4, value);
}
