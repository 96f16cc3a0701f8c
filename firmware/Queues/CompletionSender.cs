using System.Runtime.InteropServices;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Hal;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Queues;

/// <summary>What became of an entry that was sent.</summary>
public enum SendOutcome : byte
{
    /// <summary>The host can see it.</summary>
    Arrived,

    /// <summary>It failed and is sent again.</summary>
    Again,

    /// <summary>It will not arrive: the link is gone.</summary>
    Gone,

    /// <summary>It failed too often; the host waits at a gap in its queue.</summary>
    Lost,
}

/// <summary>
/// Sends completion queue entries by DMA where host memory has neither a pointer nor a window: from staging memory, one place for each of
/// the queue's, so that an entry that did not arrive can be sent again.
/// </summary>
/// <remarks>Knows no credits and no phase; <see cref="CompletionQueue"/> does.</remarks>
internal sealed unsafe class CompletionSender : IDisposable
{
    /// <summary>How often an entry is sent at most. Each time takes a turn at least, so a link that recovers has time to.</summary>
    public const int AttemptsMax = 16;

    private readonly IPlatform _platform;
    private readonly ushort _queueIdentifier;
    private readonly int _entriesMax;
    private readonly CompletionQueueEntry* _staging; // DMA memory, _entriesMax entries; belongs to the platform
    private readonly HostSegment* _segments; // native memory of this object, as many: the DMA engine reads them until the entry is sent
    private readonly byte* _attempts; // behind them: how often the entry was sent, 0 for a place that is free
    private readonly ushort* _failed; // behind those: ring of places to send again
    private int _failedFirst;
    private int _failedCount;

    /// <summary>Allocates for the largest queue.</summary>
    /// <param name="platform">The platform.</param>
    /// <param name="queueIdentifier">CQID.</param>
    /// <param name="staging">DMA memory for <paramref name="entriesMax"/> entries.</param>
    /// <param name="entriesMax">Entries of the largest queue.</param>
    public CompletionSender(IPlatform platform, ushort queueIdentifier, CompletionQueueEntry* staging, int entriesMax)
    {
        _platform = platform;
        _queueIdentifier = queueIdentifier;
        _entriesMax = entriesMax;
        _staging = staging;
        _segments = (HostSegment*)NativeMemory.AllocZeroed((nuint)entriesMax, (nuint)(sizeof(HostSegment) + sizeof(ushort) + sizeof(byte)));
        _failed = (ushort*)(_segments + entriesMax);
        _attempts = (byte*)(_failed + entriesMax);
    }

    /// <summary>Entries on their way, those that wait to be sent again included.</summary>
    public int Pending { get; private set; }

    /// <summary>True while the entry of a place has not arrived.</summary>
    public bool IsUnderWay(int index) => _attempts[index] != 0;

    /// <summary>Sends an entry to a place of the queue.</summary>
    /// <returns>
    /// False where the DMA queue is full, or where the place is still in use: a host may take entries, by its doorbell, that have not arrived.
    /// </returns>
    public bool TrySend(in CompletionQueueEntry entry, int index, ulong hostAddress)
    {
        if (_attempts[index] != 0)
        {
            return false;
        }

        _staging[index] = entry;
        _segments[index] = new HostSegment
        {
            HostAddress = hostAddress,
            Local = (byte*)(_staging + index),
            LengthBytes = CompletionQueueEntry.SizeBytes,
        };
        if (!TrySubmit(index))
        {
            return false;
        }

        _attempts[index] = 1;
        Pending++;
        return true;
    }

    /// <summary>The DMA of a place ended.</summary>
    public SendOutcome Completed(int index, DmaStatus status)
    {
        Invariant.Check(Pending > 0 && _attempts[index] != 0, "a completion of DMA belongs to an entry sent");
        if (status == DmaStatus.HostError && _attempts[index] < AttemptsMax && !Sabotage.Is(SabotageKind.ForgetFailedEntry))
        {
            _attempts[index]++;
            _failed[(_failedFirst + _failedCount) % _entriesMax] = (ushort)index;
            _failedCount++;
            return SendOutcome.Again;
        }

        _attempts[index] = 0;
        Pending--;
        return status switch
        {
            DmaStatus.Success => SendOutcome.Arrived,
            DmaStatus.LinkLost => SendOutcome.Gone,
            _ => Sabotage.Is(SabotageKind.ForgetFailedEntry) ? SendOutcome.Arrived : SendOutcome.Lost,
        };
    }

    /// <summary>Sends what failed again, as far as the DMA queue takes it.</summary>
    /// <returns>False where some still wait.</returns>
    public bool SendFailed()
    {
        while (_failedCount > 0 && TrySubmit(_failed[_failedFirst]))
        {
            _failedFirst = (_failedFirst + 1) % _entriesMax;
            _failedCount--;
        }

        return _failedCount == 0;
    }

    /// <summary>Forgets what waits to be sent again; nothing is under way by DMA.</summary>
    public void Reset()
    {
        for (; _failedCount > 0; _failedCount--)
        {
            _attempts[_failed[_failedFirst]] = 0;
            _failedFirst = (_failedFirst + 1) % _entriesMax;
            Pending--;
        }

        Invariant.Check(Pending == 0, "a queue ends when none of its entries is under way");
    }

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.Free(_segments);

    private bool TrySubmit(int index) =>
        _platform.HostDma.TrySubmit(DmaDirection.DeviceToHost, _segments + index, 1, DmaTag.CompletionEntry(_queueIdentifier, (ushort)index));
}
