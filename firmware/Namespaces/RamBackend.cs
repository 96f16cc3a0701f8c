using System.Runtime.InteropServices;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>
/// A namespace in this process's memory: sparse, zeroed, gone with the process. Copies on the reactors' threads; where there are
/// several, BlockVersions.cs keeps blocks whole.
/// </summary>
/// <remarks>
/// Memory is not reserved, so that a namespace may be larger than the machine as long as it is not filled; a host that fills it anyway
/// meets the system's out-of-memory killer, not a status code.
/// </remarks>
public sealed unsafe class RamBackend : NamespaceBackend
{
    // Below this, clearing memory is cheaper than a system call and the page faults that follow it.
    private const ulong GiveBackLeastBytes = 128 * 1024;

    // What one turn of the reactor gives back or clears; giving back costs about 0.1 ms a MiB with small pages.
    private const ulong GiveBackStepBytes = 32UL << 20;
    private const ulong ClearStepBytes = 2UL << 20;

    private const int ReadAttempts = 4;
    private BlockVersions? _versions; // where several reactors submit
    private readonly BlockVersions _ownVersions = new(); // 16 KiB, made here because Start may be on a reactor
    private byte* _memory;
    private bool _canGiveBack = true;

    /// <summary>Creates a backend of a size; <see cref="Open"/> reserves the addresses.</summary>
    /// <param name="sizeBytes">Size in bytes, more than 0.</param>
    public RamBackend(ulong sizeBytes)
    {
        SizeBytes = sizeBytes;
        EndsAtOnce = true;
    }

    /// <inheritdoc/>
    public override string Description => "ram";

    /// <inheritdoc/>
    public override uint MinimumBlockBytes => 512;

    /// <inheritdoc/>
    public override bool HasVolatileWriteCache => false;

    /// <inheritdoc/>
    public override bool SupportsDeallocate => true;

    /// <inheritdoc/>
    public override void Open()
    {
        int result = MemoryMappings.MapAnonymous((nuint)SizeBytes, MapFlags.NoReserve, out void* address);
        if (result < 0)
        {
            throw new PlatformException(
                $"ram namespace of {SizeBytes} bytes: cannot map it: {Errno.Describe(result)}; choose a smaller size or raise the " +
                "address space limit (ulimit -v)");
        }

        // Both are wishes: without huge pages it is slower, with core dumps it is larger, and that is all.
        _ = MemoryMappings.Advise(address, (nuint)SizeBytes, MemoryAdvice.HugePage);
        _ = MemoryMappings.Advise(address, (nuint)SizeBytes, MemoryAdvice.DoNotDump);
        WideCopy.Install();
        _memory = (byte*)address;
        Memory = _memory;
    }

    /// <inheritdoc/>
    public override void Start(IoUring ring)
    {
        if (_memory == null)
        {
            Open();
        }
    }

    /// <inheritdoc/>
    public override void Start(IoUring[] rings)
    {
        Start(rings[0]);
        if (rings.Length > 1)
        {
            _versions = _ownVersions;
            BatchesWrites = true;
        }
    }

    /// <inheritdoc/>
    public override BackendOutcome Submit(ref BackendOperation operation)
    {
        CheckRange(in operation);
        if (operation.IsCancelled)
        {
            return operation.Fail(Errno.ECANCELED);
        }

        if (_versions is not null && operation.Kind != BackendOperationKind.Flush)
        {
            if (!TryDoGuarded(_versions, ref operation))
            {
                return BackendOutcome.Busy;
            }
        }
        else
        {
            Do(ref operation);
        }

        return operation.DoneBytes == operation.LengthBytes ? operation.End(Status.Success) : BackendOutcome.Busy;
    }

    /// <inheritdoc/>
    public override bool TryBeginWrite(ref BackendOperation operation, BackendOperation* before)
    {
        CheckRange(in operation);
        operation.IsHeldByOneBefore = before != null
            && BlockVersions.IsInLastOf(operation.OffsetBytes, operation.LengthBytes, before->OffsetBytes, before->LengthBytes);
        return operation.IsHeldByOneBefore || _ownVersions.TryBeginWrite(operation.OffsetBytes, operation.LengthBytes);
    }

    /// <inheritdoc/>
    public override void EndWrites(BackendOperation* first)
    {
        // Valid: operations live in slots of the calling engine, which gives none of them back before this returns.
        for (BackendOperation* operation = first; operation != null; operation = operation->NextOfBatch)
        {
            Copy(ref *operation);
        }

        BulkCopy.Fence();
        for (BackendOperation* operation = first; operation != null; operation = operation->NextOfBatch)
        {
            if (!operation->IsHeldByOneBefore)
            {
                _ownVersions.EndWrite(operation->OffsetBytes, operation->LengthBytes);
            }

            _ = operation->End(Status.Success);
        }
    }

    /// <inheritdoc/>
    public override BackendOutcome Complete(ref BackendOperation operation, int result) => operation.End(Status.Success);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_memory != null)
        {
            _ = MemoryMappings.Unmap(_memory, (nuint)SizeBytes);
            _memory = null;
            Memory = null;
        }

        base.Dispose(disposing);
    }

    private void CheckRange(in BackendOperation operation) => Invariant.Check(
        operation.LengthBytes <= SizeBytes && operation.OffsetBytes <= SizeBytes - operation.LengthBytes,
        "a backend operation lies inside its namespace");

    private void Do(ref BackendOperation operation)
    {
        switch (operation.Kind)
        {
            case BackendOperationKind.Read:
            case BackendOperationKind.Write:
                Copy(ref operation);
                break;
            case BackendOperationKind.WriteZeroes:
            case BackendOperationKind.Deallocate:
                ClearStep(ref operation);
                break;
            default:
                operation.DoneBytes = operation.LengthBytes;
                break;
        }
    }

    /// <summary>The same where other reactors may be in the range at this moment.</summary>
    /// <returns>False where one is.</returns>
    private bool TryDoGuarded(BlockVersions versions, ref BackendOperation operation)
    {
        ulong offset = operation.OffsetBytes + operation.DoneBytes;
        ulong length = Math.Min(operation.LengthBytes - operation.DoneBytes, GiveBackStepBytes);
        if (operation.Kind != BackendOperationKind.Read)
        {
            if (!versions.TryBeginWrite(offset, length))
            {
                return false;
            }

            Do(ref operation);
            BulkCopy.Fence();
            versions.EndWrite(offset, length);
            return true;
        }

        for (int attempt = 0; attempt < ReadAttempts; attempt++)
        {
            if (versions.TryBeginRead(offset, length, out ulong sum))
            {
                operation.DoneBytes = 0;
                Copy(ref operation);
                if (versions.IsSame(offset, length, sum))
                {
                    return true;
                }
            }
        }

        operation.DoneBytes = 0;
        return false;
    }

    private void Copy(ref BackendOperation operation)
    {
        // Valid: the range was checked against the size of the mapping, which lives until Dispose.
        byte* media = _memory + operation.OffsetBytes;
        for (int i = 0; i < operation.SegmentCount; i++)
        {
            HostSegment* segment = operation.Segments + i;
            Invariant.Check(segment->LengthBytes <= operation.LengthBytes - operation.DoneBytes, "segments add up to the operation");
            if (operation.Kind == BackendOperationKind.Read)
            {
                BulkCopy.FromStore(media, segment->Local, (nuint)segment->LengthBytes);
            }
            else
            {
                BulkCopy.ToStore(segment->Local, media, (nuint)segment->LengthBytes);
            }

            media += segment->LengthBytes;
            operation.DoneBytes += segment->LengthBytes;
        }

        Invariant.Check(operation.DoneBytes == operation.LengthBytes, "segments add up to the operation");
    }

    /// <summary>Zeroes the next part of the range: whole pages go back to the system, what is left at the ends is cleared.</summary>
    private void ClearStep(ref BackendOperation operation)
    {
        ulong rest = operation.LengthBytes - operation.DoneBytes;
        byte* start = _memory + operation.OffsetBytes + operation.DoneBytes;
        if (_canGiveBack && rest >= GiveBackLeastBytes)
        {
            ulong length = Math.Min(rest, GiveBackStepBytes);
            ulong pageMask = (ulong)MemoryMappings.PageSizeBytes - 1;
            byte* firstPage = (byte*)(((ulong)start + pageMask) & ~pageMask);
            byte* afterLastPage = (byte*)((ulong)(start + length) & ~pageMask);
            if (MemoryMappings.Advise(firstPage, (nuint)(afterLastPage - firstPage), MemoryAdvice.DoNotNeed) == 0)
            {
                NativeMemory.Clear(start, (nuint)(firstPage - start));
                NativeMemory.Clear(afterLastPage, (nuint)(start + length - afterLastPage));
                operation.DoneBytes += length;
                return;
            }

            // Locked memory cannot be given back (mlockall); clearing it is slower and just as good for the host.
            _canGiveBack = false;
        }

        ulong clear = Math.Min(rest, ClearStepBytes);
        NativeMemory.Clear(start, (nuint)clear);
        operation.DoneBytes += clear;
    }
}
