using Nvmepf.Firmware.Controller;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Queues;

/// <summary>
/// Decides when a vector is raised: at the end of a turn for everything posted in it, or later where the host asked for
/// coalescing (Interrupt Coalescing 08h, Interrupt Vector Configuration 09h). The admin queue is never held back.
/// </summary>
public sealed class InterruptCoalescer
{
    private readonly IPlatform _platform;
    private readonly int[] _pending; // completions posted since the vector was last raised
    private readonly long[] _firstNanoseconds; // when the oldest of them was posted
    private int _waitingVectors;

    /// <summary>Creates the logic for every vector of the platform.</summary>
    public InterruptCoalescer(IPlatform platform)
    {
        _platform = platform;
        _pending = new int[platform.InterruptVectorCount];
        _firstNanoseconds = new long[platform.InterruptVectorCount];
    }

    /// <summary>Interrupts raised since the process started.</summary>
    public ulong RaisedCount { get; private set; }

    /// <summary>True while completions wait for company.</summary>
    public bool IsWaiting => _waitingVectors > 0;

    /// <summary>Completions were posted to a queue of the vector.</summary>
    public void Posted(FeatureStore features, int vector, int count, bool isAdminQueue, long nowNanoseconds)
    {
        if (_pending[vector] == 0)
        {
            _firstNanoseconds[vector] = nowNanoseconds;
            _waitingVectors++;
        }

        _pending[vector] += count;
        if (isAdminQueue || features.IsCoalescingDisabled(vector) || features.CoalescingTimeMicroseconds == 0
            || _pending[vector] >= features.CoalescingThreshold)
        {
            Raise(vector);
        }
    }

    /// <summary>Raises the vectors whose oldest completion has waited the aggregation time.</summary>
    public void Poll(FeatureStore features, long nowNanoseconds)
    {
        if (_waitingVectors == 0)
        {
            return;
        }

        long limit = features.CoalescingTimeMicroseconds * 1000L;
        for (int vector = 0; vector < _pending.Length; vector++)
        {
            if (_pending[vector] > 0 && nowNanoseconds - _firstNanoseconds[vector] >= limit)
            {
                Raise(vector);
            }
        }
    }

    /// <summary>Controller reset: nothing waits any more.</summary>
    public void Reset()
    {
        Array.Clear(_pending);
        _waitingVectors = 0;
    }

    private void Raise(int vector)
    {
        _pending[vector] = 0;
        _waitingVectors--;
        RaisedCount++;
        _platform.RaiseInterrupt(vector);
    }
}
