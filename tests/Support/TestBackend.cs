// A backend for simulations: bytes in native memory, operations that end at once, or later and in any order, or not well, or find the
// ring full; all decided by one seed. It moves the bytes at the moment that an operation ends, so that memory which the firmware gives
// away too early shows.
using System.Runtime.InteropServices;
using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Tests.Support;

public sealed unsafe class TestBackend : NamespaceBackend
{
    private const int IoError = 5; // EIO

    private readonly byte* _media;
    private readonly int[] _pending = new int[4096];
    private readonly Random _random;
    private int _pendingCount;

    public TestBackend(ulong sizeBytes, int seed)
    {
        SizeBytes = sizeBytes;
        _random = new Random(seed);
        _media = (byte*)NativeMemory.AlignedAlloc((nuint)sizeBytes, 4096);
        NativeMemory.Clear(_media, (nuint)sizeBytes);
    }

    public override string Description => "test";

    public override uint MinimumBlockBytes => 512;

    public override bool HasVolatileWriteCache => true;

    public override bool SupportsDeallocate => true;

    public uint Alignment
    {
        get => MemoryAlignmentBytes;
        init => MemoryAlignmentBytes = value;
    }

    /// <summary>One operation in this many ends at once; 1 for all, 0 for none.</summary>
    public int InstantOneIn { get; set; } = 3;

    /// <summary>One operation in this many ends with EIO, without having moved anything; 0 for none.</summary>
    public int FailOneIn { get; set; }

    /// <summary>One submission in this many finds no room; 0 for none.</summary>
    public int BusyOneIn { get; set; }

    public int PendingCount => _pendingCount;

    public ReadOnlySpan<byte> Media => new(_media, (int)SizeBytes);

    public override void Open()
    {
    }

    public override void Start(IoUring ring)
    {
    }

    public override BackendOutcome Submit(ref BackendOperation operation)
    {
        if (BusyOneIn > 0 && _random.Next(BusyOneIn) == 0)
        {
            return BackendOutcome.Busy;
        }

        if (InstantOneIn > 0 && _random.Next(InstantOneIn) == 0)
        {
            return Perform(ref operation);
        }

        _pending[_pendingCount++] = operation.Tag;
        return BackendOutcome.Pending;
    }

    public override BackendOutcome Complete(ref BackendOperation operation, int result) => Perform(ref operation);

    /// <summary>Ends some of the pending operations, in any order.</summary>
    public void Pump(CommandEngine engine)
    {
        while (_pendingCount > 0 && _random.Next(3) != 0)
        {
            int which = _random.Next(_pendingCount);
            int tag = _pending[which];
            _pending[which] = _pending[--_pendingCount];
            engine.BackendCompleted(tag, 0);
        }
    }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.AlignedFree(_media);
        base.Dispose(disposing);
    }

    private BackendOutcome Perform(ref BackendOperation operation)
    {
        if (operation.IsCancelled || (FailOneIn > 0 && _random.Next(FailOneIn) == 0))
        {
            return operation.Fail(operation.IsCancelled ? Errno.ECANCELED : IoError);
        }

        byte* media = _media + operation.OffsetBytes;
        switch (operation.Kind)
        {
            case BackendOperationKind.Read:
            case BackendOperationKind.Write:
                for (int i = 0; i < operation.SegmentCount; i++)
                {
                    HostSegment* segment = operation.Segments + i;
                    bool isRead = operation.Kind == BackendOperationKind.Read;
                    NativeMemory.Copy(isRead ? media : segment->Local, isRead ? segment->Local : media, (nuint)segment->LengthBytes);
                    media += segment->LengthBytes;
                }

                break;
            case BackendOperationKind.WriteZeroes:
            case BackendOperationKind.Deallocate:
                NativeMemory.Clear(media, (nuint)operation.LengthBytes);
                break;
            default:
                break;
        }

        operation.DoneBytes = operation.LengthBytes;
        return operation.End(Nvmepf.Spec.Status.Success);
    }
}
