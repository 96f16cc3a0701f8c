// What the transfer tests share: one slot in native memory, a mapper and a mover over a fake platform, and the turn of an engine that
// only pumps DMA.
using System.Runtime.InteropServices;
using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Transfer;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Transfer;

internal sealed unsafe class TransferRig : IDisposable
{
    public const uint BufferBytes = 4 * 1024 * 1024;
    private const int ResumesMax = 200_000;
    private const ulong Guard = 0xA5A5_5A5A_C3C3_3C3C;

    private readonly CommandSlot* _slot;
    private readonly ulong* _listPage;
    private readonly HostSegment* _segments;

    public TransferRig(FakePlatformOptions? options = null)
    {
        Platform = new FakePlatform(options ?? new FakePlatformOptions());
        Mapper = new DataMapper(Platform);
        Mover = new HostMover(Platform);
        Pool = new BufferPool(Platform, 2, BufferBytes);
        _slot = (CommandSlot*)NativeMemory.AlignedAlloc((nuint)sizeof(CommandSlot), 64);
        NativeMemory.Clear(_slot, (nuint)sizeof(CommandSlot));
        _listPage = (ulong*)Platform.AllocateDmaMemory(DataMapper.ListPageBytes + 8);
        _segments = (HostSegment*)NativeMemory.AlignedAlloc((nuint)((CommandSlot.SegmentsMax + 1) * sizeof(HostSegment)), 64);
        _listPage[DataMapper.ListPageBytes / 8] = Guard;
        _segments[CommandSlot.SegmentsMax].HostAddress = Guard;
        _slot->Index = 7;
        _slot->ListPage = (byte*)_listPage;
        _slot->Segments = _segments;
        _slot->BufferIndex = Pool.TryTake();
        _slot->Buffer = Pool[_slot->BufferIndex];
    }

    public FakePlatform Platform { get; }

    public FakeHostMemory Memory => Platform.Memory;

    public DataMapper Mapper { get; }

    public HostMover Mover { get; }

    public BufferPool Pool { get; }

    public ref CommandSlot Slot => ref *_slot;

    /// <summary>DMA completions that were handed back since the last Map or Move.</summary>
    public int Completions { get; private set; }

    public Span<byte> Buffer => new(_slot->Buffer, (int)_slot->DataLengthBytes);

    public ReadOnlySpan<HostSegment> Segments => new(_segments, _slot->SegmentCount);

    /// <summary>Prepares the slot as the engine does for a command with data.</summary>
    public void Prepare(in SubmissionQueueEntry entry, DataDirection direction, uint lengthBytes, ushort submissionQueue = 1)
    {
        _slot->Entry = entry;
        _slot->Direction = direction;
        _slot->DataLengthBytes = lengthBytes;
        _slot->SubmissionQueueId = submissionQueue;
        _slot->State = CommandState.MappingData;
        _slot->Flags = CommandFlags.None;
        _slot->Status = default;
        _slot->ErrorByte = CommandSlot.NoParameterLocation;
        _slot->PendingDma = 0;
        _slot->SegmentCount = 0;
    }

    /// <summary>Maps to the end. Returns the status: success, or what the slot failed with.</summary>
    public Status Map()
    {
        Completions = 0;
        TransferOutcome outcome = Mapper.Map(ref *_slot);
        for (int i = 0; outcome is TransferOutcome.Pending or TransferOutcome.Stalled; i++)
        {
            Assert.True(i < ResumesMax, "mapping does not end");
            outcome = outcome == TransferOutcome.Stalled
                ? Mapper.Resume(ref *_slot, DmaStatus.Success)
                : Mapper.Resume(ref *_slot, NextCompletion());
        }

        return End(outcome);
    }

    public Status Map(in SubmissionQueueEntry entry, DataDirection direction, uint lengthBytes, ushort submissionQueue = 1)
    {
        Prepare(in entry, direction, lengthBytes, submissionQueue);
        return Map();
    }

    /// <summary>Moves to the end.</summary>
    public Status Move()
    {
        Completions = 0;
        _slot->State = CommandState.Gathering;
        TransferOutcome outcome = Mover.Move(ref *_slot);
        for (int i = 0; outcome is TransferOutcome.Pending or TransferOutcome.Stalled; i++)
        {
            Assert.True(i < ResumesMax, "moving does not end");
            Assert.Equal(outcome == TransferOutcome.Pending, _slot->PendingDma > 0);
            outcome = outcome == TransferOutcome.Stalled
                ? Mover.Resume(ref *_slot, DmaStatus.Success)
                : Mover.Resume(ref *_slot, NextCompletion());
        }

        return End(outcome);
    }

    /// <summary>Pumps until a DMA request of the slot has ended.</summary>
    public DmaStatus NextCompletion()
    {
        DmaCompletion completion;
        for (int i = 0; i < ResumesMax; i++)
        {
            if (Platform.Dma.Poll(&completion, 1) == 1)
            {
                Assert.Equal((ulong)_slot->Index, completion.Tag);
                Completions++;
                return completion.Status;
            }

            Platform.Dma.Pump();
        }

        throw new InvalidOperationException("the slot waits for DMA that nobody submitted");
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_slot);
        NativeMemory.AlignedFree(_segments);
        Platform.Dispose();
    }

    private Status End(TransferOutcome outcome)
    {
        Assert.Equal(0, _slot->PendingDma);
        Assert.Equal(0, Platform.Dma.InFlight);
        Assert.Null(Platform.Dma.ContractViolation);
        Assert.Equal(Guard, _listPage[DataMapper.ListPageBytes / 8]);
        Assert.Equal(Guard, _segments[CommandSlot.SegmentsMax].HostAddress);
        Assert.InRange(_slot->SegmentCount, 0, CommandSlot.SegmentsMax);
        if (outcome == TransferOutcome.Failed)
        {
            Assert.True(_slot->Status.IsError);
            Assert.NotEqual(CommandSlot.NoParameterLocation, _slot->ErrorByte);
            return _slot->Status;
        }

        Assert.Equal(TransferOutcome.Done, outcome);
        return Status.Success;
    }
}
