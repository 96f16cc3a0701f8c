using System.Diagnostics;
using System.Runtime.InteropServices;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Namespaces;

/// <summary>
/// Stands where the engine stands: a real ring, one operation with its segments and vectors, and memory for its data.
/// Create and use it in one test method, because a ring belongs to a thread.
/// </summary>
internal sealed unsafe class BackendBench : IDisposable
{
    public const int MemoryBytes = 4 << 20;
    private const int SegmentsMax = 1024;
    private const long DeadlineSeconds = 60;

    private readonly HostSegment* _segments;
    private readonly void* _memory;
    private readonly BackendOperation* _operation;
    private readonly IoUringCompletion[] _completions = new IoUringCompletion[64];

    public BackendBench(NamespaceBackend backend, uint ringEntries = 64)
    {
        Backend = backend;
        IoUringOptions options = new() { SubmissionEntries = ringEntries, CompletionEntries = ringEntries * 2 };
        Assert.True(IoUring.Create(in options, out IoUring? ring, out string problem) >= 0, problem);
        Ring = ring!;
        Assert.Equal(0, Ring.Start());
        backend.Open();
        backend.Start(Ring);
        Assert.Equal(0, MemoryMappings.MapAnonymous(MemoryBytes, 0, out _memory));
        _segments = (HostSegment*)NativeMemory.AllocZeroed(SegmentsMax, (nuint)sizeof(HostSegment));
        _operation = (BackendOperation*)NativeMemory.AllocZeroed(1, (nuint)sizeof(BackendOperation));
        _operation->Vectors = (IoVector*)NativeMemory.AllocZeroed(SegmentsMax, (nuint)sizeof(IoVector));
        _operation->Segments = _segments;
        _operation->Tag = 7;
    }

    public NamespaceBackend Backend { get; }

    public IoUring Ring { get; }

    /// <summary>Data of the operation; page aligned.</summary>
    public Span<byte> Memory => new(_memory, MemoryBytes);

    public byte* Pointer => (byte*)_memory;

    public ref BackendOperation Operation => ref *_operation;

    /// <summary>Ring completions of the last operation, the cancel request's not counted.</summary>
    public int Completions { get; private set; }

    /// <summary>Completions of cancel requests.</summary>
    public int CancelCompletions { get; private set; }

    public int BusyCount { get; private set; }

    /// <summary>Changes the result of a completion before the backend sees it: (which of the operation, result) to result.</summary>
    public Func<int, int, int>? Fault { get; set; }

    public void Begin(BackendOperationKind kind, ulong offset, ulong length, BackendFlags flags = BackendFlags.None)
    {
        Operation.Begin(kind, flags, offset, length);
        Operation.SegmentCount = 0;
        Completions = 0;
        CancelCompletions = 0;
        BusyCount = 0;
    }

    /// <summary>Lays the operation's memory out in pieces of a size, a gap apart, from an offset on.</summary>
    public void UseSegments(int pieceBytes, int gap = 0, int start = 0)
    {
        ulong left = Operation.LengthBytes;
        byte* at = Pointer + start;
        for (; left > 0; Operation.SegmentCount++)
        {
            ulong length = Math.Min(left, (ulong)pieceBytes);
            _segments[Operation.SegmentCount] = new HostSegment { HostAddress = 1, Local = at, LengthBytes = length };
            at += length + (ulong)gap;
            left -= length;
        }
    }

    /// <summary>Submits the operation and drives it to its end.</summary>
    public Status Run()
    {
        Drive(Backend.Submit(ref Operation));
        return Operation.Status;
    }

    /// <summary>Drives an operation that is pending to its end, and its cancel request with it.</summary>
    public void RunOn()
    {
        Drive(BackendOutcome.Pending);
        while (Ring.InFlight > 0)
        {
            _ = Reap(BackendOutcome.Completed);
        }
    }

    private void Drive(BackendOutcome outcome)
    {
        long start = Stopwatch.GetTimestamp();
        while (outcome != BackendOutcome.Completed)
        {
            Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < DeadlineSeconds, "the operation does not end");
            outcome = outcome == BackendOutcome.Busy ? Retry() : Reap(outcome);
        }
    }

    public Status Run(BackendOperationKind kind, ulong offset, ulong length, BackendFlags flags = BackendFlags.None)
    {
        Begin(kind, offset, length, flags);
        return Run();
    }

    public Status Write(ulong offset, ReadOnlySpan<byte> data, BackendFlags flags = BackendFlags.None, int pieceBytes = MemoryBytes)
    {
        Begin(BackendOperationKind.Write, offset, (ulong)data.Length, flags);
        data.CopyTo(Memory);
        UseSegments(pieceBytes);
        return Run();
    }

    public byte[] Read(ulong offset, int length, int pieceBytes = MemoryBytes)
    {
        Memory[..length].Fill(0xEE);
        Begin(BackendOperationKind.Read, offset, (ulong)length);
        UseSegments(pieceBytes);
        Status status = Run();
        Assert.True(status.IsSuccess, $"read: {status.Code}, errno {Operation.ErrorNumber}");
        return Memory[..length].ToArray();
    }

    /// <summary>Takes completions until nothing is under way, for what was left behind on purpose.</summary>
    public void Drain()
    {
        while (Ring.InFlight > 0)
        {
            Assert.True(Ring.SubmitAndWait(10_000_000_000) == 1, "operations left behind do not end");
            _ = Ring.Reap(_completions);
        }
    }

    public void Dispose()
    {
        Drain();
        Backend.Dispose();
        Ring.Dispose();
        NativeMemory.Free(_operation->Vectors);
        NativeMemory.Free(_operation);
        NativeMemory.Free(_segments);
        _ = MemoryMappings.Unmap(_memory, MemoryBytes);
    }

    private BackendOutcome Retry()
    {
        BusyCount++;
        if (Ring.InFlight > 0)
        {
            _ = Ring.SubmitAndWait(1_000_000_000);
            _ = Ring.Reap(_completions);
        }

        return Backend.Submit(ref Operation);
    }

    private BackendOutcome Reap(BackendOutcome outcome)
    {
        Assert.True(Ring.SubmitAndWait(10_000_000_000) >= 0, "waiting on the ring failed");
        int count = Ring.Reap(_completions);
        for (int i = 0; i < count; i++)
        {
            if (_completions[i].UserData == NamespaceBackend.NoOperation)
            {
                CancelCompletions++;
                continue;
            }

            // Not Assert.Equal: a test measures that none of this allocates.
            Assert.True(_completions[i].UserData == (ulong)Operation.Tag, "a completion has the tag of no operation");
            Assert.True(outcome == BackendOutcome.Pending, "a completion for an operation that is not under way");
            int result = Fault is null ? _completions[i].Result : Fault(Completions, _completions[i].Result);
            Completions++;
            outcome = Backend.Complete(ref Operation, result);
        }

        return outcome;
    }
}
