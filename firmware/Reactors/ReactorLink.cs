using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Firmware.Reactors;

/// <summary>What the parts of a controller, and other reactors, know of a reactor: its number, what it counts, and how it is woken.</summary>
public sealed class ReactorLink
{
    private int _wakeDescriptor = -1;
    private int _isAsleep;
    private int _queueCount;

    /// <summary>Creates the link of a reactor.</summary>
    /// <param name="index">Its number, from 0.</param>
    public ReactorLink(int index) => Index = index;

    /// <summary>Number of the reactor.</summary>
    public int Index { get; }

    /// <summary>What it counts.</summary>
    public ReactorStatistics Statistics { get; } = new();

    /// <summary>I/O completion queues that it polls, of all controllers.</summary>
    public int QueueCount => Volatile.Read(ref _queueCount);

    /// <summary>Notes that I/O completion queues were given to it or taken from it. Any reactor.</summary>
    public void AddQueues(int count) => Interlocked.Add(ref _queueCount, count);

    /// <summary>
    /// Wakes the reactor if it sleeps. To be called after the store that it shall see.
    /// </summary>
    /// <remarks>
    /// The full barrier here, between that store and the look at the flag, pairs with the one in <see cref="BeginSleep"/>, between the flag's
    /// store and the sleeper's last look: one of the two sees the other.
    /// </remarks>
    public void Wake()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _isAsleep) != 0 && _wakeDescriptor >= 0)
        {
            _ = Events.Signal(_wakeDescriptor);
        }
    }

    /// <summary>Reactor: this event counter ends its sleep. Before any thread runs.</summary>
    internal void Open(int wakeDescriptor) => _wakeDescriptor = wakeDescriptor;

    /// <summary>Reactor: announces the sleep; what it finds after this call has not been announced by <see cref="Wake"/>.</summary>
    internal void BeginSleep()
    {
        Volatile.Write(ref _isAsleep, 1);
        Interlocked.MemoryBarrier();
    }

    /// <summary>Reactor: it is awake.</summary>
    internal void EndSleep() => Volatile.Write(ref _isAsleep, 0);
}
