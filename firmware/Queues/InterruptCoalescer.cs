using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Queues;

/// <summary>
/// Decides when a vector is raised: at the end of a turn for everything posted in it, or later where the host asked for
/// coalescing (Interrupt Coalescing 08h, Interrupt Vector Configuration 09h). The admin queue is never held back.
/// A vector that INTMS masks is raised when INTMC unmasks it (NVMe Base 2.1 section 3.1.4.3); with MSI-X that mask has no meaning, the
/// platform has others.
/// </summary>
public sealed class InterruptCoalescer
{
    private readonly IPlatform _platform;
    private readonly int[] _pending; // completions posted since the vector was last raised
    private readonly long[] _firstNanoseconds; // when the oldest of them was posted
    private readonly bool[] _isHeld; // raised while INTMS masked it
    private readonly bool[] _isAsserted; // a level that was not taken back
    private int _waitingVectors;
    private int _assertedVectors;

    /// <summary>Creates the logic for every vector of the platform.</summary>
    public InterruptCoalescer(IPlatform platform)
    {
        _platform = platform;
        _pending = new int[platform.InterruptVectorCount];
        _firstNanoseconds = new long[platform.InterruptVectorCount];
        _isHeld = new bool[platform.InterruptVectorCount];
        _isAsserted = new bool[platform.InterruptVectorCount];
    }

    /// <summary>Interrupts raised since the process started.</summary>
    public ulong RaisedCount { get; private set; }

    /// <summary>True while completions wait for company.</summary>
    public bool IsWaiting => _waitingVectors > 0;

    /// <summary>The mask of INTMS and INTMC that was applied last.</summary>
    public uint Mask { get; private set; }

    /// <summary>True while a level interrupt is asserted.</summary>
    public bool IsAnyAsserted => _assertedVectors > 0;

    /// <summary>True while the vector is an asserted level.</summary>
    public bool IsAsserted(int vector) => _isAsserted[vector];

    /// <summary>Applies another mask: raises what was held and is free now, takes back levels that are masked.</summary>
    public void SetMask(uint mask)
    {
        Mask = mask;
        for (int vector = 0; vector < _isHeld.Length; vector++)
        {
            if (IsMasked(vector))
            {
                _isHeld[vector] |= _isAsserted[vector];
                Lower(vector);
            }
            else if (_isHeld[vector])
            {
                _isHeld[vector] = false;
                Send(vector);
            }
        }
    }

    /// <summary>Takes a level interrupt back.</summary>
    public void Lower(int vector)
    {
        if (_isAsserted[vector])
        {
            _isAsserted[vector] = false;
            _assertedVectors--;
            _platform.LowerInterrupt(vector);
        }
    }

    /// <summary>Completions were posted to a queue of the vector.</summary>
    public void Posted(FeatureStore features, int vector, int count, bool isAdminQueue, long nowNanoseconds)
    {
        if (Sabotage.Is(SabotageKind.LoseInterrupt) && count > 1)
        {
            return;
        }

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
        Array.Clear(_isHeld);
        _waitingVectors = 0;
        Mask = 0;
        Array.Clear(_isAsserted);
        _assertedVectors = 0;
        for (int vector = 0; vector < _isAsserted.Length; vector++)
        {
            // Whatever is known of it here: the platform may hold one that could not be sent yet.
            _platform.LowerInterrupt(vector);
        }
    }

    private void Raise(int vector)
    {
        _pending[vector] = 0;
        _waitingVectors--;
        if (Mask != 0 && IsMasked(vector))
        {
            _isHeld[vector] = true;
            return;
        }

        Send(vector);
    }

    private void Send(int vector)
    {
        RaisedCount++;
        _platform.RaiseInterrupt(vector);
        if (_platform.HasLevelInterrupts && !_isAsserted[vector])
        {
            _isAsserted[vector] = true;
            _assertedVectors++;
        }
    }

    private bool IsMasked(int vector) => vector < 32 && ((Mask >> vector) & 1) != 0 && !_platform.IsMsixEnabled;
}
