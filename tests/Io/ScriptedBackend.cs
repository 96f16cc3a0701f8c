using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Tests.Io;

/// <summary>One operation that a <see cref="ScriptedBackend"/> was asked for.</summary>
internal readonly record struct Asked(BackendOperationKind Kind, BackendFlags Flags, ulong OffsetBytes, ulong LengthBytes);

/// <summary>
/// A ram backend that does what a test tells it: completes through the ring or at once, says that it is busy, fails, holds operations
/// back. It writes down what it was asked.
/// </summary>
internal sealed class ScriptedBackend : NamespaceBackend
{
    private readonly RamBackend _ram;
    private readonly Queue<int> _held = new();
    private IoUring? _ring;
    private bool _saidBusy;

    public List<Asked> Asked { get; } = [];

    /// <summary>Operations end by a completion of the ring.</summary>
    public bool IsAsynchronous { get; set; }

    internal ScriptedBackend(ulong sizeBytes)
    {
        _ram = new RamBackend(sizeBytes);
        SizeBytes = sizeBytes;
    }

    /// <summary>Each operation is refused once before it is taken.</summary>
    public bool IsBusyFirst { get; set; }

    /// <summary>Operations that pass before the next stays under way until <see cref="Release"/> or Cancel; null: none stays.</summary>
    public int? HoldAfter { get; set; }

    /// <summary>How many are held.</summary>
    public int HeldCount => _held.Count;

    /// <summary>Error number for an operation: (kind, how many were asked before) to number, 0 for none.</summary>
    public Func<BackendOperationKind, int, int>? Fault { get; set; }

    /// <summary>A cancel request only lets a held operation go on.</summary>
    public bool IgnoresCancel { get; set; }

    public bool HasCache { get; set; }

    public bool CanDeallocate { get; set; } = true;

    public uint Alignment
    {
        get => MemoryAlignmentBytes;
        set => MemoryAlignmentBytes = value;
    }

    public override string Description => "scripted";

    public override uint MinimumBlockBytes => 512;

    public override bool HasVolatileWriteCache => HasCache;

    public override bool SupportsDeallocate => CanDeallocate;

    public override void Open() => _ram.Open();

    public override void Start(IoUring ring) => _ring = ring;

    public override BackendOutcome Submit(ref BackendOperation operation)
    {
        if (IsBusyFirst && !_saidBusy)
        {
            _saidBusy = true;
            return BackendOutcome.Busy;
        }

        _saidBusy = false;
        if (HoldAfter is int passing)
        {
            HoldAfter = passing - 1;
            if (passing <= 0)
            {
                HoldAfter = null;
                _held.Enqueue(operation.Tag);
                return BackendOutcome.Pending;
            }
        }

        return IsAsynchronous && _ring!.TryNop((ulong)operation.Tag) ? BackendOutcome.Pending : Perform(ref operation);
    }

    public override BackendOutcome Complete(ref BackendOperation operation, int result) => Perform(ref operation);

    public override void Cancel(ref BackendOperation operation)
    {
        if (!IgnoresCancel)
        {
            base.Cancel(ref operation);
        }

        Release();
    }

    /// <summary>Lets what is held end.</summary>
    public void Release()
    {
        while (_held.TryDequeue(out int tag))
        {
            _ = _ring!.TryNop((ulong)tag);
        }
    }

    protected override void Dispose(bool disposing)
    {
        _ram.Dispose();
        base.Dispose(disposing);
    }

    private BackendOutcome Perform(ref BackendOperation operation)
    {
        if (operation.IsCancelled)
        {
            return operation.Fail(Errno.ECANCELED);
        }

        Asked.Add(new Asked(operation.Kind, operation.Flags, operation.OffsetBytes, operation.LengthBytes));
        int error = Fault?.Invoke(operation.Kind, Asked.Count - 1) ?? 0;
        if (error != 0)
        {
            return operation.Fail(error);
        }

        BackendOutcome outcome;
        do
        {
            outcome = _ram.Submit(ref operation);
        }
        while (outcome == BackendOutcome.Busy);
        return outcome;
    }
}
