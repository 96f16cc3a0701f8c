// The reference's way of serving the same queues, as its description has it: one poller fetches submission queue entries one by one, each by
// a DMA of 64 bytes that it waits for; a worker for each command moves each segment by a DMA that it waits for; a completion is stored by the
// CPU through a window, and a message after it. One channel each way, one element in each list. Many threads run at once there and one here, so
// only what is one after the other there costs time here: accesses of registers, and the time until a worker runs.

using System.Runtime.InteropServices;
using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;
using Nvmepf.Hal.Rk3588;
using Nvmepf.SocModel;
using Nvmepf.Spec;

namespace Nvmepf.BoardBench;

/// <summary>The reference's way under a workload of the simulated host.</summary>
internal sealed unsafe class ReferenceRun : IFunctionHandler
{
    private const int StepNanoseconds = 100;
    private const int SetUpTurns = 200;
    private const int CommandsMax = 1024;
    private const int EntryBytes = 64;
    private const int ListPageBytes = 4096;
    private const int EntriesOffset = 0x1_0000;
    private const int ListsOffset = 0x4_0000;
    private const int DataOffset = 0x10_0000;
    private const uint PageBytes = 4096;

    private readonly BenchBoard _board;
    private readonly BenchWorkload _workload;
    private readonly ReferenceChannel _receive;
    private readonly ReferenceChannel _transmit;
    private readonly ReferenceQueue[] _queues;
    private readonly PriorityQueue<ReferenceCommand, long> _workers = new();
    private readonly byte[] _bytes = new byte[ListPageBytes];
    private nint _messageWindow;
    private int _nextQueue;
    private bool _isFetching;

    private ReferenceRun(BenchBoard board, BenchWorkload workload)
    {
        _board = board;
        _workload = workload;
        _receive = new ReferenceChannel(board, isRead: true);
        _transmit = new ReferenceChannel(board, isRead: false);
        _queues = new ReferenceQueue[workload.Queues];
    }

    /// <inheritdoc/>
    public bool IsQuiescent => true;

    internal static BenchResult Measure(BenchWorkload workload, BenchParameters parameters)
    {
        using BenchBoard board = new(parameters, workload.Queues);
        ReferenceRun run = new(board, workload);
        run.SetUp();
        board.Host.Start(workload);
        run.RunFor(parameters.WarmUpNanoseconds);
        Measurement before = run.Take();
        run.RunFor(parameters.MeasuredNanoseconds);
        Measurement figures = run.Take().Since(before);
        board.CheckViolations();
        return new BenchResult(workload, figures, ChannelsPerDirection: 1);
    }

    /// <inheritdoc/>
    public void PlatformFailed() => throw new InvalidOperationException("board bench: the DMA engine has failed");

    /// <inheritdoc/>
    public void RegisterWrite(uint offsetBytes, ulong value, int widthBytes)
    {
    }

    /// <inheritdoc/>
    public void LinkUp()
    {
    }

    /// <inheritdoc/>
    public void LinkDown()
    {
    }

    /// <inheritdoc/>
    public void FunctionReset(ResetKind kind)
    {
    }

    /// <inheritdoc/>
    public bool IsHostMemoryInUse(ulong address, ulong lengthBytes) => false;

    private Measurement Take() => Measurement.Take(_board.Soc, _board.Host, _board.Trap, cpuBusyNanoseconds: 0);

    /// <summary>The link and the windows by our platform, which is not polled afterwards: only the way of serving is another.</summary>
    private void SetUp()
    {
        _board.Start(this, _workload.Queues, PollPlatform);
        for (int i = 0; i < SetUpTurns; i++)
        {
            _board.Soc.Advance(StepNanoseconds);
            PollPlatform();
        }

        for (int i = 0; i < _queues.Length; i++)
        {
            nint window = _board.Platform.OpenWindow(ModelHost.AddressesOf(i + 1).Completion, ModelHost.QueueEntries * 16);
            _queues[i] = new ReferenceQueue { Identifier = i + 1, Window = window };
        }

        _messageWindow = _board.Platform.Windows.Map(OutboundWindows.MessageRegion, ModelHost.MessageAddress, sizeof(uint));
        _receive.SetUp();
        _transmit.SetUp();
    }

    private void PollPlatform()
    {
        _ = _board.Platform.Poll();
        DmaCompletion none;
        _ = _board.Platform.HostDma.Poll(&none, 1);
    }

    private void RunFor(long nanoseconds)
    {
        long end = _board.Soc.NowNanoseconds + nanoseconds;
        while (_board.Soc.NowNanoseconds < end)
        {
            _board.Host.Run(_board.Soc.NowNanoseconds);
            Ended(_receive.Run());
            Ended(_transmit.Run());
            if (!_isFetching)
            {
                PollDoorbell();
            }

            while (_workers.TryPeek(out ReferenceCommand? command, out long due) && due <= _board.Soc.NowNanoseconds)
            {
                _ = _workers.Dequeue();
                Continue(command);
            }

            _board.Soc.Advance(StepNanoseconds);
        }
    }

    private void PollDoorbell()
    {
        ReferenceQueue queue = _queues[_nextQueue];
        _nextQueue = (_nextQueue + 1) % _queues.Length;
        uint tail = Mmio.Read32(_board.Platform.Bar0.Word32(Bar0Layout.DoorbellBase + ((uint)queue.Identifier * 8)));
        if (tail == queue.Head)
        {
            return;
        }

        _isFetching = true;
        ReferenceCommand command = new() { Queue = queue, Number = queue.Fetched++ % CommandsMax };
        command.Number += (queue.Identifier - 1) * CommandsMax;
        ulong entry = ModelHost.AddressesOf(queue.Identifier).Submission + (queue.Head * EntryBytes);
        queue.Head = (queue.Head + 1) % ModelHost.QueueEntries;
        _receive.Submit(new ReferenceTransfer(command, entry, EntryAddress(command), EntryBytes, IsEntry: true));
    }

    private void Ended(ReferenceTransfer? transfer)
    {
        if (transfer is null)
        {
            return;
        }

        ReferenceCommand command = transfer.Command;
        if (transfer.IsEntry)
        {
            _isFetching = false;
            _ = _board.Dram.TryRead(EntryAddress(command), _bytes.AsSpan(0, EntryBytes));
            command.Entry = MemoryMarshal.Read<SubmissionQueueEntry>(_bytes);
            command.Step = IsScattered ? ReferenceStep.FetchList : ReferenceStep.Move;
            After(command, _board.Parameters.WorkerNanoseconds);
        }
        else if (command.Step == ReferenceStep.FetchList)
        {
            command.Step = ReferenceStep.Move;
            Continue(command);
        }
        else if (command.MovedBytes < _workload.BlockBytes)
        {
            Continue(command);
        }
        else
        {
            command.Step = ReferenceStep.Complete;
            After(command, _board.Parameters.WorkerNanoseconds);
        }
    }

    private void Continue(ReferenceCommand command)
    {
        switch (command.Step)
        {
            case ReferenceStep.FetchList:
                int lengthBytes = ((_workload.BlockBytes / (int)PageBytes) - 1) * sizeof(ulong);
                _receive.Submit(new ReferenceTransfer(command, command.Entry.Prp2, ListAddress(command), (uint)lengthBytes));
                break;
            case ReferenceStep.Move:
                bool isRead = command.Entry.Cdw0.Opcode == 2;
                uint bytes = IsScattered ? PageBytes : (uint)_workload.BlockBytes;
                ulong host = command.Entry.Prp1 + ((ulong)command.MovedBytes * (IsScattered ? 2u : 1));
                command.MovedBytes += (int)bytes;
                (isRead ? _transmit : _receive).Submit(new ReferenceTransfer(command, host, BenchBoard.Scratch + DataOffset, bytes));
                break;
            default:
                Complete(command);
                break;
        }
    }

    private void Complete(ReferenceCommand command)
    {
        ReferenceQueue queue = command.Queue;
        CompletionQueueEntry entry = new()
        {
            SubmissionQueueHeadPointer = (ushort)queue.Head,
            SubmissionQueueIdentifier = (ushort)queue.Identifier,
            CommandIdentifier = command.Entry.Cdw0.CommandIdentifier,
            CompletionStatus = new CompletionStatus { PhaseTag = queue.Phase },
        };
        ulong* place = (ulong*)(queue.Window + (queue.Tail * sizeof(CompletionQueueEntry)));
        ulong* words = (ulong*)&entry;
        Mmio.Write64(place, words[0]);
        Mmio.Write64(place + 1, words[1]);
        Mmio.Write32((uint*)_messageWindow, ModelHost.MessageBase + (uint)queue.Identifier);
        queue.Tail = (queue.Tail + 1) % ModelHost.QueueEntries;
        queue.Phase ^= queue.Tail == 0;
    }

    private void After(ReferenceCommand command, int nanoseconds) => _workers.Enqueue(command, _board.Soc.NowNanoseconds + nanoseconds);

    private bool IsScattered => _workload.Layout == DataLayout.ScatteredPages;

    private static ulong EntryAddress(ReferenceCommand command) => BenchBoard.Scratch + EntriesOffset + (ulong)(command.Number % CommandsMax * EntryBytes);

    private static ulong ListAddress(ReferenceCommand command) => BenchBoard.Scratch + ListsOffset + (ulong)(command.Number % 64 * ListPageBytes);
}
