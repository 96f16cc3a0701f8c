namespace Nvmepf.Hal;

/// <summary>
/// The contract between the firmware and the thing it runs on: one implementation for each platform (vfio-user server,
/// RK3588 endpoint, test double). Everything here is called from the reactor's thread only (but see <see cref="ServesSeveralThreads"/>),
/// never blocks, and never allocates once <see cref="Start"/> has returned.
/// </summary>
/// <remarks>
/// The contract knows PCI: a BAR that is memory, host memory, interrupts, resets, a link. It knows nothing of NVMe.
/// What it leaves out: option ROM, SR-IOV, power states other than D0, peer-to-peer memory.
/// </remarks>
public unsafe interface IPlatform : IDisposable
{
    /// <summary>Most threads that raise interrupts of one platform.</summary>
    const int InterruptSourcesMax = 8;

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

    /// <summary>
    /// True where <see cref="IFunctionHandler.RegisterWrite"/> is called for every host write below the doorbells. Where it is false (BAR 0 is
    /// plain memory behind an inbound window) host writes just land there, and the firmware compares and repairs.
    /// </summary>
    bool TrapsRegisterWrites { get; }

    /// <summary>
    /// True where every host write to a doorbell goes through <see cref="Poll"/> and so makes one of <see cref="GetWakeDescriptors"/> readable: who
    /// sleeps on them misses none. False where the host stores into memory that has to be looked at.
    /// </summary>
    bool TrapsDoorbells => false;

    /// <summary>
    /// True while interrupts are levels (INTx): a raised one stays asserted until <see cref="LowerInterrupt(int)"/>. False for messages, which need no lowering.
    /// </summary>
    bool HasLevelInterrupts { get; }

    /// <summary>
    /// True while the host takes interrupts by MSI-X, whose mask bits are in the vector table: then no other mask of the function's own counts.
    /// </summary>
    bool IsMsixEnabled => !HasLevelInterrupts;

    /// <summary>
    /// Vectors that a queue may name as the host has set the function up: entries of the MSI-X table, or messages that Multiple Message Enable
    /// grants, or 1 for a level (NVMe over PCIe 1.1, Create I/O Completion Queue); all while nothing is enabled. Not for the per-command path.
    /// </summary>
    int EnabledVectorCount => InterruptVectorCount;

    /// <summary>Monotonic time in nanoseconds; the only clock that the firmware uses, so that a test can own it.</summary>
    long NowNanoseconds { get; }

    /// <summary>
    /// Bus Master Enable of the PCI Command register (PCI Local Bus 3.0 section 6.2.2): while it is clear the function may neither read nor
    /// write host memory, nor send interrupts.
    /// </summary>
    bool IsBusMasterEnabled { get; }

    /// <summary>
    /// True where threads besides the one that calls <see cref="Poll"/> may read the properties, raise interrupts and resolve host addresses in
    /// a copy of <see cref="HostMemory"/>. The platform then asks <see cref="IFunctionHandler.TryHold"/> before it changes anything of these.
    /// </summary>
    bool ServesSeveralThreads => false;

    /// <summary>
    /// Memory that <see cref="HostDma"/> reads and writes: everything that the firmware hands to it as local memory comes from here.
    /// Only before <see cref="Start"/>; page aligned, zeroed, and valid as long as the platform.
    /// </summary>
    /// <exception cref="PlatformException">There is not so much of it.</exception>
    byte* AllocateDmaMemory(nuint lengthBytes);

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

    /// <summary>Takes back a level interrupt, and where the platform can, a message that could not be sent yet.</summary>
    void LowerInterrupt(int vector);

    /// <summary>
    /// <see cref="RaiseInterrupt(int)"/> for one of several threads: a level stands until each source that raised it has lowered it.
    /// </summary>
    /// <param name="vector">The vector.</param>
    /// <param name="source">Number of the thread, 0 (which the calls without it stand for) to <see cref="InterruptSourcesMax"/> less one.</param>
    void RaiseInterrupt(int vector, int source) => RaiseInterrupt(vector);

    /// <summary><see cref="LowerInterrupt(int)"/> for one of several threads.</summary>
    void LowerInterrupt(int vector, int source) => LowerInterrupt(vector);

    /// <summary>
    /// Makes what the firmware has stored in BAR 0 visible to the host, where the two do not share a coherent view. The other direction,
    /// host writes becoming visible to the firmware, is done by <see cref="Poll"/> for the registers (the first 128 bytes) and the doorbells
    /// in use, and by <see cref="RefreshBar0"/> for the rest.
    /// </summary>
    void PublishBar0(uint offsetBytes, uint lengthBytes);

    /// <summary>
    /// Makes what the host has written to a part of BAR 0 visible to the firmware; nothing where the two share a coherent view. Not on the
    /// per-command path: <see cref="Poll"/> has refreshed what commands need.
    /// </summary>
    void RefreshBar0(uint offsetBytes, uint lengthBytes);

    /// <summary>
    /// Opens a window through which the firmware stores into host memory itself (a completion queue's entries): aligned 32- and 64-bit stores
    /// by <see cref="Mmio.Mmio"/> only, no reads. Stores are posted, in order, and follow all DMA that has completed.
    /// </summary>
    /// <returns>Local address of the first byte, or 0 where the platform has none to give (then DMA is the way).</returns>
    nint OpenWindow(ulong hostAddress, uint lengthBytes);

    /// <summary>Closes a window that <see cref="OpenWindow"/> gave; nothing is stored through it any more.</summary>
    void CloseWindow(nint window);

    /// <summary>
    /// Adds the file descriptors whose readability means that <see cref="Poll"/> has work, for an idle loop to sleep on.
    /// </summary>
    /// <returns>How many descriptors were written; never more than the span holds.</returns>
    int GetWakeDescriptors(Span<int> descriptors);

    /// <summary>
    /// Takes the function off its bus, so that the host sees it gone; <see cref="IDisposable.Dispose"/> follows, and no call but that. On a control thread,
    /// which it may keep for a fraction of a second, when nobody calls <see cref="Poll"/> any more. Without it a platform whose link does not need this
    /// process may leave it to whoever serves the function next. Nothing where the bus ends with the process's sockets.
    /// </summary>
    void LeaveBus()
    {
    }
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
