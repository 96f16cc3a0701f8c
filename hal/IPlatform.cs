namespace Nvmepf.Hal;

/// <summary>
/// The contract between the firmware and the thing it runs on: one implementation for each platform (vfio-user server,
/// RK3588 endpoint, test double). Everything here is called from the reactor's thread only, never blocks, and never
/// allocates once <see cref="Start"/> has returned.
/// </summary>
/// <remarks>
/// The contract knows PCI: a BAR that is memory, host memory, interrupts, resets, a link. It knows nothing of NVMe.
/// What it leaves out: option ROM, SR-IOV, power states other than D0, peer-to-peer memory.
/// </remarks>
public interface IPlatform : IDisposable
{
    /// <summary>The name in log lines and on the console, e.g. <c>vfio-user</c>.</summary>
    string Name { get; }

    /// <summary>BAR 0: memory that the host writes and the firmware polls. Valid until <see cref="IDisposable.Dispose"/>.</summary>
    Bar0Memory Bar0 { get; }

    /// <summary>Which host addresses can be reached, and by which pointer. Changes only inside <see cref="Poll"/>.</summary>
    HostMemoryMap HostMemory { get; }

    /// <summary>The engine for host addresses that <see cref="HostMemory"/> knows but has no pointer for.</summary>
    IHostDma HostDma { get; }

    /// <summary>Number of interrupt vectors that the function offers; vector numbers are 0 to this less one.</summary>
    int InterruptVectorCount { get; }

    /// <summary>
    /// How many completion queues, the admin queue included, the platform has outbound windows for (host memory with
    /// direct pointers needs none, so <see cref="int.MaxValue"/> there). Bounds Number of Queues.
    /// </summary>
    int CompletionQueueLimit { get; }

    /// <summary>Monotonic time in nanoseconds; the only clock that the firmware uses, so that a test can own it.</summary>
    long NowNanoseconds { get; }

    /// <summary>
    /// Bus Master Enable of the PCI Command register (PCI Local Bus 3.0 section 6.2.2): while it is clear the function may neither read nor
    /// write host memory, nor send interrupts.
    /// </summary>
    bool IsBusMasterEnabled { get; }

    /// <summary>
    /// Begins to serve the function: from here on <see cref="Poll"/> may call <paramref name="handler"/>.
    /// The only call that may allocate or throw (<see cref="PlatformException"/> with a text for the user).
    /// </summary>
    void Start(IFunctionHandler handler);

    /// <summary>
    /// Looks once at links, resets and host register writes and hands what happened to the handler. Bounded work, no waiting.
    /// </summary>
    /// <returns>True where something happened, so that an idle loop knows to stay awake.</returns>
    bool Poll();

    /// <summary>
    /// Raises one interrupt vector towards the host, honouring mask bits; a masked or not yet connected vector stays pending.
    /// Numbers out of range are the caller's bug.
    /// </summary>
    void RaiseInterrupt(int vector);

    /// <summary>
    /// Adds the file descriptors whose readability means that <see cref="Poll"/> has work, for an idle loop to sleep on.
    /// </summary>
    /// <returns>How many descriptors were written; never more than the span holds.</returns>
    int GetWakeDescriptors(Span<int> descriptors);
}

/// <summary>A platform could not be set up; the message is one line for the user: what, where, what is allowed.</summary>
public sealed class PlatformException : Exception
{
    /// <summary>Creates the exception with the line that the user reads.</summary>
    public PlatformException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with the line that the user reads and its cause.</summary>
    public PlatformException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Required by convention; use the overload with a message.</summary>
    public PlatformException()
    {
    }
}
