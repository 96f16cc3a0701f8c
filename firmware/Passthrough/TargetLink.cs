using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Passthrough;

/// <summary>
/// What the control thread and the reactor say to each other: here is newer knowledge of the target; I use it now; look at the target. One
/// reference each way and an event counter, no locks.
/// </summary>
public sealed class TargetLink : IDisposable
{
    private readonly int _wish;
    private TargetSnapshot _latest;
    private TargetSnapshot? _adopted;
    private int _criticalWarning;

    /// <summary>Creates it with the first snapshot.</summary>
    public TargetLink(TargetSnapshot first)
    {
        _latest = first;
        _wish = Events.Create(0, EventFlags.NonBlocking);
        if (_wish < 0)
        {
            throw new PlatformException($"cannot make an event counter: {Errno.Describe(_wish)}");
        }
    }

    /// <summary>The newest snapshot; set by the control thread.</summary>
    public TargetSnapshot Latest
    {
        get => Volatile.Read(ref _latest);
        set => Volatile.Write(ref _latest, value);
    }

    /// <summary>The snapshot that the reactor uses, and no older one; set by the reactor.</summary>
    public TargetSnapshot? Adopted
    {
        get => Volatile.Read(ref _adopted);
        set => Volatile.Write(ref _adopted, value);
    }

    /// <summary>Critical Warning of the target's SMART / Health log as it was last read; set by the control thread.</summary>
    public CriticalWarning CriticalWarning
    {
        get => (CriticalWarning)Volatile.Read(ref _criticalWarning);
        set => Volatile.Write(ref _criticalWarning, (int)value);
    }

    /// <summary>Asks the control thread to look at the target now. One system call: for what happens seldom.</summary>
    public void AskForLook() => _ = Events.Signal(_wish);

    /// <summary>For the control thread: waits until it is asked, or the time is over.</summary>
    public void WaitForWish(long timeoutNanoseconds)
    {
        PollDescriptor poll = new() { Fd = _wish, Events = PollEvents.In };
        if (Events.Poll(new Span<PollDescriptor>(ref poll), timeoutNanoseconds) > 0)
        {
            _ = Events.Take(_wish, out _);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Files.Close(_wish);
}
