using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>
/// A namespace in a regular file or on a block device, over io_uring: direct where the file system can, else through the page cache.
/// </summary>
/// <remarks>
/// What is acknowledged is what the kernel has completed, so a process that is killed loses nothing that was acknowledged; what the power
/// supply may lose is what was written without Force Unit Access after the last Flush, as on any SSD with a volatile write cache.
/// Flush is fdatasync; Force Unit Access is RWF_DSYNC on the write itself, and fdatasync after a range was zeroed.
/// Does not watch the file: who cuts it behind our back gets Unrecovered Read Error for what is gone, and a hole where it is written again.
/// </remarks>
public sealed unsafe partial class FileBackend : NamespaceBackend
{
    // EAGAIN and EINTR in a row before the host is told; each costs a turn through the ring.
    private const int RetriesMax = 16;

    // One system call transfers at most 2^31 - 4096 bytes; MDTS keeps commands far below, this keeps the arithmetic honest.
    private const ulong TransferMaxBytes = 1UL << 30;

    // Pieces in which a range is zeroed or punched: between two of them a cancelled command can end.
    private const ulong AllocatePieceBytes = 1UL << 30;

    // How long a file that goes waits for each reactor to let go of it.
    private const long RetirePatienceNanoseconds = 2_000_000_000;

    private const int UnknownPlace = int.MinValue;

    // Zeroes for file systems that cannot zero a range; the same memory stands in every vector.
    private const uint ZeroBufferBytes = 64 * 1024;
    private const int ZeroVectors = 32;

    private readonly string _path;
    private readonly ulong? _wantedSizeBytes;
    private readonly uint _blockBytes;
    private readonly bool _isDeviceWanted;
    private readonly bool _isBuffered;
    private BackingFile? _file;
    private IoUring[] _rings = [];
    private readonly int[] _filePlaces = new int[DiagnosticsLog.ReactorsMax]; // in the rings' file tables, or UnknownPlace, or less than 0 for none
    private byte* _zeroes;
    private int _descriptor = -1;
    private bool _canPunchHoles;
    private bool _canZeroRanges = true;
    private bool _isInMemory;

    /// <summary>Names a file or block device; nothing is touched before <see cref="Open"/>.</summary>
    /// <param name="path">Path of a regular file or a block device.</param>
    /// <param name="sizeBytes">
    /// Size in bytes, or null for what there is. A missing or empty regular file is created with it; any other must have it.
    /// </param>
    /// <param name="blockBytes">Logical block of the namespace: a power of two, 512 or more.</param>
    /// <param name="isDeviceWanted">True where only a block device will do (<c>block:</c>).</param>
    /// <param name="isBuffered">True where transfers go through the page cache even where they need not.</param>
    /// <param name="wantsPolling">True where the disk is to be polled for the ends of transfers, if it can be.</param>
    public FileBackend(
        string path, ulong? sizeBytes = null, uint blockBytes = 512, bool isDeviceWanted = false, bool isBuffered = false, bool wantsPolling = false)
    {
        _isBuffered = isBuffered;
        _wantsPolling = wantsPolling;
        Array.Fill(_filePlaces, UnknownPlace);
        Array.Fill(_polledPlaces, UnknownPlace);
        _path = path;
        _wantedSizeBytes = sizeBytes;
        _blockBytes = blockBytes;
        _isDeviceWanted = isDeviceWanted;
    }

    private enum Stage
    {
        Start,
        Transfer,
        PunchHole,
        ZeroRange,
        WriteZeroBuffer,
        Sync,
    }

    /// <inheritdoc/>
    public override string Description => (_file?.IsBlockDevice ?? _isDeviceWanted ? "block:" : "file:") + _path;

    /// <inheritdoc/>
    public override uint MinimumBlockBytes => _file?.BlockBytes ?? 512;

    /// <summary>True where transfers bypass the page cache.</summary>
    public bool IsDirect => _file?.IsDirect ?? false;

    /// <inheritdoc/>
    public override bool HasVolatileWriteCache => true;

    /// <inheritdoc/>
    public override bool SupportsDeallocate => _canPunchHoles;

    /// <inheritdoc/>
    public override void Open()
    {
        BackingFile file = BackingFile.Open(_path, _wantedSizeBytes, _blockBytes, _isDeviceWanted, _isBuffered);
        _file = file;
        _descriptor = file.Descriptor;
        _canPunchHoles = file.CanPunchHoles;
        _isInMemory = file.IsInMemory;
        ProbePolling(file);
        SizeBytes = file.SizeBytes;
        MemoryAlignmentBytes = file.AlignmentBytes;
        int result = MemoryMappings.MapAnonymous(ZeroBufferBytes, 0, out void* zeroes);
        if (result < 0)
        {
            throw new PlatformException($"{_path}: no memory for a buffer of {ZeroBufferBytes} bytes: {Errno.Describe(result)}");
        }

        _zeroes = (byte*)zeroes;
    }

    /// <inheritdoc/>
    public override void Start(IoUring ring) => Start([ring]);

    /// <inheritdoc/>
    public override void Start(IoUring[] rings)
    {
        if (_file is null)
        {
            Open();
        }

        // On a reactor where the namespace comes while others are served, so nothing is allocated here.
        Invariant.Check(rings.Length <= _filePlaces.Length, "a place for each reactor");
        _rings = rings;
        for (int i = 0; i < rings.Length; i++)
        {
            if (_filePlaces[i] == UnknownPlace && rings[i].IsOwnedByCaller)
            {
                _filePlaces[i] = rings[i].TakeFilePlace(_descriptor);
            }
        }
    }

    /// <inheritdoc/>
    public override ulong MeasureBytes() => _file?.MeasureBytes() ?? SizeBytes;

    /// <inheritdoc/>
    public override bool TryGrow(ulong sizeBytes)
    {
        SizeBytes = sizeBytes;
        return true;
    }

    /// <inheritdoc/>
    public override BackendOutcome Submit(ref BackendOperation operation)
    {
        Invariant.Check(
            operation.LengthBytes <= SizeBytes && operation.OffsetBytes <= SizeBytes - operation.LengthBytes,
            "a backend operation lies inside its namespace");
        if (operation.IsCancelled)
        {
            return operation.Fail(Errno.ECANCELED);
        }

        if (operation.Step == (int)Stage.Start)
        {
            operation.Step = (int)FirstStage(in operation);
        }

        return Issue(ref operation);
    }

    /// <inheritdoc/>
    public override BackendOutcome Complete(ref BackendOperation operation, int result)
    {
        if (result < 0)
        {
            return HandleError(ref operation, -result);
        }

        switch ((Stage)operation.Step)
        {
            case Stage.Transfer:
            case Stage.WriteZeroBuffer:
                ulong progress = (ulong)result & ~((ulong)MemoryAlignmentBytes - 1);
                if (progress == 0)
                {
                    // The end of the file came before the end of the namespace, or a write that takes nothing and says no reason.
                    return operation.Fail(operation.Kind == BackendOperationKind.Read ? Errno.ENODATA : Errno.EIO);
                }

                operation.DoneBytes += progress;
                break;
            case Stage.PunchHole:
            case Stage.ZeroRange:
                operation.DoneBytes += AllocateLength(in operation);
                break;
            default:
                return operation.End(Status.Success);
        }

        operation.Retries = 0;
        return Advance(ref operation);
    }

    /// <inheritdoc/>
    public override void Cancel(ref BackendOperation operation)
    {
        base.Cancel(ref operation);

        // Best effort: without room in the ring the operation ends at its next step instead. A ring that is polled takes no cancels.
        if (!operation.IsPolled)
        {
            _ = Ring(in operation).TryCancel((ulong)operation.Tag, NoOperation);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_zeroes != null)
        {
            _ = MemoryMappings.Unmap(_zeroes, ZeroBufferBytes);
            _zeroes = null;
        }

        for (int i = 0; i < _filePlaces.Length; i++)
        {
            if (_filePlaces[i] >= 0)
            {
                _ = _rings[i].RetireFilePlace(_filePlaces[i], RetirePatienceNanoseconds);
                _filePlaces[i] = UnknownPlace;
            }

            if (_polledPlaces[i] >= 0)
            {
                _ = _rings[i].Polled!.RetireFilePlace(_polledPlaces[i], RetirePatienceNanoseconds);
                _polledPlaces[i] = UnknownPlace;
            }
        }

        _file?.Dispose();
        _descriptor = -1;
        base.Dispose(disposing);
    }

    private IoUring Ring(in BackendOperation operation) => _rings[operation.Reactor];

    private Stage FirstStage(in BackendOperation operation)
    {
        switch (operation.Kind)
        {
            case BackendOperationKind.Flush:
                return Stage.Sync;
            case BackendOperationKind.Deallocate:
                return Stage.PunchHole;
            case BackendOperationKind.WriteZeroes:
                bool mayPunch = _canPunchHoles && (operation.Flags & BackendFlags.MayDeallocate) != 0;
                return mayPunch ? Stage.PunchHole : _canZeroRanges ? Stage.ZeroRange : Stage.WriteZeroBuffer;
            default:
                return Stage.Transfer;
        }
    }

    /// <summary>Some of the range is done: the next piece, the sync that makes it durable, or the end.</summary>
    private BackendOutcome Advance(ref BackendOperation operation)
    {
        if (operation.DoneBytes == operation.LengthBytes)
        {
            bool needsSync = operation.Kind == BackendOperationKind.WriteZeroes && (operation.Flags & BackendFlags.ForceUnitAccess) != 0;
            if (!needsSync)
            {
                return operation.End(Status.Success);
            }

            operation.Step = (int)Stage.Sync;
        }

        return operation.IsCancelled ? operation.Fail(Errno.ECANCELED) : Issue(ref operation);
    }

    private BackendOutcome HandleError(ref BackendOperation operation, int errorNumber)
    {
        if (operation.IsCancelled)
        {
            return operation.Fail(Errno.ECANCELED);
        }

        if (operation.IsPolled && errorNumber is Errno.EOPNOTSUPP or Errno.EPERM)
        {
            // A disk that came back without poll queues, or that is polled for some transfers only.
            IsPolled = false;
            return Issue(ref operation);
        }

        Stage stage = (Stage)operation.Step;
        if (errorNumber is Errno.EAGAIN or Errno.EINTR && operation.Retries < RetriesMax)
        {
            operation.Retries++;
            return Issue(ref operation);
        }

        if (errorNumber == Errno.EFAULT && stage == Stage.Transfer && !operation.AvoidsRegistered && Ring(in operation).HasMemoryTable)
        {
            // Prepared in the turn in which the memory table was emptied; the memory itself stays until the command has ended.
            operation.AvoidsRegistered = true;
            return Issue(ref operation);
        }

        if (errorNumber is Errno.EOPNOTSUPP or Errno.ENOSYS && stage is Stage.PunchHole or Stage.ZeroRange)
        {
            return FallBack(ref operation, stage);
        }

        return operation.Fail(errorNumber);
    }

    /// <summary>The file system or device cannot do this to a range: remember it, and do it the next best way.</summary>
    private BackendOutcome FallBack(ref BackendOperation operation, Stage stage)
    {
        if (stage == Stage.PunchHole)
        {
            _canPunchHoles = false;
            if (operation.Kind == BackendOperationKind.Deallocate)
            {
                // Advice that cannot be taken is not an error (NVM Command Set 1.1 section 3.3.3).
                return operation.End(Status.Success);
            }
        }
        else
        {
            _canZeroRanges = false;
        }

        operation.Step = (int)(_canZeroRanges ? Stage.ZeroRange : Stage.WriteZeroBuffer);
        return Issue(ref operation);
    }

    /// <summary>Prepares the ring entry for the operation's stage and what is left of it.</summary>
    private BackendOutcome Issue(ref BackendOperation operation)
    {
        ulong offset = operation.OffsetBytes + operation.DoneBytes;
        ulong tag = (ulong)operation.Tag;
        if (_isInMemory && operation.Step == (int)Stage.Transfer && operation.DoneBytes == 0 && operation.Retries == 0)
        {
            return TransferAtOnce(ref operation);
        }

        IoUring? polled = IsPolled && operation.Step == (int)Stage.Transfer ? Ring(in operation).UsePolled() : null;
        operation.IsPolled = polled is not null;
        if (polled is not null)
        {
            SubmissionFlags pollHow = FileOf(polled, ref _polledPlaces[operation.Reactor], out int polledFile);
            return IssueTransfer(ref operation, polled, offset, tag, polledFile, pollHow) ? BackendOutcome.Pending : BackendOutcome.Busy;
        }

        SubmissionFlags how = FileOf(Ring(in operation), ref _filePlaces[operation.Reactor], out int file);
        bool accepted = (Stage)operation.Step switch
        {
            Stage.Transfer => IssueTransfer(ref operation, Ring(in operation), offset, tag, file, how),
            Stage.WriteZeroBuffer => IssueZeroBuffer(ref operation, offset, tag, file, how),
            Stage.PunchHole => Ring(in operation).TryAllocate(
                file, FallocateMode.PunchHole | FallocateMode.KeepSize, offset, AllocateLength(in operation), tag, how),
            Stage.ZeroRange => Ring(in operation).TryAllocate(file, FallocateMode.ZeroRange, offset, AllocateLength(in operation), tag, how),
            _ => Ring(in operation).TrySync(file, dataOnly: true, tag, how),
        };
        return accepted ? BackendOutcome.Pending : BackendOutcome.Busy;
    }

    /// <summary>How a reactor's ring is told of the file: by its place in the ring's table where it has one, else by the descriptor.</summary>
    private SubmissionFlags FileOf(IoUring ring, ref int place, out int file)
    {
        if (place == UnknownPlace)
        {
            // The first operation of a reactor that did not start the namespace: one more system call, once.
            place = ring.TakeFilePlace(_descriptor);
        }

        file = place >= 0 ? place : _descriptor;
        return place >= 0 ? SubmissionFlags.FixedFile : SubmissionFlags.None;
    }

    private static ulong AllocateLength(in BackendOperation operation) =>
        Math.Min(operation.LengthBytes - operation.DoneBytes, AllocatePieceBytes);

    /// <summary>
    /// A file in memory is copied to or from here and now: the ring would hand the operation to a worker thread, because such file systems
    /// do not promise it that they never wait. What is left after a short transfer takes the ring.
    /// </summary>
    private BackendOutcome TransferAtOnce(ref BackendOperation operation)
    {
        bool isRead = operation.Kind == BackendOperationKind.Read;
        int count = (int)FillVectors(ref operation);
        long offset = (long)operation.OffsetBytes;
        long result = isRead
            ? Files.ReadVectors(_descriptor, operation.Vectors, count, offset)
            : Files.WriteVectors(_descriptor, operation.Vectors, count, offset);
        if (result is -Errno.EINTR or -Errno.EAGAIN)
        {
            operation.Retries++; // and so by the ring
        }

        return Complete(ref operation, (int)result);
    }

    private static bool IssueTransfer(ref BackendOperation operation, IoUring ring, ulong offset, ulong tag, int file, SubmissionFlags how)
    {
        bool isRead = operation.Kind == BackendOperationKind.Read;
        ReadWriteFlags options = !isRead && (operation.Flags & BackendFlags.ForceUnitAccess) != 0
            ? ReadWriteFlags.DataSync
            : ReadWriteFlags.None;
        uint count = FillVectors(ref operation);
        if (count == 1)
        {
            void* memory = operation.Vectors[0].Base;
            uint length = (uint)operation.Vectors[0].LengthBytes;
            bool mayBeRegistered = !operation.AvoidsRegistered && (ring.TakesPassingMemory || !operation.IsInHostMemory);
            int registered = mayBeRegistered ? ring.FindMemory((byte*)memory, length) : -1;
            if (registered >= 0)
            {
                return isRead
                    ? ring.TryReadFixed(file, memory, length, offset, (ushort)registered, tag, options, how)
                    : ring.TryWriteFixed(file, memory, length, offset, (ushort)registered, tag, options, how);
            }

            return isRead
                ? ring.TryRead(file, memory, length, offset, tag, options, how)
                : ring.TryWrite(file, memory, length, offset, tag, options, how);
        }

        return isRead
            ? ring.TryReadVectors(file, operation.Vectors, count, offset, tag, options, how)
            : ring.TryWriteVectors(file, operation.Vectors, count, offset, tag, options, how);
    }

    /// <summary>Describes the memory from <see cref="BackendOperation.DoneBytes"/> on.</summary>
    private static uint FillVectors(ref BackendOperation operation)
    {
        ulong skip = operation.DoneBytes;
        ulong room = Math.Min(operation.LengthBytes - operation.DoneBytes, TransferMaxBytes);
        uint count = 0;
        for (int i = 0; i < operation.SegmentCount && room > 0; i++)
        {
            HostSegment* segment = operation.Segments + i;
            if (skip >= segment->LengthBytes)
            {
                skip -= segment->LengthBytes;
                continue;
            }

            ulong length = Math.Min(segment->LengthBytes - skip, room);
            operation.Vectors[count++] = new IoVector(segment->Local + skip, (nuint)length);
            skip = 0;
            room -= length;
        }

        Invariant.Check(room == 0 || count > 0, "segments add up to the operation");
        return count;
    }

    private bool IssueZeroBuffer(ref BackendOperation operation, ulong offset, ulong tag, int file, SubmissionFlags how)
    {
        ulong rest = operation.LengthBytes - operation.DoneBytes;
        uint count = 0;
        while (rest > 0 && count < ZeroVectors)
        {
            ulong length = Math.Min(rest, ZeroBufferBytes);
            operation.Vectors[count++] = new IoVector(_zeroes, (nuint)length);
            rest -= length;
        }

        return Ring(in operation).TryWriteVectors(file, operation.Vectors, count, offset, tag, ReadWriteFlags.None, how);
    }
}
