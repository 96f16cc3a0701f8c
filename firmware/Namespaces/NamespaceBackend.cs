using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>
/// What stores a namespace's bytes. One virtual call an operation, and that is all of the virtual calls on a command's path.
/// Used from the reactor's thread only; never blocks, throws or allocates after <see cref="Start(IoUring)"/>.
/// </summary>
/// <remarks>
/// Life: construct (nothing is touched), <see cref="Open"/> (any thread; the size and the block are known from here on),
/// <see cref="Start(IoUring)"/> (reactor), operations, Dispose. Knows bytes, not blocks; knows nothing of queues, NVMe commands or hosts.
/// </remarks>
public abstract class NamespaceBackend : IDisposable
{
    /// <summary>User data of ring completions that belong to no operation (those of cancel requests): ignore them.</summary>
    public const ulong NoOperation = ulong.MaxValue;

    /// <summary>For logs, e.g. <c>file:/var/lib/disk.img</c>.</summary>
    public abstract string Description { get; }

    /// <summary>What a person should know of how it is accessed, for the log; empty for nothing.</summary>
    public virtual string Remark => string.Empty;

    /// <summary>Size in bytes; 0 before <see cref="Open"/>.</summary>
    public ulong SizeBytes { get; protected set; }

    /// <summary>The smallest logical block that can be read or written, in bytes (512 where it does not matter).</summary>
    public abstract uint MinimumBlockBytes { get; }

    /// <summary>
    /// True where a read or write in the host's own memory ends in <see cref="Submit"/>, is then as durable as it will ever be, and may be done
    /// again from its beginning where Submit says Busy.
    /// </summary>
    public bool EndsAtOnce { get; protected init; }

    /// <summary>
    /// True where writes that end at once cost less when several are done together: <see cref="TryBeginWrite"/> for each and one
    /// <see cref="EndWrites"/>. <see cref="Submit"/> does them singly as ever. Known after Start.
    /// </summary>
    public bool BatchesWrites { get; protected set; }

    /// <summary>The media's first byte where all of it lies in this process's memory, as long as the backend is; else null. For hints: data goes by operations.</summary>
    public unsafe byte* Memory { get; protected set; }

    /// <summary>
    /// What pointers and lengths of segments must be multiples of: a power of two up to 4096; 1 where it does not matter.
    /// </summary>
    public uint MemoryAlignmentBytes { get; protected set; } = 1;

    /// <summary>True where completed writes may be lost with power until a Flush.</summary>
    public abstract bool HasVolatileWriteCache { get; }

    /// <summary>True where a deallocated range gives storage back and reads as zeroes.</summary>
    public abstract bool SupportsDeallocate { get; }

    /// <summary>
    /// Opens or creates the storage, once. May allocate; throws <see cref="Hal.PlatformException"/> with a line for the user.
    /// </summary>
    public abstract void Open();

    /// <summary>Makes what it needs of the rings beside themselves, after <see cref="Open"/> and before Start. Not on a reactor that serves: may allocate.</summary>
    /// <param name="rings">By number of the reactor.</param>
    public virtual void Prepare(IoUring[] rings)
    {
    }

    /// <summary>
    /// Takes the reactor's ring for the operations to come, on the reactor's thread; opens first where nobody has. May allocate and throw
    /// as <see cref="Open"/>.
    /// </summary>
    /// <param name="ring">The reactor's ring.</param>
    public abstract void Start(IoUring ring);

    /// <summary>
    /// The same where several reactors hand over operations: a backend that uses a ring takes, for each operation, the one of its
    /// <see cref="BackendOperation.Reactor"/>. One that needs none is content with any.
    /// </summary>
    /// <param name="rings">By number of the reactor; one at least.</param>
    public virtual void Start(IoUring[] rings) => Start(rings[0]);

    /// <summary>
    /// Begins an operation, or does it at once, or goes on with one that was <see cref="BackendOutcome.Busy"/>. The range lies inside
    /// <see cref="SizeBytes"/>; segments and range are aligned as the properties above say.
    /// </summary>
    public abstract BackendOutcome Submit(ref BackendOperation operation);

    /// <summary>
    /// Takes the blocks of a write for the calling reactor; nothing is written yet. Only where <see cref="BatchesWrites"/>, and the reactor ends
    /// the batch in the same turn: who else wants these blocks comes again and again until then.
    /// </summary>
    /// <param name="operation">The write, begun.</param>
    /// <param name="before">The one that was taken before it in the same batch; null for the first.</param>
    /// <returns>False where somebody is in these blocks, maybe this batch itself; nothing was taken.</returns>
    public virtual unsafe bool TryBeginWrite(ref BackendOperation operation, BackendOperation* before) => false;

    /// <summary>Does the writes of a batch in their order and gives their blocks back; their status is set.</summary>
    /// <param name="first">The first; the others follow by <see cref="BackendOperation.NextOfBatch"/>.</param>
    public virtual unsafe void EndWrites(BackendOperation* first)
    {
    }

    /// <summary>
    /// A ring completion for the operation arrived; ends it or goes on with the rest. After <see cref="BackendOutcome.Busy"/> the
    /// caller goes on with <see cref="Submit"/>.
    /// </summary>
    /// <param name="operation">The operation.</param>
    /// <param name="result">The completion's result: bytes, 0, or a negative error number.</param>
    public abstract BackendOutcome Complete(ref BackendOperation operation, int result);

    /// <summary>
    /// Asks for an operation that is Pending or Busy to end early; it still completes, sooner. Best effort, may be repeated.
    /// </summary>
    public virtual void Cancel(ref BackendOperation operation) => operation.IsCancelled = true;

    /// <summary>What the storage holds now, in bytes; <see cref="SizeBytes"/> is what is served of it. Any thread; makes system calls.</summary>
    public virtual ulong MeasureBytes() => SizeBytes;

    /// <summary>The storage has become larger: raises <see cref="SizeBytes"/>. False where it cannot. On the reactor's thread.</summary>
    public virtual bool TryGrow(ulong sizeBytes) => false;

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
