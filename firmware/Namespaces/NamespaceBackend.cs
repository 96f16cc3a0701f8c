using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>
/// What stores a namespace's bytes. One virtual call an operation, and that is all of the virtual calls on a command's path.
/// Used from the reactor's thread only; never blocks, throws or allocates after <see cref="Start"/>.
/// </summary>
/// <remarks>Knows bytes, not blocks; knows nothing of queues, NVMe commands or hosts.</remarks>
public abstract class NamespaceBackend : IDisposable
{
    /// <summary>For logs, e.g. <c>file:/var/lib/disk.img</c>.</summary>
    public abstract string Description { get; }

    /// <summary>Size in bytes.</summary>
    public abstract ulong SizeBytes { get; }

    /// <summary>The smallest logical block that can be read or written, in bytes (512 where it does not matter).</summary>
    public abstract uint MinimumBlockBytes { get; }

    /// <summary>What pointers and lengths of segments must be multiples of; 1 where it does not matter.</summary>
    public abstract uint MemoryAlignmentBytes { get; }

    /// <summary>True where completed writes may be lost with power until a Flush.</summary>
    public abstract bool HasVolatileWriteCache { get; }

    /// <summary>True where a deallocated range gives storage back and reads as zeroes.</summary>
    public abstract bool SupportsDeallocate { get; }

    /// <summary>
    /// Opens what must be opened on the reactor's thread. May allocate; throws <see cref="Hal.PlatformException"/> with a line for the user.
    /// </summary>
    /// <param name="ring">The reactor's ring.</param>
    public abstract void Start(IoUring ring);

    /// <summary>Begins an operation, or does it at once.</summary>
    public abstract BackendOutcome Submit(ref BackendOperation operation);

    /// <summary>A ring completion for the operation arrived; ends it or goes on with the rest.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="result">The completion's result: bytes, 0, or a negative error number.</param>
    public abstract BackendOutcome Complete(ref BackendOperation operation, int result);

    /// <summary>Asks for an operation under way to end early; it still completes, sooner. Best effort.</summary>
    public virtual void Cancel(ref BackendOperation operation)
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes files and frees memory.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
