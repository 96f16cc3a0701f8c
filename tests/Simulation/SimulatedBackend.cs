// A disk for the simulation: operations end at once or later, in any order, well or not, whole or in part; a write is in the volatile
// cache until a flush or with FUA. One stream of random numbers decides.
using System.Runtime.InteropServices;
using Nvmepf.Firmware.Commands;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Tests.Simulation;

internal sealed unsafe class SimulatedBackend : NamespaceBackend
{
    private const int IoError = 5; // EIO
    private const int PendingMax = 256;

    private readonly byte* _media;
    private readonly bool[] _isCached;
    private readonly int[] _pending = new int[PendingMax];
    private readonly SeededRandom _random;
    private readonly int _blockBytes;
    private int _pendingCount;

    public SimulatedBackend(ulong sizeBytes, int blockBytes, SeededRandom random)
    {
        _blockBytes = blockBytes;
        SizeBytes = sizeBytes;
        _random = random;
        _media = (byte*)NativeMemory.AllocZeroed((nuint)sizeBytes);
        _isCached = new bool[(int)sizeBytes / blockBytes];
    }

    public override string Description => "simulated";

    public override uint MinimumBlockBytes => 512;

    public override bool HasVolatileWriteCache => true;

    public override bool SupportsDeallocate => true;

    public int InstantOneIn { get; set; }

    public int FailOneIn { get; set; }

    public int BusyOneIn { get; set; }

    public int PendingCount => _pendingCount;

    /// <summary>True where a flush has failed since the last one that did not.</summary>
    public bool HasFlushFailed { get; private set; }

    /// <summary>True while a block is in the cache alone.</summary>
    public bool HasCachedBlocks => Array.IndexOf(_isCached, true) >= 0;

    public ReadOnlySpan<byte> Media => new(_media, (int)SizeBytes);

    public override void Open()
    {
    }

    public override void Start(IoUring ring)
    {
    }

    public override BackendOutcome Submit(ref BackendOperation operation)
    {
        if (_random.OneIn(BusyOneIn) || _pendingCount == PendingMax)
        {
            return BackendOutcome.Busy;
        }

        if (_random.OneIn(InstantOneIn))
        {
            return Perform(ref operation);
        }

        _pending[_pendingCount++] = operation.Tag;
        return BackendOutcome.Pending;
    }

    public override BackendOutcome Complete(ref BackendOperation operation, int result) => Perform(ref operation);

    /// <summary>Ends one of the pending operations, any.</summary>
    public void EndOne(CommandEngine engine)
    {
        if (_pendingCount > 0)
        {
            int which = _random.Below(_pendingCount);
            int tag = _pending[which];
            _pending[which] = _pending[--_pendingCount];
            engine.BackendCompleted(tag, 0);
        }
    }

    protected override void Dispose(bool disposing)
    {
        NativeMemory.Free(_media);
        base.Dispose(disposing);
    }

    private BackendOutcome Perform(ref BackendOperation operation)
    {
        if (operation.IsCancelled)
        {
            return operation.Fail(Errno.ECANCELED);
        }

        bool fails = _random.OneIn(FailOneIn);
        ulong good = fails ? (ulong)(_random.Below(((int)operation.LengthBytes / _blockBytes) + 1) * _blockBytes) : operation.LengthBytes;
        switch (operation.Kind)
        {
            case BackendOperationKind.Flush:
                HasFlushFailed = fails;
                if (!fails)
                {
                    Array.Clear(_isCached);
                }

                break;
            case BackendOperationKind.Read:
            case BackendOperationKind.Write:
                Move(ref operation, good);
                break;
            default:
                NativeMemory.Clear(_media + operation.OffsetBytes, (nuint)good);
                break;
        }

        if (operation.Kind is not (BackendOperationKind.Read or BackendOperationKind.Flush))
        {
            bool isDurable = (operation.Flags & BackendFlags.ForceUnitAccess) != 0;
            _isCached.AsSpan((int)operation.OffsetBytes / _blockBytes, (int)good / _blockBytes).Fill(!isDurable);
        }

        operation.DoneBytes = good;
        return fails ? operation.Fail(IoError) : operation.End(Nvmepf.Spec.Status.Success);
    }

    private void Move(ref BackendOperation operation, ulong lengthBytes)
    {
        byte* media = _media + operation.OffsetBytes;
        for (int i = 0; i < operation.SegmentCount && lengthBytes > 0; i++)
        {
            HostSegment* segment = operation.Segments + i;
            nuint count = (nuint)Math.Min(segment->LengthBytes, lengthBytes);
            bool isRead = operation.Kind == BackendOperationKind.Read;
            NativeMemory.Copy(isRead ? media : segment->Local, isRead ? segment->Local : media, count);
            media += count;
            lengthBytes -= count;
        }
    }
}
