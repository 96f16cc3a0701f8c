using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;

namespace Nvmepf.Tests.Admin;

/// <summary>A backend without storage that counts what it is asked and ends it as the test wants.</summary>
internal sealed class FakeBackend : NamespaceBackend
{
    public FakeBackend() => SizeBytes = 1 << 20;

    public override string Description => "fake";

    public override uint MinimumBlockBytes => 512;

    public override bool HasVolatileWriteCache => Cached;

    public override bool SupportsDeallocate => Deallocates;

    public ulong Size
    {
        get => SizeBytes;
        init => SizeBytes = value;
    }

    public bool Cached { get; init; } = true;

    public bool Deallocates { get; init; } = true;

    public Status FlushStatus { get; set; }

    public BackendOutcome FlushOutcome { get; set; } = BackendOutcome.Completed;

    public Status WriteStatus { get; set; }

    public BackendFlags LastFlags { get; private set; }

    public int Flushes { get; private set; }

    public int PendingTag { get; private set; } = -1;

    public override void Open()
    {
    }

    public override void Start(IoUring ring)
    {
    }

    public override BackendOutcome Submit(ref BackendOperation operation)
    {
        LastFlags = operation.Flags;
        PendingTag = operation.Tag;
        switch (operation.Kind)
        {
            case BackendOperationKind.Flush:
                Flushes++;
                operation.Status = FlushStatus;
                return FlushOutcome;
            case BackendOperationKind.Write:
            case BackendOperationKind.WriteZeroes:
                operation.Status = WriteStatus;
                return BackendOutcome.Completed;
            default:
                throw new NotSupportedException("the commands of these tests flush and write"); // an Assert would allocate
        }
    }

    public override BackendOutcome Complete(ref BackendOperation operation, int result)
    {
        operation.Status = FlushStatus;
        return BackendOutcome.Completed;
    }
}
