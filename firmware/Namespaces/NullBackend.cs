using System.Runtime.InteropServices;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>
/// A namespace of any size without storage: writes are dropped, and reads leave the host's memory as it is. For measuring everything but
/// the storage.
/// </summary>
/// <remarks>
/// A transfer buffer is zeroed all the same: it may hold the data of an earlier command, and that must not reach a host.
/// </remarks>
public sealed unsafe class NullBackend : NamespaceBackend
{
    /// <summary>Creates a backend of a size.</summary>
    /// <param name="sizeBytes">What it pretends to hold.</param>
    public NullBackend(ulong sizeBytes)
    {
        SizeBytes = sizeBytes;
        EndsAtOnce = true;
    }

    /// <inheritdoc/>
    public override string Description => "null";

    /// <inheritdoc/>
    public override uint MinimumBlockBytes => 512;

    /// <inheritdoc/>
    public override bool HasVolatileWriteCache => false;

    /// <inheritdoc/>
    public override bool SupportsDeallocate => true;

    /// <inheritdoc/>
    public override bool TryGrow(ulong sizeBytes)
    {
        SizeBytes = sizeBytes;
        return true;
    }

    /// <inheritdoc/>
    public override void Open()
    {
    }

    /// <inheritdoc/>
    public override void Start(IoUring ring)
    {
    }

    /// <inheritdoc/>
    public override BackendOutcome Submit(ref BackendOperation operation)
    {
        if (operation.Kind == BackendOperationKind.Read && !operation.IsInHostMemory)
        {
            for (int i = 0; i < operation.SegmentCount; i++)
            {
                NativeMemory.Clear(operation.Segments[i].Local, (nuint)operation.Segments[i].LengthBytes);
            }
        }

        operation.DoneBytes = operation.LengthBytes;
        return operation.End(Status.Success);
    }

    /// <inheritdoc/>
    public override BackendOutcome Complete(ref BackendOperation operation, int result) => operation.End(Status.Success);
}
