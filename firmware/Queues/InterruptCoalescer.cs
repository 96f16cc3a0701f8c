using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Queues;

/// <summary>
/// Decides when a vector is raised: at the end of a turn for everything posted in it, or later where the host asked for
/// coalescing (Interrupt Coalescing 08h, Interrupt Vector Configuration 09h). The admin queue is never held back.
/// A vector that INTMS masks is raised when INTMC unmasks it and completions wait to be taken (NVMe over PCIe 1.1 section 3.5.1.1); with
/// MSI-X that mask has no meaning, the platform has others.
/// </summary>
/// <remarks>
/// <para>
/// Adaptive interrupts: a message is deferred while the one before has not been answered, that is, while no head doorbell of the vector's
/// queues has moved since. The host comes anyway. What it may not have seen is what was posted between its last look at the queue and its
/// doorbell write, and the write itself tells: when a head has moved and completions are left in any queue of the vector, the deferred
/// message is sent. So of the two, host and firmware, the later always sees the other: either the entry was there when the host looked, or
/// the firmware finds it behind the head that the host then writes. The entry is stored before the decision to defer, and the doorbell is
/// read in each turn after that. Nothing is deferred behind a message that has no answer to come: one that was sent while the next entry of no
/// queue was there to be taken, because entries behind it have arrived before.
/// </para>
/// <para>
/// A host need not write its head at once, though: it may take a completion, sleep, and write the doorbell with the next one. So a
/// message is deferred for <see cref="ControllerSettings.AdaptiveInterruptsMicroseconds"/> at most, then it is sent, answer or not.
/// Levels need none of this: the level is the memory. Each share of a controller decides for its own queues.
/// </para>
/// </remarks>
public sealed class InterruptCoalescer
{
    private readonly IPlatform _platform;
    private readonly QueueSet _queues;
    private readonly long _deferNanoseconds; // 0: never
    private readonly int[] _pending; // completions posted since the vector was last raised
    private readonly long[] _firstNanoseconds; // when the oldest of them was posted
    private readonly long[] _sentNanoseconds; // when the message that is not answered was sent
    private readonly bool[] _isUnanswered;
    private readonly bool[] _isDeferred; // another message is due when it is answered, or too old
    private readonly bool[] _isAsserted; // a level that was not taken back
    private int _waitingVectors; // with completions that wait for company, or deferred
    private int _assertedVectors;

    /// <summary>Creates the logic for every vector of the platform.</summary>
    /// <param name="platform">Where interrupts are raised.</param>
    /// <param name="queues">The queues whose completions are announced.</param>
    /// <param name="deferNanoseconds">Longest time that a message is deferred while the host has not answered the one before; 0 defers none.</param>
    public InterruptCoalescer(IPlatform platform, QueueSet queues, long deferNanoseconds)
    {
        _platform = platform;
        _queues = queues;
        _deferNanoseconds = deferNanoseconds;
        int vectors = platform.InterruptVectorCount;
        _pending = new int[vectors];
        _firstNanoseconds = new long[vectors];
        _sentNanoseconds = new long[vectors];
        _isUnanswered = new bool[vectors];
        _isDeferred = new bool[vectors];
        _isAsserted = new bool[vectors];
    }

    /// <summary>Interrupts raised since the process started.</summary>
    public ulong RaisedCount { get; private set; }

    /// <summary>True while completions wait for company, or for the host's answer.</summary>
    public bool IsWaiting => _waitingVectors > 0;

    /// <summary>The mask of INTMS and INTMC that was applied last.</summary>
    public uint Mask { get; private set; }

    /// <summary>True while a level interrupt is asserted.</summary>
    public bool IsAnyAsserted => _assertedVectors > 0;

    /// <summary>True while the vector is an asserted level.</summary>
    public bool IsAsserted(int vector) => _isAsserted[vector];

    /// <summary>Applies another mask: raises what waits to be taken and is free now, takes back levels that are masked.</summary>
    public void SetMask(uint mask, long nowNanoseconds)
    {
        uint before = Mask;
        Mask = mask;
        if (_platform.IsMsixEnabled)
        {
            return;
        }

        for (int vector = 0; vector < Math.Min(_pending.Length, 32); vector++)
        {
            bool wasMasked = ((before >> vector) & 1) != 0;
            if (IsMasked(vector))
            {
                Lower(vector);
                EndDeferral(vector);
            }
            else if (wasMasked && _queues.HasUntaken(vector))
            {
                Send(vector, nowNanoseconds);
            }
        }
    }

    /// <summary>The host takes interrupts in another way than before: what waits to be taken is announced in that.</summary>
    public void KindChanged(long nowNanoseconds)
    {
        for (int vector = 0; vector < _pending.Length; vector++)
        {
            Lower(vector);
            EndDeferral(vector);
            _isUnanswered[vector] = false;
            if (!IsMasked(vector) && _queues.HasUntaken(vector))
            {
                Send(vector, nowNanoseconds);
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
            Raise(vector, nowNanoseconds);
        }
    }

    /// <summary>The host has moved the head of a queue of the vector, or the queue is new: what was deferred and is not taken is due.</summary>
    public void Answered(int vector, long nowNanoseconds)
    {
        _isUnanswered[vector] = false;
        if (EndDeferral(vector) && _queues.HasUntaken(vector))
        {
            Send(vector, nowNanoseconds);
        }
    }

    /// <summary>Raises the vectors whose oldest completion has waited the aggregation time, or whose host has not answered in time.</summary>
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
                Raise(vector, nowNanoseconds);
            }

            if (_isDeferred[vector] && nowNanoseconds - _sentNanoseconds[vector] >= _deferNanoseconds)
            {
                Answered(vector, nowNanoseconds);
            }
        }
    }

    /// <summary>Controller reset: nothing waits any more.</summary>
    public void Reset()
    {
        Array.Clear(_pending);
        Array.Clear(_isDeferred);
        Array.Clear(_isUnanswered);
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

    private void Raise(int vector, long nowNanoseconds)
    {
        _pending[vector] = 0;
        _waitingVectors--;
        if (Mask != 0 && IsMasked(vector))
        {
            return; // the unmask finds what waits to be taken
        }

        if (!_isUnanswered[vector] || nowNanoseconds - _sentNanoseconds[vector] >= _deferNanoseconds)
        {
            Send(vector, nowNanoseconds);
        }
        else if (!_isDeferred[vector])
        {
            _isDeferred[vector] = true;
            _waitingVectors++;
        }
    }

    /// <returns>True where a message was deferred.</returns>
    private bool EndDeferral(int vector)
    {
        bool wasDeferred = _isDeferred[vector];
        _isDeferred[vector] = false;
        _waitingVectors -= wasDeferred ? 1 : 0;
        return wasDeferred;
    }

    private void Send(int vector, long nowNanoseconds)
    {
        bool isLevel = _platform.HasLevelInterrupts;
        if (isLevel && !_queues.HasUntakenNow(vector))
        {
            return; // taken since, by a host that was at it: a level for nothing is one that no handler ends
        }

        if (_deferNanoseconds > 0 && !isLevel && !_queues.HasUntaken(vector))
        {
            return; // likewise, and no head would move any more to answer a message for nothing
        }

        RaisedCount++;
        _platform.RaiseInterrupt(vector);
        _sentNanoseconds[vector] = nowNanoseconds;
        _isUnanswered[vector] = !isLevel && _deferNanoseconds > 0 && _queues.IsNextThere(vector);
        if (isLevel && !_isAsserted[vector])
        {
            _isAsserted[vector] = true;
            _assertedVectors++;
        }
    }

    private bool IsMasked(int vector) => vector < 32 && ((Mask >> vector) & 1) != 0 && !_platform.IsMsixEnabled;
}
